import unittest

from bench.search import DISTURBED, GENERATOR, HELD, MISSED
from bench.verdict import judge
from fakes import load_report, span


class TheVerdict(unittest.TestCase):
    def outcome(self, late_ticks=0, **changes):
        return judge(load_report(**changes), span(late_ticks=late_ticks))

    def test_held_at_the_limit_of_each(self):
        self.assertEqual(self.outcome(packets_received=9_990, late_ticks=2).outcome, HELD)
        self.assertEqual(self.outcome(packets_received=9_990, late_ticks=2).why, [])

    def test_missed_beyond_each(self):
        for late, changes, why in ((0, {"packets_received": 9_989}, "99.890 % of the packets came"),
                                   (3, {}, "3 of 2,000 ticks were late"),
                                   (0, {"answered": 39}, "39 of 40 calls were answered"),
                                   (0, {"ended_early": 1}, "1 calls were ended by the server"),
                                   (0, {"matrix__wrong": 1}, "1 of 80 cells of who hears whom are wrong"),
                                   (0, {"matrix__judged": 0}, "no audio could be judged")):
            verdict = self.outcome(late, **changes)
            self.assertEqual((verdict.outcome, verdict.why), (MISSED, [why]))

    def test_what_the_generator_did_not_send_judges_nobody(self):
        self.assertEqual(self.outcome(generator__skipped=1).outcome, GENERATOR)
        self.assertEqual(self.outcome(generator__skipped=1, packets_received=5_000, late_ticks=99).outcome, GENERATOR)

    def test_what_the_generator_did_not_read_judges_nobody(self):
        self.assertEqual(self.outcome(generator__overruns=1, packets_received=5_000).outcome, GENERATOR)

    def test_a_generator_that_stood_still_excuses_but_does_not_spoil(self):
        for changes in ({"packets_received": 9_000}, {"matrix__wrong": 1}):
            self.assertEqual(self.outcome(generator__stall_ms_max=20.1, **changes).outcome, DISTURBED)
            self.assertEqual(self.outcome(generator__stall_ms_max=20.0, **changes).outcome, MISSED)
        self.assertEqual(self.outcome(generator__stall_ms_max=90.0).outcome, HELD)

    def test_a_full_generator_excuses_but_does_not_spoil(self):
        self.assertEqual(self.outcome(generator__cpu_share=0.97).outcome, HELD)
        self.assertEqual(self.outcome(generator__cpu_share=0.97, packets_received=9_000).outcome, GENERATOR)

    def test_a_media_core_that_others_kept_from_its_cpu_is_not_judged(self):
        late = load_report()
        self.assertEqual(judge(late, span(late_ticks=9, waited=0.006)).outcome, DISTURBED)
        self.assertEqual(judge(late, span(late_ticks=9, waited=0.005)).outcome, MISSED)
        self.assertEqual(judge(late, span(late_ticks=9, waited=0.04, cpu=0.95)).outcome, MISSED, "that is its own doing")
        self.assertEqual(judge(late, span(waited=0.04)).outcome, HELD)

    def test_unwatched_is_no_verdict_on_the_server(self):
        self.assertEqual(judge(load_report(), None).outcome, GENERATOR)

    def test_no_report_and_no_ticks_are_no_success(self):
        self.assertEqual(judge(None, span()).outcome, MISSED)
        self.assertEqual(judge(load_report(), span(ticks=0)).outcome, MISSED)
        self.assertEqual(judge(load_report(packets_expected=0), span()).outcome, MISSED)


if __name__ == "__main__":
    unittest.main()
