"""Checks of the arguments that scenarios and users are made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..errors import UsageError


__all__ = ["at_least", "check_items", "check_needs", "check_share", "day_of", "one_of"]


def at_least(least: float, **arguments: float | None) -> None:
    """Raise UsageError for the first argument that is below *least*; None passes."""
    for name, value in arguments.items():
        if value is not None and value < least:
            raise UsageError(f"{name} must be at least {least}, not {value}")


def check_items(name: str, items: Iterable[object]) -> None:
    """Raise UsageError unless *items* are mids from 1 and objects."""
    for item in items:
        if isinstance(item, Mapping) or (isinstance(item, int) and item >= 1):
            continue
        raise UsageError(f"{name} must hold mids from 1 or objects, not {item!r}")


def day_of(day: int) -> int:
    """Return *day*, or raise UsageError unless it is one of the two of the demo."""
    if day not in (1, 2):
        raise UsageError(f"day must be 1 or 2, not {day!r:.100}")
    return day


def one_of(name: str, value: str, known: Mapping[str, object]) -> None:
    """Raise UsageError unless *value* is a key of *known*."""
    if value not in known:
        raise UsageError(f"{name} must be one of {', '.join(sorted(known))}, not {value!r}")


def check_share(name: str, value: float | None) -> None:
    """Raise UsageError unless *value* is above 0 and at most 1; None passes."""
    if value is not None and not 0 < value <= 1:
        raise UsageError(f"{name} must be above 0 and at most 1, not {value}")


def check_needs(given: Mapping[str, object], **needed: str) -> None:
    """Raise UsageError for a name that is *given* without the one it *needed*."""
    for name, other in needed.items():
        if name in given and other not in given:
            raise UsageError(f"{name} must come with {other}")
