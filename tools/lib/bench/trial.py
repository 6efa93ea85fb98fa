"""A trial: a fresh tuttid on one core, so many callers, and what both of them counted while it was measured."""

import dataclasses
import json
import re
import subprocess
import time

import process
from bench import machine
from bench.watch import Watch, span_between
from server import Server, ServerError


class TrialError(Exception):
    """No trial could be made."""


@dataclasses.dataclass
class Workload:
    name: str  # "rooms_of_8"
    text: str  # for people
    per_room: int  # 0: all in one
    talkers: int  # of each room

    def rooms(self, participants):
        return participants // self.per_room if self.per_room else 1

    def unit(self):
        """Participants are a multiple of this."""
        return self.per_room or 10


ROOMS_OF_8 = Workload("rooms_of_8", "rooms of 8, all talk", 8, 8)
ONE_ROOM = Workload("one_room", "one room, 4 talk", 0, 4)
SOCKETS_ROOMS_OF_8 = Workload("sockets_rooms_of_8", "rooms of 8, all talk, through sockets", 8, 8)

# How tuttid moves RTP: as frames past the kernel's UDP, or through a socket for each caller.
FRAMES = {"cores.tx": "packet", "cores.rx": "packet"}
SOCKETS = {"cores.tx": "socket", "cores.rx": "socket"}


@dataclasses.dataclass
class Plan:
    workload: Workload
    participants: int
    secs: int = 10
    rate: float = 300.0  # INVITEs a second
    sample: int = 64  # listeners whose audio is judged
    config: dict = dataclasses.field(default_factory=dict)  # "media.jitter_ms": 0
    io: str = "auto"  # of tutti-load


@dataclasses.dataclass
class Trial:
    plan: Plan
    load: dict = None  # tutti-load's JSON
    span: object = None  # of the watch, while tutti-load measured
    samples: list = dataclasses.field(default_factory=list)
    left: dict = dataclasses.field(default_factory=dict)  # of the ledger, once all had hung up


def known_keys(example):
    """The keys of a --example-config: {"media.jitter_ms", ...}."""
    known, table = set(), ""
    for line in example.splitlines():
        if found := re.match(r"\[(\w+)\]", line):
            table = found.group(1)
        elif found := re.match(r"(\w+) =", line):
            known.add(f"{table}.{found.group(1)}")
    return known


def to_toml(keys):
    tables = {}
    for key, value in keys.items():
        table, name = key.split(".")
        tables.setdefault(table, []).append(f"{name} = {json.dumps(value)}")
    return "".join(f"[{table}]\n" + "\n".join(lines) + "\n" for table, lines in tables.items())


def setting(text):
    """("cores.tx", "packet") of "cores.tx=packet"; numbers, true and false are what they look like."""
    key, _, value = text.partition("=")
    if not re.fullmatch(r"\w+\.\w+", key) or not value:
        raise ValueError(f"{text} is not TABLE.KEY=VALUE")
    try:
        return key, json.loads(value)
    except ValueError:
        return key, value


# Calls that may wait for their answers: SIP has what the callers' RTP leaves of a CPU, and when more is asked of it than
# it can do, what it does is mostly in vain.
WAITING = 64


def seconds_needed(plan):
    """A bound: dialling, at half the rate where answers are waited for, the last of them, settling, measuring, hanging up,
    judging."""
    return 2 * plan.participants / plan.rate + 16 + plan.secs + plan.participants / max(200, 2 * plan.rate) + 30


class Bed:
    """Where trials are made: the programs, the CPUs, a folder for what they print."""

    def __init__(self, bin_folder, out, the_machine, config=()):
        """`config`: keys of every tuttid's configuration besides those of a plan."""
        self.bin, self.out, self.machine, self.config = bin_folder, out, the_machine, dict(config)

    def server(self, plan, name):
        """A tuttid for the plan; whoever asks stops it."""
        example = subprocess.run([self.bin / "tuttid", "--example-config"], capture_output=True, text=True).stdout
        known = known_keys(example)
        # Benches ask for more than a host would let in, and want to see what happens.
        ours = {"sip.max_pending_invites": 100_000, "cores.participants_per_core": max(8192, plan.participants)}
        if "admission.mode" in known:
            ours["admission.mode"] = "off"
        keys = {**ours, **self.config, **plan.config}
        if unknown := keys.keys() - known:
            raise TrialError(f"this tuttid knows no {', '.join(sorted(unknown))}")
        config = self.out / f"{name}.toml"
        config.write_text(to_toml(keys))
        cpus = self.machine.cpus
        prefix = machine.pinned(sorted({cpus.media, *cpus.control}), [])
        ports = 2 * plan.participants + 100
        return Server(self.bin / "tuttid", self.out / f"{name}.tuttid.log", prefix=prefix, rtp_ports=ports + ports % 2,
                      flags=["--config", str(config), "--cores", str(cpus.media)])

    def callers(self, plan, server, name):
        """tutti-load, started: (its process, the file of its JSON)."""
        report = self.out / f"{name}.load.json"
        report.unlink(missing_ok=True)
        workload = plan.workload
        rooms = workload.rooms(plan.participants)
        command = [self.bin / "tutti-load", "--uri", f"sip:load{{room}}@{server.sip}", "--rooms", rooms,
                   "--per-room", workload.per_room or plan.participants, "--talkers", workload.talkers,
                   "--rate", plan.rate, "--waiting", WAITING, "--secs", plan.secs, "--sample", plan.sample, "--io", plan.io,
                   "--json", report]
        said = (self.out / f"{name}.load.log").open("w")
        child = process.start(machine.pinned([self.machine.cpus.callers], command), stdin=subprocess.DEVNULL,
                              stdout=said, stderr=subprocess.STDOUT)
        return child, report

    def finish(self, child, report, seconds, beat):
        """tutti-load's JSON once it has ended, or None."""
        deadline = time.monotonic() + seconds
        while child.poll() is None and time.monotonic() < deadline:
            time.sleep(0.1)
            beat()
        process.end(child)
        try:
            return json.loads(report.read_text())
        except (OSError, ValueError):
            return None

    def run(self, plan, name, beat=lambda: None):
        """One trial with a server of its own."""
        try:
            server = self.server(plan, name)
        except ServerError as error:
            raise TrialError(str(error)) from error
        try:
            return self.run_against(server, plan, name, beat)
        finally:
            self.stop(server)

    def run_against(self, server, plan, name, beat=lambda: None):
        watch = Watch(server)
        child, report = self.callers(plan, server, name)
        trial = Trial(plan, self.finish(child, report, seconds_needed(plan), beat))
        watch.stop()
        trial.samples = watch.samples
        if trial.load and trial.load["measured_secs"]:
            begin = trial.load["measured_from_s"]
            trial.span = span_between(watch.samples, begin, begin + trial.load["measured_secs"])
        if not server.running():
            raise TrialError(f"tuttid ended in a trial of {plan.participants}:\n{server.said(40)}")
        trial.left = server.wait_for_empty_ledger()
        return trial

    def stop(self, server):
        try:
            server.stop()
        except ServerError as error:
            print(f"note: {error}", flush=True)
