"""The verdict on one trial: did the server hold so many, or was it somebody else's limit?"""

import dataclasses

from bench.search import DISTURBED, GENERATOR, HELD, MISSED

PACKETS_LEAST = 0.999  # of those due to each listener
LATE_TICKS_MOST = 1 / 1000
WAITED_MOST = 0.005  # of the time the media core's CPU may run something else
SERVER_FULL = 0.9  # of its CPU: beyond, the kernel itself holds real-time threads back (sched_rt_runtime_us)
STALL_MS_MOST = 20  # a tick: what the generator stood still for longer, jitter buffers and listeners notice
GENERATOR_FULL = 0.95  # of its CPU: what fails beyond may be its own doing


@dataclasses.dataclass
class Verdict:
    outcome: str
    why: list  # sentences; of a trial that was held none


def packets_share(load):
    expected = load.get("packets_expected", 0)
    return load["packets_received"] / expected if expected else 0.0


def stood_still(load):
    """Whether the host held the generator up for so long that the packets tell of it."""
    return load["generator"]["stall_ms_max"] > STALL_MS_MOST


def judge(load, span):
    """`load` is tutti-load's JSON, or None where it wrote none; `span` what the watch saw while it measured, or None."""
    if load is None:
        return Verdict(MISSED, ["tutti-load wrote no report"])
    generator = load["generator"]
    if generator["skipped"]:
        return Verdict(GENERATOR, [f"the generator did not send {generator['skipped']:,} of its packets"])
    if generator["overruns"]:
        return Verdict(GENERATOR, [f"the generator did not read {generator['overruns']:,} packets in time"])
    why = []
    if load["answered"] < load["callers"]:
        why.append(f"{load['answered']:,} of {load['callers']:,} calls were answered")
    if load["ended_early"]:
        why.append(f"{load['ended_early']:,} calls were ended by the server")
    share = packets_share(load)
    if share < PACKETS_LEAST:
        why.append(f"{100 * share:.3f} % of the packets came")
    if load["matrix"]["wrong"]:
        why.append(f"{load['matrix']['wrong']} of {load['matrix']['judged']} cells of who hears whom are wrong")
    elif not load["matrix"]["judged"]:
        why.append("no audio could be judged")
    if span is None:
        return Verdict(GENERATOR, [*why, "the server's control plane, on the generator's CPU, did not get to answer"])
    if span.late_share() > LATE_TICKS_MOST:
        why.append(f"{span.late_ticks:,} of {span.ticks:,} ticks were late")
    if not why:
        return Verdict(HELD, [])
    if generator["cpu_share"] >= GENERATOR_FULL:
        return Verdict(GENERATOR, [*why, f"the generator's CPU was full ({100 * generator['cpu_share']:.0f} %)"])
    if stood_still(load):
        return Verdict(DISTURBED, [*why, f"the generator stood still, {generator['stall_ms_max']:.0f} ms at most"])
    if span.waited > WAITED_MOST and span.cpu < SERVER_FULL:
        return Verdict(DISTURBED, [*why, f"something else ran on the media core's CPU {100 * span.waited:.1f} % of the time"])
    return Verdict(MISSED, why)
