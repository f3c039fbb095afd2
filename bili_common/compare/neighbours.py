"""The neighbours: who is like whom, exactly, over any number of lists."""

from __future__ import annotations

import heapq

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from operator import itemgetter
from typing import Final, Protocol, TypeVar

from ._measures import Measure, ratio


__all__ = ["Bitsets", "Neighbourhood", "neighbourhood"]

# From so many lists on the quick way is worth loading NumPy for.
_WORTH_NUMPY: Final = 500

_Triple = tuple[int, int, float]
T = TypeVar("T", tuple[float, int], tuple[float, int, int])


class Neighbourhood(Protocol):
    """Lists that are wholly known, made ready to be compared with each other."""

    def nearest(
        self, vmids: Iterable[int] | None, k: int | None, measure: Measure, min_score: float
    ) -> Iterator[_Triple]:
        """
        Yield the *k* users most like each of *vmids*, as (vmid, other, score).

        None for *vmids* means every user, in the order of the ids, None for *k* all.
        The highest score comes first, equal ones by the other user's id.
        """
        ...

    def closest(self, k: int | None, measure: Measure, min_score: float) -> list[_Triple]:
        """
        Return the *k* pairs most alike, None for all, as (a, b, score) with a < b.

        The highest score comes first, equal ones by a, then b.
        """
        ...


def neighbourhood(lists: Iterable[tuple[int, Sequence[int]]]) -> Neighbourhood:
    """
    Return *lists*, made ready.

    NumPy does it if it is there and worth loading, plain Python otherwise, with the
    same answers.

    Args:
        lists: Users, each once, and the ids of the accounts in their lists.
    """
    rest = iter(lists)
    few = list(islice(rest, _WORTH_NUMPY))
    if len(few) < _WORTH_NUMPY:
        return Bitsets(few)

    try:
        from ._popcounts import Popcounts  # noqa: PLC0415 - NumPy is heavy and optional
    except ImportError:
        return Bitsets(chain(few, rest))

    # Never all at once: it keeps them in a fraction of the room.
    return Popcounts(chain(few, rest))


class Bitsets:
    """
    Lists as long ints, in which bit *n* is set for the account with the id *n*.

    It needs nothing but Python, and takes about a fifth of a microsecond a pair.
    """

    def __init__(self, lists: Iterable[tuple[int, Sequence[int]]]) -> None:
        self._rows = [
            (vmid, _bits(ids), len(ids)) for vmid, ids in sorted(lists, key=itemgetter(0))
        ]
        self._places = {vmid: place for place, (vmid, _, _) in enumerate(self._rows)}

    def nearest(
        self, vmids: Iterable[int] | None, k: int | None, measure: Measure, min_score: float
    ) -> Iterator[_Triple]:
        """Yield the *k* users most like each of *vmids*, as (vmid, other, score)."""
        for vmid in self._places if vmids is None else vmids:
            others = self._scored(self._places[vmid], 0, measure, min_score)
            for score, other in _best(others, k):
                yield vmid, other, -score

    def closest(self, k: int | None, measure: Measure, min_score: float) -> list[_Triple]:
        """Return the *k* pairs most alike, None for all, as (a, b, score) with a < b."""
        pairs = (
            (score, row[0], other)
            for place, row in enumerate(self._rows)
            for score, other in self._scored(place, place + 1, measure, min_score)
        )
        return [(a, b, -score) for score, a, b in _best(pairs, k)]

    def _scored(
        self, place: int, first: int, measure: Measure, min_score: float
    ) -> Iterator[tuple[float, int]]:
        """Yield minus the score and the user of each row from *first* on but *place*."""
        vmid, bits, size = self._rows[place]
        for other, others, length in self._rows[first:]:
            score = ratio(measure, (bits & others).bit_count(), size, length)
            if score is not None and score >= min_score and other != vmid:
                yield -score, other


def _best(scored: Iterable[T], k: int | None) -> list[T]:
    return sorted(scored) if k is None else heapq.nsmallest(k, scored)


def _bits(ids: Sequence[int]) -> int:
    flags = bytearray(max(ids, default=0) // 8 + 1)
    for number in ids:
        flags[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(flags, "little")
