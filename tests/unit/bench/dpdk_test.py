import unittest

from bench import dpdk
from bench.rows import Rows
from bench.search import GENERATOR, HELD, MISSED, CapacitySearch


def tried(**changes):
    report = {"participants": 8_000, "expected": 400_000.0, "packets_out": 400_000, "ticks": 50_000, "late_ticks": 0,
              "audio_packets": 1_600, "audio_wrong": 0, "callers_lag_ms": 0.5, "load": 0.5}
    return {**report, **changes}


def point(workload, participants, ns):
    return {"workload": workload, "participants": participants, "ns_per_frame": ns, "huge_pages": False}


class TheVerdict(unittest.TestCase):
    def test_all_came_in_time_and_was_right(self):
        self.assertEqual(dpdk.judge(tried(packets_out=399_601, late_ticks=50, audio_wrong=1)), (HELD, []))

    def test_each_fault_misses(self):
        for fault in ({"packets_out": 399_599}, {"late_ticks": 51}, {"audio_wrong": 2}, {"audio_packets": 0}):
            outcome, why = dpdk.judge(tried(**fault))
            self.assertEqual((outcome, len(why)), (MISSED, 1), fault)

    def test_callers_that_were_behind_say_nothing_of_a_miss(self):
        self.assertEqual(dpdk.judge(tried(packets_out=0, callers_lag_ms=5.1))[0], GENERATOR)
        self.assertEqual(dpdk.judge(tried(callers_lag_ms=50))[0], HELD)

    def test_a_step_must_be_exact(self):
        dpdk.check_step(tried())
        for fault in ({"audio_wrong": 1}, {"audio_packets": 0}, {"packets_out": 399_599}):
            with self.assertRaises(dpdk.DpdkError):
                dpdk.check_step(tried(**fault))


class TheRows(unittest.TestCase):
    def test_costs(self):
        rows = Rows()
        dpdk.add_cost_rows([point("rooms_of_8", 1_000, 100.0), point("rooms_of_8", 32_000, 200.0),
                            point("rooms_of_8", 100_000, 250.0), point("one_room", 32_000, 90.0)], 120.0, rows)
        found = {row["name"]: row["value"] for row in rows.rows}
        self.assertEqual(found, {
            "dpdk.ns_per_frame": 200.0, "dpdk.ns_per_frame_1k": 100.0, "dpdk.ns_per_frame_32k": 200.0,
            "dpdk.ns_per_frame_100k": 250.0, "dpdk.rooms_of_8_100k_over_1k": 2.5, "dpdk.listener_ns_per_frame": 90.0,
            "dpdk.listener_ns_per_frame_32k": 90.0, "dpdk.echo_ns_per_packet": 120.0, "dpdk.ratio_to_echo": 0.6,
            "dpdk.huge_pages": 0})

    def test_the_lesser_of_both_is_the_cores(self):
        searches = {}
        for workload, held in (("rooms_of_8", 50_000), ("one_room", 70_000)):
            searches[workload] = CapacitySearch(1_024, 1_024, 1_024, 131_072, 8)
            searches[workload].held = held
        rows = Rows()
        dpdk.add_held_rows(searches, rows)
        self.assertEqual(rows.value("dpdk.participants_per_core"), 50_000)
        self.assertEqual(rows.value("dpdk.participants_per_core_one_room"), 70_000)


class ThePlot(unittest.TestCase):
    def test_has_each_workload_and_the_bound(self):
        text = dpdk.script([point("rooms_of_8", 1_000, 100.0), point("one_room", 1_000, 50.0)], "here", "svg", "x.svg")
        self.assertIn("$rooms_of_8 << EOD\n1000 100\nEOD", text)
        self.assertIn("$one_room with linespoints", text)
        self.assertIn("20e6 / x", text)


class ATry(unittest.TestCase):
    def test_a_miss_is_tried_once_more(self):
        bench = dpdk.Dpdk(None, None, None, lambda text: None, lambda: None)
        counts = []

        def try_once(participants, workload, *how):
            counts.append(participants)
            late = 0 if participants <= 40_960 or counts.count(participants) == 2 and participants <= 51_200 else 100
            return tried(participants=participants, late_ticks=late)
        bench.try_once = try_once
        search = bench.held("rooms_of_8", 32_768)
        self.assertGreaterEqual(search.held, 49_000)
        self.assertLessEqual(search.held, 51_200)
        self.assertEqual(counts[0], 32_768)
        self.assertTrue(all(counts.count(count) <= 2 for count in counts))


if __name__ == "__main__":
    unittest.main()
