"""tools/test after its packages are there: configures, builds and tests preset after preset, sums up once."""

import argparse
import collections
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import process  # noqa: E402
from run_program import reason  # noqa: E402
from steps import JOBS, LOGS, ROOT, Progress, run, tail, tail_of_log  # noqa: E402

# A preset, what it builds, and the labels of the tests that it is for; None is everything.
THREADED = "base|mailbox|net|core|mixer|api"  # where two threads meet; sim has all its cores in one
REALTIME = "base|mailbox|net|rtp|stream|core|mixer|kernel|codec|dsp|sim"  # what a core runs
HOSTILE = REALTIME + "|dpdk|sip|sdp|conference|api|records|server"  # all of the server: what meets bytes from outside
PRESETS = [
    ("release", None, None),
    ("asan", f"({HOSTILE}|admission)_test|tuttid", f"{HOSTILE}|interop"),
    ("tsan", f"({THREADED})_test", THREADED),
    ("fuzz", r"\w+_fuzz", "fuzz"),
]
INTEROP_PRESETS = ("release", "asan")
# Tests wait more than they work: of a CPU one under release takes a sixth, an interop case a tenth.
AT_ONCE = 2 * JOBS
INTEROP_AT_ONCE = 3 * JOBS


class Summary:
    def __init__(self):
        self.rows = []  # step, tests, failed, skipped, seconds
        self.failed = []  # "step: name"
        self.skipped = collections.Counter()  # by reason
        self.tests = 0

    def add(self, step, tests, failed, skipped, seconds):
        """`skipped`: the reason of each."""
        self.rows.append((step, tests, len(failed), len(skipped), seconds))
        self.skipped.update(skipped)
        self.failed += [f"{step}: {name}" for name in failed]
        self.tests += tests

    def print(self, seconds):
        print("\nSummary")
        print(f"  {'step':<16}{'tests':>7}{'failed':>8}{'skipped':>9}{'seconds':>10}")
        for step, tests, failed, skipped, took in self.rows:
            print(f"  {step:<16}{tests:>7}{failed:>8}{skipped:>9}{took:>10.1f}")
        if self.failed:
            print("\nFailed (each one's log stands above, whole logs in build/log/)")
            for name in self.failed:
                print(f"  {name}")
        if self.skipped:
            print("\nSkipped, where this machine has not what they need")
            for why, count in sorted(self.skipped.items(), key=lambda item: (-item[1], item[0])):
                print(f"  {count:>5}  {why}")
        # The closing lines in ctest's own words, over every run; nothing follows them.
        passed = self.tests - len(self.failed)
        percent = 100 if not self.failed else min(99, int(100 * passed / max(1, self.tests)))
        print(f"\n{percent}% tests passed, {len(self.failed)} tests failed out of {self.tests}")
        print(f"\nTotal Test time (real) = {seconds:7.2f} sec", flush=True)


def targets_for(preset, wanted):
    """The targets of a configured preset that match."""
    found = subprocess.run(["ninja", "-C", ROOT / "build" / preset, "-t", "targets", "all"], text=True,
                           capture_output=True).stdout
    return sorted({match.group(1) for match in re.finditer(rf"^((?:{wanted})): phony", found, re.M)})


def build(preset, wanted, progress, summary):
    """Configures and builds what the tests of this preset need."""
    progress.begin(f"build {preset}")
    log = LOGS / f"build-{preset}.log"
    log.write_text("")
    ok = run(["cmake", "--preset", preset], log, progress, re.compile(r"^-- ()"))
    targets = targets_for(preset, wanted) if ok and wanted else []
    if ok and (targets or not wanted):
        command = ["cmake", "--build", f"build/{preset}", "-j", str(JOBS)]
        if targets:
            command += ["--target", *targets]
        ok = run(command, log, progress, re.compile(r"^(\[\d+/\d+\])"))
    took = progress.end("" if ok else "  FAILED")
    if not ok:
        tail_of_log(log)
        summary.add(f"build {preset}", 1, [preset], [], took)
    return ok


