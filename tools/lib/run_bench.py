"""tools/bench after its packages are there: builds release, measures, draws, and shows all beside the goals."""

import argparse
import json
import os
import pathlib
import re
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import own_network  # noqa: E402
import process  # noqa: E402
from bench import dpdk, dpdk_plot, dpdk_rows, dpdk_sip, figures, microbench, plot, results  # noqa: E402
from bench.api import api  # noqa: E402
from bench.capacity import Capacity, add_rows  # noqa: E402
from bench.machine import Machine, pinned  # noqa: E402
from bench.rows import Rows  # noqa: E402
from bench.soak import soak  # noqa: E402
from bench.trial import FRAMES, ONE_ROOM, ROOMS_OF_8, SOCKETS, SOCKETS_ROOMS_OF_8, Bed, TrialError, setting  # noqa: E402
from server import ServerError  # noqa: E402
from steps import JOBS, LOGS, ROOT, Progress, run, tail_of_log  # noqa: E402

PARTS = ("kernels", "core", "delay", "memory", "api", "capacity", "ratio")  # in this order
ALONE = ("dpdk", "soak")  # take their time, and are asked for by name
TARGETS = ("tuttid", "tutti-load", "kernels_bench", "core_bench", "dpdk_bench", "dpdk_rooms", "bare-udp")
RATIO_MOST = 2000  # callers with a socket each that the generator is sure to carry
RATIO_S = 210.0  # that a comparison with bare UDP takes: kept for it where time is short
LADDER_TRY_S = 30.0  # that one more point below the limit takes
# Of --bin, what each part runs.
CALLED = ("tuttid", "tutti-load")
PROGRAMS = {"kernels": ("kernels_bench",), "core": ("core_bench",), "ratio": (*CALLED, "bare-udp"), "dpdk": (*CALLED, "dpdk_rooms", "dpdk_bench")}
RATES = (0.1, 2000.0)  # of tutti-load
DPDK_COSTS = 0.5  # of the time for DPDK, for costs in steps; the rest is for what is held by the clock
DPDK_SECS = 5  # measured of each try by the clock
DPDK_STEPS = {False: 7, True: 3}  # by whether it is quick
BENCH_PRIORITY = 20  # of a program without sockets, under SCHED_FIFO


