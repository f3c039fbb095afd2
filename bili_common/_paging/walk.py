"""The walk: one pass over a list, which goes on after an error."""

from __future__ import annotations

import logging

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Generic, Self, TypeVar

import attrs

from ..errors import BiliCommonError, IncompleteWalkError
from ..models import Keyed, Page
from .cursor import Cursor
from .report import StopReason, WalkReport
from .rules import Rules
from .source import Fetch, Source


__all__ = ["Recipe", "Walk"]

_log = logging.getLogger("bili_common")

T = TypeVar("T", bound=Keyed)

# These end a walk before the list's end, whether the caller is strict or not.
_BROKEN = (StopReason.EMPTY_PAGE, StopReason.REPEATED_PAGE, StopReason.MAX_PAGES)


@attrs.frozen
class Recipe(Generic[T]):
    """
    Everything that a walk was told.

    Attributes:
        fetch: Asks the server for a page.

        noun: What the list holds, for messages.

        start: Where to begin.

        on_request: Called before each request, may raise to forbid it.

    The others are those of `Client.iter_same_followings`.
    """

    fetch: Fetch[T]
    noun: str
    start: Cursor
    limit: int | None = None
    max_pages: int | None = None
    dedupe: bool = True
    verify: bool = False
    strict: bool = False
    on_page: Callable[[Page[T]], object] | None = None
    on_request: Callable[[], None] | None = None


