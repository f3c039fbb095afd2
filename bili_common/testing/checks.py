"""Checks of the arguments that scenarios and users are made of."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import UsageError


__all__ = ["at_least", "one_of"]


def at_least(least: float, **arguments: float | None) -> None:
    """Raise UsageError for the first argument that is below *least*; None passes."""
    for name, value in arguments.items():
        if value is not None and value < least:
            raise UsageError(f"{name} must be at least {least}, not {value}")


def one_of(name: str, value: str, known: Mapping[str, object]) -> None:
    """Raise UsageError unless *value* is a key of *known*."""
    if value not in known:
        raise UsageError(f"{name} must be one of {', '.join(sorted(known))}, not {value!r}")