class Bench:
    """A run: its rows, its folder, and where it measures."""

    def __init__(self, options, machine):
        self.options = options
        self.machine = machine
        self.folder = options.out or results.new_folder()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.bed = Bed(options.bin, self.folder, self.machine, options.set)
        self.baseline = results.read_baseline(self.machine)
        self.rows = Rows()
        self.points = []
        self.failed = []
        self.own_network = False
        over_dpdk = "dpdk" in options.parts and DPDK_STEPS[options.quick] - 1
        steps = len(options.parts) + over_dpdk + (0 if options.built else 2)
        self.progress = Progress(steps)
        self.deadline = time.monotonic() + 60 * options.minutes

    def beat(self):
        self.progress.beat("")

    def show(self, text):
        """A line of its own under the step's."""
        print(("\r\033[K" if sys.stdout.isatty() else "") + "    " + text, flush=True)

    def build(self):
        LOGS.mkdir(parents=True, exist_ok=True)
        log = LOGS / "bench.log"
        log.write_text("")
        for title, command, pattern in (
                ("configure", ["cmake", "--preset", "release"], r"^-- ()"),
                ("build " + " ".join(TARGETS),
                 ["cmake", "--build", "build/release", "-j", str(JOBS), "--target", *TARGETS], r"^(\[\d+/\d+\])")):
            self.progress.begin(title)
            ok = run(command, log, self.progress, re.compile(pattern))
            self.progress.end("" if ok else "  FAILED")
            if not ok:
                tail_of_log(log)
                return False
        self.deadline = time.monotonic() + 60 * self.options.minutes  # compiling is not measuring
        return True

    def measure(self, title, work):
        """One step; what it could not measure is said, and the others go on."""
        self.progress.begin(title)
        try:
            result = work()
        except (TrialError, ServerError, dpdk.DpdkError, microbench.MicrobenchError) as error:
            self.failed.append(title)
            self.progress.end("  NOT MEASURED")
            print(f"    {error}", flush=True)
            return None
        self.progress.end(f"  {result}" if isinstance(result, str) else "")
        return result

    def microbench(self, program, names, add):
        shortened = (0.001, 1) if self.options.quick else ()
        command = microbench.command(self.options.bin / program, names, *shortened)
        # DPDK's start waits for threads of its own, which would not get a CPU that a program of real time holds.
        realtime = self.machine.realtime and program != "dpdk_bench"
        priority = BENCH_PRIORITY if realtime else None
        report = microbench.run(pinned([self.machine.cpus.media], command, priority), self.folder / f"{program}.log")
        (self.folder / f"{program}.json").write_text(json.dumps(report, indent=1))
        add(report, self.rows)

    def kernels(self):
        self.measure("kernels", lambda: self.microbench("kernels_bench", microbench.KERNELS, microbench.add_kernel_rows))

    def core(self):
        self.measure("a core without packets",
                     lambda: self.microbench("core_bench", microbench.CORE, microbench.add_core_rows))

    def dpdk(self):
        bench = dpdk.Dpdk(self.options.bin, self.folder, self.machine, self.show, self.beat, first=not self.options.quick)
        counts = dpdk.COUNTS
        if self.options.quick or self.options.participants:
            counts = (self.options.participants or 1_000,)
        now = time.monotonic()
        self.measure("a core over DPDK: what a participant costs", lambda: bench.costs(
            counts, now + DPDK_COSTS * (self.deadline - now), 1 if self.options.quick else dpdk.ROUNDS))
        dpdk_rows.add_cost_rows(bench, self.rows, counts)
        if bench.tries:
            self.show("DPDK's memory is in " + ("huge pages" if bench.tries[0][2]["huge_pages"] else "plain pages: no huge ones are free"))
        if not self.options.quick:
            self.measure("a packet through DpdkPort and back", lambda: self.microbench(
                "dpdk_bench", microbench.PORT, microbench.add_port_row))
            self.measure("SIP over DPDK, a sample", self.sip_over_dpdk)
        searches = {}
        kinds = [kind for kind in dpdk.KINDS if kind.workload in self.workloads_over_dpdk()]
        for number, kind in enumerate(kinds):
            until = time.monotonic() + (self.deadline - time.monotonic()) / (len(kinds) - number)
            search = self.measure(f"a core over DPDK: {kind}, how many are held", lambda: self.held_over_dpdk(bench, kind, until))  # noqa: B023
            searches.update({kind: search} if search else {})
            self.show(f"{kind}: {search.sentence()}" if search else f"{kind}: no verdict")
        dpdk_rows.add_held_rows(searches, self.rows)
        self.failed += bench.lost
        points = dpdk_plot.points_of(bench)
        (self.folder / "dpdk.json").write_text(json.dumps({"title": self.machine.title(), **points}, indent=1) + "\n")
        dpdk_plot.draw(points, self.machine.title(), self.folder)

    def workloads_over_dpdk(self):
        """Whose number a search is for."""
        return dpdk.WORKLOADS[:1] if self.options.quick else dpdk.WORKLOADS

    def held_over_dpdk(self, bench, kind, until):
        known = self.baseline.value(f"{dpdk_rows.PREFIX[kind.cable]}participants_per_core_{kind.workload}")
        start = self.options.start or known or bench.start(kind)
        return bench.held(kind, start, until, min(DPDK_SECS, self.options.secs), 1 if self.options.quick else 10)

    def sip_over_dpdk(self):
        callers, text = dpdk_sip.sample(self.options.bin, self.folder, self.beat)
        if callers is not None:
            self.rows.add("dpdk.sip_callers_heard", callers, "callers")
        return text

    def delay(self):
        self.measure("delay at low load", lambda: figures.delay(self.bed, self.rows, self.beat))

    def memory(self):
        count = self.options.participants or 4000
        self.measure(f"memory of {count:,} participants", lambda: figures.memory(
            self.bed, self.rows, self.beat, count, self.options.rate))

    def api(self):
        known = self.by_sockets(self.baseline) or 2000
        count = self.options.participants or int(0.5 * known) // 8 * 8
        self.measure(f"the API beside {count:,} participants", lambda: api(
            self.bed, self.rows, self.show, self.beat, count))

    def capacity(self):
        searches, kept = {}, RATIO_S if "ratio" in self.options.parts else 0.0
        tries = self.tries()
        climbs = []
        for number, (workload, config) in enumerate(tries):
            until = self.deadline - kept
            until = time.monotonic() + (until - time.monotonic()) / (len(tries) - number)
            climb = Capacity(self.bed, workload, self.show, self.options.secs, self.options.rate, self.beat,
                             config)
            climbs.append(climb)
            search = self.measure(f"capacity, {workload.text}", lambda: self.search(climb, until))  # noqa: B023
            self.points += climb.points
            if search:
                searches[workload.name] = search
                self.show(search.sentence())
                if not search.held:
                    self.failed.append(f"capacity, {workload.text}")
        for climb in climbs:
            search = searches.get(climb.workload.name)
            if search and search.held and not self.options.quick:
                tried = len(climb.points)
                climb.ladder(search.held, self.deadline - kept - LADDER_TRY_S)
                self.points += climb.points[tried:]
        add_rows(searches, self.rows)

    def tries(self):
        """What capacity is searched of, each with its keys: the way past the kernel's UDP where this host has it, and beside it
        the sockets that need no privilege."""
        if self.options.way == "sockets" or not self.own_network:
            return [(ROOMS_OF_8, SOCKETS), (ONE_ROOM, SOCKETS)]
        frames = [(ROOMS_OF_8, FRAMES), (ONE_ROOM, FRAMES)]
        return frames if self.options.way == "frames" else [*frames, (SOCKETS_ROOMS_OF_8, SOCKETS)]

    def search(self, climb, until):
        options = self.options
        known = self.baseline.value(f"server.participants_per_core_{climb.workload.name}")
        start = options.start or known or 2000
        tries, precision = (3, 0.25) if options.quick else (10, 0.04)
        return climb.search(start, options.most, tries, until, precision=precision)

    def by_sockets(self, rows):
        """What a core held as it is configured by default."""
        return rows.value(f"server.participants_per_core_{SOCKETS_ROOMS_OF_8.name}") or rows.value(
            "server.participants_per_core_rooms_of_8")

    def ratio(self):
        held = self.by_sockets(self.rows)
        count = self.options.participants or min(RATIO_MOST, held or RATIO_MOST) // 8 * 8
        self.measure(f"ratio to bare UDP, {count:,} sockets", lambda: figures.ratio_to_bare_udp(
            self.bed, self.rows, self.beat, count, rate=self.options.rate))

    def soak(self):
        known = self.by_sockets(self.baseline) or 2000
        count = self.options.participants or int(0.8 * known) // 8 * 8
        self.measure(f"soak of {count:,} participants, {self.options.rounds} x {self.options.soak_secs} s",
                     lambda: soak(self.bed, self.rows, self.show, self.beat, count, self.options.rounds,
                                  self.options.soak_secs))

    def run(self):
        if not self.options.built and not self.build():
            return 1
        self.own_network = own_network.enter() is None
        if "capacity" in self.options.parts:
            self.progress.steps += len(self.tries()) - 1  # a step each
        (self.folder / "machine.txt").write_text(
            self.machine.facts() + f"{'network':<22} {'a namespace of its own' if self.own_network else 'the host, as it is'}\n")
        if self.machine.is_busy():
            self.show("this machine is busy with something else: the figures will be worse than they could be")
        for part in self.options.parts:
            getattr(self, part)()
        self.finish()
        return 1 if self.failed else 0

    def finish(self):
        text = self.rows.to_json()
        (self.folder / "rows.json").write_text(text)
        if self.options.json:
            self.options.json.write_text(text)
        if self.points:
            curve = {"title": self.machine.title(), "points": self.points}
            (self.folder / "curve.json").write_text(json.dumps(curve, indent=1) + "\n")
            plot.draw(self.points, self.machine.title(), self.folder)
        print("\n" + self.machine.title())
        print(self.rows.table(self.baseline if self.baseline.rows else None), end="")
        print(f"\neverything of this run: {shown(self.folder)}")
        if self.options.publish:
            for file in results.publish(self.folder, self.rows, self.machine):
                print(f"written: {shown(file)}")
        for title in self.failed:
            print(f"not measured: {title}")


