"""Child processes that cannot outlive their parent: each in a group of its own, ended by its own id."""

import atexit
import contextlib
import os
import signal
import subprocess
import sys
import time

_live = []
_starting = False  # a child that is not in _live yet
_deferred = None  # a signal that came meanwhile
TRAPPED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def _end_all():
    # Who presses Ctrl-C twice would end this half done.
    for number in TRAPPED:
        signal.signal(number, signal.SIG_IGN)
    for process in _live:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
    for process in list(_live):
        end(process)


def _on_signal(number, _frame):
    global _deferred
    if _starting:
        _deferred = number
    else:
        sys.exit(128 + number)


def install_traps():
    """SIGTERM, SIGINT and SIGHUP end what was started here, then this program."""
    atexit.register(_end_all)
    for number in TRAPPED:
        signal.signal(number, _on_signal)


def start(command, **options):
    """Thread: the main one, to which signals come."""
    global _starting
    _starting = True
    try:
        process = subprocess.Popen(command, start_new_session=True, **options)
        _live.append(process)
    finally:
        _starting = False
        if _deferred is not None:
            sys.exit(128 + _deferred)
    return process


def end(process, grace_s=5.0):
    """Ends the process and its group: SIGTERM, then after the grace SIGKILL."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        deadline = time.monotonic() + grace_s
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
    process.wait()
    forget(process)


def forget(process):
    """It has ended by itself."""
    if process in _live:
        _live.remove(process)
