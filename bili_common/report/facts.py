"""The facts: what a report says of a comparison, as plain values to lay out."""

from __future__ import annotations

import heapq
import statistics

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Final

import attrs

from ..compare.cells import printable
from ..compare.comparison import Comparison
from ..compare.outcome import Outcome, Status
from ..models import Following
from .seriation import clustered_order


__all__ = ["ROWS_AT_MOST", "Bin", "Facts", "Private", "Row", "SharedUp", "Similar", "facts_of"]

ROWS_AT_MOST: Final = 10_000
"""So many UIDs are listed; a browser still sorts them at once."""

_UPS_AT_MOST = 100
_MAPPED_AT_MOST = 60
_PAIRS_AT_MOST = 20
_FOLLOWS = {2: "followed", 6: "mutual"}
# What went wrong says more than the status only here.
_EXPLAINED = (Status.INCOMPLETE, Status.FAILED)


@attrs.frozen
class Private:
    """The logged-in account's own relation to an account, in words."""

    relation: str
    special: bool
    since: datetime | None
    groups: str


@attrs.frozen
class SharedUp:
    """One of the accounts in the most lists; *private* only if it was asked for."""

    mid: int
    name: str
    count: int
    private: Private | None


@attrs.frozen
class Row:
    """
    One UID.

    *seen* is None where nothing is known of the list, *total* what the server
    last said that it holds.
    """

    vmid: int
    status: Status
    seen: int | None
    total: int | None
    fetched_at: datetime
    note: str


@attrs.frozen
class Bin:
    """How many known lists have *low* to *high* accounts."""

    low: int
    high: int
    count: int

    @property
    def label(self) -> str:
        """The range, as an axis shows it."""
        return str(self.low) if self.low == self.high else f"{self.low}–{self.high}"


@attrs.frozen
class Similar:
    """
    Who is like whom: *scores* is a square over *vmids*, with None on its diagonal.

    *left_out* counts the known lists, other than empty ones, that had no place.
    """

    vmids: tuple[int, ...]
    scores: tuple[tuple[float | None, ...], ...]
    pairs: tuple[tuple[int, int, float], ...]
    left_out: int

    @property
    def highest(self) -> float:
        """The highest score, 0 where there is none."""
        return self.pairs[0][2] if self.pairs else 0.0


@attrs.frozen
class Facts:
    """What a report says: of all users, but *rows* and what is worked out from them."""

    statuses: dict[Status, int]
    distinct: int
    shared: tuple[SharedUp, ...]
    rows: tuple[Row, ...]
    median: float | None
    bins: tuple[Bin, ...]
    similar: Similar

    @property
    def users(self) -> int:
        """How many UIDs there are."""
        return sum(self.statuses.values())

    @property
    def known(self) -> int:
        """How many lists are known completely."""
        return self.statuses[Status.OK]

    @property
    def seen(self) -> int:
        """How many lists are known, completely or in part."""
        return self.known + self.statuses[Status.INCOMPLETE]

    @property
    def left_out(self) -> int:
        """How many UIDs are not among the rows."""
        return self.users - len(self.rows)

    @property
    def span(self) -> tuple[datetime, datetime] | None:
        """When the first and the last of the rows was fetched."""
        times = [row.fetched_at for row in self.rows]
        return (min(times), max(times)) if times else None

    def charts(self) -> dict[str, Any]:
        """Return what the page's script draws, as plain JSON values."""
        shared = self.shared[:20]
        return {
            "shared": {
                "mids": [str(up.mid) for up in shared],
                "names": [up.name or str(up.mid) for up in shared],
                "counts": [up.count for up in shared],
            },
            "sizes": {
                "labels": [each.label for each in self.bins],
                "counts": [each.count for each in self.bins],
            },
            "similar": {
                "vmids": [str(vmid) for vmid in self.similar.vmids],
                "scores": self.similar.scores,
                "highest": self.similar.highest,
            },
        }


def facts_of(comparison: Comparison, *, include_private: bool) -> Facts:
    """Return what a report says of *comparison*; only few of many users are held."""
    outcomes = islice(comparison.outcomes.values(), ROWS_AT_MOST)
    rows = sorted(map(_row, outcomes), key=_by_size)
    sizes = [row.seen for row in rows if row.seen is not None and row.status is Status.OK]
    statuses = comparison.statuses()
    # Counted once: of a large store this is most of the work.
    counts = comparison.counts()
    most = heapq.nsmallest(_UPS_AT_MOST, counts.items(), key=lambda item: (-item[1], item[0]))
    return Facts(
        statuses={status: statuses[status] for status in Status},
        distinct=len(counts),
        shared=tuple(
            _shared_up(comparison.users[mid], count, include_private) for mid, count in most
        ),
        rows=tuple(rows),
        median=statistics.median(sizes) if sizes else None,
        bins=tuple(_bins(sizes)),
        similar=_similar(comparison, rows),
    )


def _by_size(row: Row) -> tuple[int, int]:
    # What is not known goes last, behind the empty lists.
    return (1 if row.seen is None else -row.seen, row.vmid)


def _row(outcome: Outcome) -> Row:
    known = outcome.status in (Status.OK, Status.INCOMPLETE)
    report = outcome.report
    explained = outcome.error is not None and outcome.status in _EXPLAINED
    return Row(
        vmid=outcome.vmid,
        status=outcome.status,
        seen=len({following.mid for following in outcome.items}) if known else None,
        total=report.total_last if known and report is not None else None,
        fetched_at=outcome.fetched_at,
        note=printable(str(outcome.error)) if explained else "",
    )


def _shared_up(following: Following, count: int, include_private: bool) -> SharedUp:
    private = None
    if include_private:
        private = Private(
            relation=_FOLLOWS.get(following.attribute, str(following.attribute)),
            special=following.is_special,
            since=following.followed_at,
            groups=", ".join(map(str, following.tag)),
        )
    return SharedUp(following.mid, printable(following.uname), count, private)


def _bins(sizes: Sequence[int]) -> Iterable[Bin]:
    """Yield bins 0, 1, 2-4, 5-9, 10-19, 20-49 ... from the smallest list to the largest."""
    low, step = 0, 0
    while sizes and low <= max(sizes):
        # The next bin begins at 1, 2 or 5 times a power of ten.
        following = 1 if low == 0 else (2, 5, 10)[step % 3] * 10 ** (step // 3)
        if following > min(sizes):
            count = sum(low <= size < following for size in sizes)
            yield Bin(low, following - 1, count)
        step += low > 0
        low = following


def _similar(comparison: Comparison, rows: Sequence[Row]) -> Similar:
    known = [row.vmid for row in rows if row.status is Status.OK and row.seen]
    places = known[:_MAPPED_AT_MOST]
    # An empty selection would stand for all users.
    pairs = comparison.similarity(vmids=places) if len(places) > 1 else []
    scores = {frozenset((a, b)): score for a, b, score in pairs}
    square = [[scores.get(frozenset((a, b))) for b in places] for a in places]
    order = clustered_order(square)
    return Similar(
        vmids=tuple(places[place] for place in order),
        scores=tuple(tuple(square[a][b] for b in order) for a in order),
        pairs=tuple(pair for pair in pairs[:_PAIRS_AT_MOST] if pair[2] > 0),
        left_out=len(known) - len(places),
    )
