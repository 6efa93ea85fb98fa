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


class Loops:
    """bare_ns(): `first` when all are measured, then each of a loop's numbers in turn, and its last one for ever."""

    def __init__(self, first, **later):
        self.first, self.later = first, {loop: list(numbers) for loop, numbers in later.items()}

    def __call__(self, bed, participants, secs, name, loop):
        if loop == "all":
            return {**self.first, "fastest": min(ns for other, ns in self.first.items() if other != "uring_packet")}
        numbers = self.later[loop]
        return {loop: numbers.pop(0) if len(numbers) > 1 else numbers[0]}


def measure(bed, loops, rounds=2):
    rows = Rows()
    ratio_to_bare_udp(bed, rows, lambda: None, PARTICIPANTS, rounds=rounds, bare_loops=loops)
    return rows


class RatioTest(unittest.TestCase):
    def test_sockets_are_held_against_sockets_and_frames_against_both(self):
        bed = Bed({"socket": 500.0, "packet": 400.0})
        rows = measure(bed, Loops({"a": 470.0, "b": 460.0, "uring_packet": 300.0}, b=[450.0], uring_packet=[360.0]))
        for name, value in (("server.ratio_to_bare_udp", 0.9), ("server.ns_per_frame", 500.0),
                            ("bare_udp.fastest_ns_per_frame", 450.0), ("server.frames_ns_per_frame", 400.0),
                            ("server.frames_ratio_to_bare_udp", 1.125), ("server.frames_ratio_to_bare_packet", 0.9),
                            ("bare_udp.packet_ns_per_frame", 360.0), ("server.ratio_participants", PARTICIPANTS)):
            self.assertAlmostEqual(rows.value(name), value, msg=name)
        self.assertEqual({plan.io for plan in bed.plans}, {"sockets"})

    def test_without_frames_there_are_no_rows_of_them(self):
        bed = Bed({"socket": 500.0})
        rows = measure(bed, Loops({"b": 450.0}, b=[450.0]))
        self.assertEqual(len(bed.plans), 2)
        self.assertIsNone(rows.value("server.frames_ns_per_frame"))
        self.assertAlmostEqual(rows.value("server.ratio_to_bare_udp"), 0.9)

    def test_a_trial_is_held_against_what_was_before_it_and_what_behind_it(self):
        # 350 and 450; 450 and 650; 650 and 550.
        rows = measure(Bed({"socket": 500.0}), Loops({"b": 100.0}, b=[350.0, 450.0, 650.0, 550.0]), rounds=3)
        self.assertAlmostEqual(rows.value("server.ratio_to_bare_udp"), 1.1)
        self.assertAlmostEqual(rows.value("bare_udp.fastest_ns_per_frame"), 550.0)

    def test_a_round_that_misses_is_thrown_away_with_its_loops(self):
        rows = measure(Bed({"socket": 500.0}, spoilt={1}), Loops({"b": 100.0}, b=[100.0, 450.0]))
        self.assertAlmostEqual(rows.value("server.ratio_to_bare_udp"), 0.9)

    def test_of_fewer_where_so_many_are_never_held(self):
        bed = Bed({"socket": 500.0}, spoilt={1, 2, 3, 4})
        rows = measure(bed, Loops({"b": 450.0}, b=[450.0]))
        self.assertEqual([plan.participants for plan in bed.plans], [800, 800, 400, 400, 200, 200])
        self.assertEqual(rows.value("server.ratio_participants"), 200)
        with self.assertRaises(TrialError):
            measure(Bed({"socket": 500.0}, spoilt=set(range(20))), Loops({"b": 450.0}, b=[450.0]))


if __name__ == "__main__":
    unittest.main()
