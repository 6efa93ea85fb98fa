"""What tools/run makes of its flags, and of a server that does not answer as it should."""

import contextlib
import io
import os
import unittest
from unittest import mock

import run_server
import server


class Answering(server.Server):
    """Ready, and with one answer to whatever is asked."""

    def __init__(self, status, body):
        self.answer = status, body

    def get(self, path):
        return self.answer


class DemoTest(unittest.TestCase):
    def test_flags_are_the_demos_or_the_servers(self):
        self.assertEqual(run_server.split_flags(["--callers", "5", "--", "--cores=1", "--room=a", "--verbose"]),
                         (["--callers", "5", "--room=a"], ["--cores=1", "--verbose"]))

    def test_a_flag_that_the_demo_gives_itself_is_refused(self):
        self.assertIsNone(run_server.why_not(["--cores", "1"]))
        for flags in (["--http", "off"], ["--cores=1", "--rtp-ports=1-9"]):
            with contextlib.redirect_stderr(io.StringIO()) as said:
                self.assertEqual(run_server.demo(flags), 2)
            self.assertIn(flags[-1].split("=")[0] if "=" in flags[-1] else "--http", said.getvalue())

    def test_a_server_that_wants_a_token_is_told_before_the_calls(self):
        wants = Answering(401, b"{}")
        with mock.patch.object(run_server, "Server", lambda *_, **__: wants), mock.patch.object(run_server.process, "start") as started, \
                mock.patch.dict(os.environ, TUTTI_TOKEN=""), contextlib.redirect_stderr(io.StringIO()) as said:
            self.assertEqual(run_server.demo([]), 1)
        self.assertIn("TUTTI_TOKEN", said.getvalue())
        started.assert_not_called()


class LedgerTest(unittest.TestCase):
    def test_is_what_the_server_holds_or_an_error(self):
        self.assertEqual(Answering(200, b'{"rooms": 1}').ledger(), {"rooms": 1})
        with self.assertRaisesRegex(server.ServerError, "503: draining"):
            Answering(503, b"draining").ledger()


if __name__ == "__main__":
    unittest.main()
