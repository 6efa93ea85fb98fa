import pathlib
import sys
import tempfile
import time
import types
import unittest

from bench import dpdk, dpdk_plot, dpdk_rows, dpdk_sip
from bench.dpdk import ECHO, Kind
from bench.rows import Rows
from bench.search import DISTURBED, GENERATOR, HELD, MISSED, CapacitySearch

FAR = time.monotonic() + 3600
ROOMS, ONE_ROOM, BARE = (Kind("rings", workload) for workload in ("rooms_of_8", "one_room", ECHO))
MEMIF = Kind("memif", "rooms_of_8")


def tried(**changes):
    """Of a try without a fault, in a quiet time; `canary__waited=0.01` changes what lies deeper."""
    canary = {"disturbed": 0.0, "waited": 0.0, "late_disturbed": 0, "late_undisturbed": changes.get("late_ticks", 0)}
    for name in [name for name in changes if "__" in name]:
        canary[name.removeprefix("canary__")] = changes.pop(name)
    report = {"canary": canary, "participants": 8_000, "expected": 400_000.0, "packets_out": 400_000, "packets_refused": 0, "ticks": 50_000,
              "late_ticks": 0, "audio_packets": 1_600, "audio_wrong": 0, "callers_lag_ms": 0.5, "callers_busy": 0.5, "load": 0.5,
              "huge_pages": False, "ns_per_frame": 100.0}
    return {**report, **changes}


def a_bench(tries=(), points=()):
    bench = dpdk.Dpdk(None, None, None, lambda text: None, lambda: None)
    bench.tries += [(number, kind, tried(participants=participants, ns_per_frame=ns)) for number, kind, participants, ns in tries]
    bench.points += points
    return bench


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
        self.assertEqual(dpdk.judge(tried(packets_out=0, callers_lag_ms=50, load=0.95))[0], MISSED)  # it had no time anyway

    def test_a_host_in_the_way_excuses_but_does_not_spoil(self):
        for way in ({"canary__disturbed": 0.051}, {"canary__waited": 0.0051}):
            self.assertEqual(dpdk.judge(tried(packets_out=0, **way))[0], DISTURBED, way)
            self.assertEqual(dpdk.judge(tried(**way))[0], HELD, way)
        self.assertEqual(dpdk.judge(tried(packets_out=0, canary__disturbed=0.05, canary__waited=0.005))[0], MISSED)
        # A full core is held back by the kernel itself.
        self.assertEqual(dpdk.judge(tried(packets_out=0, canary__waited=0.05, load=0.95))[0], MISSED)

    def test_ticks_that_were_late_in_disturbed_moments_alone_are_the_hosts(self):
        self.assertEqual(dpdk.judge(tried(late_ticks=500, canary__late_undisturbed=50))[0], DISTURBED)
        self.assertEqual(dpdk.judge(tried(late_ticks=500, canary__late_undisturbed=51))[0], MISSED)
        self.assertEqual(dpdk.judge(tried(late_ticks=500, canary__late_undisturbed=0, packets_out=0))[0], MISSED)

    def test_a_step_must_be_exact_and_lose_nothing(self):
        dpdk.check_step(tried())
        dpdk.check_step(tried(packets_out=392_000, core_drops=0))  # rooms whose ticks have moved
        for fault in ({"audio_wrong": 1}, {"audio_packets": 0}, {"packets_refused": 1}, {"core_drops": 1}, {"packets_out": 391_999}):
            with self.assertRaises(dpdk.DpdkError):
                dpdk.check_step(tried(**fault))


