"""The heat map: how alike the lists of some users are, as squares of eight shades."""

from __future__ import annotations

import heapq
import random

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import attrs

from .seriation import clustered_order


__all__ = ["MAPPED_AT_MOST", "SHADES", "HeatMap", "Shade", "heat_map", "sample"]

MAPPED_AT_MOST: Final = 60
"""So many users still have squares that a finger can hit."""

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
