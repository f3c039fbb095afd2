"""The view: the figures and pictures that stand in the page before its script runs."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import attrs

from ..compare.comparison import Comparison
from ..compare.outcome import Status
from .contents import Contents
from .heatmap import HeatMap, heat_map, sample
from .histogram import Column, bins_of, columns_of, median_of


__all__ = ["PAIRS_AT_MOST", "Share", "View", "view_of"]

PAIRS_AT_MOST: Final = 20
"""So many pairs are named; every other one is a question to the page."""


@attrs.frozen
class Share:
    """How many users have *status*, and where they stand on a strip of 100 units."""

    status: Status
    count: int
    x: float
    width: float


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
        median=median_of(contents.sizes),
        shares=tuple(_shares(contents)),
        columns=tuple(columns_of(tuple(bins_of(contents.sizes)))),
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