class TheRows(unittest.TestCase):
    def test_costs(self):
        rows = Rows()
        dpdk_rows.add_cost_rows(a_bench([
            (0, ROOMS, 1_000, 100.0), (0, ROOMS, 32_000, 250.0), (1, ROOMS, 32_000, 200.0), (0, ROOMS, 100_000, 250.0),
            (0, ONE_ROOM, 32_000, 90.0), (0, BARE, 32_000, 50.0), (1, BARE, 32_000, 60.0), (0, MEMIF, 32_000, 300.0)]), rows)
        found = {row["name"]: row["value"] for row in rows.rows}
        self.assertEqual(found, {
            "dpdk.ns_per_frame": 200.0, "dpdk.ns_per_frame_1k": 100.0, "dpdk.ns_per_frame_32k": 200.0,
            "dpdk.ns_per_frame_100k": 250.0, "dpdk.participants_by_cost_rooms_of_8": 81_720, "dpdk.rooms_of_8_100k_over_1k": 2.5, "dpdk.one_room_ns_per_frame": 90.0,
            "dpdk.one_room_ns_per_frame_32k": 90.0, "dpdk.echo_ns_per_packet": 50.0, "dpdk.echo_ns_per_packet_32k": 50.0,
            "dpdk.ratio_to_echo": 0.25, "dpdk.one_room_ratio_to_echo": 50 / 90, "dpdk.huge_pages": 0,
            "dpdk.memif_ns_per_frame": 300.0, "dpdk.memif_ns_per_frame_32k": 300.0, "dpdk.memif_huge_pages": 0})

    def test_by_cost_a_core_is_full_where_its_time_is(self):
        self.assertEqual(dpdk_rows.carried({1_000: 100.0, 100_000: 200.0}), 100_000)
        self.assertEqual(dpdk_rows.carried({100_000: 150.0, 131_072: 160.0}), 100_000 + int(31_072 * 0.25 / (131_072 * 8e-6 - 0.75)))
        self.assertEqual(dpdk_rows.carried({1_000: 20_000.0, 8_000: 9_000.0}), 1_000)
        self.assertEqual(dpdk_rows.carried({1_000: 40_000.0}), 500)
        self.assertEqual(dpdk_rows.carried({1_000: 100.0, 131_072: 120.0}), 131_072)
        self.assertIsNone(dpdk_rows.carried({1_000: 100.0}))  # nobody knows

    def test_a_ratio_is_of_tries_of_one_round(self):
        bench = a_bench([(0, ROOMS, 32_000, 100.0), (1, BARE, 32_000, 50.0)])
        self.assertIsNone(bench.ratio(ROOMS, 32_000))
        bench = a_bench([(0, MEMIF, 32_000, 100.0), (0, BARE, 32_000, 50.0)])
        self.assertIsNone(bench.ratio(MEMIF, 32_000))

    def test_of_one_count_alone_the_row_is_its(self):
        rows = Rows()
        dpdk_rows.add_cost_rows(a_bench([(0, ROOMS, 512, 100.0)]), rows, (512,))
        self.assertEqual(rows.value("dpdk.ns_per_frame"), 100.0)
        self.assertEqual(rows.value("dpdk.ns_per_frame_512"), 100.0)

    def test_the_lesser_of_both_is_the_cores(self):
        searches = {}
        for kind, held in ((ROOMS, 50_000), (ONE_ROOM, 70_000), (MEMIF, 40_000)):
            searches[kind] = CapacitySearch(1_024, 1_024, 1_024, 131_072, 8)
            searches[kind].held = held
        rows = Rows()
        dpdk_rows.add_held_rows(searches, rows)
        self.assertEqual({row["name"]: row["value"] for row in rows.rows}, {
            "dpdk.participants_per_core_rooms_of_8": 50_000, "dpdk.participants_per_core_one_room": 70_000,
            "dpdk.participants_per_core": 50_000, "dpdk.capacity_generator_bound": 0, "dpdk.capacity_disturbed": 0,
            "dpdk.memif_capacity_generator_bound": 0, "dpdk.memif_capacity_disturbed": 0, "dpdk.memif_participants_per_core_rooms_of_8": 40_000})

    def test_what_the_host_ended_is_counted(self):
        searches = {}
        for kind, outcome in ((ROOMS, DISTURBED), (ONE_ROOM, GENERATOR), (MEMIF, MISSED)):
            searches[kind] = CapacitySearch(40_960, 1_024, 1_024, 131_072, 8)
            searches[kind].record(40_960, outcome)
        rows = Rows()
        dpdk_rows.add_held_rows(searches, rows)
        self.assertEqual(rows.value("dpdk.capacity_disturbed"), 1)
        self.assertEqual(rows.value("dpdk.capacity_generator_bound"), 1)
        self.assertEqual(rows.value("dpdk.memif_capacity_disturbed"), 0)


class ThePlot(unittest.TestCase):
    def test_has_each_kind_the_bound_and_what_was_held(self):
        bench = a_bench([(0, ROOMS, 1_000, 100.0), (1, ROOMS, 1_000, 110.0), (0, MEMIF, 1_000, 150.0), (0, BARE, 1_000, 50.0)],
                        [(ROOMS, HELD, tried(participants=40_960, load=0.82)), (ROOMS, MISSED, tried(participants=50_176)),
                         (ROOMS, HELD, tried(participants=20_480))])
        text = dpdk_plot.script(dpdk_plot.points_of(bench), "here", "svg", "x.svg")
        self.assertIn("$rings_rooms_of_8 << EOD\n1000 100\nEOD", text)
        self.assertIn("$memif_rooms_of_8 with linespoints", text)
        self.assertIn("$rings_echo with linespoints", text)
        self.assertIn("$rings_rooms_of_8_held << EOD\n40960 400.391\nEOD", text)
        self.assertIn("20e6 / x", text)

    def test_of_nothing_it_is_the_bound_alone(self):
        self.assertIn("20e6 / x", dpdk_plot.script(dpdk_plot.points_of(a_bench()), "here", "svg", "x.svg"))


