"""The capacity of a core: trials with more and fewer participants until the limit is known, each a point of the curve."""

import time

from bench.search import DISTURBED, GENERATOR, HELD, CapacitySearch
from bench.trial import ONE_ROOM, ROOMS_OF_8, Plan
from bench.verdict import judge, packets_share


def point_of(trial, verdict):
    """What the curve and curve.json know of a trial."""
    load, span = trial.load or {}, trial.span
    generator = load.get("generator", {})
    return {
        "workload": trial.plan.workload.name,
        "participants": trial.plan.participants,
        "outcome": verdict.outcome,
        "why": verdict.why,
        "packets_share": packets_share(load) if load else None,
        "late_ticks_per_1000": 1000 * span.late_share() if span else None,
        "load": span.load if span else None,
        "cpu": span.cpu if span else None,
        "waited": span.waited if span else None,
        "used_p99": span.used_p99 if span else None,
        "cpu_ns_per_frame": span.cpu_ns_per_frame() if span and span.packets_sent else None,
        "cells_judged": load["matrix"]["judged"] if load else 0,
        "cells_wrong": load["matrix"]["wrong"] if load else 0,
        "delay_ms_p50": load["delay_ms"]["p50"] if load else None,
        "delay_ms_p99": load["delay_ms"]["p99"] if load else None,
        "generator_cpu": generator.get("cpu_share"),
        "generator_skipped": generator.get("skipped"),
        "generator_io": generator.get("io"),
        "generator_stall_ms_max": generator.get("stall_ms_max"),
    }


def point_text(point):
    """A line for people."""
    shown = [f"{point['participants']:>6,} {point['outcome']:<9}"]
    if point["load"] is not None:
        shown.append(f"core {100 * point['load']:.0f} % (CPU {100 * point['cpu']:.0f} %), "
                     f"late {point['late_ticks_per_1000']:.2f} in 1,000")
    if point["packets_share"] is not None:
        shown.append(f"packets {100 * point['packets_share']:.3f} %, generator {100 * point['generator_cpu']:.0f} %")
    return ", ".join(shown) + "".join(f"; {why}" for why in point["why"])


class Capacity:
    """Of one workload, and of a tuttid with these keys of configuration."""

    def __init__(self, bed, workload, show, secs=10, rate=300.0, beat=lambda: None, config=None):
        self.bed, self.workload, self.show, self.config = bed, workload, show, dict(config or {})
        self.secs, self.rate, self.beat = secs, rate, beat
        self.points = []

    def try_once(self, participants):
        plan = Plan(self.workload, participants, self.secs, self.rate, config=self.config)
        trial = self.bed.run(plan, f"{self.workload.name}-{participants}-{len(self.points)}", self.beat)
        point = point_of(trial, judge(trial.load, trial.span))
        self.points.append(point)
        self.show(point_text(point))
        return point

    def try_count(self, participants, deadline):
        """HELD, or whatever else came twice: once may have been the machine's doing. All but the last point of it are
        marked as repeated, and not drawn."""
        outcomes = []
        while True:
            point = self.try_once(participants)
            outcomes.append(point["outcome"])
            if outcomes[-1] == HELD or outcomes.count(outcomes[-1]) == 2 or time.monotonic() > deadline:
                return outcomes[-1]
            point["repeated"] = True

    def search(self, start, most, tries, deadline, least=None, precision=0.04):
        """A finished CapacitySearch, or one whose time is up."""
        unit = self.workload.unit()
        search = CapacitySearch(start, unit, least or unit, most, tries, precision)
        while (count := search.next()) is not None and time.monotonic() < deadline:
            search.record(count, self.try_count(count, deadline))
        return search

    def ladder(self, held, deadline, steps=(0.75, 0.5, 0.25, 0.125)):
        """Points below the limit, for the curve, as far as there is time."""
        unit = self.workload.unit()
        done = {point["participants"] for point in self.points}
        for step in steps:
            count = max(unit, int(step * held) // unit * unit)
            if count not in done and time.monotonic() < deadline:
                done.add(count)
                self.try_once(count)


def add_rows(searches, rows):
    """`searches`: workload name -> CapacitySearch. One that held nothing has no row: nobody knows what a core holds."""
    for name, search in searches.items():
        if search.held:
            rows.add(f"server.participants_per_core_{name}", search.held, "participants")
    main = [searches[name].held for name in (ROOMS_OF_8.name, ONE_ROOM.name) if name in searches]
    if len(main) == 2 and all(main):
        rows.add("server.participants_per_core", min(main), "participants")
    bound = sum(search.above_because == GENERATOR for search in searches.values())
    rows.add("server.capacity_generator_bound", bound, "workloads")
    disturbed = sum(search.above_because == DISTURBED for search in searches.values())
    rows.add("server.capacity_disturbed", disturbed, "workloads")
