"""What the kernel does for an interface's card or in its place, as ethtool(8) -k lists it."""

import array
import fcntl
import socket
import struct

SIOCETHTOOL = 0x8946  # Source: Linux, include/uapi/linux/sockios.h, ethtool.h
COUNT, NAMES, FEATURES = 0x37, 0x1B, 0x3A  # ETHTOOL_GSSET_INFO, ETHTOOL_GSTRINGS, ETHTOOL_GFEATURES
FEATURE_NAMES = 4  # ETH_SS_FEATURES
NAME_BYTES = 32


def active(interface):
    """Names of the features that are on; none where the kernel does not tell."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
            def ask(request, answer_bytes):
                memory = array.array("B", request + bytes(answer_bytes))
                fcntl.ioctl(any_socket, SIOCETHTOOL, struct.pack("16sP16x", interface.encode(), memory.buffer_info()[0]))
                return memory.tobytes()[len(request):]

            count, = struct.unpack("I", ask(struct.pack("IIQ", COUNT, 0, 1 << FEATURE_NAMES), 4))
            names = ask(struct.pack("III", NAMES, FEATURE_NAMES, count), count * NAME_BYTES)
            words = (count + 31) // 32
            # Of each word: available, requested, active, never changed.
            bits = struct.unpack(f"{4 * words}I", ask(struct.pack("II", FEATURES, words), 16 * words))
    except OSError:
        return set()
    return {names[i * NAME_BYTES:(i + 1) * NAME_BYTES].split(b"\0")[0].decode() for i in range(count)
            if bits[i // 32 * 4 + 2] >> i % 32 & 1}
