"""The popcounts: who is like whom by NumPy, exactly and over any number of lists."""

# NumPy is loaded when it is asked for, so that its arrays have no type here.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false, reportUnknownMemberType=false
from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import numpy as np


# It came with NumPy 2; an older one is as good as none.
from numpy import bitwise_count

from ._flat_lists import flattened
from ._measures import Measure


__all__ = ["Popcounts"]

_Array = np.ndarray[Any, np.dtype[Any]]
_Columns = tuple[_Array, _Array, _Array]
_Triple = tuple[int, int, float]

# The accounts in the most lists stand as bits in words of so many, which count all
# lists at once. The others stand in few lists each, which are counted one by one.
_BITS: Final = 64
# A word costs each pair of users about as much as a third of such a count. So it is
# worth it where two users share more than that of its accounts on the average.
_WORTH_A_WORD: Final = 1 / 3
# Lists that are scored at a time. The first few are sorted whole; what comes later
# must beat the best of them, which a comparison of counts decides for most.
_FIRST: Final = 1024
_CHUNK: Final = 8192
# Users whose counts are in memory at a time.
_USERS: Final = 32


class Popcounts:
    """
    Lists as the bits of their popular accounts, and who has each of the others.

    Args:
        lists: Users, each once, and the ids of the accounts in their lists.
    """

    def __init__(self, lists: Iterable[tuple[int, Sequence[int]]]) -> None:
        self._vmids, self._sizes, ids = flattened(lists)
        self._places = {vmid: place for place, vmid in enumerate(self._vmids)}
        # No count is above the longest list: mostly it fits into a byte.
        self._count_type = np.min_scalar_type(int(self._sizes.max(initial=0)))
        count = len(self._vmids)
        owners: _Array = np.repeat(np.arange(count, dtype=np.int32), self._sizes)
        totals = np.bincount(ids)
        ranks = _ranks(totals)[ids]
        words = _worthy_words(totals, count)
        popular = ranks < words * _BITS
        self._words = _words(words, count, owners[popular], ranks[popular])
        # The others: by user, and by account.
        rest, holders = ranks[~popular] - words * _BITS, owners[~popular]
        del ids, ranks, owners, popular
        self._rest = rest
        self._ends: _Array = np.cumsum(np.bincount(holders, minlength=count))
        bounds: _Array = np.cumsum(np.bincount(rest))
        holders = holders[np.argsort(rest, kind="stable")]
        # NumPy counts fastest by numbers of the width of a pointer.
        self._holders = np.split(holders.astype(np.intp), bounds[:-1])

    def nearest(
        self, vmids: Iterable[int] | None, k: int | None, measure: Measure, min_score: float
    ) -> Iterator[_Triple]:
        """Yield the *k* users most like each of *vmids*, as (vmid, other, score)."""
        asked = self._vmids if vmids is None else list(vmids)
        if k == 0:
            return

        for first in range(0, len(asked), _USERS):
            users = asked[first : first + _USERS]
            places = np.array([self._places[vmid] for vmid in users])
            best = self._best_of_each(places, k, measure, min_score)
            for vmid, (scores, others) in zip(users, best, strict=True):
                for score, other in zip(scores.tolist(), others.tolist(), strict=True):
                    yield vmid, self._vmids[other], score

    def closest(self, k: int | None, measure: Measure, min_score: float) -> list[_Triple]:
        """Return the *k* pairs most alike, None for all, as (a, b, score) with a < b."""
        best: _Columns = (np.empty(0), np.empty(0, np.int64), np.empty(0, np.int64))
        parts = [best]
        for first in range(0, 0 if k == 0 else len(self._vmids), _USERS):
            places: _Array = np.arange(first, min(first + _USERS, len(self._vmids)))
            rest = self._rest_counts(places)
            # Equal pairs of later users lose, those of the same few may still win.
            above = _floor(best[0], k, min_score, beat=True)
            for chunk in self._chunks(first):
                floor = max(above, _floor(best[0], k, min_score, beat=False))
                floors = np.full(len(places), floor)
                row, other, score = self._found(places, rest, chunk, measure, floors)
                pairs = other > places[row]
                parts.append((score[pairs], places[row[pairs]], other[pairs]))
                if k is not None and len(parts[-1][0]):
                    best = _first_of(parts, k)
                    parts = [best]
        names = self._vmids
        triples = zip(*(each.tolist() for each in _first_of(parts, k)), strict=True)
        return [(names[a], names[b], score) for score, a, b in triples]

    def _best_of_each(
        self, places: _Array, k: int | None, measure: Measure, min_score: float
    ) -> list[tuple[_Array, _Array]]:
        """Return scores and places of the *k* rows most like each of *places*."""
        rest = self._rest_counts(places)
        best = [(np.empty(0), np.empty(0, np.int64)) for _ in places]
        for chunk in self._chunks(0):
            floors = np.array([_floor(scores, k, min_score, beat=True) for scores, _ in best])
            row, other, score = self._found(places, rest, chunk, measure, floors)
            cuts = np.searchsorted(row, np.arange(len(places) + 1)).tolist()
            for number, (scores, others) in enumerate(best):
                mine = slice(cuts[number], cuts[number + 1])
                if mine.start == mine.stop:
                    continue
                all_scores = np.concatenate([scores, score[mine]])
                all_others = np.concatenate([others, other[mine]])
                # Stable: of equal scores those of the lower ids, which came first.
                order = np.argsort(-all_scores, kind="stable")[:k]
                best[number] = all_scores[order], all_others[order]
        return best

    def _chunks(self, first: int) -> Iterator[tuple[int, int]]:
        """Yield where each chunk of the rows begins and ends, from row *first* on."""
        begin, size = first, _FIRST
        while begin < len(self._vmids):
            end = min(begin + size, len(self._vmids))
            yield begin, end
            begin, size = end, _CHUNK

    def _rest_counts(self, places: _Array) -> _Array:
        """Return how many accounts that are not popular each row shares with *places*."""
        counts = np.zeros((len(places), len(self._vmids)), self._count_type)
        one = self._count_type.type(1)
        for row, place in zip(counts, places.tolist(), strict=True):
            begin = self._ends[place - 1] if place else 0
            for account in self._rest[begin : self._ends[place]].tolist():
                np.add.at(row, self._holders[account], one)
        return counts

    def _found(
        self,
        places: _Array,
        rest: _Array,
        chunk: tuple[int, int],
        measure: Measure,
        floors: _Array,
    ) -> tuple[_Array, _Array, _Array]:
        """
        Return what has at least the score of its row in *floors*, in the order of the rows.

        Args:
            places: The rows to which others are compared.

            rest: What `_rest_counts` says of them.

            chunk: The first of the others, and the one behind the last.

            measure: Of what the score is.

            floors: For each of *places* the lowest score that is of interest.

        Returns:
            Indices of *places*, places of the others, and the scores.
        """
        begin, end = chunk
        counts = rest[:, begin:end]
        for word in self._words:
            counts += bitwise_count(word[places][:, None] & word[None, begin:end])
        sizes = self._sizes[begin:end]
        needed = self._needed(self._sizes[places], measure, floors)
        # One index is found several times as fast as two.
        hits = np.flatnonzero(counts >= np.take(needed, sizes, axis=1))
        row, column = np.divmod(hits, end - begin)
        both = counts[row, column].astype(np.int64)
        one, other = self._sizes[places][row], sizes[column]
        whole = one + other - both if measure == "jaccard" else np.minimum(one, other)
        score = both / np.maximum(whole, 1)
        column = column + begin
        # Two empty lists have no score, and nobody is like themselves.
        right = (whole > 0) & (score >= floors[row]) & (column != places[row])
        return row[right], column[right], score[right]

    def _needed(self, own: _Array, measure: Measure, floors: _Array) -> _Array:
        """Return the lowest count for each floor, for each length of another list."""
        lengths: _Array = np.arange(self._sizes.max(initial=0) + 1)[None]
        own, floor = own[:, None], floors[:, None]
        if measure == "jaccard":
            exact = floor / (1 + floor) * (own + lengths)
        else:
            exact = floor * np.minimum(own, lengths)
        # A little less than exact: the scores themselves decide in the end.
        needed: _Array = np.ceil(exact - 1e-6).clip(0).astype(self._count_type)
        return needed


