"""The report: what a walk saw, and whether that was everything."""

from __future__ import annotations

from enum import Enum

import attrs

from .._util.text import counted
from .cursor import Cursor


__all__ = ["StopReason", "WalkReport"]


class StopReason(Enum):
    """
    Why a walk stopped.

    - `END`: at the end that the server named.
    - `LIMIT`: at ``limit`` records, with more to come.
    - `EMPTY_PAGE`: at a page that was empty twice, before the end.
    - `REPEATED_PAGE`: at a page that came before under another number.
    - `MAX_PAGES`: after ``max_pages`` pages, with more to come.
    - `DRIFT`: at the end, but page 1 is no longer what it was.
    """

    END = "end"
    LIMIT = "limit"
    EMPTY_PAGE = "empty_page"
    REPEATED_PAGE = "repeated_page"
    MAX_PAGES = "max_pages"
    DRIFT = "drift"


@attrs.frozen
class WalkReport:
    """
    What a walk saw.

    Attributes:
        complete: True only if the walk reached the end, the total never moved,
            nothing came twice or broken, and as many distinct records came as
            the server said there are. Without ``verify`` this means: no drift
            was seen. One record added and one removed between two pages leave
            the total as it was.

        stop_reason: Why it stopped; None while it has not.

        yielded: Records delivered by this walk.

        duplicates: Records that came again.

        bad_records: Records that could not be read and were skipped.

        requests: Requests sent, with those that were repeated.

        total_first: What the server first said the list's length was; None
            before the first page.

        total_last: What it said last.

        cursor: Where to go on.

        odd_values: Values of a wrong type that cost no record, as `Page` counts
            them. They do not speak against *complete*.
    """

    complete: bool
    stop_reason: StopReason | None
    yielded: int
    duplicates: int
    bad_records: int
    requests: int
    total_first: int | None
    total_last: int | None
    cursor: Cursor
    odd_values: int = 0

    def __str__(self) -> str:
        told = "" if self.total_last is None else f" of a total of {self.total_last}"
        reason = "not at its end" if self.stop_reason is None else self.stop_reason.value
        verdict = "complete" if self.complete else f"not complete ({reason})"
        return f"{verdict}, {counted(self.yielded, 'record')}{told}"
