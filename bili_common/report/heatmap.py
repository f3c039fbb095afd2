"""The heat map: how alike the lists of some users are, as squares of eight shades."""

from __future__ import annotations

import heapq
import random

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Final

import attrs

from ..errors import UsageError


__all__ = [
    "MAPPED_AT_MOST",
    "SERIATE_AT_MOST",
    "SHADES",
    "HeatMap",
    "Shade",
    "clustered_order",
    "heat_map",
    "sample",
]

MAPPED_AT_MOST: Final = 60
"""So many users still have squares that a finger can hit."""

SERIATE_AT_MOST: Final = 200
"""The time grows with the cube of the number; so many take a tenth of a second."""

SHADES: Final = 8
"""Shade 0 is a score of 0, shade 8 the highest one of the map."""

_SEED: Final = 1


@attrs.frozen
class Shade:
    """The squares of one *level*, as the ``d`` of one SVG path."""

    level: int
    path: str


@attrs.frozen
class HeatMap:
    """
    A square of users, in which like ones stand side by side.

    Attributes:
        vmids: The users, from left to right and from top to bottom.

        shades: What to paint, on a square of one unit for each user.

        highest: The highest score of two of them, which has the last shade.

        population: Of how many users these were drawn.
    """

    vmids: tuple[int, ...]
    shades: tuple[Shade, ...]
    highest: float
    population: int

    @property
    def is_sample(self) -> bool:
        """Whether there are more users than the map has room for."""
        return self.population > len(self.vmids)


def sample(vmids: Iterable[int], size: int = MAPPED_AT_MOST) -> list[int]:
    """
    Return *size* of *vmids*, each with the same chance, in their own order.

    The same users give the same sample on every machine. A short input comes back
    as it is.
    """
    # Python promises that these numbers stay the same; those of `sample` may change.
    draw = random.Random(_SEED).random  # noqa: S311 - a picture needs no secret
    drawn = heapq.nsmallest(size, ((draw(), place, v) for place, v in enumerate(vmids)))
    return [vmid for _, _, vmid in sorted(drawn, key=lambda each: each[1])]


def heat_map(lists: Mapping[int, frozenset[int]], population: int) -> HeatMap:
    """
    Return the heat map of the Jaccard similarity of *lists*.

    Args:
        lists: At most `MAPPED_AT_MOST` lists, none of them empty, by user.

        population: Of how many users these were drawn.
    """
    vmids = list(lists)
    scores = [[_score(lists[a], lists[b]) if a != b else None for b in vmids] for a in vmids]
    order = clustered_order(scores)
    square = [[scores[a][b] for b in order] for a in order]
    highest = max((score for row in square for score in row if score is not None), default=0.0)
    return HeatMap(
        vmids=tuple(vmids[place] for place in order),
        shades=tuple(_shades(square, highest)),
        highest=highest,
        population=population,
    )


def _score(a: frozenset[int], b: frozenset[int]) -> float:
    both = len(a & b)
    return both / (len(a) + len(b) - both)


def _shades(square: Sequence[Sequence[float | None]], highest: float) -> Iterable[Shade]:
    # One path for each shade: a tag for each of 3,540 squares would be 200 kB.
    squares: dict[int, list[str]] = defaultdict(list)
    for y, row in enumerate(square):
        for x, score in enumerate(row):
            if score is not None:
                squares[_level(score, highest)].append(f"M{x} {y}h1v1h-1z")
    return (Shade(level, "".join(squares[level])) for level in sorted(squares))


def _level(score: float, highest: float) -> int:
    """Return the shade of *score*: 0 for nothing in common, else one of 1 to `SHADES`."""
    return -int(-score * SHADES // highest) if score else 0


def clustered_order(scores: Sequence[Sequence[float | None]]) -> list[int]:
    """
    Return the places of *scores*, reordered so that like ones are neighbours.

    Clusters are joined by average linkage: always the two whose members are the
    most alike on average. Each join turns the two so that the ends that meet are
    as alike as can be.

    Args:
        scores: A square, symmetric matrix of at most 200 items; higher is more
            alike. None, for not known, counts as 0. The diagonal is not read.

    Returns:
        Each place once. Equal scores go by place, so that the same matrix always
        gives the same order.

    Raises:
        UsageError: *scores* is not square, not symmetric or too large.
    """
    matrix = _checked(scores)
    if not matrix:
        return []

    # A cluster has the name of its smallest member.
    clusters = {place: [place] for place in range(len(matrix))}
    linkage = {place: dict(enumerate(row)) for place, row in enumerate(matrix)}
    while len(clusters) > 1:
        a, b = max(combinations(clusters, 2), key=lambda pair: linkage[pair[0]][pair[1]])
        _average(linkage, clusters, a, b)
        clusters[a] = _joined(matrix, clusters[a], clusters.pop(b))
    [order] = clusters.values()
    return order


def _checked(scores: Sequence[Sequence[float | None]]) -> list[list[float]]:
    size = len(scores)
    if size > SERIATE_AT_MOST:
        raise UsageError(f"scores must have at most {SERIATE_AT_MOST} rows, not {size}")
    if any(len(row) != size for row in scores):
        raise UsageError(f"scores must be square: {size} rows of {size}")

    matrix = [[score or 0.0 for score in row] for row in scores]
    for a, b in combinations(range(size), 2):
        if matrix[a][b] != matrix[b][a]:
            raise UsageError(f"scores must be symmetric, not so at {a}, {b}")

    return matrix


def _average(
    linkage: dict[int, dict[int, float]], clusters: dict[int, list[int]], a: int, b: int
) -> None:
    """Make the row of *a* that of both: the average, weighed by their members."""
    ours, theirs = len(clusters[a]), len(clusters[b])
    for other in clusters.keys() - {a, b}:
        total = ours * linkage[a][other] + theirs * linkage[b][other]
        linkage[a][other] = linkage[other][a] = total / (ours + theirs)


def _joined(matrix: list[list[float]], a: list[int], b: list[int]) -> list[int]:
    """Return the members of both, turned so that the most alike ends meet."""
    turns = [(left, right) for left in (a, a[::-1]) for right in (b, b[::-1])]
    left, right = max(turns, key=lambda turn: matrix[turn[0][-1]][turn[1][0]])
    return left + right
