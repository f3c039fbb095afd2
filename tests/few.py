"""What `--few` leaves of a test that has a table of cases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar


__all__ = ["FEW", "spread"]

FEW = 3

T = TypeVar("T")


def spread(cases: Sequence[T]) -> list[T]:
    """Return the first of *cases*, the last, and as many between them as make `FEW`."""
    if len(cases) <= FEW:
        return list(cases)
    return [cases[(len(cases) - 1) * number // (FEW - 1)] for number in range(FEW)]
