"""The seriation: an order in which like items stand side by side."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Final

from ..errors import UsageError


__all__ = ["SERIATE_AT_MOST", "clustered_order"]

# The time grows with the cube of the number; this many take a tenth of a second.
SERIATE_AT_MOST: Final = 200


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
