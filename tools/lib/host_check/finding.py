"""What a check says, and what it is asked about."""

import dataclasses

GOOD = "good"  # as it should be
NOTE = "note"  # neither good nor bad
ADVICE = "advice"  # works, and would work better
CHANGE = "change"  # the server does not start, or calls suffer


@dataclasses.dataclass
class Wants:
    """What is to run on the host."""

    cpus: list  # media's
    backend: str = "uring"  # or "dpdk"
    rx: str = "socket"  # or "packet", of uring
    participants: int = 8192  # a core
    rtp_ports: tuple = (16384, 32767)
    cards: list = dataclasses.field(default_factory=list)  # DPDK's network cards, as the user calls them
    dpdk: dict = dataclasses.field(default_factory=dict)  # [dataplane.dpdk] of the configuration


@dataclasses.dataclass
class Finding:
    what: str
    found: str
    verdict: str
    wanted: str = ""
    commands: list = dataclasses.field(default_factory=list)
    why: str = ""


def kernel_line(words):
    """How words come on the kernel's command line."""
    return [f"add to GRUB_CMDLINE_LINUX in /etc/default/grub: {words}", "update-grub && reboot"]
