"""The verdict: how much of a list or of a run there is, and whether that is all."""

from __future__ import annotations

import math

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from ..._paging.walk_report import StopReason, WalkReport
from ...compare.outcome import RestCode, RunSummary, Status
from ..language import tr, trn


__all__ = [
    "counts_of",
    "pace_of",
    "rest_of",
    "status_word",
    "statuses",
    "verdict",
]

_REASONS: Final = {
    None: "not read to the end",
    StopReason.LIMIT: "stopped at --limit",
    StopReason.EMPTY_PAGE: "incomplete, the server sent an empty page before the end",
    StopReason.REPEATED_PAGE: "incomplete, the server sent the same page twice",
    StopReason.MAX_PAGES: "incomplete, it is longer than may be read",
    StopReason.DRIFT: "incomplete, the list changed while it was read",
}
_STATUSES: Final = {
    Status.OK: "{count} ok",
    Status.INCOMPLETE: "{count} incomplete",
    Status.PRIVATE: "{count} private",
    Status.NOT_FOUND: "{count} not found",
    Status.FAILED: "{count} failed",
}

# Short, as the line of progress wants it.
_RESTS: Final[dict[RestCode | None, str]] = {
    "throttled": "resting, as the server asked",
    "no_descriptors": "resting, too many open files",
    "outage": "resting, server or network down",
}


def verdict(report: WalkReport) -> str:
    """Return one line: how many, of which total, complete or why not."""
    total = tr("an unknown total") if report.total_last is None else report.total_last
    seen = report.cursor.seen
    now = "" if seen == report.yielded else tr(", {count} of them now", count=report.yielded)
    return tr(
        "{seen} of {total} same followings with {vmid}{now}: {reason} ({requests})",
        seen=seen,
        total=total,
        vmid=report.cursor.vmid,
        now=now,
        reason=_reason(report),
        requests=trn("{number} request", "{number} requests", report.requests),
    )


def statuses(summary: RunSummary) -> str:
    """Return how many users of a run have which status so far."""
    counts = {status: getattr(summary, status.value) for status in Status}
    return counts_of(counts) or tr("none yet")


def counts_of(counts: Mapping[Status, int]) -> str:
    """Return the counts by status, without those that are 0."""
    shown = [tr(_STATUSES[status], count=count) for status, count in counts.items() if count]
    return tr(", ").join(shown)


def status_word(status: Status) -> str:
    """Return what a status is called."""
    words = {
        Status.OK: tr("ok"),
        Status.INCOMPLETE: tr("incomplete"),
        Status.PRIVATE: tr("private"),
        Status.NOT_FOUND: tr("not found"),
        Status.FAILED: tr("failed"),
    }
    return words[status]


def rest_of(summary: RunSummary) -> str:
    """Return why and for how long a run rests, ``""`` if it does not."""
    until = summary.resting_until
    left = 0.0 if until is None else (until - datetime.now(UTC)).total_seconds()
    if left <= 0:
        return ""

    known = _RESTS.get(summary.resting_code)
    why = tr(known) if known else tr("resting")
    return tr("{why}, {seconds} s left", why=why, seconds=math.ceil(left))


def pace_of(summary: RunSummary, total: int) -> str:
    """Return how fast it goes, and how long it still takes at this pace."""
    fetched = summary.done - summary.skipped
    if not fetched or not summary.elapsed:
        return ""

    rate = fetched / summary.elapsed
    left = timedelta(seconds=round((total - summary.done) / rate))
    return tr("{rate:.1f}/s, {left} left", rate=rate, left=left)


def _reason(report: WalkReport) -> str:
    if report.complete:
        return tr("complete")
    if report.stop_reason is not StopReason.END:
        return tr(_REASONS[report.stop_reason])
    if report.bad_records:
        return trn(
            "incomplete, {number} record could not be read",
            "incomplete, {number} records could not be read",
            report.bad_records,
        )
    if report.total_first != report.total_last:
        return tr(
            "incomplete, the total moved from {total} while it was read",
            total=report.total_first,
        )
    if report.duplicates:
        return tr("incomplete, {count} came twice", count=report.duplicates)
    return tr("incomplete, the server said that there are more and gave no more")
