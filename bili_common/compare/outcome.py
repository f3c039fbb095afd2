"""The outcome: what became of one UID in a run."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Literal

import attrs

from .._paging.walk_report import WalkReport
from .._util.text import counted
from ..errors import BiliCommonError
from ..models import Following
from ._html import html_table


__all__ = ["Outcome", "RestCode", "RunSummary", "Status"]

RestCode = Literal["throttled", "outage", "no_descriptors"]


class Status(Enum):
    """
    What became of one UID.

    `OK`: the list is known, completely.
    `INCOMPLETE`: part of the list is known; fetched again by a resumed run.
    `PRIVATE`: the user hides the list. Nothing is known of it.
    `NOT_FOUND`: there is no such user, or no longer.
    `FAILED`: nothing is known; fetched again by a resumed run.
    """

    OK = "ok"
    INCOMPLETE = "incomplete"
    PRIVATE = "private"
    NOT_FOUND = "not_found"
    FAILED = "failed"


@attrs.frozen(repr=False)
class Outcome:
    """
    What became of one UID. A notebook shows its list as a table.

    Attributes:
        vmid: The user.

        status: Whether the list is known.

        items: The same followings: all of them if *status* is OK, some if it is
            INCOMPLETE, else none.

        report: What the walk saw; None for an outcome read from a store whose
            walk saw nothing.

        error: What went wrong, None if nothing did.

        fetched_at: When it was fetched, in UTC.
    """

    vmid: int
    status: Status
    items: tuple[Following, ...]
    report: WalkReport | None
    error: BiliCommonError | None
    fetched_at: datetime

    def __repr__(self) -> str:
        what = f"{self.status.value}, {counted(len(self.items), 'account')}"
        error = "" if self.error is None else f", {type(self.error).__name__}"
        return f"<Outcome of {self.vmid}: {what}{error}, {self.fetched_at:%Y-%m-%d %H:%M}>"

    def _repr_html_(self) -> str:
        return html_table(
            repr(self).strip("<>"),
            ("mid", "uname", "verified as"),
            [(item.mid, item.uname, item.official_verify.desc) for item in self.items],
        )


@attrs.frozen
class RunSummary:
    """
    How far a run got.

    Attributes:
        done: Users with an outcome so far: the sum of the five below.

        ok: Lists that are known completely.

        incomplete: Lists that are known in part.

        private: Users who hide their list.

        not_found: Users who are not there.

        failed: Users of whom nothing is known.

        skipped: How many of *done* were in the store already and were not
            fetched.

        requests: Requests sent by this run. A store does not count them.

        elapsed: Seconds from the moment the run was entered to now, or to the
            moment it was left.

        resting_until: Until when nothing is asked for, in UTC; None if the run
            does not rest.

        resting_why: Why it rests, for people; None if it does not.

        resting_code: The same for programs: ``"throttled"``, ``"outage"`` of the
            server or the network, or ``"no_descriptors"`` in this process.
    """

    done: int = 0
    ok: int = 0
    incomplete: int = 0
    private: int = 0
    not_found: int = 0
    failed: int = 0
    skipped: int = 0
    requests: int = 0
    elapsed: float = 0.0
    resting_until: datetime | None = None
    resting_why: str | None = None
    resting_code: RestCode | None = None
