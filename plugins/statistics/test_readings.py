"""Run in this folder: python -m unittest"""

import statistics
import unittest
from functools import reduce

import readings


class Readings(unittest.TestCase):
    def test_pieces_add_up_to_the_whole(self) -> None:
        numbers = readings.sample(7, 0, 1000)
        pieces = [readings.sample(7, first, 300 if first < 900 else 100) for first in range(0, 1000, 300)]
        self.assertEqual([number for piece in pieces for number in piece], numbers)
        whole = reduce(readings.combine, map(readings.summarise, pieces))
        self.assertEqual((whole.count, whole.lowest, whole.highest), (1000, min(numbers), max(numbers)))
        self.assertAlmostEqual(whole.mean, statistics.fmean(numbers), 12)
        self.assertAlmostEqual(readings.deviation(whole), statistics.stdev(numbers), 12)
        self.assertAlmostEqual(readings.median(whole), statistics.median(numbers), 0)

    def test_one_number_is_its_own_middle(self) -> None:
        summary = readings.summarise([2.5])
        self.assertEqual((readings.median(summary), readings.deviation(summary)), (2.5, 0.0))

    def test_what_cannot_be_summarised_is_refused(self) -> None:
        for numbers in ([], [float("inf")]):
            with self.assertRaises(ValueError):
                readings.summarise(numbers)


if __name__ == "__main__":
    unittest.main()