def shown(path):
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def why_not(options):
    """None, or why these options are of no use."""
    of_a_room = ROOMS_OF_8.unit()
    least = 4 * of_a_room if "dpdk" in options.parts else of_a_room  # dpdk_rooms listens to 32
    if options.participants is not None and (options.participants < least or options.participants % of_a_room):
        return f"--participants {options.participants}: a multiple of {of_a_room} is needed, {least} at least"
    if options.secs < 2 and options.parts != ["dpdk"]:  # whose callers are its own
        return "--secs: tutti-load measures 2 s and more"
    return None


def why_in_vain(options):
    """None, or why a run would end without figures, or without the file that was asked for."""
    if not RATES[0] <= options.rate <= RATES[1]:
        return f"--rate {options.rate:g}: tutti-load places {RATES[0]} to {RATES[1]:.0f} calls a second"
    if options.most < max(ROOMS_OF_8.unit(), ONE_ROOM.unit()):
        return f"--most {options.most}: so few are never tried"
    if options.rounds < 1 or options.soak_secs < 2:
        return "--rounds, --soak-secs: a soak has a round, and tutti-load measures 2 s and more"
    if options.minutes is not None and not options.minutes > 0:
        return f"--minutes {options.minutes:g}: there is no time to measure in"
    # Now: what took a quarter of an hour must not end with a bad path.
    if options.json and (options.json.is_dir() or not os.access(options.json if options.json.exists() else options.json.parent, os.W_OK)):
        return f"--json {options.json}: the file cannot be written"
    if options.bin:
        needed = dict.fromkeys(name for part in options.parts for name in PROGRAMS.get(part, CALLED))
        if missing := [name for name in needed if not os.access(options.bin / name, os.X_OK)]:
            return f"--bin {options.bin}: there is no {' and no '.join(missing)}"
    return None