def ctest_results(junit, programs):
    """(name, output) of each failed test, how many there were, and the reason of each that was skipped. What is a whole
    program to ctest has left word of its tests in the folder `programs`."""
    failed, skipped, count = [], [], 0
    for case in ElementTree.parse(junit).getroot().findall("testcase"):
        told = programs / f"{case.get('name')}.json"
        if told.exists():
            outcome = json.loads(told.read_text())
            failed += outcome["failed"]
            count += outcome["tests"]
            skipped += outcome["skipped"]
            continue
        count += 1
        cause = case.find("skipped")
        if case.get("status") == "fail" or (cause is not None and "executable" in cause.get("message", "")):
            failed.append((case.get("name"), case.findtext("system-out") or ""))
        elif case.get("status") != "run":
            skipped.append(reason(case.findtext("system-out") or ""))
    return failed, count, skipped


def test(preset, labels, options, progress, summary, interop):
    """One run of ctest: the interop cases, or everything else."""
    step = f"interop {preset}" if interop else f"test {preset}"
    progress.begin(step)
    log = LOGS / f"{step.replace(' ', '-')}.log"
    junit = log.with_suffix(".xml")
    log.write_text("")
    junit.unlink(missing_ok=True)
    programs = ROOT / "build" / preset / "results"
    shutil.rmtree(programs, ignore_errors=True)
    command = ["ctest", "--test-dir", f"build/{preset}", "-j", str(INTEROP_AT_ONCE if interop else AT_ONCE),
               "--output-on-failure", "--no-tests=ignore", "--output-junit", str(junit)]
    if labels:
        command += ["-L", f"^({labels})$"]
    if interop:
        command += ["-L", "^interop$"]  # both labels must match
    command += ["-LE", "|".join(["^long$"] * (not options.all) + ["^interop$"] * (not interop)) or "^$"]
    if options.names:
        command += ["-R", "|".join(options.names)]
    ok = run(command, log, progress, re.compile(r"^\s*(\d+/\d+) Test"))
    failed, count, skipped = ctest_results(junit, programs) if junit.exists() else ([], 0, [])
    if not ok and not failed:
        failed, count = [("ctest", log.read_text(errors="replace"))], count + 1
    took = progress.end(f"  {count - len(failed) - len(skipped)} of {count} passed" + ("  FAILED" if failed else ""))
    for name, output in failed[:10]:
        tail(name, output)
    if count:
        summary.add(step, count, [name for name, _ in failed], skipped, took)


def parse_options():
    parser = argparse.ArgumentParser(
        prog="tools/test", description="Builds Tutti under each preset and passes its tests; the last lines sum up.")
    parser.add_argument("names", nargs="*", metavar="NAME",
                        help="only tests whose name matches this expression, as ctest -R does; each in a process of its own")
    parser.add_argument("--preset", action="append", choices=[preset[0] for preset in PRESETS],
                        help="only this preset; may be given again (default: all)")
    parser.add_argument("--all", action="store_true",
                        help="the long ones too: 60 s a fuzzer, more rounds of interop, clang-tidy over every file, the tools' own "
                             "tests under AddressSanitizer")
    return parser.parse_args()


def main():
    options = parse_options()
    if options.names:
        os.environ["TUTTI_EACH_TEST"] = "1"  # ctest is to know each test by its name
    process.install_traps()
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    LOGS.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    chosen = [p for p in PRESETS if not options.preset or p[0] in options.preset]
    if options.all:
        chosen = [("asan", None, None) if p[0] == "asan" else p for p in chosen]  # the tools', too
    progress = Progress(sum(3 if preset in INTEROP_PRESETS else 2 for preset, _, _ in chosen))
    summary = Summary()
    for preset, targets, labels in chosen:
        runs = [False, True] if preset in INTEROP_PRESETS else [False]
        if not build(preset, targets, progress, summary):
            progress.step += len(runs)
            continue
        for interop in runs:
            test(preset, labels, options, progress, summary, interop)
    summary.print(time.monotonic() - began)
    if options.names and not summary.tests:
        print(f"no test's name matches {' or '.join(options.names)}", file=sys.stderr)
        return 1
    return 1 if summary.failed else 0


if __name__ == "__main__":
    sys.exit(main())
