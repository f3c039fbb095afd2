"""The walk: one pass over a list, which goes on after an error."""

from __future__ import annotations

import logging

from collections.abc import AsyncIterator
from typing import Self, TypeVar

import attrs

from ..errors import BiliCommonError, IncompleteWalkError
from ..models import Page
from .buffer import PageBuffer, choose
from .cursor import Cursor
from .fetcher import PageFetcher
from .odd_values import OddValues
from .planner import PagePlanner
from .walk_options import WalkOptions
from .walk_report import StopReason, WalkReport


__all__ = ["Walk"]

_log = logging.getLogger("bili_common")

T = TypeVar("T")

# These end a walk before the list's end, whether the caller is strict or not.
_BROKEN = (StopReason.EMPTY_PAGE, StopReason.REPEATED_PAGE, StopReason.MAX_PAGES)


class Walk(AsyncIterator[T]):
    """
    One pass over a list.

    A walk is an object and not a generator, so that it survives errors: after
    one, the next `anext` asks for the page that failed. Nothing is lost and
    nothing comes twice. Leaving it early leaves nothing behind.

    Two tasks must not ask one walk at the same time: that is a RuntimeError.
    """

    def __init__(self, options: WalkOptions[T], fetcher: PageFetcher[T]) -> None:
        self._options = options
        self._fetcher = fetcher
        self._planner = PagePlanner(
            options.start, options.max_pages, options.verify, options.known
        )
        self._odd = OddValues()
        # The page under delivery, and as the server sent it.
        self._page: PageBuffer[T] = PageBuffer(options.start.pn)
        self._server_page: Page[T] | None = None
        self._yielded = 0
        self._limited = options.limit == 0  # whether it ended by `limit`
        # Whether the end was already told: by an error, a warning or silence.
        self._settled = False
        self._held: tuple[Cursor, int] | None = None  # see `hold`
        self._busy = False  # whether a task is waiting for a page

    def __repr__(self) -> str:
        return f"<Walk over {self._options.title}: {self.report}>"

    @property
    def total(self) -> int | None:
        """What the server last said the list's length is; None before page 1."""
        return self._planner.total_last

    @property
    def pages_read(self) -> int:
        """How many pages were read, with those that were read again."""
        return self._planner.pages_read

    @property
    def yielded(self) -> int:
        """How many records were delivered."""
        return self._yielded

    @property
    def cursor(self) -> Cursor:
        """Where the next undelivered record stands."""
        planner, start, index = self._planner, self._options.start, self._page.index
        if index is not None:
            pn, seen = self._page.pn, planner.distinct - self._page.unseen_from(index)
        elif planner.pages_read:
            pn, seen = planner.resume_at, planner.distinct
        else:
            return start

        return Cursor(
            vmid=start.vmid,
            page_size=start.page_size,
            pn=pn,
            index=index or 0,
            seen=seen,
            total=planner.total_first,
            endpoint=start.endpoint,
            params=start.params,
            gap=planner.gap,
        )

    @property
    def stop_reason(self) -> StopReason | None:
        """Why the walk ended; None while it goes on."""
        if not self._page.is_over:
            return None

        return StopReason.LIMIT if self._limited else self._planner.step.reason

    @property
    def report(self) -> WalkReport:
        """What was seen so far."""
        planner, reason = self._planner, self.stop_reason
        return WalkReport(
            complete=reason is StopReason.END and planner.complete,
            stop_reason=reason,
            yielded=self._yielded,
            duplicates=planner.duplicates,
            bad_records=planner.bad_records,
            requests=self._fetcher.meter.requests,
            total_first=planner.total_first,
            total_last=planner.total_last,
            cursor=self.cursor,
            odd_values=self._odd.count,
        )

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        # Runs once per record: whatever can be left to `_turn_page` is.
        page = self._page
        while self._busy or page.at >= len(page.items):
            if not await self._turn_page():
                raise StopAsyncIteration
            page = self._page

        item = page.items[page.at]
        page.at += 1
        self._yielded += 1
        return item

    def hold(self) -> None:
        """Make errors name this position: records taken from now on count as not delivered."""
        self._held = self.cursor, self._yielded

    async def next_page(self) -> Page[T] | None:
        """
        Deliver what is left of the current page, or else the next page.

        Returns:
            The page with the records that are delivered now; None at the end.

        Raises:
            BiliCommonError: As `anext`.
        """
        if self._busy or self._page.is_over:
            await self._turn_page()
        if self._server_page is None:
            return None

        page = attrs.evolve(self._server_page, items=self._page.take_rest())
        self._yielded += len(page.items)
        self._server_page = None
        return page

    async def _turn_page(self) -> bool:
        """
        Ask for the next page, and make its records the next to deliver.

        Returns:
            Whether there was one: False at the end.
        """
        if self._busy:
            raise RuntimeError("another task is waiting for this walk's next record")

        self._busy = True
        limit = self._options.limit
        left = None if limit is None else limit - self._yielded
        try:
            while not self._limited and self._planner.step.reason is None:
                if self._commit(await self._fetch(left), left):
                    return True
        finally:
            self._busy = False

        self._server_page = None
        self._settle()
        return False

    async def _fetch(self, left: int | None) -> Page[T]:
        pages = self._planner.ahead(self._fetcher.depth, records=left)
        try:
            return await self._fetcher.page(pages)
        except BiliCommonError as exc:
            self._locate(exc, pages.start)
            raise

    def _commit(self, page: Page[T], left: int | None) -> bool:
        """Take *page* in, and tell whether it is to be delivered, *left* records at most."""
        # No await in here: the position moves as one, or not at all.
        options, planner = self._options, self._planner
        fresh = planner.see(
            [*map(options.pages.endpoint.key, page.items)],
            total=page.total,
            has_more=page.has_more,
            bad_records=page.bad_records,
        )
        if fresh is None:
            return False

        self._server_page = page
        if page.odd_values:
            self._odd.take(page, options.start.params)
        skip, dedupe = planner.skipped, options.dedupe
        self._page = choose(page, fresh, skip=skip, dedupe=dedupe, limit=left)
        if left is not None and len(self._page.items) >= left:
            self._limited = self._page.is_cut or planner.goes_on
        if options.on_page is not None:
            options.on_page(page)
        return True

    def _settle(self) -> None:
        """Say once how the walk ended, if it did not end well."""
        if self._settled:
            return

        self._settled, self._held = True, None
        if self._limited or self._planner.complete:
            return
        report = self.report
        if report.stop_reason in _BROKEN or self._options.strict:
            text = f"{self._options.title}: {report}"
            incomplete = IncompleteWalkError(text, report=report, cursor=report.cursor)
            self._locate(incomplete, report.cursor.pn)
            raise incomplete

        _log.warning(
            "a walk ended without proof that it was complete",
            extra={
                "bili_vmid": self._options.start.vmid,
                "bili_stop_reason": report.stop_reason,
                "bili_yielded": report.yielded,
                "bili_total": report.total_last,
            },
        )

    def _locate(self, exc: BiliCommonError, pn: int) -> None:
        cursor, delivered = self._held or (self.cursor, self._yielded)
        self._options.locate(exc, pn=pn, cursor=cursor, delivered=delivered)
