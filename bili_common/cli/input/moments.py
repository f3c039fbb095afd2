"""Moments: ages and dates, as people type them."""

from __future__ import annotations

import re

from datetime import UTC, datetime, timedelta
from typing import Final

from ...errors import UsageError
from ..language import tr


__all__ = ["parse_age", "parse_since"]

_AGE: Final = re.compile(r"([0-9]{1,9})\s*([smhdw]?)")
_UNITS: Final = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_LONGEST: Final = timedelta(days=36_500)


def parse_age(text: str) -> timedelta:
    """
    Return the age that *text* names: ``30m``, ``12h``, ``7d``, ``2w``, or seconds.

    Raises:
        UsageError: It names none.
    """
    found = _AGE.fullmatch(text.strip().lower())
    age = None if found is None else timedelta(seconds=int(found[1]) * _UNITS[found[2]])
    if age is None or age > _LONGEST:
        raise UsageError(
            tr("{text!r:.60} is no age: 30m, 12h, 7d and 2w are some, 0 is always", text=text)
        )
    return age


def parse_since(text: str, *, now: datetime | None = None) -> datetime:
    """
    Return the moment that *text* names: a date, a date with a time, or an age.

    Args:
        text: ``2026-11-20``, ``2026-11-20T08:00``, or ``7d`` for a week ago. A date
            without a zone is one of this machine's.

        now: What an age is counted from, in UTC.

    Raises:
        UsageError: It names none.
    """
    try:
        return datetime.fromisoformat(text.strip()).astimezone(UTC)
    except (OverflowError, ValueError):
        pass

    try:
        return (now or datetime.now(UTC)) - parse_age(text)
    except UsageError:
        raise UsageError(
            tr("{text!r:.60} is no date: 2026-11-20 or 7d, which is a week ago", text=text)
        ) from None
