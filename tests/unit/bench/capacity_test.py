import time
import unittest

from bench.capacity import Capacity, add_rows, point_text
from bench.rows import Rows
from bench.search import GENERATOR, HELD, MISSED
from bench.trial import ONE_ROOM, ROOMS_OF_8
from fakes import Bed

FAR = time.monotonic() + 3600


class TheCapacity(unittest.TestCase):
    def climb(self, bed, workload=ROOMS_OF_8):
        said = []
        climb = Capacity(bed, workload, said.append)
        return climb, climb.search(2000, 9600, 20, FAR), said

    def test_every_try_is_a_point_and_a_line(self):
        bed = Bed(3000)
        climb, search, said = self.climb(bed)
        self.assertTrue(2870 <= search.held <= 3000)
        self.assertEqual(len(climb.points), len(bed.plans))
        self.assertEqual(len(said), len(bed.plans))
        self.assertEqual({point["outcome"] for point in climb.points}, {HELD, MISSED})

    def test_a_miss_is_tried_again_before_it_is_believed(self):
        climb, search, _ = self.climb(Bed(3000, spoilt=(1,)))
        self.assertTrue(2870 <= search.held <= 3000)
        self.assertTrue(climb.points[0]["repeated"])
        self.assertEqual(climb.points[0]["participants"], climb.points[1]["participants"])

    def test_a_generators_limit_is_told_as_such(self):
        _, search, _ = self.climb(Bed(3000, skipped=7))
        self.assertEqual(search.above_because, GENERATOR)

    def test_ends_in_time(self):
        bed = Bed(3000)
        Capacity(bed, ROOMS_OF_8, lambda text: None).search(2000, 9600, 20, time.monotonic() - 1)
        self.assertEqual(bed.plans, [])

    def test_the_ladder_fills_the_curve_below(self):
        climb, search, _ = self.climb(Bed(4000), ONE_ROOM)
        before = len(climb.points)
        climb.ladder(search.held, FAR)
        counts = [point["participants"] for point in climb.points[before:]]
        self.assertEqual(len(counts), 4)
        self.assertEqual(counts, sorted(set(counts), reverse=True))
        self.assertTrue(all(count % 10 == 0 and count < search.held for count in counts))

    def test_the_ladder_ends_in_time(self):
        climb, search, _ = self.climb(Bed(4000), ONE_ROOM)
        before = len(climb.points)
        climb.ladder(search.held, time.monotonic() - 1)
        self.assertEqual(len(climb.points), before)

    def test_the_row_is_the_lesser_of_the_workloads(self):
        rows = Rows()
        add_rows({"rooms_of_8": self.climb(Bed(3000))[1], "one_room": self.climb(Bed(2000, skipped=1), ONE_ROOM)[1]}, rows)
        self.assertEqual(rows.value("server.participants_per_core"), rows.value("server.participants_per_core_one_room"))
        self.assertLess(rows.value("server.participants_per_core"), rows.value("server.participants_per_core_rooms_of_8"))
        self.assertEqual(rows.value("server.capacity_generator_bound"), 1)

    def test_what_held_nothing_has_no_row(self):
        rows = Rows()
        add_rows({"rooms_of_8": self.climb(Bed(3000))[1], "one_room": self.climb(Bed(0), ONE_ROOM)[1]}, rows)
        self.assertIsNotNone(rows.value("server.participants_per_core_rooms_of_8"))
        self.assertIsNone(rows.value("server.participants_per_core_one_room"))
        self.assertIsNone(rows.value("server.participants_per_core"))

    def test_a_line_tells_what_was_not_seen_as_well(self):
        climb, _, said = self.climb(Bed(3000))
        self.assertIn("2,000 held", said[0])
        point = {**climb.points[0], "load": None, "packets_share": None, "why": ["tutti-load wrote no report"]}
        self.assertEqual(point_text(point), " 2,000 held     ; tutti-load wrote no report")


if __name__ == "__main__":
    unittest.main()
