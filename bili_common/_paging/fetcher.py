"""Sources of pages: one request at a time, or a few ahead of the reader."""

from __future__ import annotations

import asyncio

from collections.abc import Callable, Coroutine
from typing import Any, Generic, Protocol, Self, TypeVar

from ..models import Keyed, Page


__all__ = ["AheadSource", "Fetch", "Source"]

T = TypeVar("T", bound=Keyed)
T_co = TypeVar("T_co", bound=Keyed, covariant=True)


class Fetch(Protocol[T_co]):
    """Asks the server for one page."""

    def __call__(
        self, pn: int, ps: int, on_request: Callable[[], None]
    ) -> Coroutine[Any, Any, Page[T_co]]:
        """Return page *pn* of *ps* records; call *on_request* before each request."""
        raise NotImplementedError


class Source(Generic[T]):
    """
    Asks for the page that is wanted, when it is wanted.

    Args:
        fetch: Asks the server.

        ps: Records per page.

        on_request: Called before each request, may raise to forbid it.
    """

    # How many pages may be under way at once.
    depth = 1

    def __init__(
        self, fetch: Fetch[T], *, ps: int, on_request: Callable[[], None] | None = None
    ) -> None:
        self._fetch = fetch
        self._ps = ps
        self._on_request = on_request
        self._requests = 0

    @property
    def requests(self) -> int:
        """How many requests were sent, with those that were repeated."""
        return self._requests

    async def page(self, wanted: range) -> Page[T]:
        """
        Return the first page of *wanted*.

        Args:
            wanted: The page to return, and those that will be wanted next.
        """
        return await self._fetch(wanted.start, self._ps, self._count)

    def _count(self) -> None:
        if self._on_request is not None:
            self._on_request()
        self._requests += 1


class AheadSource(Source[T]):
    """
    Asks for a few pages ahead. Its tasks end with its ``async with``.

    Args:
        prefetch: How many pages may be under way beyond the one delivered.
    """

    def __init__(
        self,
        fetch: Fetch[T],
        *,
        ps: int,
        prefetch: int,
        on_request: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(fetch, ps=ps, on_request=on_request)
        # While a page is delivered, *prefetch* further ones are under way: the
        # first of them is the one that is asked for next.
        self.depth = prefetch + 1
        self._group = asyncio.TaskGroup()
        # Page number -> the task that fetches it. A task returns its error
        # instead of raising it, which would end the whole group.
        self._tasks: dict[int, asyncio.Task[Page[T] | Exception]] = {}
        # The page that was wanted last.
        self._last = 1
        self._is_over = False

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        return self

    async def __aexit__(self, *_exc_info: object) -> None:
        self._is_over = True
        self._drop()
        # Without the body's exception: the group would wrap it into another.
        await self._group.__aexit__(None, None, None)

    async def page(self, wanted: range) -> Page[T]:
        """Return the first page of *wanted*, and set out for the others."""
        if self._is_over:
            raise RuntimeError("the `async with` of this walk is over")
        if wanted.start < self._last:
            # The walk went back: what was fetched ahead of that is older than
            # what made it go back.
            self._drop()
        self._last = wanted.start
        for pn in wanted:
            if pn not in self._tasks:
                self._tasks[pn] = self._group.create_task(self._attempt(pn))

        task = self._tasks[wanted.start]
        # `wait` leaves the task running if the reader is cancelled here.
        await asyncio.wait((task,))
        outcome = self._tasks.pop(wanted.start).result()
        if isinstance(outcome, Exception):
            raise outcome

        return outcome

    async def _attempt(self, pn: int) -> Page[T] | Exception:
        try:
            return await self._fetch(pn, self._ps, self._count)
        except Exception as exc:  # noqa: BLE001 - raised where the page is wanted
            return exc

    def _drop(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        self._tasks.clear()
