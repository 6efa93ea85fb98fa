"""The server's figures besides its capacity: delay at low load, memory of a participant, and the ratio to bare UDP."""

import dataclasses
import json
import pathlib
import statistics
import subprocess
import time

import process
from bench.search import HELD
from bench.trial import FRAMES, ROOMS_OF_8, SOCKETS, Plan, TrialError, Workload
from bench.verdict import PACKETS_LEAST, judge, packets_share
from bench.watch import rss_bytes
from server import ServerError

# Callers with 200 places in the tick; in ten probes each of a room's five talkers marks twice.
DELAY_WORKLOAD = Workload("delay", "rooms of 5, all talk", 5, 5)
DELAY_PARTICIPANTS, DELAY_SECS, DELAY_SAMPLE = 200, 8, 200
# Where a run's callers lie in the tick is chance, and with it a millisecond of the median: the figure is of several.
DELAY_RUNS, DELAY_ATTEMPTS = 3, 5

AFTER_LAST_INVITE_S = 40
# The kernel's caches that a UDP socket and io_uring take from; others grow with whatever else the machine does.
SLABS = ("UDP", "UDPv6", "sock_inode_cache", "filp", "skbuff_head_cache", "skbuff_small_head", "io_kiocb", "dentry",
         "lsm_file_cache", "kmalloc-")


def delay(bed, rows, beat, secs=DELAY_SECS, attempts=DELAY_ATTEMPTS):
    """Mouth to ear, without jitter buffer: see tools/load/README.md for what is in it. The median of the runs."""
    plan = Plan(DELAY_WORKLOAD, DELAY_PARTICIPANTS, secs, 100.0, DELAY_SAMPLE, {"media.jitter_ms": 0})
    measured, undisturbed = [], 0
    for attempt in range(attempts):
        trial = bed.run(plan, f"delay-{attempt}", beat)
        load = trial.load
        # No jitter buffer: a packet that this machine holds back is missing from the mix, and no fault here.
        if load and load["answered"] == load["callers"] and packets_share(load) >= PACKETS_LEAST:
            if load["delay_ms"]["count"]:
                measured.append(load)
            # Jitter buffers grow by what a generator that stands still sends late: that is no delay of the server's.
            undisturbed += not load["generator"]["stalls"]
            if undisturbed == DELAY_RUNS:
                break
    if not measured:
        raise TrialError("; ".join(judge(load, trial.span).why) or "no sweep was found")
    runs = sorted(measured, key=lambda one: one["generator"]["stalled_ms"])[:DELAY_RUNS]
    p50, p99, most = ([run["delay_ms"][name] for run in runs] for name in ("p50", "p99", "max"))
    rows.add("server.delay_ms_p50", statistics.median(p50), "ms")
    rows.add("server.delay_ms_p99", statistics.median(p99), "ms")
    rows.add("server.delay_ms_max", max(most), "ms")
    stalls = sum(run["generator"]["stalls"] for run in runs)
    disturbed = f"; disturbed: the generator stood still {stalls} times" if stalls else ""
    return (f"{len(runs)} runs, p50 {' '.join(f'{one:.1f}' for one in p50)}, p99 {' '.join(f'{one:.1f}' for one in p99)} ms; "
            f"{sum(run['delay_ms']['count'] for run in runs)} sweeps, "
            f"{sum(run['sweeps_missed'] for run in runs)} missed{disturbed}")


def slab_bytes(slabinfo):
    """Of the caches above. Source: slabinfo(5)."""
    total = 0
    for line in slabinfo.splitlines():
        words = line.split()
        if words and words[0].startswith(SLABS) and len(words) > 4:
            total += int(words[2]) * int(words[3])
    return total


def udp_sockets(sockstat):
    """(how many, bytes of packets that wait in them). Source: /proc/net/sockstat."""
    words = next(line for line in sockstat.splitlines() if line.startswith("UDP:")).split()
    return int(words[words.index("inuse") + 1]), int(words[words.index("mem") + 1]) * 4096


def kernel_state():
    """(slab bytes or None where only root may look, UDP sockets, bytes that wait in them)"""
    try:
        slabs = slab_bytes(pathlib.Path("/proc/slabinfo").read_text())
    except OSError:
        slabs = None
    return slabs, *udp_sockets(pathlib.Path("/proc/net/sockstat").read_text())


def participants_of(server):
    """None where the control plane, on the callers' CPU, does not get to answer."""
    try:
        return server.ledger()["participants"]
    except ServerError:
        return None


