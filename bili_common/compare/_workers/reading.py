"""The reading of one user's list: whatever happens becomes an outcome."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from ..._paging.walk import Walk
from ..._paging.walk_report import WalkReport
from ..._util.clock import Clock
from ...errors import (
    AccountBlockedError,
    BiliCommonError,
    BudgetSpentError,
    IncompleteWalkError,
    NotLoggedInError,
    PaceError,
    PrivacyError,
    RiskControlError,
    StoreError,
    ThrottledError,
    UsageError,
    UserNotFoundError,
)
from ...models import Following, Page
from ..outcome import Outcome, Status
from .pool import Worker


__all__ = ["read_list"]

# These concern every user, so that asking for the next one makes no sense.
_ENDS_A_RUN: Final = (
    AccountBlockedError,
    BudgetSpentError,
    NotLoggedInError,
    PaceError,
    RiskControlError,
    StoreError,
    UsageError,
)


async def read_list(
    walk: Walk[Following], vmid: int, worker: Worker, *, clock: Clock
) -> Outcome:
    """
    Walk to the end, and return what came of it.

    Args:
        walk: The walk over the list of *vmid*.

        vmid: The user.

        worker: Who walks; it is told before each page that nothing is under way.

        clock: Knows what time it is.

    Raises:
        BiliCommonError: One that concerns every user. The list is then not known
            to be anything.
    """
    items: list[Following] = []
    error: BiliCommonError | None = None
    try:
        while (page := await _next_page(walk, worker)) is not None:
            items += page.items
    except BiliCommonError as exc:
        # A throttle without a request is the client's: the server named so long a
        # wait that it sends nothing for anyone. The one who was told it failed;
        # the users after it would all fail at once, and learn nothing.
        is_refused = isinstance(exc, ThrottledError) and not worker.has_sent
        if isinstance(exc, _ENDS_A_RUN) or is_refused:
            raise

        # It is kept as a value: a traceback would keep the frames alive.
        error = exc.with_traceback(None)

    report = walk.report
    status = _judge(error, report, seen=bool(items))
    return Outcome(
        vmid=vmid,
        status=status,
        items=tuple(items) if status in (Status.OK, Status.INCOMPLETE) else (),
        report=report,
        error=error,
        fetched_at=datetime.fromtimestamp(clock.time(), UTC),
    )


async def _next_page(walk: Walk[Following], worker: Worker) -> Page[Following] | None:
    worker.begin_page()
    page = await walk.next_page()
    worker.is_writing = True
    return page


def _judge(error: BiliCommonError | None, report: WalkReport, *, seen: bool) -> Status:
    if isinstance(error, PrivacyError):
        return Status.PRIVATE
    if isinstance(error, UserNotFoundError):
        return Status.NOT_FOUND
    if error is None and report.complete:
        return Status.OK
    if error is None or seen or isinstance(error, IncompleteWalkError):
        return Status.INCOMPLETE

    return Status.FAILED
