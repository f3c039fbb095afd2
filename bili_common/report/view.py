"""The view: the figures and pictures that stand in the page before its script runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Final

import attrs

from ..compare.comparison import Comparison
from ..compare.outcome import Status
from .contents import Contents
from .heatmap import HeatMap, heat_map, sample


__all__ = ["PAIRS_AT_MOST", "Column", "LengthBin", "Share", "View", "view_of"]

PAIRS_AT_MOST: Final = 20
"""So many pairs are named; every other one is a question to the page."""

# The part of its place that a column fills.
_FILL: Final = 0.78


@attrs.frozen
class Share:
    """How many users have *status*, and where they stand on a strip of 100 units."""

    status: Status
    count: int
    x: float
    width: float


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


@attrs.frozen
class View:
    """
    What a page says at first sight; all figures are those of all users.

    Attributes:
        users: How many users there are.

        known: How many lists are known completely.

        seen: How many lists are known, completely or in part.

        distinct: How many accounts are in the lists.

        median: The middle length of the lists known completely.

        shares: The users by status.

        columns: The lists known completely by their length.

        pairs: The pairs of users most alike, as (a, b, similarity), of all that are known.

        heat: How alike some users are.

        span: When the first and the last user was fetched.
    """

    users: int
    known: int
    seen: int
    distinct: int
    median: float | None
    shares: tuple[Share, ...]
    columns: tuple[Column, ...]
    pairs: tuple[tuple[int, int, float], ...]
    heat: HeatMap
    span: tuple[datetime, datetime] | None


def view_of(comparison: Comparison, contents: Contents) -> View:
    """Return the figures and pictures of *comparison*, whose *contents* are these."""
    statuses = contents.statuses
    drawn = sample(contents.known)
    lists = {vmid: _mids(comparison, vmid) for vmid in drawn}
    return View(
        users=len(contents.vmids),
        known=statuses[Status.OK],
        seen=statuses[Status.OK] + statuses[Status.INCOMPLETE],
        distinct=contents.listed,
        median=_median_of(contents.sizes),
        shares=tuple(_shares(contents)),
        columns=tuple(_columns_of(tuple(_bins_of(contents.sizes)))),
        pairs=tuple(_pairs(comparison)),
        heat=heat_map(lists, population=len(contents.known)),
        span=contents.span,
    )


def _pairs(comparison: Comparison) -> list[tuple[int, int, float]]:
    # Two users who share nothing are no pair.
    return [pair for pair in comparison.similarity(k=PAIRS_AT_MOST) if pair[2] > 0]


def _mids(comparison: Comparison, vmid: int) -> frozenset[int]:
    return frozenset(item.mid for item in comparison.outcomes[vmid].items)


def _shares(contents: Contents) -> list[Share]:
    shares: list[Share] = []
    x = 0.0
    for status in Status:
        count = contents.statuses[status]
        width = 100 * count / max(1, len(contents.vmids))
        shares.append(Share(status, count, x, width))
        x += width
    return shares


def _bins_of(sizes: Counter[int]) -> Iterator[LengthBin]:
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


def _columns_of(bins: tuple[LengthBin, ...]) -> list[Column]:
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


def _median_of(sizes: Counter[int]) -> float | None:
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
