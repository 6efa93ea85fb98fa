import contextlib
import io
import pathlib
import sys
import tempfile
import unittest
from unittest import mock

import run_bench


class TheLine(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(suffix=" ä")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def parsed(self, *words):
        with mock.patch.object(sys, "argv", ["tools/bench", *map(str, words)]):
            return run_bench.parse_options()

    def refused(self, *words):
        """The sentence."""
        said = io.StringIO()
        with contextlib.redirect_stderr(said), self.assertRaises(SystemExit) as ended:
            self.parsed(*words)
        self.assertEqual(ended.exception.code, 2)
        return said.getvalue()

    def test_publish_what_everybody_has(self):
        self.assertTrue(self.parsed("--publish", "--most", 20000, "--start", 3000).publish)
        for words in (["--bin", self.folder], ["--quick"], ["--set", "media.jitter_ms=20"], ["--way", "sockets"], ["--participants", 800]):
            self.assertIn(f"without {words[0]}", self.refused("--publish", *words))

    def test_that_nothing_can_be_measured_with_are_refused_at_once(self):
        for words in (["--rate", 0], ["--rate", "nan"], ["--rounds", 0], ["--soak-secs", 1], ["--minutes", -1], ["--minutes", 0], ["--most", 4]):
            self.assertIn(words[0], self.refused(*words))

    def test_a_file_that_cannot_be_written_is_told_before_the_run(self):
        for file in (self.folder, self.folder / "none" / "rows.json"):
            self.assertIn(f"--json {file}", self.refused("--json", file))
        new = self.folder / "rows.json"
        self.assertEqual(self.parsed("--json", new).json, new)
        self.assertFalse(new.exists())

    def test_programs_that_are_not_there_are_told(self):
        self.assertIn("there is no kernels_bench", self.refused("kernels", "--bin", self.folder))
        self.assertIn("no tuttid and no tutti-load", self.refused("delay", "--bin", self.folder))
        for name in run_bench.CALLED:
            (self.folder / name).touch(0o700)
        self.assertEqual(self.parsed("delay", "--bin", self.folder).bin, self.folder.resolve())
