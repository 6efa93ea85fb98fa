"""Network namespaces of one's own: nobody else sends there, and the loopback takes frames that come past its sockets."""

import concurrent.futures
import contextlib
import ctypes
import fcntl
import os
import pathlib
import socket
import struct

CLONE_NEWNET = 0x40000000  # <linux/sched.h>
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1  # <linux/sockios.h>, <linux/if.h>
SYSCTLS = ("accept_local", "route_localnet")


def enter():
    """Moves this process, and whom it starts from now on, into one. Why it may not, and all stays; or None."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/self/ns/net") as before:
        if libc.unshare(CLONE_NEWNET) != 0:
            return f"no network namespace may be made here: {os.strerror(ctypes.get_errno())}"
        try:
            _raise_loopback()
        except OSError as error:
            if libc.setns(before.fileno(), CLONE_NEWNET) != 0:
                raise SystemExit("a network namespace of its own without a loopback, and no way back") from error
            return f"no loopback may be raised in a network namespace here: {error.strerror}"
    for name in SYSCTLS:
        with contextlib.suppress(OSError):  # where they may not be written, frames are refused as on a host
            pathlib.Path(f"/proc/sys/net/ipv4/conf/lo/{name}").write_text("1")
    return None


def _raise_loopback():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sH14x", b"lo", 0)
        _, flags = struct.unpack("16sH14x", fcntl.ioctl(any_socket, SIOCGIFFLAGS, request))
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | IFF_UP))


def ask_within(namespace, ask):
    """What `ask` returns, or raises, in the network namespace of that file: in a thread of its own, this process stays."""

    def enter_and_ask():
        with open(namespace) as file:
            if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "the network namespace cannot be entered")
        return ask()

    with concurrent.futures.ThreadPoolExecutor(1) as thread:
        return thread.submit(enter_and_ask).result()