class Walk(AsyncIterator[T]):
    """
    One pass over a list.

    A walk is an object and not a generator, so that it survives errors: after
    one, the next `anext` asks for the page that failed. Nothing is lost and
    nothing comes twice. Leaving it early leaves nothing behind.

    Two tasks must not ask one walk at the same time: that is a RuntimeError.
    """

    def __init__(self, recipe: Recipe[T], source: Source[T]) -> None:
        start = recipe.start
        self._recipe = recipe
        self._source = source
        self._rules = Rules(
            page_size=start.page_size,
            max_pages=recipe.max_pages,
            verify=recipe.verify,
            pn=start.pn,
            index=start.index,
            held=start.seen,
            total=start.total,
        )
        # The page under delivery: its number, the records to deliver, their
        # places on the page, and for each place whether the record was new.
        self._pn = start.pn
        self._items: Sequence[T] = ()
        self._places: Sequence[int] = ()
        self._fresh: Sequence[bool] = ()
        # The next of the records to deliver.
        self._at = 0
        self._yielded = 0
        # Whether `limit` ended the walk before the list's end.
        self._limited = recipe.limit == 0
        # Whether the end was already told: by an error, a warning or silence.
        self._settled = False
        # Whether a task is waiting for a page.
        self._busy = False

    @property
    def total(self) -> int | None:
        """What the server last said the list's length is; None before page 1."""
        return self._rules.total_last

    @property
    def pages_read(self) -> int:
        """How many pages were read, with those that were read again."""
        return self._rules.pages_read

    @property
    def yielded(self) -> int:
        """How many records were delivered."""
        return self._yielded

    @property
    def cursor(self) -> Cursor:
        """Where the next undelivered record stands."""
        rules, start = self._rules, self._recipe.start
        if self._at < len(self._places):
            pn, index = self._pn, self._places[self._at]
            seen = rules.distinct - sum(self._fresh[index:])
        elif rules.pages_read:
            pn, index, seen = rules.resume_at, 0, rules.distinct
        else:
            return start

        return Cursor(
            vmid=start.vmid,
            page_size=start.page_size,
            pn=pn,
            index=index,
            seen=seen,
            total=rules.total_first,
        )

    @property
    def report(self) -> WalkReport:
        """What was seen so far."""
        rules, reason = self._rules, self._stop_reason
        return WalkReport(
            complete=reason is StopReason.END and rules.complete,
            stop_reason=reason,
            yielded=self._yielded,
            duplicates=rules.duplicates,
            bad_records=rules.bad_records,
            requests=self._source.requests,
            total_first=rules.total_first,
            total_last=rules.total_last,
            cursor=self.cursor,
        )

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        while self._busy or self._at >= len(self._items):
            if await self.turn_page() is None:
                raise StopAsyncIteration

        item = self._items[self._at]
        self._at += 1
        self._yielded += 1
        return item

    def take_rest(self) -> tuple[T, ...]:
        """Deliver what is left of the page at once."""
        items = tuple(self._items[self._at :])
        self._at += len(items)
        self._yielded += len(items)
        return items

    async def turn_page(self) -> Page[T] | None:
        """
        Ask for the next page, and make its records the next to deliver.

        Returns:
            The page as the server sent it, or None at the end.

        Raises:
            RuntimeError: Another task is waiting for a page of this walk.

            BiliCommonError: The page did not come; the next call asks again.

            IncompleteWalkError: The walk ended before the list; the next call
                returns None.
        """
        if self._busy:
            raise RuntimeError("another task is waiting for this walk's next record")

        self._busy = True
        try:
            while not self._limited and self._rules.step.reason is None:
                page = await self._fetch()
                if self._commit(page):
                    return page
        finally:
            self._busy = False

        self._settle()
        return None

    @property
    def _stop_reason(self) -> StopReason | None:
        if self._at < len(self._items):
            return None

        return StopReason.LIMIT if self._limited else self._rules.step.reason

    async def _fetch(self) -> Page[T]:
        limit = self._recipe.limit
        wanted = None if limit is None else limit - self._yielded
        pages = self._rules.ahead(self._source.depth, records=wanted)
        try:
            return await self._source.page(pages)
        except BiliCommonError as exc:
            self._locate(exc, pages.start)
            raise

    def _commit(self, page: Page[T]) -> bool:
        """Take *page* in, and tell whether it is to be delivered."""
        # No await in here: the position moves as one, or not at all.
        pn, skip = self._rules.step.pn, self._rules.index
        mids = [item.mid for item in page.items]
        fresh = self._rules.see(mids, total=page.total, bad_records=page.bad_records)
        if fresh is None:
            return False

        self._pn, self._fresh, self._at = pn, fresh, 0
        self._choose(page.items, skip)
        if self._recipe.on_page is not None:
            self._recipe.on_page(page)
        return True

    def _choose(self, items: Sequence[T], skip: int) -> None:
        """Set what of a page is to be delivered."""
        if self._recipe.dedupe:
            places = [place for place, new in enumerate(self._fresh) if new]
        else:
            places = list(range(min(skip, len(items)), len(items)))
        limit = self._recipe.limit
        if limit is not None and self._yielded + len(places) >= limit:
            rest = limit - self._yielded
            self._limited = len(places) > rest or self._rules.goes_on
            # The place after the last one is where a resumed walk begins.
            self._places, places = places[: rest + 1], places[:rest]
        else:
            self._places = places
        self._items = [items[place] for place in places]

    def _settle(self) -> None:
        """Say once how the walk ended, if it did not end well."""
        if self._settled:
            return

        self._settled = True
        report = self.report
        if report.complete or report.stop_reason is StopReason.LIMIT:
            return

        if report.stop_reason in _BROKEN or self._recipe.strict:
            incomplete = _incomplete(self._recipe, report)
            self._locate(incomplete, report.cursor.pn)
            raise incomplete

        _log.warning(
            "a walk ended without proof that it was complete",
            extra={
                "bili_vmid": self._recipe.start.vmid,
                "bili_stop_reason": report.stop_reason,
                "bili_yielded": report.yielded,
                "bili_total": report.total_last,
            },
        )

    def _locate(self, exc: BiliCommonError, pn: int) -> None:
        """Write on *exc* where it happened and how to go on."""
        start = self._recipe.start
        exc.vmid, exc.pn, exc.cursor = start.vmid, pn, self.cursor
        exc.add_note(
            f"at page {pn} (ps={start.page_size}) of {self._recipe.noun} of {exc.vmid}; "
            f"{self._yielded} records were delivered; go on with start={exc.cursor.dumps()!r}"
        )


def _incomplete(recipe: Recipe[T], report: WalkReport) -> IncompleteWalkError:
    reason = report.stop_reason.value if report.stop_reason else "nothing"
    text = (
        f"the walk over {recipe.noun} of {recipe.start.vmid} is not complete: "
        f"stopped by {reason}, {report.yielded} records of a total of {report.total_last}"
    )
    return IncompleteWalkError(text, report=report, cursor=report.cursor)
