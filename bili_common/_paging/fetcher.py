"""The fetcher: asks for the pages of one walk, one at a time or a few ahead."""

from __future__ import annotations

import asyncio

from collections.abc import Mapping
from typing import Generic, Protocol, Self, TypeVar

import attrs

from .._transport.executor import RequestExecutor
from .._transport.meter import RequestMeter
from .._wire.page import PageReader
from .._wire.request import Request
from ..endpoints import ListEndpoint
from ..models import Page


__all__ = ["PageFetcher", "PagedList", "PrefetchingFetcher", "RemoteList"]

T = TypeVar("T")


class PagedList(Protocol[T]):
    """A list that can be asked for page by page."""

    @property
    def endpoint(self) -> ListEndpoint[T]:
        """Which list of the server's it is."""
        ...

    async def page(self, pn: int, ps: int, meter: RequestMeter) -> Page[T]:
        """Return page *pn* of *ps* records; *meter* counts each request."""
        ...


@attrs.frozen
class RemoteList(Generic[T]):
    """
    A list on the server.

    Attributes:
        endpoint: Which list it is.

        params: Whose, or of what: the query's names and values but the page.

        executor: Sends the requests.

        skip_bad: Whether to drop records that cannot be read.
    """

    endpoint: ListEndpoint[T]
    params: Mapping[str, int | str]
    executor: RequestExecutor
    skip_bad: bool = False

    async def page(self, pn: int, ps: int, meter: RequestMeter) -> Page[T]:
        """
        Ask the server for page *pn* of *ps* records.

        Raises:
            BiliCommonError: The page did not come.
        """
        endpoint = self.endpoint
        request = Request(
            endpoint.path, {**self.params, "ps": ps, "pn": pn}, codes=endpoint.codes
        )
        reader = PageReader(endpoint, pn=pn, ps=ps, skip_bad=self.skip_bad)
        return await self.executor.send(request, reader.read, meter)


@attrs.define(slots=False, eq=False)
class PageFetcher(Generic[T]):
    """
    Asks for the page that is wanted, when it is wanted.

    Args:
        pages: The list.

        ps: Records per page.

        meter: Counts the requests.
    """

    pages: PagedList[T]
    ps: int
    meter: RequestMeter
    # How many pages from the wanted one on may be fetched or held.
    depth: int = attrs.field(default=1, init=False)

    async def page(self, wanted: range) -> Page[T]:
        """
        Return the first page of *wanted*.

        Args:
            wanted: The page to return, and those that will be wanted next.
        """
        return await self.pages.page(wanted.start, self.ps, self.meter)


class PrefetchingFetcher(PageFetcher[T]):
    """
    Asks for a few pages ahead. Its tasks end with its ``async with``.

    Args:
        prefetch: How many pages are under way beyond the one wanted. As many more
            may have come out of their turn and are held.
    """

    def __init__(
        self, pages: PagedList[T], *, ps: int, meter: RequestMeter, prefetch: int
    ) -> None:
        super().__init__(pages, ps=ps, meter=meter)
        # While a page is delivered, *prefetch* further ones are under way: the
        # first of them is the one that is asked for next.
        self._most = prefetch + 1
        self.depth = 2 * prefetch + 1
        self._group = asyncio.TaskGroup()
        # Page number -> the task that fetches it. A task returns its error
        # instead of raising it, which would end the whole group, or the loop.
        self._tasks: dict[int, asyncio.Task[Page[T] | BaseException]] = {}
        # The page that was wanted last.
        self._last = 1
        self._is_over = False

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        return self

    async def __aexit__(self, *_exc_info: object) -> None:
        self._is_over = True
        done = [task for task in self._tasks.values() if task.done() and not task.cancelled()]
        self._drop()
        # Without the body's exception: the group would wrap it into another.
        await self._group.__aexit__(None, None, None)
        for task in done:
            outcome = task.result()
            # Such as KeyboardInterrupt, which must come out though no page is wanted.
            if isinstance(outcome, BaseException) and not isinstance(outcome, Exception):
                raise outcome

    async def page(self, wanted: range) -> Page[T]:
        """Return the first page of *wanted*, and keep the others coming."""
        if self._is_over:
            raise RuntimeError("the `async with` of this walk is over")
        if wanted.start < self._last:
            # The walk went back: what was fetched ahead of that is older than
            # what made it go back.
            self._drop()
        self._last = wanted.start
        under_way = self._set_out(wanted)
        while not self._tasks[wanted.start].done():
            # A page that came out of its turn makes room for one more. `wait` leaves
            # the tasks running if the reader is cancelled here.
            await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
            under_way = self._set_out(wanted)

        outcome = self._tasks.pop(wanted.start).result()
        if isinstance(outcome, BaseException):
            raise outcome

        return outcome

    def _set_out(self, wanted: range) -> list[asyncio.Task[Page[T] | BaseException]]:
        """Fetch what is missing of *wanted*, and return the tasks under way."""
        under_way = [task for task in self._tasks.values() if not task.done()]
        for pn in wanted:
            if pn in self._tasks:
                continue
            if len(under_way) >= self._most and pn != wanted.start:
                break

            task = self._tasks[pn] = self._group.create_task(self._attempt(pn))
            under_way.append(task)
        return under_way

    async def _attempt(self, pn: int) -> Page[T] | BaseException:
        try:
            return await self.pages.page(pn, self.ps, self.meter)
        except asyncio.CancelledError:
            raise
        except BaseException as exc:  # noqa: BLE001 - raised where the page is wanted
            return exc

    def _drop(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        self._tasks.clear()
