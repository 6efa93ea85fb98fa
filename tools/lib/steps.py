"""A step of a tool: a command with its output in a log and one line of progress for people."""

import os
import pathlib
import subprocess
import sys
import threading
import time

import process

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOGS = ROOT / "build" / "log"
JOBS = max(1, len(os.sched_getaffinity(0)))
HEARTBEAT_S = 15.0  # a CI log shows that it lives


class Progress:
    """`[3/9] build asan ... 41 s`: one line a step, rewritten on a terminal, with a heartbeat in a log."""

    def __init__(self, steps):
        self.steps = steps
        self.step = 0

    def begin(self, title):
        self.step += 1
        self.title = f"[{self.step}/{self.steps}] {title} ..."
        self.began = time.monotonic()
        self.shown = self.began
        if not sys.stdout.isatty():
            print(self.title, flush=True)

    def beat(self, detail):
        now = time.monotonic()
        if sys.stdout.isatty():
            if now - self.shown >= 0.2:
                print(f"\r\033[K{self.title} {detail} {now - self.began:.0f} s", end="", flush=True)
                self.shown = now
        elif now - self.shown >= HEARTBEAT_S:
            print(f"{self.title} {detail} {now - self.began:.0f} s", flush=True)
            self.shown = now

    def end(self, result):
        took = time.monotonic() - self.began
        start = "\r\033[K" if sys.stdout.isatty() else ""
        print(f"{start}{self.title} {took:.0f} s{result}", flush=True)
        return took


def tail(title, text, lines=40):
    print(f"---- {title}")
    print("\n".join(text.splitlines()[-lines:]))
    print("----", flush=True)


def tail_of_log(log):
    tail(f"the end of {log.relative_to(ROOT)}", log.read_text(errors="replace"))


def run(command, log, progress, pattern):
    """Runs to the end with the output in `log`; what `pattern` finds there is the progress. True on exit 0."""
    child = process.start(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace")
    detail = [""]

    def read():
        with log.open("a") as sink:
            for line in child.stdout:
                sink.write(line)
                sink.flush()
                found = pattern.search(line)
                if found:
                    detail[0] = found.group(1).strip()

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    while reader.is_alive():
        reader.join(0.25)
        progress.beat(detail[0])
    ok = child.wait() == 0
    process.forget(child)
    return ok
