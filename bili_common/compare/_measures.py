"""The measures: how alike two lists are, as a number or as not known."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations, islice
from operator import itemgetter
from typing import Any, Final, Literal, get_args

from ..errors import UsageError


__all__ = ["SIMILAR_AT_MOST", "Measure", "check_measure", "ratio", "similar_pairs"]

Measure = Literal["jaccard", "overlap"]

# So many lists make four and a half million pairs, which take some 500 MB.
SIMILAR_AT_MOST: Final = 3000


def check_measure(measure: Any) -> Measure:
    """
    Return *measure*, the name of one.

    Raises:
        UsageError: There is no such measure.
    """
    for known in get_args(Measure):
        if measure == known:
            return measure  # type: ignore[no-any-return]  # it is one of them

    raise UsageError(f"measure must be 'jaccard' or 'overlap', not {measure!r:.100}")


def ratio(measure: Measure, a: frozenset[int], b: frozenset[int]) -> float | None:
    """
    Return the accounts in both lists by those in either, or by the shorter list.

    None stands for 0 by 0: empty lists are no ground to call two users alike, nor
    different.
    """
    both = len(a & b)
    whole = len(a) + len(b) - both if measure == "jaccard" else min(len(a), len(b))
    return both / whole if whole else None


def similar_pairs(
    measure: Measure, lists: Iterable[tuple[int, frozenset[int]]]
) -> list[tuple[int, int, float]]:
    """
    Return (a, b, score) for each two users, where there is a score.

    The highest score comes first, equal ones by a, then b; a is below b.

    Args:
        measure: Which score.

        lists: The users, each once, and what is in their lists.

    Raises:
        UsageError: There are more than `SIMILAR_AT_MOST` lists.
    """
    chosen = sorted(islice(lists, SIMILAR_AT_MOST + 1), key=itemgetter(0))
    if len(chosen) > SIMILAR_AT_MOST:
        raise UsageError(
            f"similarity takes at most {SIMILAR_AT_MOST} known lists: name fewer vmids"
        )

    scored = [
        (a, b, score)
        for (a, mids), (b, others) in combinations(chosen, 2)
        if (score := ratio(measure, mids, others)) is not None
    ]
    # The pairs come by a, then b, and sorting leaves equals where they are.
    scored.sort(key=lambda pair: -pair[2])
    return scored
