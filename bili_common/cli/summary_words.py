"""The words for a run's summary: counts by status, and how fast it goes."""

from __future__ import annotations

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


def statuses(summary: RunSummary) -> str:
    """Return the counts by status, without those that are 0."""
    counts = ((text, getattr(summary, name)) for name, text in _STATUSES.items())
    shown = [tr(text, count=count) for text, count in counts if count]
    return ", ".join(shown) or tr("none yet")


def rest_of(summary: RunSummary) -> str:
    """Return until when a run rests, in local time, ``""`` if it does not."""
    until = summary.resting_until
    if until is None or until <= datetime.now(UTC):
        return ""

    return tr("resting until {time}", time=until.astimezone().strftime("%H:%M:%S"))


def pace_of(summary: RunSummary, total: int) -> str:
    """Return how fast it goes, and how long it still takes at this pace."""
    fetched = summary.done - summary.skipped
    if not fetched or not summary.elapsed:
        return ""

    rate = fetched / summary.elapsed
    left = timedelta(seconds=round((total - summary.done) / rate))
    return tr("{rate:.1f}/s, {left} left", rate=rate, left=left)
