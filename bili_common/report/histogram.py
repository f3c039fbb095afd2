"""The histogram: how many lists are how long."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

import attrs


__all__ = ["Column", "LengthBin", "bins_of", "columns_of", "median_of"]

# The part of its place that a column fills.
_FILL: Final = 0.78


@attrs.frozen
class LengthBin:
    """How many lists have *low* to *high* accounts."""

    low: int
    high: int
    count: int


@attrs.frozen
class Column:
    """
    One column of the chart, and the bin that it stands for.

    *x*, *middle* and *width* are percent of the chart's width, *height* is the
    part of its height, from 0 to 1.
    """

    bin: LengthBin
    x: float
    middle: float
    width: float
    height: float


def bins_of(sizes: Counter[int]) -> Iterator[LengthBin]:
    """
    Yield bins 0, 1, 2-4, 5-9, 10-19, 20-49 ... from the shortest list to the longest.

    Args:
        sizes: How many lists there are of each length.
    """
    low, step = 0, 0
    while sizes and low <= max(sizes):
        # The next bin begins at 1, 2 or 5 times a power of ten.
        following = 1 if low == 0 else (2, 5, 10)[step % 3] * 10 ** (step // 3)
        if following > min(sizes):
            count = sum(number for size, number in sizes.items() if low <= size < following)
            yield LengthBin(low, following - 1, count)
        step += low > 0
        low = following


def columns_of(bins: tuple[LengthBin, ...]) -> list[Column]:
    """Return where the columns of *bins* stand."""
    highest = max((each.count for each in bins), default=1)
    # A single column need not be as wide as the page.
    step = 100 / max(len(bins), 6)
    return [
        Column(
            bin=each,
            x=step * (place + (1 - _FILL) / 2),
            middle=step * (place + 0.5),
            width=step * _FILL,
            height=each.count / highest,
        )
        for place, each in enumerate(bins)
    ]


def median_of(sizes: Counter[int]) -> float | None:
    """Return the middle length, between two the half; None where there is no list."""
    total = sizes.total()
    if not total:
        return None

    ordered = sorted(sizes)
    return (_nth(sizes, ordered, (total - 1) // 2) + _nth(sizes, ordered, total // 2)) / 2


def _nth(sizes: Counter[int], ordered: list[int], place: int) -> int:
    """Return the length at *place* if all lists stood in a row, the shortest first."""
    for size in ordered:
        place -= sizes[size]
        if place < 0:
            return size

    raise AssertionError("unreachable: place is below the number of lists")
