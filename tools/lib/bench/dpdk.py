"""A core over DPDK and a cable of memory: how many it holds in real time, what a participant-frame costs of 1,000 to 131,072,
and both beside an echo over the same cable."""

import json
import subprocess

import process
from bench import microbench
from bench.machine import pinned
from bench.plot import TERMINALS, data_block, quoted
from bench.search import GENERATOR, HELD, MISSED, CapacitySearch
from bench.verdict import PACKETS_LEAST

WORKLOADS = ("rooms_of_8", "one_room")
COUNTS = (1_000, 8_000, 32_000, 100_000, 131_072)  # of the curve
SHOWN = 32_000  # whose cost is in the rows
MOST = 131_072
UNIT = 1_024
LATE_MOST = 1 / 1000
WRONG_MOST = 1 / 1000  # of the packets that are listened to
LAG_MS_MOST = 5.0  # that the callers may fall behind before nothing is said of the core
ECHO = r"^echo/endpoints:32000/connected:1$"


class DpdkError(Exception):
    """A try ended without a report."""


def judge(report):
    """(HELD, MISSED or GENERATOR, why) of a try in real time."""
    share = report["packets_out"] / report["expected"]
    why = []
    if share < PACKETS_LEAST:
        why.append(f"{100 * share:.2f} % of the packets came")
    if report["late_ticks"] > LATE_MOST * report["ticks"]:
        why.append(f"{1000 * report['late_ticks'] / max(1, report['ticks']):.1f} of 1,000 ticks were late")
    if not report["audio_packets"]:
        why.append("nothing was heard")
    elif report["audio_wrong"] > WRONG_MOST * report["audio_packets"]:
        why.append(f"{report['audio_wrong']} of {report['audio_packets']} packets were not the exact sum")
    if not why:
        return HELD, why
    if report["callers_lag_ms"] > LAG_MS_MOST:
        return GENERATOR, [*why, f"the callers were {report['callers_lag_ms']:.1f} ms behind"]
    return MISSED, why


def check_step(report):
    """A try in lock-step loses nothing, and all that is listened to is exact."""
    if report["audio_wrong"] or not report["audio_packets"]:
        raise DpdkError(f"{report['participants']:,}: {report['audio_wrong']} of {report['audio_packets']} packets were not the exact sum")
    if report["packets_out"] < PACKETS_LEAST * report["expected"]:
        raise DpdkError(f"{report['participants']:,}: {report['packets_out']:,} of {report['expected']:,.0f} packets came")


