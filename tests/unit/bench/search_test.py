import unittest

from bench.search import DISTURBED, GENERATOR, HELD, MISSED, CapacitySearch


def climb(search, limit, because=MISSED):
    """What the search tried of a server that holds `limit`."""
    tried = []
    while (count := search.next()) is not None:
        tried.append(count)
        search.record(count, HELD if count <= limit else because)
    return tried


class Search(unittest.TestCase):
    def test_finds_any_limit_to_its_precision(self):
        for unit in (8, 10):
            for limit in range(20, 9000, 371):
                search = CapacitySearch(2000, unit, unit, 9600, 40)
                tried = climb(search, limit)
                self.assertLessEqual(search.held, limit)
                self.assertGreater(search.above, limit)
                self.assertLessEqual(search.above - search.held, max(unit, 0.04 * search.above))
                self.assertEqual(len(tried), len(set(tried)), "no number twice")
                self.assertTrue(all(count % unit == 0 for count in tried))
                self.assertLess(len(tried), 26)
                self.assertEqual(search.bound_by(), "server")

    def test_begins_with_a_good_guess_in_few_tries(self):
        self.assertLessEqual(len(climb(CapacitySearch(4000, 8, 8, 9600, 40), 4100)), 5)

    def test_ends_when_its_tries_are_used_up(self):
        search = CapacitySearch(2000, 8, 8, 9600, 2)
        self.assertEqual(climb(search, 9000), [2000, 2496])
        self.assertEqual(search.bound_by(), "time")
        self.assertEqual(search.sentence(), "2,496 held, and there was no time for more")

    def test_never_goes_beyond_what_may_be_asked_for(self):
        search = CapacitySearch(2000, 8, 8, 2203, 40)
        self.assertEqual(climb(search, 9000), [2000, 2200])
        self.assertEqual((search.held, search.bound_by()), (2200, "most"))
        self.assertEqual(search.sentence(), "2,200 held, the most that was asked for")

    def test_ends_where_not_even_the_least_is_held(self):
        search = CapacitySearch(64, 8, 8, 9600, 40)
        self.assertEqual(climb(search, 0)[-1], 8)
        self.assertEqual(search.held, 0)

    def test_goes_down_in_few_tries_to_what_is_held(self):
        search = CapacitySearch(2000, 8, 8, 9600, 40)
        self.assertEqual(climb(search, 600)[:3], [2000, 1000, 496])

    def test_does_not_claim_the_generators_limit_for_the_server(self):
        search = CapacitySearch(2000, 8, 8, 9600, 40)
        climb(search, 3000, GENERATOR)
        self.assertEqual(search.bound_by(), "generator")
        self.assertRegex(search.sentence(), r"^\d,\d+ held, and generator-bound at 3,\d+: the server may hold more$")

    def test_tells_a_disturbance(self):
        search = CapacitySearch(2000, 8, 8, 9600, 40)
        climb(search, 3000, DISTURBED)
        self.assertEqual(search.bound_by(), "disturbed")
        self.assertIn("and disturbed at 3,", search.sentence())

    def test_believes_a_larger_number_that_was_held(self):
        search = CapacitySearch(2000, 8, 8, 9600, 40)
        search.record(1000, MISSED)
        search.record(2000, HELD)
        self.assertEqual((search.held, search.above), (2000, None))
        self.assertEqual(search.next(), 2496)


if __name__ == "__main__":
    unittest.main()
