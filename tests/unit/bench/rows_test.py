import json
import pathlib
import tempfile
import types
import unittest

from bench import microbench, results
from bench.rows import GOALS, Rows, goal_text, read_rows


class TheRows(unittest.TestCase):
    def test_json_is_name_value_unit(self):
        rows = Rows()
        rows.add("a.b_ns", 12.3456789, "ns")
        rows.add("a.n", 4000, "participants")
        rows.add("a.b_ns", 1.5, "ns")
        self.assertEqual(json.loads(rows.to_json()), [{"name": "a.n", "value": 4000, "unit": "participants"},
                                                      {"name": "a.b_ns", "value": 1.5, "unit": "ns"}])
        self.assertEqual(json.loads(Rows().to_json()), [])

    def test_read_what_was_written(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "rows.json"
            self.assertEqual(read_rows(file).rows, [])
            file.write_text(Rows([{"name": "x", "value": 2, "unit": "ns"}]).to_json())
            self.assertEqual(read_rows(file).value("x"), 2)

    def test_goals_are_told_and_met_at_their_bound(self):
        self.assertEqual(goal_text("server.participants_per_core", 4000), "goal >= 4,000: met")
        self.assertEqual(goal_text("server.participants_per_core", 3999), "goal >= 4,000: MISSED")
        self.assertEqual(goal_text("server.delay_ms_p99", 22), "goal <= 22: met")
        self.assertEqual(goal_text("server.ratio_to_bare_udp", 0.84), "goal >= 0.85: MISSED")
        self.assertEqual(goal_text("no.goal", 1), "")
        self.assertTrue(all(sign in ("<=", ">=") for sign, _ in GOALS.values()))

    def test_the_table_has_the_ratio_to_the_baseline(self):
        table = Rows([{"name": "x", "value": 30.0, "unit": "ns"}, {"name": "new", "value": 1, "unit": "ns"}]).table(
            Rows([{"name": "x", "value": 20.0, "unit": "ns"}]))
        self.assertRegex(table, r"x +30 ns +20 +1\.50")
        self.assertRegex(table, r"new +1 ns\n")


class Publishing(unittest.TestCase):
    def test_a_part_that_was_measured_replaces_its_rows_only(self):
        old = Rows([{"name": "a", "value": 1, "unit": "ns", "commit": "old"},
                    {"name": "b", "value": 2, "unit": "ns", "commit": "old"}])
        new = Rows([{"name": "c", "value": 5, "unit": "ns"}, {"name": "a", "value": 4, "unit": "ns"}])
        self.assertEqual([(row["name"], row["value"], row["commit"]) for row in results.merged(old, new, "new").rows],
                         [("a", 4, "new"), ("b", 2, "old"), ("c", 5, "new")])
        self.assertNotIn("commit", new.rows[0])

    def test_the_page_has_every_row_with_its_goal(self):
        rows = results.merged(Rows(), Rows([{"name": "server.delay_ms_p99", "value": 21.5, "unit": "ms"}]), "c0ffee")
        text = results.page(rows, types.SimpleNamespace(facts=lambda: "date  today\n"))
        self.assertIn("| `server.delay_ms_p99` | 21.5 | ms | <= 22: met | c0ffee |", text)
        self.assertIn("![participants against core load, lateness and loss](capacity.svg)", text)
        self.assertIn("date  today", text)
        self.assertNotIn("dpdk.svg", text)
        self.assertIn("(dpdk.svg)", results.page(rows, types.SimpleNamespace(facts=lambda: ""), dpdk=True))


def report(context=(), **benches):
    return {"context": dict(context), "benchmarks": [
        {"name": name, "run_name": name, "run_type": kind, "real_time": time, "time_unit": "ns", **more}
        for name, kind, time, more in benches["rows"]]}


class Microbenches(unittest.TestCase):
    def test_the_least_repetition_counts_and_no_mean(self):
        found = report(rows=[("a", "iteration", 3.0, {}), ("a", "iteration", 2.0, {}), ("a", "aggregate", 1.0, {}),
                             ("ab", "iteration", 0.5, {})])
        self.assertEqual(microbench.least(found, "a"), 2.0)
        with self.assertRaises(microbench.MicrobenchError):
            microbench.least(found, "b")

    def test_a_program_that_does_not_end_is_ended(self):
        with tempfile.TemporaryDirectory() as folder:
            log = pathlib.Path(folder) / "log"
            with self.assertRaisesRegex(microbench.MicrobenchError, "did not end"):
                microbench.run(["sleep", "600"], log, limit_s=0.05)
            self.assertEqual(microbench.run(["echo", '{"a": 1}'], log), {"a": 1})

    def test_kernels_are_those_of_the_target_that_runs(self):
        rows = Rows()
        microbench.add_kernel_rows(report({"target": "AVX3_DL"}, rows=[
            ("AVX3_DL/expand_add_8_ulaw", "iteration", 96.0, {}), ("AVX2/expand_add_8_ulaw", "iteration", 1.0, {}),
            ("AVX3_DL/mix_minus_compress_8_ulaw", "iteration", 104.0, {}),
            ("AVX3_DL/mix_minus_compress_ulaw", "iteration", 1.0, {}),
            ("table/expand_add_ulaw", "iteration", 100.0, {}),
            ("table/mix_minus_compress_ulaw", "iteration", 150.0, {})]), rows)
        self.assertEqual(rows.value("kernel.g711_decode_add_ns"), 12.0)
        self.assertEqual(rows.value("kernel.g711_nminus1_encode_ns"), 13.0)
        self.assertEqual(rows.value("kernel.simd_over_table_ratio"), 10.0)

    def test_a_core_is_measured_with_its_best_target_and_with_avx2(self):
        def turn(target, load, tick):
            more = {"tick_ns_per_frame": tick, "reception_ns_per_frame": 20.0, "ns_per_frame": tick + 20.0}
            return (f"turn/{target}/{load}", "iteration", 1.0, more)

        loads = ("participants:4000/size:8/talkers:8", "participants:4000/size:4000/talkers:4")
        rows = Rows()
        microbench.add_core_rows(report(rows=[
            turn("AVX2", loads[0], 59.0), turn("AVX3_DL", loads[0], 31.0), turn("AVX3_DL", loads[0], 30.0),
            turn("AVX3_DL", loads[1], 11.0)]), rows)
        self.assertEqual({row["name"]: row["value"] for row in rows.rows}, {
            "core.conf8_ns_per_frame": 30.0, "core.conf8_reception_ns_per_frame": 20.0,
            "core.conf8_turn_ns_per_frame": 50.0, "core.listener_ns_per_frame": 11.0,
            "core.listener_reception_ns_per_frame": 20.0, "core.listener_turn_ns_per_frame": 31.0,
            "core.conf8_avx2_ns_per_frame": 59.0, "core.conf8_avx2_reception_ns_per_frame": 20.0,
            "core.conf8_avx2_turn_ns_per_frame": 79.0})
        only = Rows()
        microbench.add_core_rows(report(rows=[turn("AVX2", load, 59.0) for load in loads]), only)
        self.assertEqual(only.value("core.conf8_ns_per_frame"), 59.0)
        self.assertIsNone(only.value("core.conf8_avx2_ns_per_frame"))
        plain = Rows()
        microbench.add_core_rows(report(rows=[(f"turn/{loads[0]}", "iteration", 1.0, {"ns_per_frame": 200.0})]), plain)
        self.assertEqual([row["name"] for row in plain.rows], ["core.conf8_ns_per_frame"])
        with self.assertRaises(microbench.MicrobenchError):
            microbench.add_core_rows(report(rows=[turn("AVX2", "participants:1/size:1/talkers:1", 1.0)]), Rows())

    def test_times_are_nanoseconds_in_the_end(self):
        self.assertEqual(microbench.to_ns(2.0, {"time_unit": "us"}), 2000.0)


if __name__ == "__main__":
    unittest.main()
