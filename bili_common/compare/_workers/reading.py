"""The reading of one user's list: whatever happens becomes an outcome, or a decision."""

from __future__ import annotations

from datetime import UTC, datetime

import attrs

from ..._paging.walk import Walk
from ..._paging.walk_report import WalkReport
from ..._transport.meter import RequestMeter
from ..._util.clock import Clock
from ...errors import (
    BiliCommonError,
    IncompleteWalkError,
    PrivacyError,
    UserNotFoundError,
)
from ...models import Following
from .._repository import PartialList
from ..outcome import Outcome, Status


__all__ = ["UserList"]


@attrs.define(eq=False)
class UserList:
    """
    One user's list, as far as it was read. It outlives errors.

    Attributes:
        vmid: The user.

        walk: Goes on, after an error, at the page that failed.

        meter: Counts the requests of the walk.

        failed_at: How many successes the run had when the user was put back
            first; None if that did not happen.

        kept_at: When what was read was written down last, in monotonic seconds.
    """

    vmid: int
    walk: Walk[Following]
    meter: RequestMeter
    kept_at: float
    failed_at: int | None = None
    _items: list[Following] = attrs.field(factory=list[Following], init=False)
    # How many of them are written down.
    _kept: int = attrs.field(default=0, init=False)

    @property
    def is_over(self) -> bool:
        """Whether the list was read to its end."""
        return self.walk.stop_reason is not None

    @property
    def unkept(self) -> PartialList | None:
        """What was read and where to go on; None if that was returned before already."""
        if len(self._items) <= self._kept:
            return None

        self._kept = len(self._items)
        return PartialList(self.walk.cursor.dumps(), tuple(self._items))

    def take(self, items: tuple[Following, ...]) -> None:
        """Begin with what an interrupted run read of the list, and wrote down."""
        self._items = [*items]
        self._kept = len(items)

    async def read_page(self) -> bool:
        """Read the next page, and tell whether there was one."""
        page = await self.walk.next_page()
        if page is not None:
            self._items += page.items
        return page is not None

    def outcome(self, error: BiliCommonError | None, clock: Clock) -> Outcome:
        """Return what came of the user, who ended with *error* or at the end."""
        report = self.walk.report
        if report.yielded != len(self._items):
            # It counts what an earlier run read, as the list holds it.
            report = attrs.evolve(report, yielded=len(self._items))
        status = _status(error, report, seen=bool(self._items))
        return Outcome(
            vmid=self.vmid,
            status=status,
            items=tuple(self._items) if status in (Status.OK, Status.INCOMPLETE) else (),
            report=report,
            # It is kept as a value: a traceback would keep the frames alive.
            error=None if error is None else error.with_traceback(None),
            fetched_at=datetime.fromtimestamp(clock.time(), UTC),
        )


def _status(error: BiliCommonError | None, report: WalkReport, *, seen: bool) -> Status:
    if isinstance(error, PrivacyError):
        return Status.PRIVATE
    if isinstance(error, UserNotFoundError):
        return Status.NOT_FOUND
    if error is None and report.complete:
        return Status.OK
    if error is None or seen or isinstance(error, IncompleteWalkError):
        return Status.INCOMPLETE

    return Status.FAILED
