"""The words for a run's summary: counts by status, and how fast it goes."""

from __future__ import annotations

import math

from datetime import UTC, datetime, timedelta
from typing import Final

from ..compare.outcome import RunSummary
from .language import tr


__all__ = ["pace_of", "rest_of", "statuses"]

_STATUSES: Final = {
    "ok": "{count} ok",
    "incomplete": "{count} incomplete",
    "private": "{count} private",
    "not_found": "{count} not found",
    "failed": "{count} failed",
}

# By a word of what the library says; short, as the line of progress wants it.
_RESTS: Final = {
    "slow": "resting, as the server asked",
    "descriptors": "resting, too many open files",
    "network": "resting, server or network down",
}


def statuses(summary: RunSummary) -> str:
    """Return the counts by status, without those that are 0."""
    counts = ((text, getattr(summary, name)) for name, text in _STATUSES.items())
    shown = [tr(text, count=count) for text, count in counts if count]
    return ", ".join(shown) or tr("none yet")


def rest_of(summary: RunSummary) -> str:
    """Return why and for how long a run rests, ``""`` if it does not."""
    until, why = summary.resting_until, summary.resting_why or ""
    left = 0.0 if until is None else (until - datetime.now(UTC)).total_seconds()
    if left <= 0:
        return ""

    known = (tr(text) for word, text in _RESTS.items() if word in why)
    reason = next(known, None) or tr("resting")
    return tr("{why}, {seconds} s left", why=reason, seconds=math.ceil(left))


def pace_of(summary: RunSummary, total: int) -> str:
    """Return how fast it goes, and how long it still takes at this pace."""
    fetched = summary.done - summary.skipped
    if not fetched or not summary.elapsed:
        return ""

    rate = fetched / summary.elapsed
    left = timedelta(seconds=round((total - summary.done) / rate))
    return tr("{rate:.1f}/s, {left} left", rate=rate, left=left)
