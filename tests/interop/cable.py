"""An Ethernet cable in a network namespace of the case's own: DPDK at the one end, the callers' kernel at the other."""

import ctypes
import fcntl
import os
import pathlib
import socket
import struct
import subprocess

import server

CLONE_NEWNET = 0x40000000  # <linux/sched.h>
SIOCETHTOOL, ETHTOOL_STXCSUM = 0x8946, 0x17  # <linux/sockios.h>, <linux/ethtool.h>

NEAR, FAR = "tutti0", "callers0"  # interfaces: DPDK's, the kernel's
NEAR_IPS = ("10.77.0.1", "10.77.0.2")  # media's: no kernel has them
FAR_IP = "10.77.0.9"  # the callers', and SIP's
PREFIX = 24


def enter():
    """Moves this process, and whom it starts from now on, into the namespace. What the machine lacks for it, or None."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        return f"no network namespace may be made here: {os.strerror(ctypes.get_errno())}"
    # One queue: an AF_XDP socket sees those of its own alone.
    for line in (f"link add {NEAR} numtxqueues 1 numrxqueues 1 type veth peer name {FAR} numtxqueues 1 numrxqueues 1", "link set lo up", f"address add {FAR_IP}/{PREFIX} dev {FAR}",
                 f"link set {FAR} up", f"link set {NEAR} up"):
        done = subprocess.run(["ip", *line.split()], capture_output=True, text=True)
        if done.returncode != 0:
            return f"no cable: ip {line}: {done.stderr.strip()}"
    # The end that is DPDK's is no interface of the kernel's own.
    pathlib.Path(f"/proc/sys/net/ipv6/conf/{NEAR}/disable_ipv6").write_text("1")
    _send_whole_checksums(FAR)
    server.HOST = FAR_IP
    return None


def _send_whole_checksums(interface):
    """A veth leaves checksums to a card that is not there; who reads frames from it would find them wrong."""
    wanted = (ctypes.c_uint32 * 2)(ETHTOOL_STXCSUM, 0)
    request = struct.pack("16sP16x", interface.encode(), ctypes.addressof(wanted))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCETHTOOL, request)


def configuration(device, cores=""):
    """tuttid's, for media by the device at the near end."""
    addresses = ", ".join(f'"{ip}/{PREFIX}"' for ip in NEAR_IPS)
    return (f'[cores]\nbackend = "dpdk"\n{cores}\n[dataplane.dpdk]\ndevices = ["{device}"]\n'
            f"addresses = [{addresses}]\nhuge_pages = false\n")
