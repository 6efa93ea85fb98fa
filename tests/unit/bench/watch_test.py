import os
import unittest

from bench.soak import curve, growth, growth_once_level
from bench.watch import Sample, media_times_ns, rss_bytes, sample_of, span_between


def samples(times, **of_each):
    """Counters grow by what is given, a second."""
    return [Sample(at, **{name: int(rate * at) for name, rate in of_each.items()}) for at in times]


class TheWatch(unittest.TestCase):
    def test_counts_inside_the_time(self):
        seen = samples(range(0, 21), packets_sent=50, ticks=100, late_ticks=1, cpu_ns=5e8, wait_ns=1e7)
        span = span_between(seen, 4.5, 14.5)
        self.assertEqual((span.seconds, span.packets_sent, span.ticks, span.late_ticks), (9, 450, 900, 9))
        self.assertAlmostEqual(span.cpu, 0.5)
        self.assertAlmostEqual(span.waited, 0.01)
        self.assertAlmostEqual(span.late_share(), 0.01)
        self.assertAlmostEqual(span.cpu_ns_per_frame(), 5e8 / 50)

    def test_goes_around_the_time_where_answers_stayed_out(self):
        span = span_between(samples((1, 2, 8, 20), ticks=100), 3, 13)
        self.assertEqual((span.seconds, span.ticks), (18, 1800))

    def test_sees_nothing_in_less_than_two(self):
        self.assertIsNone(span_between([], 0, 10))
        self.assertIsNone(span_between(samples((5,)), 0, 10))

    def test_adds_up_all_cores(self):
        core = {"cpu": 1, "packets_received": 1, "packets_sent": 2, "drops": 3, "ticks": 4, "late_ticks": 5,
                "load_permille": 600, "used_p99_permille": 700, "participants": 7, "conferences": 8}
        sample = sample_of({"cores": [core, {**core, "load_permille": 300}]}, 12.0)
        self.assertEqual((sample.packets_sent, sample.late_ticks, sample.load_permille, sample.used_p99_permille),
                         (4, 10, 600, 700))

    def test_no_tick_at_all_is_late(self):
        self.assertEqual(span_between(samples((0, 1, 2)), 0, 2).late_share(), 1.0)

    def test_reads_the_memory_of_a_process(self):
        self.assertGreater(rss_bytes(os.getpid()), 1_000_000)
        self.assertEqual(media_times_ns(os.getpid()), (0, 0), "no media core here")

    def test_growth_is_counted_once_memory_has_settled(self):
        seen = [Sample(at, rss_bytes=size) for at, size in ((100, 10), (110, 50), (121, 60), (399, 64), (500, 99))]
        self.assertEqual(growth(seen, 100, 400), 4)
        self.assertEqual(growth([], 100, 400), 0)

    def test_memory_is_level_when_its_curve_grows_no_more(self):
        seen = [Sample(at, rss_bytes=size) for at, size in ((5, 10), (14.9, 30), (15, 20), (24, 16), (36, 40))]
        self.assertEqual(curve(seen), [20, 18, 40])
        self.assertEqual(curve([]), [])
        self.assertEqual(growth_once_level([9, 1, 5, 100, 90, 99, 99, 170, 90]), 0)
        self.assertAlmostEqual(growth_once_level([1, 2, 3, 100, 90, 100, 103, 103, 99]), 0.03)
        self.assertEqual(growth_once_level([]), 0)


if __name__ == "__main__":
    unittest.main()
