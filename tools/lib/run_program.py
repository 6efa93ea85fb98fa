"""All tests of a GoogleTest program in one process, for the presets in which its start is most of what a test costs.
A test that crashes, hangs or is reported by a sanitizer is named; those behind it go on in a process anew."""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import process  # noqa: E402

BEGIN = re.compile(r"\[ RUN      \] (\S+)")
TOTALS = re.compile(r"^\[==========\] \d+ tests? from .* ran\.", re.M)
NO_REASON = "it does not say why"
LOG_LINES = 200  # of a failed test's, on the screen; all of them are in the log


def listed(program):
    """The names of its tests, in the order in which they run."""
    asked = subprocess.run([program, "--gtest_list_tests"], text=True, capture_output=True)
    names = []
    for line in asked.stdout.splitlines():
        word = line.split("#")[0].rstrip()
        if line.startswith("  "):
            names.append(suite + word.strip())
        elif word.endswith("."):
            suite = word
    return [name for name in names if not re.search(r"(^|[./])DISABLED_", name)]


def run(program, names, limit_s):
    """What it wrote, and its exit status, which is None if it was ended because a test took longer than the limit."""
    command = [str(program), "--gtest_color=no"]
    if names is not None:
        command.append("--gtest_filter=" + ":".join(names))
    child = process.start(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace")
    lines = []
    waited = 0  # seconds of ours: a machine that stood still has not waited

    def read():
        nonlocal waited
        for line in child.stdout:
            lines.append(line)
            if BEGIN.search(line):
                waited = 0

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    status = None
    while status is None and waited < limit_s:
        try:
            status = child.wait(timeout=1)
        except subprocess.TimeoutExpired:
            waited += 1
    process.end(child)  # and what it left behind, which might hold the pipe
    reader.join(10)
    return "".join(lines), status


def parse(text):
    """(name, verdict, what it wrote) of each test that began; the verdict of one that did not end is None."""
    totals = TOTALS.search(text)
    begins = list(BEGIN.finditer(text, 0, totals.start() if totals else len(text)))
    ends = [begin.start() for begin in begins[1:]] + [totals.start() if totals else len(text)]
    for begin, end in zip(begins, ends):
        name, wrote = begin.group(1), text[begin.start():end]
        verdict = re.search(r"\[ +(OK|FAILED|SKIPPED) +\] " + re.escape(name) + r"(?:,| \()", wrote)
        yield name, verdict and verdict.group(1), wrote


def reason(wrote):
    """Why a test was skipped, in its own words, from what it wrote: behind GoogleTest's "Skipped", or behind "skipped:"."""
    told = (re.search(r": Skipped\n(.*?)(?:\n\[ +SKIPPED|\Z)", wrote, re.S) or re.search(r"^skipped: (.+)$", wrote, re.M))
    return " ".join(told.group(1).split()) or NO_REASON if told else NO_REASON


class Outcome:
    def __init__(self):
        self.tests = 0
        self.skipped = []  # the reason of each
        self.failed = []  # [name, what it wrote]

    def add(self, text, status):
        """The tests of one process; gives the names of those that began, and whether the last one ended."""
        names, ended = [], True
        totals = TOTALS.search(text)
        failed_before = len(self.failed)
        for name, verdict, wrote in parse(text):
            names.append(name)
            ended = verdict is not None
            self.tests += 1
            if verdict == "SKIPPED":
                self.skipped.append(reason(wrote))
            # ThreadSanitizer goes on after a report, and the program's status tells that there was one.
            if verdict == "FAILED" or not ended or (status and "WARNING: ThreadSanitizer" in wrote):
                self.failed.append([name, wrote + ("" if ended else how(status))])
        if totals:
            rest = text[totals.start():]
            # A leak is found when all is over; a suite's own setting up may fail.
            if (status and len(self.failed) == failed_before) or "Sanitizer" in rest:
                self.failed.append(["(the program)", rest + how(status)])
        return names, ended


def how(status):
    if status is None:
        return "\nIt took too long, and was ended.\n"
    return f"\nIt was ended by signal {-status}.\n" if status < 0 else f"\nIt ended with status {status}.\n"


def run_all(program, limit_s, log):
    outcome = Outcome()
    remaining = None  # all
    while True:
        text, status = run(program, remaining, limit_s)
        log.write(text)
        begun, last_ended = outcome.add(text, status)
        if TOTALS.search(text):
            return outcome
        if remaining is None:
            remaining = listed(program)
        remaining = [name for name in remaining if name not in begun]
        if last_ended:
            # Between two tests: in the setting up of the next one's suite, most likely.
            blamed = remaining.pop(0) if remaining else "(the program)"
            outcome.tests += 1
            outcome.failed.append([blamed, text + how(status)])
        if not remaining:
            return outcome


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--prefix", required=True, help="what stands before a test's name, as ctest has it")
    parser.add_argument("--limit", type=float, required=True, help="seconds that a test may take")
    parser.add_argument("--results", type=pathlib.Path, required=True, help="the folder of its .json and its .log")
    options = parser.parse_args()
    process.install_traps()
    options.results.mkdir(parents=True, exist_ok=True)
    results = options.results / f"{options.program.name}.json"
    results.unlink(missing_ok=True)
    with results.with_suffix(".log").open("w") as log:
        outcome = run_all(options.program, options.limit, log)
    outcome.failed = [[f"{options.prefix}.{name}", wrote] for name, wrote in outcome.failed]
    results.write_text(json.dumps(vars(outcome)))
    for name, wrote in outcome.failed:
        print(f"---- {name}")
        print("\n".join(wrote.splitlines()[-LOG_LINES:]))
    print(f"{outcome.tests} tests, {len(outcome.failed)} failed, {len(outcome.skipped)} skipped", flush=True)
    return 1 if outcome.failed else 0


if __name__ == "__main__":
    sys.exit(main())
