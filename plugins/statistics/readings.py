"""The arithmetic: a summary of some numbers, and how two summaries become that of all their numbers.

It knows nothing of Soloist, so it is tested like any module.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from math import isfinite, sqrt
from random import Random


@dataclass(frozen=True)
class Summary:
    """What is kept of numbers, whose count it does not grow with."""

    count: int
    mean: float
    squares: float
    """The sum of the squared distances from the mean."""
    lowest: float
    highest: float
    histogram: dict[str, int] = field(default_factory=dict)
    """How many there are from each whole number to the next."""


def summarise(numbers: list[float]) -> Summary:
    """Raises `ValueError` if there are none, or one is not finite."""
    if not numbers:
        raise ValueError("there are no numbers to summarise")
    if not all(isfinite(number) for number in numbers):
        raise ValueError("a number is not finite")
    mean = statistics.fmean(numbers)
    histogram: dict[str, int] = {}
    for number in numbers:
        bar = str(int(number // 1))
        histogram[bar] = histogram.get(bar, 0) + 1
    squares = sum((number - mean) ** 2 for number in numbers)
    return Summary(len(numbers), mean, squares, min(numbers), max(numbers), histogram)


def combine(one: Summary, other: Summary) -> Summary:
    """The summary of the numbers of both: as exact as one that had seen them all."""
    count = one.count + other.count
    apart = other.mean - one.mean
    histogram = dict(one.histogram)
    for bar, height in other.histogram.items():
        histogram[bar] = histogram.get(bar, 0) + height
    return Summary(
        count,
        one.mean + apart * other.count / count,
        one.squares + other.squares + apart**2 * one.count * other.count / count,
        min(one.lowest, other.lowest),
        max(one.highest, other.highest),
        histogram,
    )


def deviation(summary: Summary) -> float:
    """The standard deviation of the sample."""
    return sqrt(summary.squares / (summary.count - 1)) if summary.count > 1 else 0.0


def median(summary: Summary) -> float:
    """The middle, as far as the histogram tells: within its bar, numbers are taken to lie evenly."""
    half, seen = summary.count / 2, 0
    for bar, height in sorted(summary.histogram.items(), key=lambda item: int(item[0])):
        if seen + height >= half:
            inside = int(bar) + (half - seen) / height
            return min(max(inside, summary.lowest), summary.highest)
        seen += height
    return summary.highest


def sample(seed: int, first: int, count: int) -> list[float]:
    """Numbers to try things with: the same for the same seed, whatever pieces they are asked for in."""
    return [Random(f"{seed}/{place}").gauss(20, 4) for place in range(first, first + count)]