def memory(bed, rows, beat, participants=4000, rate=300.0, wait_s=AFTER_LAST_INVITE_S):
    """All of tuttid's resident memory, with everyone in and talking, over the participants."""
    plan = Plan(ROOMS_OF_8, participants, wait_s + 5, rate)
    server = bed.server(plan, "memory")
    try:
        empty = rss_bytes(server.child.pid)
        before = kernel_state()
        child, report = bed.callers(plan, server, "memory")
        deadline = time.monotonic() + participants / rate + 30
        while (inside := participants_of(server)) != participants:
            if time.monotonic() > deadline or child.poll() is not None:
                process.end(child)
                raise TrialError(f"{inside} of {participants} calls came in")
            time.sleep(0.25)
            beat()
        until = time.monotonic() + wait_s
        while time.monotonic() < until:
            time.sleep(0.25)
            beat()
        full = rss_bytes(server.child.pid)
        after = kernel_state()
        load = bed.finish(child, report, 120, beat)
        if load is None or load["ended_early"]:
            raise TrialError(f"not all of {participants} stayed for {wait_s} s")
    finally:
        bed.stop(server)
    rows.add("server.bytes_per_participant", full // participants, "B")
    rows.add("server.bytes_per_participant_without_start", (full - empty) // participants, "B")
    sockets = after[1] - before[1]
    if before[0] is not None and sockets > 0:
        # The callers' sockets are in the count as well: two of three are the server's.
        rows.add("server.kernel_bytes_per_participant", 2 * (after[0] - before[0]) // sockets, "B")
    rows.add("server.kernel_udp_queue_bytes_per_socket", (after[2] - before[2]) // max(1, sockets), "B")
    return f"{full / 1e6:.1f} MB with {participants:,}, {empty / 1e6:.1f} MB with nobody"


def bare_ns(bed, participants, secs, name, loop="all"):
    """ns of CPU a participant-frame by loop, "fastest" that on connected sockets: see bench/bare_udp.cpp."""
    report = bed.out / f"{name}.json"
    command = [bed.bin / "bare-udp", "--loop", loop, "--sockets", participants, "--secs", secs, "--rounds", 1, "--cpu",
               bed.machine.cpus.media, "--peer-cpu", bed.machine.cpus.callers, "--io", "sockets", "--json", report]
    with (bed.out / f"{name}.log").open("w") as said:
        child = process.start([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=said,
                              stderr=subprocess.STDOUT)
        status = child.wait()
        process.forget(child)
    if status != 0:
        raise TrialError(f"bare-udp ended with {status}: see {name}.log")
    suffix = ".ns_per_frame"
    return {row["name"].removeprefix("bare_udp.").removesuffix(suffix): row["value"]
            for row in json.loads(report.read_text()) if row["name"].endswith(suffix)}


PACKET_LOOP = "uring_packet"  # bare-udp's that sends frames; missing where they may not be sent


class BareLoops:
    """The loops that tuttid is held against, measured anew before and behind each trial: what the machine does meanwhile is in
    both, and of many loops that were measured once the fastest is the luckiest, too."""

    def __init__(self, measure):
        """`measure(loop)`: its ns, and of "all" those of all."""
        found = measure("all")
        self.fastest = next(loop for loop, ns in found.items() if loop != "fastest" and ns == found["fastest"])
        self.names = [self.fastest, PACKET_LOOP] if PACKET_LOOP in found else [self.fastest]
        self._measure = measure
        self._latest = self._round()

    def _round(self):
        return {loop: self._measure(loop)[loop] for loop in self.names}

    def around(self, trial):
        """What the trial gives, and each loop's ns in the mean of before it and behind it."""
        before, given = self._latest, trial()
        self._latest = self._round()
        return given, {loop: (before[loop] + self._latest[loop]) / 2 for loop in self.names}


HALVINGS = 3  # of a number that this machine does not hold


def ratio_to_bare_udp(bed, rows, beat, participants, **options):
    """Of so many; where these are too many for this machine, of half as many, and so on: a ratio of fewer is one."""
    for halvings_left in range(HALVINGS, -1, -1):
        try:
            return ratio_of(bed, rows, beat, participants, **options)
        except TooMany:
            if halvings_left == 0:
                raise
            participants = max(8, participants // 16 * 8)


class TooMany(TrialError):
    """No round was held."""


def ratio_of(bed, rows, beat, participants, rounds=3, secs=6, rate=300.0, bare_loops=bare_ns):
    """tuttid between two rounds of the fastest loop on as many sockets, the medians of some; and once more a tuttid whose RTP
    goes as frames past the kernel's UDP both ways, where this host takes such frames."""

    def measure(loop):
        found = bare_loops(bed, participants, 1.5, f"bare-{loop}", loop)
        beat()
        return found

    loops, ours, frames, why = BareLoops(measure), [], [], []
    for number in range(rounds + 1):  # one may be thrown away
        if len(ours) == rounds or (number == 2 and not ours):
            break
        # Both far ends are tutti-load's sockets: into one that does not queue a send is cheaper.
        plan = Plan(ROOMS_OF_8, participants, secs, rate, config=SOCKETS, io="sockets")
        trial, bare = loops.around(lambda: bed.run(plan, f"ratio-{number}", beat))
        verdict = judge(trial.load, trial.span)
        if verdict.outcome != HELD:
            why += verdict.why
            continue
        ours.append((bare[loops.fastest], trial.span.cpu_ns_per_frame()))
        if PACKET_LOOP in loops.names:
            plan = dataclasses.replace(plan, config=FRAMES)
            other, bare = loops.around(lambda: bed.run(plan, f"ratio-frames-{number}", beat))
            if judge(other.load, other.span).outcome == HELD:
                frames.append((bare, other.span.cpu_ns_per_frame()))
    if not ours:
        raise TooMany(f"{participants} participants: " + "; ".join(why))
    bare, own = (statistics.median(side) for side in zip(*ours))
    rows.add("server.ratio_to_bare_udp", statistics.median(theirs / own for theirs, own in ours), "times")
    rows.add("server.ns_per_frame", own, "ns")
    rows.add("bare_udp.fastest_ns_per_frame", bare, "ns")
    rows.add("server.ratio_participants", participants, "participants")
    text = f"{bare:.0f} ns bare ({loops.fastest}), {own:.0f} ns tuttid, at {participants:,}"
    if not frames:
        return text
    for name, loop in (("udp", loops.fastest), ("packet", PACKET_LOOP)):
        rows.add(f"server.frames_ratio_to_bare_{name}", statistics.median(bare[loop] / own for bare, own in frames), "times")
    framed = statistics.median(own for _, own in frames)
    rows.add("server.frames_ns_per_frame", framed, "ns")
    rows.add("bare_udp.packet_ns_per_frame", statistics.median(bare[PACKET_LOOP] for bare, _ in frames), "ns")
    return text + f"; {framed:.0f} ns tuttid with frames"