def _floor(scores: _Array, k: int | None, min_score: float, *, beat: bool) -> float:
    """Return the lowest score worth keeping: above the *k*-th best if *beat*, else equal."""
    if k is None or len(scores) < k:
        return min_score

    return float(np.nextafter(scores[-1], 2) if beat else scores[-1])


def _first_of(parts: Sequence[_Columns], k: int | None) -> _Columns:
    """Return the first *k* of score, a and b: the highest scores, then by a, then b."""
    score, a, b = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((b, a, -score))[:k]
    return score[order], a[order], b[order]


def _ranks(totals: _Array) -> _Array:
    """Return for each account how many are in more lists, out of how many it is in."""
    order = np.argsort(-totals, kind="stable")
    ranks = np.empty(len(order), np.int32)
    ranks[order] = np.arange(len(order), dtype=np.int32)
    return ranks


def _worthy_words(totals: _Array, rows: int) -> int:
    """Return how many words of popular accounts are worth it, of lists in so many rows."""
    shares = np.sort(totals)[::-1] / max(rows, 1)
    blocks = (shares[first : first + _BITS] for first in range(0, len(shares), _BITS))
    # How many accounts of a word two users share on the average: less from word to word.
    return sum(float(np.square(block).sum()) > _WORTH_A_WORD for block in blocks)


def _words(words: int, rows: int, owners: _Array, ranks: _Array) -> _Array:
    """Return the bits of the popular accounts, the words of one rank in a row."""
    bits_of = np.zeros((words, rows), np.uint64)
    bits = np.uint64(1) << (ranks % _BITS).astype(np.uint64)
    np.bitwise_or.at(bits_of, (ranks // _BITS, owners), bits)
    return bits_of
