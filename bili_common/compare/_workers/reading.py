"""The reading of one user's list: whatever happens becomes an outcome, or a decision."""

from __future__ import annotations

from datetime import UTC, datetime

import attrs

from ..._paging.walk import Walk
from ..._paging.walk_report import WalkReport
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

        failed_at: How many successes the run had when the user was put back;
            None if that did not happen.
    """

    vmid: int
    walk: Walk[Following]
    failed_at: int | None = None
    _items: list[Following] = attrs.field(factory=list[Following], alias="items")

    @property
    def partial(self) -> PartialList | None:
        """What was read so far, and where to go on; None if nothing was."""
        if not self._items:
            return None

        return PartialList(self.walk.cursor.dumps(), tuple(self._items))

    async def read_page(self) -> bool:
        """Read the next page, and tell whether there was one."""
        page = await self.walk.next_page()
        if page is not None:
            self._items += page.items
        return page is not None

    def outcome(self, error: BiliCommonError | None, clock: Clock) -> Outcome:
        """Return what came of the user, who ended with *error* or at the end."""
        # The report counts what an earlier run read, as the list holds it.
        report = attrs.evolve(self.walk.report, yielded=len(self._items))
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
