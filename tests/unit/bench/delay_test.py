"""The delay's figure: the median of runs that nothing has disturbed."""

import unittest

from bench.figures import delay
from bench.rows import Rows
from bench.trial import Trial, TrialError
from fakes import load_report, span


class Runs:
    """A bed whose runs are told beforehand, each by its report's changes."""

    def __init__(self, *runs):
        self.left = list(runs)

    def run(self, plan, name, beat):
        return Trial(plan, load_report(**self.left.pop(0)), span())


def found(p50, **more):
    return {"delay_ms__p50": p50, "delay_ms__p99": 2 * p50, "delay_ms__max": 2 * p50 + 1, **more}


def stalled(p50, ms):
    return found(p50, generator__stalls=1, generator__stalled_ms=ms)


class Delay(unittest.TestCase):
    def measure(self, *runs):
        self.bed, rows = Runs(*runs), Rows()
        self.said = delay(self.bed, rows, lambda: None)
        return rows

    def test_is_the_median_of_three(self):
        rows = self.measure(found(8.0), found(11.0), found(9.0), found(99.0))
        self.assertEqual(rows.value("server.delay_ms_p50"), 9.0)
        self.assertEqual(rows.value("server.delay_ms_p99"), 18.0)
        self.assertEqual(rows.value("server.delay_ms_max"), 23.0)
        self.assertEqual(len(self.bed.left), 1)

    def test_a_generator_that_stood_still_is_tried_again(self):
        rows = self.measure(stalled(30.0, 40.0), found(8.0), found(11.0), found(9.0))
        self.assertEqual(rows.value("server.delay_ms_p50"), 9.0)
        self.assertNotIn("disturbed", self.said)

    def test_the_least_disturbed_count_and_are_told(self):
        rows = self.measure(stalled(30.0, 40.0), stalled(8.0, 1.0), stalled(10.0, 2.0), stalled(40.0, 90.0), found(9.0))
        self.assertEqual(rows.value("server.delay_ms_p50"), 9.0)
        self.assertIn("disturbed: the generator stood still 2 times", self.said)

    def test_who_loses_packets_does_not_count(self):
        rows = self.measure(found(30.0, packets_received=9_000), found(8.0), found(11.0), found(9.0))
        self.assertEqual(rows.value("server.delay_ms_p50"), 9.0)

    def test_nothing_found_is_an_error(self):
        with self.assertRaises(TrialError):
            self.measure(*[found(8.0, delay_ms__count=0)] * 5)
