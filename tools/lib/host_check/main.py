"""The command line of tools/host-check."""

import argparse
import dataclasses
import json
import pathlib
import re
import sys
import tomllib

from host_check import cards, checks, report
from host_check.finding import CHANGE, Wants
from host_check.host import Host, cpu_list


BACKENDS = ("uring", "dpdk")


class UsageError(Exception):
    pass


def default_cpus(online):
    """As tuttid's cores.cpus = "auto"."""
    return online[1:] if len(online) >= 8 else online[-1:]


def cpus_of(text, online):
    if text == "auto":
        return default_cpus(online)
    ranges = re.findall(r"(\d+)-(\d+)", text)
    if not re.fullmatch(r"\d+(-\d+)?(,\d+(-\d+)?)*", text) or any(int(first) > int(last) for first, last in ranges):
        raise UsageError(f'cpus takes "auto" or CPU numbers such as "1", "1,3" or "2-5", not "{text}"')
    return cpu_list(text)


def ports_of(text):
    found = re.fullmatch(r"(\d+)-(\d+)", text)
    if not found or not 0 < int(found.group(1)) < int(found.group(2)) <= 65535:
        raise UsageError(f'rtp-ports takes LO-HI, such as "16384-32767", not "{text}"')
    return int(found.group(1)), int(found.group(2))


def section(read, *names):
    """A table of the configuration, empty where it is not there."""
    for name in names:
        read = read.get(name, {})
        if not isinstance(read, dict):
            raise UsageError(f"[{'.'.join(names)}] is a section of the configuration, and a value there")
    return read


def configured(file):
    """(cores, media, dataplane.dpdk) of tuttid's configuration."""
    if file is None:
        return {}, {}, {}
    try:
        read = tomllib.loads(pathlib.Path(file).read_text())
    except (OSError, ValueError) as error:
        raise UsageError(f"{file}: {error}") from error
    return section(read, "cores"), section(read, "media"), section(read, "dataplane", "dpdk")


def cards_of(dpdk):
    """The devices of a configuration that are PCI cards, without their arguments."""
    names = [str(device).split(",")[0] for device in dpdk.get("devices", [])]
    return [name for name in names if re.fullmatch(r"([0-9a-fA-F]{4}:)?[0-9a-fA-F]{2}:[0-9a-fA-F]{2}\.[0-7]", name)]


def wants_of(options, host):
    """A flag stands over the file, the file over tuttid's defaults."""
    cores, media, dpdk = configured(options.config)
    participants = options.participants or cores.get("participants_per_core", Wants.participants)
    if type(participants) is not int or participants < 1:
        raise UsageError(f"participants is a number from 1 on, not {participants}")
    backend = options.backend or cores.get("backend", "uring")
    if backend not in BACKENDS:
        raise UsageError(f"backend is one of {', '.join(BACKENDS)}, not {backend}")
    for key in checks.DESCRIPTORS:
        if type(dpdk.get(key, 0)) is not int:
            raise UsageError(f"{key} is a number, not {dpdk[key]}")
    if not isinstance(dpdk.get("devices", []), list):
        raise UsageError(f"devices is a list, not {dpdk['devices']}")
    if options.card:
        backend = "dpdk"
    cards = options.card or (cards_of(dpdk) if backend == "dpdk" else [])
    return Wants(cpus=cpus_of(options.cpus or str(cores.get("cpus", "auto")), host.online()),
                 backend=backend,
                 rx=str(cores.get("rx", Wants.rx)),
                 participants=participants,
                 rtp_ports=ports_of(options.rtp_ports or str(media.get("rtp_ports", "16384-32767"))),
                 cards=cards,
                 dpdk=dpdk)


def look(host, wants):
    """All findings, in order."""
    findings = []
    for check in (*checks.ALL, *cards.ALL):
        found = check(host, wants)
        findings += found if isinstance(found, list) else [found] if found else []
    return findings


def run(arguments, about, out=sys.stdout):
    parser = argparse.ArgumentParser(prog="tools/host-check", description=about,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", metavar="FILE", help="tuttid's configuration: which CPUs, how many, which backend and card")
    parser.add_argument("--backend", choices=BACKENDS, help="what is to move packets (uring)")
    parser.add_argument("--cpus", metavar="LIST", help='media\'s CPUs, as in cores.cpus ("auto")')
    parser.add_argument("--participants", type=int, metavar="N", help="on each of them (8192)")
    parser.add_argument("--rtp-ports", metavar="LO-HI", help="as in media.rtp_ports")
    parser.add_argument("--card", action="append", default=[], metavar="CARD",
                        help="a network card for DPDK, by PCI address or interface; may be given again")
    parser.add_argument("--json", action="store_true", help="the findings for programs")
    parser.add_argument("--root", default="/", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    host = Host(options.root)
    try:
        wants = wants_of(options, host)
    except UsageError as error:
        parser.error(str(error))
    findings = look(host, wants)
    if options.json:
        print(json.dumps([dataclasses.asdict(finding) for finding in findings], indent=1), file=out)
    else:
        print(report.table(findings, wants), file=out)
    return 1 if any(finding.verdict == CHANGE for finding in findings) else 0
