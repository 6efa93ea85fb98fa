"""A network namespace of its own for a bench: nothing else sends there, and its loopback takes frames (tutti-load --io)."""

import ctypes
import fcntl
import os
import pathlib
import socket
import struct

CLONE_NEWNET = 0x40000000  # <linux/sched.h>
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1  # <linux/sockios.h>, <linux/if.h>
SYSCTLS = ("accept_local", "route_localnet")


def raise_loopback():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sH14x", b"lo", 0)
        _, flags = struct.unpack("16sH14x", fcntl.ioctl(any_socket, SIOCGIFFLAGS, request))
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | IFF_UP))


def enter():
    """Moves this process, and whom it starts from now on, into one. False where that is not allowed: then all stays."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        return False
    try:
        raise_loopback()
        for name in SYSCTLS:
            pathlib.Path(f"/proc/sys/net/ipv4/conf/lo/{name}").write_text("1")
    except OSError as error:
        raise SystemExit(f"a network namespace of its own without a usable loopback: {os.strerror(error.errno)}") from error
    return True
