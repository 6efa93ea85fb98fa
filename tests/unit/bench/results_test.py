import pathlib
import tempfile
import types
import unittest
from unittest import mock

from bench import results
from bench.rows import Rows


class TheFolder(unittest.TestCase):
    def test_is_one_runs_alone(self):
        with tempfile.TemporaryDirectory() as parent:
            parent = pathlib.Path(parent)
            folders = [results.new_folder(parent) for _ in range(3)]  # in a second, or two
            self.assertEqual(len(set(folders)), 3)
            self.assertEqual((parent / "latest").resolve(), folders[-1].resolve())
            self.assertEqual({path.name for path in parent.iterdir()}, {"latest", *(folder.name for folder in folders)})


class ThePublishedRows(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        for name in ("BASELINES", "DOCS"):
            place = pathlib.Path(folder.name) / name
            place.mkdir()
            patch = mock.patch.object(results, name, place)
            patch.start()
            self.addCleanup(patch.stop)
        self.machine = types.SimpleNamespace(class_name="any_2cpu", commit="abc", facts=lambda: "facts")

    def publish(self, **values):
        rows = Rows()
        for name, value in values.items():
            rows.add(name, value, "ns")
        results.publish(pathlib.Path(tempfile.gettempdir()), rows, self.machine)

    def test_begin_with_all_parts(self):
        self.assertIsNone(results.why_not_published(self.machine, True))
        said = results.why_not_published(self.machine, False)
        self.assertIn("any_2cpu", said)
        self.assertIn("tools/bench --publish", said)

    def test_are_of_a_commit_and_nothing_else(self):
        for commit in ("", "abc+"):
            self.machine.commit = commit
            self.assertIn("commit", results.why_not_published(self.machine, True))

    def test_of_some_parts_replace_theirs_and_keep_the_others(self):
        self.publish(one=1, two=2)
        self.assertIsNone(results.why_not_published(self.machine, False))
        self.machine.commit = "def"
        self.publish(two=3)
        known = results.read_baseline(self.machine)
        self.assertEqual([(row["name"], row["value"], row["commit"]) for row in known.rows], [("one", 1, "abc"), ("two", 3, "def")])