class TheSearch(unittest.TestCase):
    def bench(self, holds):
        bench, counts = a_bench(), []

        def try_once(kind, participants, limit_s, *how):
            counts.append(participants)
            return tried(participants=participants, late_ticks=0 if holds(participants, counts) else 100)
        bench.try_once = try_once
        return bench, counts

    def test_a_miss_is_tried_once_more(self):
        bench, counts = self.bench(lambda n, counts: n <= 40_960 or counts.count(n) == 2 and n <= 51_200)
        search = bench.held(ROOMS, 32_768, FAR)
        self.assertTrue(49_000 <= search.held <= 51_200, search.held)
        self.assertEqual(counts[0], 32_768)
        self.assertTrue(all(counts.count(count) <= 2 for count in counts))
        self.assertEqual(len(bench.points), len(counts))

    def test_what_says_nothing_of_the_core_is_repeated_and_bounded(self):
        for outcome, changes in ((DISTURBED, {"canary__disturbed": 0.5}), (GENERATOR, {"callers_lag_ms": 9})):
            bench = a_bench()
            bench.try_once = lambda kind, participants, limit_s, *how: tried(late_ticks=9_999, **changes)  # noqa: B023
            self.assertEqual(bench.try_count(ROOMS, 32_768, 5, FAR), outcome)
            self.assertEqual(len(bench.points), dpdk.TRIES_MOST)

    def test_a_core_that_holds_in_a_quiet_moment_holds(self):
        bench = a_bench()
        bench.try_once = lambda kind, participants, limit_s, *how: (
            tried() if len(bench.points) == 3 else tried(late_ticks=9_999, canary__disturbed=0.5))
        self.assertEqual(bench.try_count(ROOMS, 32_768, 5, FAR), HELD)

    def test_ends_in_time_but_not_without_a_try(self):
        bench, counts = self.bench(lambda n, counts: True)
        self.assertEqual(bench.held(ROOMS, 32_768, time.monotonic() - 1).held, 32_768)
        self.assertEqual(counts, [32_768])

    def test_begins_where_the_cost_leaves_some_of_the_core(self):
        self.assertEqual(a_bench([(0, ROOMS, 32_000, 280.0)]).start(ROOMS), 49_152)  # 0.7 x 20 ms / 280 ns, by 1,024
        self.assertEqual(a_bench([(0, ROOMS, 32_000, 10.0)]).start(ROOMS), 131_072)
        self.assertEqual(a_bench().start(ROOMS), 15_360)


class TheRounds(unittest.TestCase):
    def test_go_on_past_a_try_that_failed(self):
        bench = a_bench()

        def try_once(kind, participants, limit_s, *how):
            if (kind, participants) == (MEMIF, 8_000):
                raise dpdk.DpdkError("it did not end within 60 s")
            return tried(participants=participants)
        bench.try_once = try_once
        bench.costs((1_000, 8_000), FAR, rounds=2)
        self.assertEqual(len(bench.tries), 2 * (2 * len(dpdk.KINDS) - 1))
        self.assertEqual(bench.lost, 2 * ["memif, rooms of 8, 8,000: it did not end within 60 s"])

    def test_end_in_time(self):
        bench = a_bench()
        bench.try_once = lambda kind, participants, limit_s, *how: tried(participants=participants)
        with self.assertRaises(dpdk.DpdkError):
            bench.costs((1_000,), time.monotonic() - 1)
        self.assertEqual(len(bench.lost), len(dpdk.KINDS))


class AProcess(unittest.TestCase):
    def run_as(self, script, limit_s):
        with tempfile.TemporaryDirectory() as folder:
            program = pathlib.Path(folder) / "dpdk_rooms"
            program.write_text(f"#!{sys.executable}\n{script}")
            program.chmod(0o755)
            machine = types.SimpleNamespace(cpus=types.SimpleNamespace(media=0, callers=0), realtime=False)
            bench = dpdk.Dpdk(pathlib.Path(folder), pathlib.Path(folder), machine, lambda text: None, lambda: None)
            return bench.try_once(ONE_ROOM, 512, limit_s, "--lock-step", 1)

    def test_its_report_is_what_it_prints(self):
        told = self.run_as("import json, sys; print(json.dumps(sys.argv[1:]))", 60)
        self.assertEqual(told, ["--participants", "512", "--core-cpu", "0", "--callers-cpu", "0", "--cable", "rings", "--one-room",
                                "--lock-step", "1"])

    def test_one_that_fails_or_does_not_end_is_an_error(self):
        with self.assertRaisesRegex(dpdk.DpdkError, "ended with 3"):
            self.run_as("import sys; sys.exit(3)", 60)
        with self.assertRaisesRegex(dpdk.DpdkError, "did not end within 0 s"):
            self.run_as("import time; time.sleep(600)", 0)


class TheSample(unittest.TestCase):
    def test_is_heard_skipped_or_an_error(self):
        self.assertEqual(dpdk_sip.outcome(0, "")[0], 20)
        self.assertEqual(dpdk_sip.outcome(77, "a case\nskipped: no network namespace\n"), (None, "skipped: no network namespace"))
        with self.assertRaisesRegex(dpdk.DpdkError, "19 calls were answered"):
            dpdk_sip.outcome(1, "19 calls were answered")


if __name__ == "__main__":
    unittest.main()
