"""Checks of arguments: the message names the argument and the value."""

from __future__ import annotations

import inspect
import re

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, cast

from ..errors import UsageError


__all__ = [
    "MAX_ID",
    "check_bool",
    "check_call",
    "check_file",
    "check_int",
    "check_labels",
    "check_number",
    "check_params",
    "check_seconds",
    "check_user_id",
    "check_user_ids",
    "shown",
    "shown_name",
]

# Bilibili's user ids are signed 64-bit integers.
MAX_ID: Final = 2**63 - 1
# Seconds and rates beyond this, or below one in so many, are mistakes, and would leave
# the range of a float in the sums that are made of them.
_LARGEST: Final = 1e9


def shown(value: Any) -> str:
    """Return *value* as a message has it: no longer than a line."""
    try:
        return f"{value!r:.100}"
    except ValueError:
        # Python writes no int of more than 4,300 digits.
        return "an int of thousands of digits"


def shown_name(name: Any) -> str:
    """Return the wrong name of a header or cookie, without the value it may be joined with."""
    return shown(re.split("[=:]", name)[0] if isinstance(name, str) else name)


def check_bool(name: str, value: Any) -> bool:
    """
    Return *value*, True or False.

    Raises:
        UsageError: It is something else, such as the text "false", which is true.
    """
    if not isinstance(value, bool):
        raise UsageError(f"{name} must be True or False, not {shown(value)}")

    return value


def check_call(name: str, value: Any) -> Callable[..., Any]:
    """
    Return *value*, a plain function or what can be called like one.

    Raises:
        UsageError: It cannot be called, or is async: nobody would await it.
    """
    if not callable(value):
        raise UsageError(f"{name} must be callable, not {shown(value)}")
    # A class may hold an async `__call__`, which is not what calling the class runs.
    calls = (value,) if isinstance(value, type) else (value, value.__call__)
    if any(inspect.iscoroutinefunction(it) or inspect.isasyncgenfunction(it) for it in calls):
        raise UsageError(f"{name} must be a plain function, not an async one: {shown(value)}")

    return cast("Callable[..., Any]", value)


def check_file(name: str, value: Any) -> Path:
    """
    Return *value*, the path of a file for SQLite.

    Raises:
        UsageError: It is something else. SQLite takes an empty name and ":memory:"
            for a file that is none.
    """
    path: Any = value.__fspath__() if hasattr(value, "__fspath__") else value
    if not isinstance(path, str) or path in ("", ":memory:") or "\0" in path:
        raise UsageError(f"{name} must be the path of a file, not {shown(path)}")

    return Path(path)


def check_int(name: str, value: Any, low: int, high: int | None = None) -> int:
    """
    Return *value*, an int from *low* to *high*, or of 63 bits.

    Raises:
        UsageError: It is something else; a bool is no int here.
    """
    if type(value) is not int or not low <= value <= (MAX_ID if high is None else high):
        bounds = f"from {low}" if high is None else f"from {low} to {high}"
        raise UsageError(f"{name} must be an int {bounds}, not {shown(value)}")

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
        raise UsageError(f"{name} must be a collection of ints, not {shown(values)}")

    ids = frozenset(check_user_id(name, value) for value in values)
    if len(ids) < at_least:
        raise UsageError(f"{name} is empty")

    return ids


def check_labels(labels: Mapping[Any, Any]) -> dict[int, str]:
    """
    Return *labels*, texts by the ids of users, as a dict.

    Raises:
        UsageError: They are something else.
    """
    if not isinstance(labels, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance] - users pass what they have
        raise UsageError(f"labels must map ids to texts, not be {shown(labels)}")

    for vmid, text in labels.items():
        check_user_id("labels", vmid)
        if not isinstance(text, str):
            raise UsageError(f"labels must map ids to texts, not to {shown(text)}")
    return dict(labels)


def check_params(name: str, params: Any) -> dict[str, int | str]:
    """
    Return a copy of *params*, the names and values that ask for a list.

    Raises:
        UsageError: They map something else than texts to ints or texts, or name what
            is set for each request: the page and the account.
    """
    is_mapping = isinstance(params, Mapping)
    pairs = cast("Mapping[Any, Any]", params).items() if is_mapping else ((None, params),)
    for key, value in pairs:
        if not isinstance(key, str) or type(value) not in (int, str):
            raise UsageError(f"{name} must map texts to ints or texts, not {shown(params)}")
        if key in ("pn", "ps", "access_key"):
            raise UsageError(f"{name} must not name {key!r}, which is set for each request")

    return dict(params)


def check_seconds(name: str, value: Any) -> float | None:
    """
    Return *value*, seconds above 0, or None for no limit.

    Raises:
        UsageError: It is something else.
    """
    if value is None:
        return None

    if type(value) not in (int, float) or not 1 / _LARGEST <= value <= _LARGEST:
        raise UsageError(
            f"{name} must be seconds above 0, not {shown(value)} (None means no limit)"
        )

    return float(value)


def check_number(name: str, value: Any, low: float, high: float = _LARGEST) -> float:
    """
    Return *value*, a number from *low* to *high*.

    Raises:
        UsageError: It is something else, or next to nothing and not 0.
    """
    # An int of 400 digits compares, though it is no float.
    if type(value) not in (int, float) or not low <= value <= high or 0 < value < 1 / _LARGEST:
        bounds = f"from {low:g}" if high == _LARGEST else f"from {low:g} to {high:g}"
        raise UsageError(f"{name} must be a number {bounds}, not {shown(value)}")

    return float(value)