class Dpdk:
    """Of one run; `points` is what the curve has."""

    def __init__(self, bin_folder, folder, cpus, show, beat):
        self.bin, self.folder, self.cpus, self.show, self.beat = bin_folder, folder, cpus, show, beat
        self.points = []

    def try_once(self, participants, workload, *how):
        command = [self.bin / "dpdk_rooms", "--participants", participants, "--core-cpu", self.cpus.media, "--callers-cpu",
                   self.cpus.callers, *how, *(["--one-room"] if workload == "one_room" else [])]
        with (self.folder / "dpdk_rooms.log").open("a") as log:
            child = process.start([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                                  text=True)
            out, _ = child.communicate()
        process.forget(child)
        self.beat()
        if child.returncode != 0:
            raise DpdkError(f"dpdk_rooms ended with {child.returncode}: see {self.folder / 'dpdk_rooms.log'}")
        return json.loads(out)

    def cost(self, participants, workload, rounds=3):
        """The least of some rounds: what else runs here only adds."""
        best = None
        for _ in range(rounds):
            report = self.try_once(participants, workload, "--lock-step", max(0.3, min(2.0, 16_000 / participants)))
            check_step(report)
            if best is None or report["ns_per_frame"] < best["ns_per_frame"]:
                best = report
        self.points.append({"workload": workload, **best})
        self.show(f"{participants:>7,} {workload:<10} {best['ns_per_frame']:.0f} ns: reception {best['reception_ns']:.0f}, "
                  f"tick {best['tick_ns']:.0f}; {best['audio_packets']:,} packets listened to, all exact")
        return best

    def held(self, workload, start, secs=5, tries=8):
        """A finished CapacitySearch. A miss is tried once more before it is believed."""
        search = CapacitySearch(start, UNIT, UNIT, MOST, tries, 0.04)
        while (count := search.next()) is not None:
            for attempt in range(2):
                report = self.try_once(count, workload, "--real-time", secs)
                outcome, why = judge(report)
                self.show(f"{count:>7,} {workload:<10} {outcome:<9} load {100 * report['load']:.0f} %, late {report['late_ticks']} of "
                          f"{report['ticks']:,}, heard {report['audio_packets']:,}" + "".join(f"; {one}" for one in why))
                if outcome == HELD:
                    break
            search.record(count, outcome)
        return search

    def echo(self):
        """ns a packet, received and sent back."""
        command = pinned([self.cpus.media], microbench.command(self.bin / "dpdk_bench", ECHO))
        report = microbench.run(command, self.folder / "dpdk_bench.log")
        return microbench.least(report, ECHO.strip("^$") + r".*", "ns_per_packet")


def add_cost_rows(points, echo_ns, rows):
    """Of the costs that were measured."""
    def of(workload, participants):
        return next((point["ns_per_frame"] for point in points
                     if (point["workload"], point["participants"]) == (workload, participants)), None)
    for workload, name in zip(WORKLOADS, ("dpdk.ns_per_frame", "dpdk.listener_ns_per_frame")):
        if of(workload, SHOWN) is not None:
            rows.add(name, of(workload, SHOWN), "ns")
        for participants in COUNTS:
            if of(workload, participants) is not None:
                rows.add(f"{name}_{participants // 1000}k", of(workload, participants), "ns")
        if of(workload, 1_000) and of(workload, 100_000):
            rows.add(f"dpdk.{workload}_100k_over_1k", of(workload, 100_000) / of(workload, 1_000), "times")
    rows.add("dpdk.echo_ns_per_packet", echo_ns, "ns")
    if of("rooms_of_8", SHOWN):
        rows.add("dpdk.ratio_to_echo", echo_ns / of("rooms_of_8", SHOWN), "times")
    rows.add("dpdk.huge_pages", int(bool(points) and all(point["huge_pages"] for point in points)), "yes")


def add_held_rows(searches, rows):
    """`searches`: workload -> CapacitySearch."""
    for workload, search in searches.items():
        rows.add(f"dpdk.participants_per_core_{workload}", search.held, "participants")
    if len(searches) == len(WORKLOADS):
        rows.add("dpdk.participants_per_core", min(search.held for search in searches.values()), "participants")


def script(points, title, terminal, output):
    """gnuplot's input: ns a participant-frame against participants, and what a core could hold at most at such a cost."""
    text, plots = "", []
    for workload, colour, legend in (("rooms_of_8", "#1b4f8f", "rooms of 8, all talk"), ("one_room", "#c4571b", "one room, 4 talk")):
        pairs = sorted((point["participants"], point["ns_per_frame"]) for point in points if point["workload"] == workload)
        if pairs:
            text += data_block(workload, pairs)
            plots.append(f"${workload} with linespoints lc rgb '{colour}' pt 7 lw 1.8 title '{legend}'")
    # 20 ms over all participants: above it a core cannot keep up.
    plots.append("[1000:150000] 20e6 / x with lines lc rgb '#777777' dt 2 title 'all of a core'")
    return text + f"""set terminal {terminal}
set output '{output}'
set title "Tutti over DPDK, a cable of memory: G.711 on one core\\n{{/*0.8 {quoted(title)}}}"
set logscale x
set xrange [800:160000]
set yrange [0:1000]
set grid lc rgb '#dddddd' lw 0.8
set xlabel 'participants (20 ms packets each way)'
set ylabel 'ns a participant-frame'
set key top left
plot """ + ", \\\n  ".join(plots) + "\nset output\n"


def draw(points, title, folder):
    """dpdk.svg and dpdk.png in the folder."""
    for kind, terminal in TERMINALS.items():
        source = folder / f"dpdk.{kind}.gnuplot"
        source.write_text(script(points, title, terminal, folder / f"dpdk.{kind}"))
        subprocess.run(["gnuplot", source], check=True, stdin=subprocess.DEVNULL)
