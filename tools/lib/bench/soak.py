"""The soak: one tuttid, the same load again and again for minutes; what grows, what stays held, what comes late."""

import time

from bench.trial import ROOMS_OF_8, Plan, TrialError
from bench.verdict import packets_share
from bench.watch import rss_bytes

REST_S = 35  # after a round: SIP keeps a transaction for 32 s (RFC 3261, 64 x T1)
SETTLED_S = 20  # from the start of measuring until memory has found its size


def growth(samples, begin_s, end_s):
    """How much more memory was resident at the end of the time than once it had settled; 0 without samples."""
    inside = [sample for sample in samples if begin_s + min(SETTLED_S, (end_s - begin_s) / 2) <= sample.at_s <= end_s]
    return inside[-1].rss_bytes - inside[0].rss_bytes if inside else 0


def soak(bed, rows, show, beat, participants, rounds=3, secs=300, rate=200.0, rest_s=REST_S):
    plan = Plan(ROOMS_OF_8, participants, secs, rate)
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
