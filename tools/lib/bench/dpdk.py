"""A core over DPDK, over a cable of memory or to another process by memif: what a participant costs, and how many are held."""

import dataclasses
import json
import os
import statistics
import subprocess
import tempfile
import time

import process
from bench.search import DISTURBED, GENERATOR, HELD, MISSED, CapacitySearch
from bench.verdict import PACKETS_LEAST, SERVER_FULL, WAITED_MOST

CABLES = ("rings", "memif")
WORKLOADS = ("rooms_of_8", "one_room")
ECHO = "echo"  # instead of a core: each packet is sent back, nothing else
COUNTS = (1_000, 8_000, 32_000, 100_000, 131_072)  # of the curve
SHOWN = 32_000  # whose cost stands in a row without a number
MOST, UNIT = 131_072, 1_024  # participants, of a search
ROUNDS = 3
# That a try may take at most: in steps, the same beside others, and by the clock besides what it measures.
STEP_TRY_S, PATIENT_TRY_S, CLOCK_TRY_S = 60.0, 240.0, 45.0
LATE_MOST = 1 / 1000
WRONG_MOST = 1 / 1000  # of the packets that are listened to, by the clock
MOVED_MOST = 0.02  # of the packets in steps: a room whose tick moves has one less
LAG_MS_MOST = 5.0  # that the callers may fall behind before nothing is said of a core with time left
DISTURBED_MOST = 0.05  # of the time the host may slow the core's CPU down, or run somebody else on it
TRIES_MOST = 4  # of the same number, where they say nothing of the core
LOAD_FIRST = 0.7  # of a core, as the costs have it: where a search begins


class DpdkError(Exception):
    """A try ended without a report, or with one that is of no worth."""


@dataclasses.dataclass(frozen=True)
class Kind:
    """What a try is of."""
    cable: str
    workload: str  # of WORKLOADS, or ECHO

    def flags(self):
        of_workload = {"one_room": ["--one-room"], ECHO: ["--echo"]}
        return ["--cable", self.cable, *of_workload.get(self.workload, [])]

    def __str__(self):
        return f"{self.cable}, {self.workload.replace('_', ' ')}"


KINDS = [Kind(cable, workload) for cable in CABLES for workload in (*WORKLOADS, ECHO)]


def judge(report):
    """(HELD, MISSED, GENERATOR or DISTURBED, why) of a try by the clock."""
    share = report["packets_out"] / report["expected"]
    late_most = LATE_MOST * report["ticks"]
    why = []
    if share < PACKETS_LEAST:
        why.append(f"{100 * share:.2f} % of the packets came")
    if not report["audio_packets"]:
        why.append("nothing was heard")
    elif report["audio_wrong"] > WRONG_MOST * report["audio_packets"]:
        why.append(f"{report['audio_wrong']} of {report['audio_packets']} packets were not the exact sum")
    late_alone = not why
    if report["late_ticks"] > late_most:
        why.append(f"{1000 * report['late_ticks'] / max(1, report['ticks']):.1f} of 1,000 ticks were late")
    if not why:
        return HELD, why
    if report["callers_lag_ms"] > LAG_MS_MOST and report["load"] < SERVER_FULL:
        return GENERATOR, [*why, f"the callers were {report['callers_lag_ms']:.1f} ms behind"]
    canary = report["canary"]
    if canary["disturbed"] > DISTURBED_MOST:
        return DISTURBED, [*why, f"the host slowed the core's CPU down {100 * canary['disturbed']:.0f} % of the time"]
    if canary["waited"] > WAITED_MOST and report["load"] < SERVER_FULL:
        return DISTURBED, [*why, f"something else ran on the core's CPU {100 * canary['waited']:.1f} % of the time"]
    if late_alone and canary["late_undisturbed"] <= late_most:
        return DISTURBED, [*why, f"of those {1000 * canary['late_undisturbed'] / report['ticks']:.2f} in moments that nothing disturbed"]
    return MISSED, why


def text_of(report):
    """A line for people, of a try by the clock."""
    canary = report["canary"]
    return (f"load {100 * report['load']:.0f} %, late {report['late_ticks']:,} of {report['ticks']:,} "
            f"({canary['late_disturbed']:,} in disturbed moments, {canary['late_undisturbed']:,} in others), host in the way "
            f"{100 * canary['disturbed']:.1f} % of the time, heard {report['audio_packets']:,}, callers busy {100 * report['callers_busy']:.0f} %")


def check_step(report):
    """In steps nothing is lost, and all that is listened to is exact."""
    if report["audio_wrong"] or not report["audio_packets"]:
        raise DpdkError(f"{report['audio_wrong']} of {report['audio_packets']} packets were not what they must be, bit for bit")
    if report["packets_refused"] or report.get("core_drops"):
        raise DpdkError(f"{report['packets_refused']:,} packets found no room, {report.get('core_drops', 0):,} were dropped")
    if report["packets_out"] < (1 - MOVED_MOST) * report["expected"]:
        raise DpdkError(f"{report['packets_out']:,} of {report['expected']:,.0f} packets came")


def seconds_of(participants, most=2.0):
    """Virtual ones, of a try in steps."""
    return max(0.3, min(most, 16_000 / participants))


