import json
import pathlib
import tempfile
import unittest

from bench import microbench
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

    def test_kernels_are_those_of_the_target_that_runs(self):
        rows = Rows()
        microbench.add_kernel_rows(report({"target": "AVX3_DL"}, rows=[
            ("AVX3_DL/expand_add_ulaw", "iteration", 12.0, {}), ("AVX2/expand_add_ulaw", "iteration", 1.0, {}),
            ("AVX3_DL/mix_minus_compress_ulaw", "iteration", 13.0, {}), ("table/expand_add_ulaw", "iteration", 100.0, {}),
            ("table/mix_minus_compress_ulaw", "iteration", 150.0, {})]), rows)
        self.assertEqual(rows.value("kernel.g711_decode_add_ns"), 12.0)
        self.assertEqual(rows.value("kernel.g711_nminus1_encode_ns"), 13.0)
        self.assertEqual(rows.value("kernel.simd_over_table_ratio"), 10.0)

    def test_times_are_nanoseconds_in_the_end(self):
        self.assertEqual(microbench.to_ns(2.0, {"time_unit": "us"}), 2000.0)


if __name__ == "__main__":
    unittest.main()
