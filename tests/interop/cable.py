"""An Ethernet cable in a network namespace of the case's own: DPDK at the one end, the callers' kernel at the other."""

import ctypes
import fcntl
import os
import socket
import struct
import subprocess

import own_network
import server

AF_XDP = 44  # <linux/socket.h>
SYS_BPF, BPF_PROG_LOAD, BPF_PROG_TYPE_XDP = 321, 5, 6  # x86-64; <linux/bpf.h>
SIOCETHTOOL, ETHTOOL_STXCSUM = 0x8946, 0x17  # <linux/sockios.h>, <linux/ethtool.h>

NEAR, FAR = "card0", "callers0"  # interfaces: DPDK's, the kernel's
NEAR_IPS = ("10.77.0.1", "10.77.0.2")  # media's: no kernel has them
FAR_IP = "10.77.0.9"  # the callers', and SIP's
PREFIX = 24


def enter():
    """Moves this process, and whom it starts from now on, into the namespace. What the machine lacks for it, or None."""
    return own_network.enter() or _lay("") or _raise_near([])


def enter_both():
    """The same with a namespace for each end: the server's kernel has an address of its own, and no other way to the callers."""
    lacking = own_network.enter()
    if lacking:
        return lacking
    _NAMESPACES.append(open("/proc/self/ns/net"))
    theirs = f"/proc/{os.getpid()}/fd/{_NAMESPACES[-1].fileno()}"
    lacking = own_network.enter() or _lay(f" netns {theirs}") or _raise_near(["nsenter", f"--net={theirs}"])
    if lacking:
        return lacking
    server.NAMESPACE, server.SIP_HOST = theirs, NEAR_IPS[0]
    return None


_NAMESPACES = []  # files of those that nobody else holds


def _run(line, before=()):
    done = subprocess.run([*before, *line.split()], input="1\n", capture_output=True, text=True)
    return f"no cable: {line}: {done.stderr.strip()}" if done.returncode != 0 else None


def _raise_near(before):
    """The end that is DPDK's is no interface of the kernel's own."""
    return _run(f"tee /proc/sys/net/ipv6/conf/{NEAR}/disable_ipv6", before) or _run(f"ip link set {NEAR} up", before)


def _lay(where):
    """The cable from here to `where`."""
    # One queue: an AF_XDP socket sees those of its own alone.
    queues = "numtxqueues 1 numrxqueues 1"
    for line in (f"link add {FAR} {queues} type veth peer name {NEAR}{where} {queues}",
                 f"address add {FAR_IP}/{PREFIX} dev {FAR}", f"link set {FAR} up"):
        if lacking := _run(f"ip {line}"):
            return lacking
    _send_whole_checksums(FAR)
    server.HOST = FAR_IP
    return None


def set_far(state):
    """Up or down, of the kernel's end: with it the near end's carrier comes and goes. What went wrong, or None."""
    return _run(f"ip link set {FAR} {state}")


def enter_for_xdp():
    """The same, and what the kernel lacks for AF_XDP."""
    try:
        socket.socket(AF_XDP, socket.SOCK_RAW).close()
    except OSError as error:
        return f"no socket of AF_XDP's may be made here: {error.strerror}"
    if not _may_load_bpf():
        return f"no BPF program may be loaded here: {os.strerror(ctypes.get_errno())}"
    return enter()


def _may_load_bpf():
    """Whether XDP's shortest program is taken: r0 = XDP_PASS; exit."""
    program = struct.pack("<BBhi", 0xB7, 0, 0, 2) + struct.pack("<BBhi", 0x95, 0, 0, 0)
    code, license_text = ctypes.create_string_buffer(program, len(program)), ctypes.create_string_buffer(b"GPL")
    attributes = ctypes.create_string_buffer(struct.pack("IIQQIIQII", BPF_PROG_TYPE_XDP, len(program) // 8, ctypes.addressof(code),
                                                         ctypes.addressof(license_text), 0, 0, 0, 0, 0), 128)
    file = ctypes.CDLL(None, use_errno=True).syscall(SYS_BPF, BPF_PROG_LOAD, attributes, 128)
    if file >= 0:
        os.close(file)
    return file >= 0


def _send_whole_checksums(interface):
    """A veth leaves checksums to a card that is not there; who reads frames from it would find them wrong."""
    wanted = (ctypes.c_uint32 * 2)(ETHTOOL_STXCSUM, 0)
    request = struct.pack("16sP16x", interface.encode(), ctypes.addressof(wanted))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCETHTOOL, request)


def configuration(device, cores="", more=""):
    """tuttid's, for media by the device at the near end."""
    addresses = ", ".join(f'"{ip}/{PREFIX}"' for ip in NEAR_IPS)
    return (f'[cores]\nbackend = "dpdk"\n{cores}\n[dataplane.dpdk]\ndevices = ["{device}"]\n'
            f"addresses = [{addresses}]\nhuge_pages = false\n{more}")
