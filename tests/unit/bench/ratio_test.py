"""The ratio to bare UDP: which loop is held against which tuttid, and what a spoilt round does."""

import unittest

from bench.figures import ratio_to_bare_udp
from bench.rows import Rows
from bench.trial import Trial, TrialError
from fakes import load_report, span

PARTICIPANTS = 800
FRAMES = 1_000_000


class Bed:
    """tuttid takes `ns` by the way it sends; the trials numbered in `spoilt` miss."""

    def __init__(self, ns, spoilt=()):
        self.ns, self.spoilt = ns, spoilt
        self.plans = []

    def run(self, plan, name, beat):
        self.plans.append(plan)
        missed = len(self.plans) in self.spoilt
        report = load_report(packets_received=9_000 if missed else 10_000)
        cpu = self.ns[plan.config["cores.tx"]] * FRAMES / 1e9
        return Trial(plan, report, span(seconds=1.0, cpu=cpu, packets_sent=FRAMES))


def measure(bed, loops, rounds=2):
    rows = Rows()
    given = iter(loops)
    ratio_to_bare_udp(bed, rows, lambda: None, PARTICIPANTS, rounds=rounds, bare_loops=lambda *_: next(given))
    return rows


class RatioTest(unittest.TestCase):
    def test_sockets_are_held_against_sockets_and_frames_against_both(self):
        bed = Bed({"socket": 500.0, "packet": 400.0})
        rows = measure(bed, [{"fastest": 450.0, "uring_packet": 360.0}] * 2)
        for name, value in (("server.ratio_to_bare_udp", 0.9), ("server.ns_per_frame", 500.0),
                            ("bare_udp.fastest_ns_per_frame", 450.0), ("server.frames_ns_per_frame", 400.0),
                            ("server.frames_ratio_to_bare_udp", 1.125), ("server.frames_ratio_to_bare_packet", 0.9),
                            ("bare_udp.packet_ns_per_frame", 360.0), ("server.ratio_participants", PARTICIPANTS)):
            self.assertAlmostEqual(rows.value(name), value, msg=name)
        self.assertEqual({plan.io for plan in bed.plans}, {"sockets"})

    def test_without_frames_there_are_no_rows_of_them(self):
        bed = Bed({"socket": 500.0})
        rows = measure(bed, [{"fastest": 450.0}] * 2)
        self.assertEqual(len(bed.plans), 2)
        self.assertIsNone(rows.value("server.frames_ns_per_frame"))
        self.assertAlmostEqual(rows.value("server.ratio_to_bare_udp"), 0.9)

    def test_a_round_that_misses_is_thrown_away_with_its_loops(self):
        bed = Bed({"socket": 500.0}, spoilt={1})
        rows = measure(bed, [{"fastest": 100.0}, {"fastest": 450.0}, {"fastest": 450.0}])
        self.assertAlmostEqual(rows.value("server.ratio_to_bare_udp"), 0.9)
        with self.assertRaises(TrialError):
            measure(Bed({"socket": 500.0}, spoilt={1, 2, 3}), [{"fastest": 450.0}] * 3)


if __name__ == "__main__":
    unittest.main()
