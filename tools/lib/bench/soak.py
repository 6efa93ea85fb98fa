"""The soak: one tuttid, the same load again and again for minutes; what grows, what stays held, what comes late. Then
another whose callers come and go all the while: whether its memory levels off."""

import statistics
import time

from bench.trial import ROOMS_OF_8, Plan, TrialError, seconds_needed
from bench.verdict import packets_share
from bench.watch import Watch, rss_bytes

REST_S = 35  # after a round: SIP keeps a transaction for 32 s (RFC 3261, 64 x T1)
SETTLED_S = 20  # from the start of measuring until memory has found its size
# The journal of events may grow by its own bound. It is filled in the first minutes, so that it hides nothing after them.
CONFIG = {"events.journal_mb": 1}
COME_AND_GO_CALLERS = 240
COME_AND_GO_STAY_S = 5
POINT_S = 10  # that a point of the curve is the median of


def growth(samples, begin_s, end_s):
    """How much more memory was resident at the end of the time than once it had settled; 0 without samples."""
    inside = [sample for sample in samples if begin_s + min(SETTLED_S, (end_s - begin_s) / 2) <= sample.at_s <= end_s]
    return inside[-1].rss_bytes - inside[0].rss_bytes if inside else 0


def curve(samples):
    """The memory that was resident in each POINT_S, from the first sample on."""
    seen = {}
    for sample in samples:
        seen.setdefault(int((sample.at_s - samples[0].at_s) / POINT_S), []).append(sample.rss_bytes)
    return [statistics.median(seen[at]) for at in sorted(seen)]


def growth_once_level(points):
    """How much more the last third's median is than that of the third before, as a share; 0 without three points."""
    third = len(points) // 3
    return statistics.median(points[-third:]) / statistics.median(points[-2 * third:-third]) - 1 if third else 0.0


def come_and_go(bed, rows, show, beat, secs, rate):
    """Callers who stay for seconds, as many again as they have left, until the time is over."""
    plan = Plan(ROOMS_OF_8, COME_AND_GO_CALLERS, COME_AND_GO_STAY_S, rate, config=CONFIG)
    server = bed.server(plan, "come-and-go")
    calls = 0
    try:
        watch = Watch(server)
        until = time.monotonic() + secs
        while time.monotonic() < until:
            child, report = bed.callers(plan, server, "come-and-go")
            load = bed.finish(child, report, seconds_needed(plan), beat)
            if load is None:
                raise TrialError("callers who come and go ended without a report: see come-and-go.load.log")
            calls += load["answered"]
        watch.stop()
    finally:
        bed.stop(server)
    points = curve(watch.samples)
    share = growth_once_level(points)
    show(f"{calls:,} calls came and went in {secs} s; resident, a point each {POINT_S} s, in MB: "
         + " ".join(f"{point / 1e6:.1f}" for point in points))
    show(f"the last third is {100 * share:+.1f} % from the third before")
    rows.add("soak.come_and_go_growth_percent", 100 * share, "%")


def soak(bed, rows, show, beat, participants, rounds=3, secs=300, rate=200.0, rest_s=REST_S):
    plan = Plan(ROOMS_OF_8, participants, secs, rate, config=CONFIG)
    server = bed.server(plan, "soak")
    late, shares, grown, after, held = [], [], [], [], 0
    try:
        for number in range(1, rounds + 1):
            trial = bed.run_against(server, plan, f"soak-{number}", beat)
            if trial.load is None or trial.span is None:
                raise TrialError(f"round {number} was not measured: see soak-{number}.load.log")
            begin = trial.load["measured_from_s"]
            late.append(1000 * trial.span.late_share())
            shares.append(packets_share(trial.load))
            grown.append(growth(trial.samples, begin, begin + secs))
            rest_until = time.monotonic() + rest_s
            while time.monotonic() < rest_until:
                time.sleep(0.25)
                beat()
            after.append(rss_bytes(server.child.pid))
            held += sum(trial.left.values())
            show(f"round {number}: late {late[-1]:.3f} in 1,000, packets {100 * shares[-1]:.3f} %, "
                 f"resident {after[-1] / 1e6:.1f} MB after it, grown {grown[-1] / 1e3:.0f} kB in it, "
                 f"cells wrong {trial.load['matrix']['wrong']} of {trial.load['matrix']['judged']}, "
                 f"generator skipped {trial.load['generator']['skipped']}, held after it {trial.left or 'nothing'}")
    finally:
        bed.stop(server)
    rows.add("soak.participants", participants, "participants")
    rows.add("soak.seconds", rounds * secs, "s")
    rows.add("soak.late_ticks_per_1000", max(late), "ticks")
    rows.add("soak.packets_percent", 100 * min(shares), "%")
    rows.add("soak.growth_in_call_bytes", max(grown), "B")
    # The first round finds what the server needs, the second what fragments; what grows on after that leaks.
    rows.add("soak.growth_in_last_round_bytes", after[-1] - after[-2] if rounds > 1 else after[-1], "B")
    rows.add("soak.growth_from_first_to_last_round_bytes", after[-1] - after[0], "B")
    rows.add("soak.still_held", held, "things")
    come_and_go(bed, rows, show, beat, secs, rate)
