import types
import unittest

import run_bench
from bench import figures, machine, plot, trial
from bench.search import GENERATOR, HELD

CPUINFO = """processor\t: 0
vendor_id\t: AuthenticAMD
cpu family\t: 25
model\t\t: 17
model name\t: AMD EPYC 9B14 64-Core Processor
flags\t\t: fpu avx512bw sse2

processor\t: 1
model name\t: other
"""


class TheMachine(unittest.TestCase):
    def test_media_and_callers_have_a_cpu_each(self):
        self.assertEqual(machine.choose_cpus({0, 1}), machine.Cpus(1, 0, [0]))
        self.assertEqual(machine.choose_cpus({2, 5, 7, 9}), machine.Cpus(9, 7, [2, 5]))
        with self.assertRaises(SystemExit):
            machine.choose_cpus({0})

    def test_its_class_is_its_cpu(self):
        self.assertEqual(machine.class_name(CPUINFO, 2), "amd_epyc_9b14_f25_m17_2cpu")
        self.assertTrue(machine.cpu_facts(CPUINFO)[3])
        self.assertEqual(machine.class_name("model name : Intel(R) Xeon(R) CPU @ 2.20GHz", 8), "intel_xeon_f0_m0_8cpu")

    def test_commands_are_pinned(self):
        self.assertEqual(machine.pinned([1], ["a", 2], 20), ["taskset", "-c", "1", "chrt", "-f", "20", "a", "2"])
        self.assertEqual(machine.pinned([0, 1], ["a"]), ["taskset", "-c", "0,1", "a"])

    def test_busy_is_what_was_not_idle(self):
        self.assertEqual(machine.busy_permille("cpu  10 0 10 80 0 0 0 0 0 0", "cpu  20 0 20 160 0 0 0 0 0 0"), 200)

    def test_its_huge_pages_are_those_of_meminfo(self):
        self.assertEqual(machine.huge_pages("MemTotal: 9 kB\nHugePages_Total:    1000\nHugePages_Free:      800\nHugepagesize:       2048 kB\n"),
                         "800 of 1,000 free, of 2,048 kB")
        self.assertEqual(machine.huge_pages("HugePages_Total:       0\nHugePages_Free:        0\n"), "none reserved")
        self.assertEqual(machine.huge_pages(""), "none reserved")


class TheOptions(unittest.TestCase):
    def why_not(self, parts, participants=None, secs=10):
        return run_bench.why_not(types.SimpleNamespace(parts=parts, participants=participants, secs=secs))

    def test_participants_fill_their_rooms(self):
        self.assertIsNone(self.why_not(["memory", "dpdk"]))
        self.assertIsNone(self.why_not(["memory"], 96))
        self.assertIsNone(self.why_not(["dpdk"], 32))
        for parts, participants in ((["memory"], 100), (["memory", "dpdk"], 4), (["ratio"], 0), (["dpdk"], 24)):
            self.assertIn("--participants", self.why_not(parts, participants))

    def test_no_try_is_shorter_than_the_callers_measure(self):
        self.assertIsNone(self.why_not(["capacity"], secs=2))
        self.assertIn("--secs", self.why_not(["capacity"], secs=1))
        self.assertIn("--secs", self.why_not(["memory", "dpdk"], secs=1))
        self.assertIsNone(self.why_not(["dpdk"], secs=1))


class Trials(unittest.TestCase):
    def test_a_servers_keys_are_those_of_its_example(self):
        example = "[sip]\n# x = y\nmax_pending_invites = 1000\n[media]\njitter_ms = 60\n# [[room]]\n# name = \"lobby\"\n"
        self.assertEqual(trial.known_keys(example), {"sip.max_pending_invites", "media.jitter_ms"})

    def test_keys_are_written_by_table(self):
        self.assertEqual(trial.to_toml({"a.x": 1, "b.y": "off", "a.z": True}), '[a]\nx = 1\nz = true\n[b]\ny = "off"\n')

    def test_settings_are_keys_with_values(self):
        self.assertEqual(trial.setting("cores.tx=packet"), ("cores.tx", "packet"))
        self.assertEqual(trial.setting("media.jitter_ms=0"), ("media.jitter_ms", 0))
        for wrong in ("jitter_ms=0", "media.jitter_ms", "media.jitter_ms="):
            with self.assertRaises(ValueError):
                trial.setting(wrong)

    def test_workloads_make_their_rooms(self):
        self.assertEqual(trial.ROOMS_OF_8.rooms(64), 8)
        self.assertEqual(trial.ONE_ROOM.rooms(64), 1)
        self.assertGreater(trial.seconds_needed(trial.Plan(trial.ROOMS_OF_8, 4000)), 40)

    def test_the_kernels_memory_is_read(self):
        slabs = ("# name <active_objs> <num_objs> <objsize> ...\nUDP 10 20 1000 4 1 : tunables 0\n"
                 "kmalloc-1k 1 2 1024 4 1 : tunables 0\nvm_area_struct 9 9 200 4 1 : tunables 0\n")
        self.assertEqual(figures.slab_bytes(slabs), 20 * 1000 + 2 * 1024)
        sockstat = "sockets: used 40\nTCP: inuse 4 mem 7\nUDP: inuse 12 mem 3\nUDPLITE: inuse 0\n"
        self.assertEqual(figures.udp_sockets(sockstat), (12, 3 * 4096))


def point(count, workload="rooms_of_8", outcome=HELD, **changes):
    return {"workload": workload, "participants": count, "outcome": outcome, "cpu": 0.5, "late_ticks_per_1000": 0.0,
            "packets_share": 1.0, **changes}


class ThePlot(unittest.TestCase):
    def test_series_are_in_order_cut_at_the_top_and_without_what_was_thrown_away(self):
        points = [point(200), point(100, cpu=0.25), point(150, repeated=True), point(300, cpu=None),
                  point(400, outcome=GENERATOR, cpu=2.0), point(1, workload="one_room")]
        kept, bound = plot.series(points, "rooms_of_8", "cpu", 100.0, 110.0)
        self.assertEqual(kept, [(100, 25.0), (200, 50.0)])
        self.assertEqual(bound, [(400, 110.0)])

    def test_has_axes_goals_others_and_a_title(self):
        text = plot.script([point(100), point(5000, workload="one_room")], "AMD_EPYC, 2026-11-25", "svg", "out.svg")
        for part in ("CPU of the media core (%)", "late ticks (of 1,000)", "packets lost (%)", "participants (20 ms",
                     "AMD\\\\_EPYC", "goal: 4,000", "Janus 560-580", "rooms of 8, all talk: 100 held", "Asterisk 400-500", "FreeSWITCH 240", "at most 0.1",
                     "set output 'out.svg'", "xrange [0:5250]"):
            self.assertIn(part, text)
        self.assertEqual(text.count("\nplot "), 3)

    def test_loss_is_what_did_not_come(self):
        self.assertAlmostEqual(plot.loss_points([point(1, packets_share=0.998)])[0]["loss"], 0.002)
        self.assertIsNone(plot.loss_points([point(1, packets_share=None)])[0]["loss"])
        self.assertEqual(plot.loss_points([point(1, packets_share=1.001)])[0]["loss"], 0)


if __name__ == "__main__":
    unittest.main()
