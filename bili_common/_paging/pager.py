"""The pager: an immutable description of walks, and the views of a walk."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Generic, NoReturn, Self, TypeVar

import attrs

from .._transport.meter import RequestMeter
from .._util.arguments import check_int
from ..errors import BiliCommonError, IncompleteWalkError, UsageError
from ..models import Page
from .fetcher import PageFetcher, PrefetchingFetcher
from .walk import Walk
from .walk_options import WalkOptions


__all__ = ["Pager"]

T = TypeVar("T")


@attrs.frozen(repr=False)
class Pager(Generic[T]):
    """
    A list that can be walked. Nothing is sent until you iterate.

    Each ``async for`` over a pager is a walk of its own, from the beginning::

        async for following in client.iter_same_followings(2):
            ...

    Use `walk` where you want the walk itself: its report, its cursor, or pages
    fetched ahead.
    """

    _options: WalkOptions[T]

    def __repr__(self) -> str:
        start = self._options.start
        return f"<Pager of {self._options.title} from page {start.pn}>"

    def __aiter__(self) -> Walk[T]:
        options = self._options
        meter = RequestMeter(total=options.total)
        return Walk(options, PageFetcher(options.pages, options.start.page_size, meter))

    def pages(self) -> AsyncIterator[Page[T]]:
        """
        Return a walk page by page.

        Yields:
            Pages whose ``items`` are those that the walk delivers: each record
            once, and no more than ``limit``. ``raw`` is what the server sent.
        """
        return _Pages(self.__aiter__())

    def walk(self, *, prefetch: int = 0) -> AbstractAsyncContextManager[Walk[T]]:
        """
        Return a walk for ``async with``.

        Args:
            prefetch: How many pages to fetch ahead of the one delivered. Their
                order is kept, and none is asked for beyond the end. All tasks
                end with the ``async with``.

        Raises:
            UsageError: *prefetch* is negative or no int.
        """
        check_int("prefetch", prefetch, 0)
        return _Walking(self._options, prefetch) if prefetch else nullcontext(self.__aiter__())

    async def collect(self, *, prefetch: int = 0) -> list[T]:
        """
        Return all records as a list.

        Args:
            prefetch: As for `walk`.

        Raises:
            BiliCommonError: As the walk. What was read is not lost: the error
                has it as ``items``, and its ``cursor`` goes on behind it.
        """
        items: list[T] = []
        async with self.walk(prefetch=prefetch) as walk:
            try:
                async for item in walk:
                    items.append(item)  # noqa: PERF401 - a comprehension would lose them
            except BiliCommonError as exc:
                exc.items = tuple(items)
                raise

        return items

    async def first(self) -> T | None:
        """Return the first record, or None if there is none."""
        limit = self._options.limit
        options = attrs.evolve(self._options, limit=1 if limit is None else min(limit, 1))
        return await anext(aiter(Pager(options)), None)

    async def count(self) -> int:
        """
        Return what the server says the list's length is, for one request.

        Raises:
            UsageError: The list names no length.

            BiliCommonError: The page did not come.
        """
        options = self._options
        if options.pages.endpoint.total is None:
            raise UsageError(f"{options.title}: the server names no length of this list")

        page = await options.pages.page(1, 1, RequestMeter(total=options.total))
        return page.total or 0

    def batched(self, n: int) -> AsyncIterator[tuple[T, ...]]:
        """
        Return a walk in tuples of *n* records, the last one shorter.

        After an error the same iterator goes on, with what it had gathered.

        Raises:
            UsageError: *n* is no int from 1.
        """
        check_int("n", n, 1)
        return _Batches(self.__aiter__(), n)

    def __await__(self) -> NoReturn:
        raise TypeError("a pager is not awaited: use `async for`, or `await pager.collect()`")

    def __iter__(self) -> NoReturn:
        raise TypeError("a pager needs `async for`; `await pager.collect()` gives a list")


class _Walking(AbstractAsyncContextManager[Walk[T]]):
    """A walk whose pages are fetched ahead, for as long as it is open."""

    def __init__(self, options: WalkOptions[T], prefetch: int) -> None:
        self._options = options
        self._prefetch = prefetch

    async def __aenter__(self) -> Walk[T]:
        options = self._options
        self._fetcher = PrefetchingFetcher(
            options.pages,
            ps=options.start.page_size,
            meter=RequestMeter(total=options.total),
            prefetch=self._prefetch,
        )
        await self._fetcher.__aenter__()
        return Walk(options, self._fetcher)

    async def __aexit__(self, *exc_info: object) -> None:
        await self._fetcher.__aexit__(*exc_info)


class _Pages(AsyncIterator[Page[T]]):
    """A walk page by page. A class, so that it goes on after an error."""

    def __init__(self, walk: Walk[T]) -> None:
        self._walk = walk

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Page[T]:
        page = await self._walk.next_page()
        if page is None:
            raise StopAsyncIteration

        return page


class _Batches(AsyncIterator[tuple[T, ...]]):
    """A walk in tuples. What was gathered before an error is kept."""

    def __init__(self, walk: Walk[T], n: int) -> None:
        self._walk = walk
        self._n = n
        self._gathered: list[T] = []
        # How the walk ended, to be raised after the last tuple.
        self._failure: IncompleteWalkError | None = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> tuple[T, ...]:
        if not self._gathered:
            # A cursor behind what was only gathered would lose it.
            self._walk.hold()
        await self._gather()
        batch, self._gathered = tuple(self._gathered), []
        if batch:
            return batch

        failure, self._failure = self._failure, None
        raise failure or StopAsyncIteration

    async def _gather(self) -> None:
        try:
            while len(self._gathered) < self._n:
                self._gathered.append(await anext(self._walk))
        except StopAsyncIteration:
            pass
        except IncompleteWalkError as exc:
            self._failure = exc
