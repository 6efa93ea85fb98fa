"""The rows of a core over DPDK: dpdk.* over crossed rings, dpdk.memif_* to another process."""

from bench.dpdk import CABLES, COUNTS, ECHO, MOST, SHOWN, WORKLOADS, Kind
from bench.search import DISTURBED, GENERATOR

PREFIX = {"rings": "dpdk.", "memif": "dpdk.memif_"}
COST = {"rooms_of_8": "ns_per_frame", "one_room": "one_room_ns_per_frame", ECHO: "echo_ns_per_packet"}
RATIO = {"rooms_of_8": "ratio_to_echo", "one_room": "one_room_ratio_to_echo"}


FRAMES_PER_S = 50


def carried(costs):
    """How many fill a core's time by what they cost (count -> ns a participant-frame): between two counts as far as the load
    has come. The most that are tried where these leave time, None where fewer do."""
    counts = sorted(costs)
    loads = [count * costs[count] * FRAMES_PER_S / 1e9 for count in counts]
    below, at = 0, 0.0
    for count, load in zip(counts, loads):
        if load >= 1:
            return int(below + (count - below) * (1 - at) / (load - at))
        below, at = count, load
    return MOST if counts[-1] == MOST else None


def add_cost_rows(bench, rows, counts=COUNTS):
    """Of a Dpdk's tries in steps. The one without a number is SHOWN's, or that of the only count."""
    shown = SHOWN if SHOWN in counts else counts[-1]
    for cable in CABLES:
        prefix = PREFIX[cable]
        for workload in (*WORKLOADS, ECHO):
            kind = Kind(cable, workload)
            costs = {count: report["ns_per_frame"] for count in counts if (report := bench.least(kind, count))}
            if shown in costs:
                rows.add(prefix + COST[workload], costs[shown], "ns")
            for count, ns in costs.items():
                of = f"{count // 1000}k" if count >= 1000 else count
                rows.add(f"{prefix}{COST[workload]}_{of}", ns, "ns")
            if workload != ECHO and costs and (count := carried(costs)) is not None:
                rows.add(f"{prefix}participants_by_cost_{workload}", count, "participants")
            if workload != ECHO and 1_000 in costs and 100_000 in costs:
                rows.add(f"{prefix}{workload}_100k_over_1k", costs[100_000] / costs[1_000], "times")
        for workload in WORKLOADS:
            if (ratio := bench.ratio(Kind(cable, workload), shown)) is not None:
                rows.add(prefix + RATIO[workload], ratio, "times")
        reports = [report for _, kind, report in bench.tries if kind.cable == cable]
        if reports:
            rows.add(prefix + "huge_pages", int(all(report["huge_pages"] for report in reports)), "yes")


def add_held_rows(searches, rows):
    """`searches`: Kind -> CapacitySearch."""
    for cable in CABLES:
        of_cable = {kind.workload: search for kind, search in searches.items() if kind.cable == cable}
        for workload, search in of_cable.items():
            rows.add(f"{PREFIX[cable]}participants_per_core_{workload}", search.held, "participants")
        if len(of_cable) == len(WORKLOADS):
            rows.add(f"{PREFIX[cable]}participants_per_core", min(search.held for search in of_cable.values()), "participants")
        rows.add(f"{PREFIX[cable]}capacity_generator_bound", ended(of_cable, GENERATOR), "workloads")
        rows.add(f"{PREFIX[cable]}capacity_disturbed", ended(of_cable, DISTURBED), "workloads")


def ended(searches, outcome):
    """How many of them ended so: then the core may hold more."""
    return sum(search.above_because == outcome for search in searches.values())
