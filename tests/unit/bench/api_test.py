import collections
import itertools
import pathlib
import tempfile
import types
import unittest
import unittest.mock

import fakes
from bench import api, rows


class TheApiPart(unittest.TestCase):
    def test_asks_every_room_in_turn_and_undoes_what_it_mutes(self):
        asked = list(itertools.islice(api.mix_of(["a", "b"]), 12))
        self.assertEqual([path for method, path, _ in asked if method == "GET" and path.count("/") == 2][:3],
                         ["/rooms/a", "/participants/1", "/rooms/b"])
        posts = [path for method, path, _ in asked if method == "POST"]
        self.assertEqual(posts, ["/participants/1/mute", "/participants/1/unmute"] * 2)

    def test_each_reload_finds_another_file(self):
        with tempfile.TemporaryDirectory() as folder:
            config = pathlib.Path(folder) / "t.toml"
            config.write_text("[sip]\nmax_pending_invites = 9\n")
            seen = []
            for method, path, body in api.reloads(config, 6):
                self.assertEqual((method, path, body), ("POST", "/reload", None))
                seen.append(config.read_text())
            self.assertEqual(len(set(seen)), 6)
            for text in seen:
                self.assertTrue(text.startswith("[sip]\nmax_pending_invites = 9\n[rooms]\n"))

    def test_the_rate_is_of_the_time_that_was_measured(self):
        clients = [types.SimpleNamespace(done=[0.5, 1.5, 2.5]), types.SimpleNamespace(done=[1.0, 9.0])]
        self.assertEqual(api.rate_between(clients, 1.0, 3.0), 1.5)

    def test_what_was_refused_is_of_the_requests_and_of_the_reloads(self):
        trial = types.SimpleNamespace(span=fakes.span(), load=fakes.load_report())
        answers = [(trial, 0.0, collections.Counter()), (trial, 900.0, collections.Counter({200: 80, 204: 5, 429: 3, "broken": 1})),
                   (trial, 50.0, collections.Counter({200: 9, 400: 2}))]
        found = rows.Rows()
        with unittest.mock.patch.object(api, "measure", lambda *_: answers.pop(0)):
            api.api(None, found, lambda text: None, lambda: None, 40)
        self.assertEqual(found.value("api.refused"), 3 + 1 + 2)


if __name__ == "__main__":
    unittest.main()
