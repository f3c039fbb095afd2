"""The verdict: how much of a list was read, and whether that is all."""

from __future__ import annotations

import shlex

from .._paging.cursor import Cursor
from .._paging.walk_report import StopReason, WalkReport
from .._util.text import counted


__all__ = ["resume_option", "verdict"]

_REASONS = {
    None: "not read to the end",
    StopReason.LIMIT: "stopped at --limit",
    StopReason.EMPTY_PAGE: "incomplete, the server sent an empty page before the end",
    StopReason.REPEATED_PAGE: "incomplete, the server sent the same page twice",
    StopReason.MAX_PAGES: "incomplete, it is longer than may be read",
    StopReason.DRIFT: "incomplete, the list changed while it was read",
}


def verdict(report: WalkReport) -> str:
    """Return one line: how many, of which total, complete or why not."""
    total = "an unknown total" if report.total_last is None else str(report.total_last)
    return (
        f"{report.yielded} of {total} same followings with {report.cursor.vmid}: "
        f"{_reason(report)} ({counted(report.requests, 'request')})"
    )


def resume_option(cursor: Cursor) -> str:
    """Return the option that goes on at *cursor*, as a shell takes it."""
    return f"--start={shlex.quote(cursor.dumps())}"


def _reason(report: WalkReport) -> str:
    if report.complete:
        return "complete"
    if report.stop_reason is not StopReason.END:
        return _REASONS[report.stop_reason]
    if report.bad_records:
        return f"incomplete, {counted(report.bad_records, 'record')} could not be read"
    if report.total_first != report.total_last:
        return f"incomplete, the total moved from {report.total_first} while it was read"
    if report.duplicates:
        return f"incomplete, {report.duplicates} came twice"
    return "incomplete, the server said that there are more and gave no more"
