"""A bed whose server holds what it is told to, and what tutti-load would say of it."""

from bench.trial import Trial
from bench.watch import Span


def load_report(**changes):
    """Of forty callers in a run without a fault; `generator__skipped=1` changes what lies deeper."""
    report = {"callers": 40, "answered": 40, "ended_early": 0, "packets_expected": 10_000, "packets_received": 10_000,
              "measured_secs": 2, "measured_from_s": 100.0, "matrix": {"judged": 80, "wrong": 0},
              "delay_ms": {"count": 3, "p50": 70.0, "p99": 81.0, "max": 81.0}, "sweeps_missed": 0,
              "generator": {"cpu_share": 0.4, "skipped": 0, "overruns": 0, "stalls": 0, "stalled_ms": 0.0, "stall_ms_max": 0.0,
                            "io": "sockets"}}
    for key, value in changes.items():
        *path, name = key.split("__")
        at = report
        for step in path:
            at = at[step]
        at[name] = value
    return report


def span(**changes):
    values = {"seconds": 2.0, "packets_received": 4000, "packets_sent": 4000, "drops": 0, "ticks": 2000, "late_ticks": 0,
              "load": 0.5, "cpu": 0.6, **changes}
    return Span(**values)


class Bed:
    """Holds `limit`; each trial listed in `spoilt` by its number goes wrong all the same."""

    def __init__(self, limit, spoilt=(), skipped=0):
        self.limit, self.spoilt, self.skipped = limit, spoilt, skipped
        self.plans = []

    def run(self, plan, name, beat):
        self.plans.append(plan)
        over = plan.participants > self.limit or len(self.plans) in self.spoilt
        report = load_report(packets_received=9_000 if over else 10_000, generator__skipped=self.skipped if over else 0)
        return Trial(plan, report, span())