def why_not_published(options):
    """None, or which of these options makes figures that are not of what everybody has."""
    others = {"--bin": options.bin, "--set": options.set, "--way": options.way, "--quick": options.quick,
              "--participants": options.participants}
    given = [flag for flag, value in others.items() if value]
    return f"--publish is of the programs, the configuration and the tries that everybody has, without {' and '.join(given)}" if given else None


def parse_options():
    parser = argparse.ArgumentParser(
        prog="tools/bench", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Measures Tutti on this machine: the kernels, a core without packets, and a whole server called over "
                    "loopback;\ndraws how many a core holds. bench/README.md says what each row is.",
        epilog="examples\n  tools/bench                 everything but the soak, within 15 minutes\n"
               "  tools/bench capacity        the curve alone, with more points\n"
               "  tools/bench dpdk            past the kernel: what a participant costs, how many are held\n"
               "  tools/bench soak            3 x 5 minutes: what grows, what comes late\n"
               "  tools/bench --publish       everything; becomes the baseline, docs/CAPACITY.md and its curve")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join((*PARTS, *ALONE))} (all but {' and '.join(ALONE)})")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="the rows, as name, value and unit")
    parser.add_argument("--minutes", type=float, help="for measuring, building not counted (13.5, dpdk alone too; 30 for other parts alone)")
    parser.add_argument("--publish", action="store_true", help="keep the rows and the curve in the tree: on a quiet machine")
    parser.add_argument("--quick", action="store_true", help="kernels and core once, capacity in a few short tries")
    parser.add_argument("--start", type=int, help="participants to begin the search of the capacity with (the baseline's)")
    parser.add_argument("--most", type=int, default=9600, help="participants never to go beyond (9600)")
    parser.add_argument("--secs", type=int, default=10, help="seconds measured of each try of the capacity (10)")
    parser.add_argument("--rate", type=float, default=300.0, help="calls placed a second (300)")
    parser.add_argument("--participants", type=int, help="of memory (4000), ratio (what was held), soak (80 %% of it) and dpdk (a curve)")
    parser.add_argument("--rounds", type=int, default=3, help="of the soak (3)")
    parser.add_argument("--soak-secs", type=int, default=300, help="of each of its rounds (300)")
    parser.add_argument("--set", action="append", default=[], type=setting, metavar="TABLE.KEY=VALUE",
                        help="of every tuttid's configuration (docs/tuttid.toml); may be given again")
    parser.add_argument("--way", choices=("frames", "sockets"),
                        help="how tuttid moves RTP where its capacity is searched: as frames past the kernel's UDP (cores.tx and "
                             "cores.rx), or through sockets (as frames where this host has them, and then through sockets)")
    parser.add_argument("--bin", type=pathlib.Path, help="measure these programs instead of building")
    parser.add_argument("--out", type=pathlib.Path, help="the folder for everything (build/bench/DATE)")
    options = parser.parse_args()
    unknown = [part for part in options.parts if part not in (*PARTS, *ALONE)]
    if unknown:
        parser.error(f"there is no part {unknown[0]}")
    if options.publish and (why := why_not_published(options)):
        parser.error(why)
    in_minutes = options.parts in ([], ["dpdk"])
    options.parts = [part for part in (*PARTS, *ALONE) if part in (options.parts or PARTS)]
    if why := why_not(options) or why_in_vain(options):
        parser.error(why)
    options.minutes = options.minutes or (13.5 if in_minutes else 30)
    options.built = options.bin is not None
    options.bin = (options.bin or ROOT / "build" / "release" / "bin").resolve()
    return options


def main():
    options = parse_options()
    process.install_traps()
    machine = Machine()
    why_not = options.publish and results.why_not_published(machine, set(options.parts) >= set(PARTS))
    if why_not:
        print(why_not, file=sys.stderr)
        return 2
    try:
        bench = Bench(options, machine)
    except OSError as error:
        print(f"--out {error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    return bench.run()


if __name__ == "__main__":
    sys.exit(main())