class Dpdk:
    """Of one run."""

    def __init__(self, bin_folder, folder, machine, show, beat, first=False):
        """`first`: its callers come before what else runs here at the same time."""
        self.bin, self.folder, self.machine, self.show, self.beat = bin_folder, folder, machine, show, beat
        self.before = ["nice", "-n", "-10"] if first and machine.realtime else []
        self.step_try_s, self.step_secs = (STEP_TRY_S, 2.0) if first else (PATIENT_TRY_S, 0.5)
        self.tries = []  # in steps: (round, Kind, report)
        self.points = []  # by the clock: (Kind, outcome, report)
        self.lost = []  # sentences, of tries without a report

    def try_once(self, kind, participants, limit_s, *how):
        """The report of one process, which has ended when this returns."""
        cpus = self.machine.cpus
        command = [self.bin / "dpdk_rooms", "--participants", participants, "--core-cpu", cpus.media, "--callers-cpu", cpus.callers,
                   *kind.flags(), *how]
        with (self.folder / "dpdk_rooms.log").open("a") as log, tempfile.TemporaryDirectory() as private:
            print("\n" + " ".join(str(word) for word in command), file=log, flush=True)
            child = process.start([*self.before, *(str(word) for word in command)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=log, text=True, env={**os.environ, "TMPDIR": private})
            out = self.wait(child, time.monotonic() + limit_s)
            if out is None:
                raise DpdkError(f"it did not end within {limit_s:.0f} s")
        if child.returncode != 0:
            raise DpdkError(f"dpdk_rooms ended with {child.returncode}: see {self.folder / 'dpdk_rooms.log'}")
        return json.loads(out)

    def wait(self, child, deadline):
        """What it has printed; None: it has been ended, and its callers with it."""
        while time.monotonic() < deadline:
            try:
                out, _ = child.communicate(timeout=0.25)
                process.forget(child)
                return out
            except subprocess.TimeoutExpired:
                self.beat()
        process.end(child)
        child.stdout.close()
        return None

    def cost(self, number, kind, participants):
        """One try in steps, kept."""
        try:
            report = self.try_once(kind, participants, self.step_try_s, "--lock-step", seconds_of(participants, self.step_secs))
            check_step(report)
        except DpdkError as error:
            self.lost.append(f"{kind}, {participants:,}: {error}")
            self.show(self.lost[-1])
            return
        self.tries.append((number, kind, report))

    def costs(self, counts, until, rounds=ROUNDS):
        """Rounds of everything, the core and the echo beside it in turn, as many as there is time for."""
        for number in range(rounds):
            began = time.monotonic()
            for participants in counts:
                for kind in KINDS:
                    if time.monotonic() < until:
                        self.cost(number, kind, participants)
                    elif number == 0:
                        self.lost.append(f"{kind}, {participants:,}: there was no time left")
                if number == 0:
                    self.show(self.sentence(participants))
            took = time.monotonic() - began
            if time.monotonic() + took > until:
                break
        if not self.tries:
            raise DpdkError("no try has ended with a report")

    def least(self, kind, participants):
        """The report of the cheapest round: what else runs here only adds. None where there is none."""
        of_it = [report for _, other, report in self.tries if (other, report["participants"]) == (kind, participants)]
        return min(of_it, key=lambda report: report["ns_per_frame"], default=None)

    def ratio(self, kind, participants):
        """The echo's cost over the core's, in the same round; of all rounds the median. None where there is none."""
        found = {(number, other): report["ns_per_frame"] for number, other, report in self.tries
                 if report["participants"] == participants}
        echo = Kind(kind.cable, ECHO)
        ratios = [found[number, echo] / ns for (number, other), ns in found.items() if other == kind and (number, echo) in found]
        return statistics.median(ratios) if ratios else None

    def sentence(self, participants):
        parts = [f"{kind} {report['ns_per_frame']:.0f}" for kind in KINDS if (report := self.least(kind, participants))]
        return f"{participants:>7,} ns a frame: " + "; ".join(parts)

    def start(self, kind):
        """Where the search begins: what a core has time for at the cost with SHOWN, and some of it left."""
        report = self.least(kind, SHOWN)
        count = LOAD_FIRST * 20e6 / report["ns_per_frame"] if report else SHOWN / 2
        return max(UNIT, min(MOST, int(count) // UNIT * UNIT))

    def try_count(self, kind, count, secs, until):
        """HELD, or MISSED where that came twice: once may have been the machine's doing. Where TRIES_MOST have said neither: what the last one said."""
        outcomes = []
        while True:
            try:
                report = self.try_once(kind, count, secs + CLOCK_TRY_S, "--real-time", secs)
                outcome, why = judge(report)
                self.points.append((kind, outcome, report))
                text = text_of(report)
            except DpdkError as error:
                outcome, why, text = GENERATOR, [], str(error)
            self.show(f"{count:>7,} {kind} {outcome}: {text}" + "".join(f"; {one}" for one in why))
            outcomes.append(outcome)
            if outcome == HELD or outcomes.count(MISSED) == 2 or len(outcomes) == TRIES_MOST or time.monotonic() > until:
                return outcome

    def held(self, kind, start, until, secs=5, tries=10):
        """A CapacitySearch, finished or out of time."""
        search = CapacitySearch(start, UNIT, UNIT, MOST, tries, 0.04)
        while (count := search.next()) is not None and (time.monotonic() < until or search.tries == tries):
            search.record(count, self.try_count(kind, count, secs, until))
        return search
