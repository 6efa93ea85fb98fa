"""A thread of the server that stands still, as one does whose machine gives it no time: by ptrace, for a child of ours."""

import contextlib
import ctypes
import os
import pathlib

_SEIZE, _INTERRUPT, _DETACH = 0x4206, 0x4207, 17
_ALL_THREADS = 0x40000000  # __WALL
_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_libc.ptrace.restype = ctypes.c_long


class Refused(Exception):
    """This machine lets nobody stop a thread."""


def threads_of(pid, name):
    """The threads of this name, in the order of their making."""
    found = sorted(pathlib.Path(f"/proc/{pid}/task").iterdir(), key=lambda task: int(task.name))
    return [int(task.name) for task in found if (task / "comm").read_text().strip() == name]


def _call(request, thread):
    if _libc.ptrace(request, thread, None, None) != 0:
        raise Refused(f"ptrace: {os.strerror(ctypes.get_errno())}")


@contextlib.contextmanager
def standing_still(thread):
    """Within it the thread does nothing. Nobody may wait for the process or send it a signal meanwhile."""
    _call(_SEIZE, thread)
    try:
        _call(_INTERRUPT, thread)
        os.waitpid(thread, _ALL_THREADS)
        yield
    finally:
        _call(_DETACH, thread)
