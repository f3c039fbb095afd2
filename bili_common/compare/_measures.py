"""The measures: how alike two lists are, as a number or as not known."""

from __future__ import annotations

from typing import Any, Literal, get_args

from .._util.arguments import check_number, shown
from ..errors import UsageError


__all__ = ["Measure", "check_measure", "check_score", "ratio"]

Measure = Literal["jaccard", "overlap"]


def check_measure(measure: Any) -> Measure:
    """
    Return *measure*, the name of one.

    Raises:
        UsageError: There is no such measure.
    """
    for known in get_args(Measure):
        if measure == known:
            return measure  # type: ignore[no-any-return]  # it is one of them

    raise UsageError(f"measure must be 'jaccard' or 'overlap', not {shown(measure)}")


def check_score(name: str, value: Any) -> float:
    """
    Return *value*, a number from 0 to 1.

    Raises:
        UsageError: It is something else.
    """
    return check_number(name, value, 0, 1)


def ratio(measure: Measure, both: int, a: int, b: int) -> float | None:
    """
    Return how alike two lists are.

    Args:
        measure: Of what the ratio is: ``"jaccard"``, of the accounts in either
            list; ``"overlap"``, of the accounts in the shorter list.

        both: How many accounts are in both lists.

        a: How many are in the one.

        b: How many are in the other.

    Returns:
        The ratio, or None for 0 by 0: empty lists are no ground to call two users
        alike, nor different.
    """
    whole = a + b - both if measure == "jaccard" else min(a, b)
    return both / whole if whole else None
