"""Checks of arguments: the message names the argument and the value."""

from __future__ import annotations

import math

from collections.abc import Iterable
from typing import Any, Final

from ..errors import UsageError


__all__ = [
    "MAX_ID",
    "check_bool",
    "check_int",
    "check_seconds",
    "check_user_id",
    "check_user_ids",
]

# Bilibili's user ids are signed 64-bit integers.
MAX_ID: Final = 2**63 - 1


def check_bool(name: str, value: Any) -> bool:
    """
    Return *value*, True or False.

    Raises:
        UsageError: It is something else, such as the text "false", which is true.
    """
    if not isinstance(value, bool):
        raise UsageError(f"{name} must be True or False, not {value!r:.100}")

    return value


def check_int(name: str, value: Any, low: int, high: int | None = None) -> int:
    """
    Return *value*, an int from *low* to *high*.

    Raises:
        UsageError: It is something else; a bool is no int here.
    """
    if type(value) is not int or value < low or (high is not None and value > high):
        bounds = f"from {low}" if high is None else f"from {low} to {high}"
        raise UsageError(f"{name} must be an int {bounds}, not {value!r:.100}")

    return value


def check_user_id(name: str, value: Any) -> int:
    """
    Return *value*, an int that can be a user's id.

    Raises:
        UsageError: It is something else.
    """
    return check_int(name, value, 1, MAX_ID)


def check_user_ids(name: str, values: Iterable[Any], *, at_least: int = 0) -> frozenset[int]:
    """
    Return *values*, a collection of ids, as a set.

    Raises:
        UsageError: They are no collection, one of them can be no user's id, or
            there are fewer than *at_least*.
    """
    # What users pass is not always what the annotation says.
    if isinstance(values, str | bytes) or not hasattr(values, "__iter__"):
        raise UsageError(f"{name} must be a collection of ints, not {values!r:.100}")

    ids = frozenset(check_user_id(name, value) for value in values)
    if len(ids) < at_least:
        raise UsageError(f"{name} is empty")

    return ids


def check_seconds(name: str, value: Any) -> float | None:
    """
    Return *value*, seconds above 0, or None for no limit.

    Raises:
        UsageError: It is something else.
    """
    if value is None:
        return None

    is_number = type(value) in (int, float) and math.isfinite(value)
    if not is_number or value <= 0:
        raise UsageError(
            f"{name} must be seconds above 0, not {value!r:.100} (None means no limit)"
        )

    return float(value)
