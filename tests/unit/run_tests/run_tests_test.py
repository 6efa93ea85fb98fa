"""What tools/test counts and names: of a program of GoogleTest's in one process (TROUBLED is one), and of ctest's own tests."""

import contextlib
import io
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

import run_program
import run_tests

LIMIT_S = 10  # time for a slow machine; what hangs takes all of it


class RunProgramTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_program(self, chosen):
        program = pathlib.Path(os.environ["TROUBLED"])
        self.ended = subprocess.run(
            [sys.executable, run_program.__file__, program, "--prefix", "some", "--limit", str(LIMIT_S), "--results", self.folder],
            env=os.environ | {"GTEST_FILTER": chosen}, text=True, capture_output=True)
        return json.loads((self.folder / f"{program.name}.json").read_text())

    def test_each_test_is_run_whatever_became_of_those_before_it(self):
        outcome = self.run_program("-Report.*:Leak.*")
        self.assertEqual([name for name, _ in outcome["failed"]],
                         ["some.Trouble.Fails", "some.Trouble.Crashes", "some.Trouble.Hangs", "some.CannotBegin.First",
                          "some.CannotBegin.Second", "some.Numbers/TroubleOf.FailsForTwo/1"])
        self.assertEqual((outcome["tests"], outcome["skipped"]), (11, ["this machine has not what it needs"]))
        wrote = dict(outcome["failed"])
        self.assertIn("as it should", wrote["some.Trouble.Fails"])
        self.assertNotIn("PassesAfterACrash", wrote["some.Trouble.Fails"])
        self.assertIn("ended by signal 6", wrote["some.Trouble.Crashes"])
        self.assertIn("took too long", wrote["some.Trouble.Hangs"])
        self.assertIn("11 tests, 6 failed, 1 skipped", self.ended.stdout)
        self.assertIn("as it should", self.ended.stdout)
        self.assertEqual(self.ended.returncode, 1)

    def test_passes_in_few_words(self):
        outcome = self.run_program("Trouble.Passes*:*/0")
        self.assertEqual(outcome, {"tests": 3, "skipped": [], "failed": []})
        self.assertEqual((self.ended.stdout, self.ended.returncode), ("3 tests, 0 failed, 0 skipped\n", 0))

    def test_a_sanitizers_report_fails_the_test_that_it_is_of(self):
        outcome = self.run_program("Report.*")
        self.assertEqual([name for name, _ in outcome["failed"]], ["some.Report.IsOfThisTest"])
        self.assertEqual(self.ended.returncode, 1)

    def test_what_is_found_at_the_end_fails_the_program(self):
        outcome = self.run_program("Leak.*:*.Passes")
        (name, wrote), = outcome["failed"]
        self.assertEqual(name, "some.(the program)")
        self.assertIn("LeakSanitizer", wrote)
        self.assertEqual(outcome["tests"], 2)


class CtestResultsTest(unittest.TestCase):
    def test_counts_the_tests_of_whole_programs(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            (folder / "core_test.json").write_text(json.dumps({"tests": 20, "skipped": ["no taps"] * 3, "failed": [["core.A.B", "why"]]}))
            junit = folder / "junit.xml"
            junit.write_text("""<testsuite>
                <testcase name="core_test" status="fail"><system-out>all of it</system-out></testcase>
                <testcase name="net_test" status="fail"><system-out>it was ended</system-out></testcase>
                <testcase name="lint.format" status="run"/>
                <testcase name="interop.a" status="notrun"><skipped message="SKIP_RETURN_CODE=77"/>
                    <system-out>begins\nskipped: no network namespace: Operation not permitted\n</system-out></testcase>
                <testcase name="net.B.C" status="notrun"><skipped message="SKIP_REGULAR_EXPRESSION_MATCHED"/>
                    <system-out>[ RUN      ] B.C\nb_test.cpp:116: Skipped\nthis kernel has no VLAN\ndevices\n[  SKIPPED ] B.C (22 ms)
                    </system-out></testcase>
                <testcase name="net.B.D" status="notrun"><skipped message="SKIP_RETURN_CODE=77"/></testcase>
                <testcase name="gone" status="notrun"><skipped message="Unable to find executable: gone"/></testcase>
                </testsuite>""")
            failed, count, skipped = run_tests.ctest_results(junit, folder)
        self.assertEqual([tuple(one) for one in failed],
                         [("core.A.B", "why"), ("net_test", "it was ended"), ("gone", "")])
        self.assertEqual(count, 26)
        self.assertEqual(skipped, ["no taps"] * 3 + ["no network namespace: Operation not permitted",
                                                     "this kernel has no VLAN devices", run_program.NO_REASON])


class SummaryTest(unittest.TestCase):
    def test_says_why_tests_were_skipped_before_the_closing_lines(self):
        summary = run_tests.Summary()
        summary.add("test release", 9, [], ["no VLAN", "no taps", "no VLAN"], 1.0)
        summary.add("test asan", 9, [], ["no taps", "no VLAN"], 1.0)
        with contextlib.redirect_stdout(io.StringIO()) as out:
            summary.print(2.0)
        self.assertIn("  3  no VLAN\n      2  no taps\n\n100% tests passed, 0 tests failed out of 18\n", out.getvalue())

    def test_says_nothing_of_it_where_none_was(self):
        summary = run_tests.Summary()
        summary.add("test release", 9, [], [], 1.0)
        with contextlib.redirect_stdout(io.StringIO()) as out:
            summary.print(2.0)
        self.assertNotIn("Skipped", out.getvalue())


class MainTest(unittest.TestCase):
    def run_with(self, *names, tests):
        def test(preset, labels, options, progress, summary, interop):
            summary.add(preset, tests, [], [], 0.0)

        with mock.patch.object(sys, "argv", ["test", *names]), mock.patch.dict(os.environ), \
                mock.patch.multiple(run_tests, build=lambda *_: True, test=test), mock.patch.object(run_tests.process, "install_traps"), \
                contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as said:
            return run_tests.main(), said.getvalue()

    def test_names_that_match_no_test_pass_nothing(self):
        self.assertEqual(self.run_with("no_such", "none", tests=0), (1, "no test's name matches no_such or none\n"))
        self.assertEqual(self.run_with("rtp", tests=1), (0, ""))


if __name__ == "__main__":
    unittest.main()
