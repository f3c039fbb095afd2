"""The run: many users, a few at a time."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack
from datetime import timedelta
from os import PathLike
from typing import Self

from .._transport.meter import RequestMeter
from .._util.arguments import check_call, check_int
from .._util.clock import Clock, SystemClock
from ..errors import UsageError
from ._repository import InMemoryRepository, OutcomeRepository, comparison_of
from ._workers.counters import RunCounters, explain
from ._workers.judgement import RunHistory
from ._workers.list_reader import ListReader
from ._workers.lists import UserLists
from ._workers.ownership import Ownership
from ._workers.pool import WorkerPool
from ._workers.queue import Backlog, UserQueue, check_age
from ._workers.rests import RunRests
from ._workers.source import UserSource
from .comparison import Comparison
from .outcome import Outcome, RunSummary
from .store import RunStore


__all__ = ["ComparisonRun"]


class ComparisonRun(AsyncIterator[Outcome]):
    """
    The same followings of many users, fetched while you iterate.

        async with client.compare_same_followings([2, 3]) as run:
            async for outcome in run:
                print(outcome.vmid, outcome.status)

    One user's failure is an `Outcome`. What concerns every user ends the run, and
    is raised in your loop after the outcomes that were finished before: the
    account is not logged in, risk control, a spent *budget*, a closed client, the
    store, a wrong id. Users that were not finished are not recorded.

    A busy server and an outage are nobody's failure: the run rests, as its
    summary says, and goes on at the page that failed. It ends with the error if
    that does not pass.

    Without a store a run keeps its outcomes for `collect`, so that it grows with
    them. With a store it holds no more than what is under way.

    You set the speed: at most twice *max_concurrency* users are begun that you
    were not told of. Leaving the ``async with`` ends all tasks. A run can be used
    once; with a store, another one goes on where it stopped.

    Made by `Client.compare_same_followings`, which explains the other arguments.

    Args:
        lists: Makes the walk over one user's list.

        vmids: The users.

        account: Whose outcomes they are.

        give_up_after: How many failures in a row are not the users' own.

        outage_waits: Seconds of the rests of an outage, one after the other.

        clock: What time it is, and how to wait.

        owner: Whose outcomes they are, by the server's word.

    Raises:
        UsageError: An argument is wrong.
    """

    def __init__(
        self,
        lists: UserLists,
        vmids: Iterable[int] | AsyncIterable[int],
        *,
        account: str = "default",
        max_concurrency: int = 4,
        ordered: bool = False,
        store: str | PathLike[str] | RunStore | None = None,
        refresh_after: timedelta | float | None = None,
        budget: int | None = None,
        on_progress: Callable[[RunSummary], object] | None = None,
        give_up_after: int | None = 5,
        outage_waits: tuple[float, ...] = (5, 10, 20, 40, 80, 160),
        clock: Clock = SystemClock(),  # noqa: B008 - has no state
        owner: Ownership | None = None,
    ) -> None:
        most = None if give_up_after is None else check_int("give_up_after", give_up_after, 1)
        self._lists, self._owner = lists, owner
        self._source = UserSource(vmids)
        self._account = account
        self._size = check_int("max_concurrency", max_concurrency, 1)
        self._ordered = ordered
        self._store = store if store is None or isinstance(store, RunStore) else RunStore(store)
        self._refresh_after = check_age(refresh_after)
        limit = None if budget is None else check_int("budget", budget, 0)
        self._meter = RequestMeter(budget=limit)
        if on_progress is not None:
            check_call("on_progress", on_progress)
        self._on_progress = on_progress
        self._clock = clock
        self._counters = RunCounters(clock, self._meter)
        self._history = RunHistory(most, outage_waits)
        self._rests = RunRests(
            self._history, self._counters, size=self._size, clock=clock, on_change=self._tell
        )
        self._repository: OutcomeRepository = InMemoryRepository()
        self._is_used = False
        # These are there inside the `async with`.
        self._pool: WorkerPool | None = None
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        if self._is_used:
            raise UsageError("a run can be used once; make another one")

        self._is_used = True
        self._counters.begin()
        async with AsyncExitStack() as stack:
            if self._store is not None:
                await _open(self._store, stack)
                self._repository = await stack.enter_async_context(
                    self._store.repository(self._account, self._clock)
                )
            stack.push_async_callback(self._source.aclose)
            backlog = Backlog()
            reader = self._make_reader(backlog)
            pool = self._make_pool(reader, backlog)
            await pool.start()
            stack.push_async_callback(reader.leave)
            stack.push_async_callback(self._leave, pool)
            self._stack = stack.pop_all()
            self._pool = pool
        return self

    async def __aexit__(self, *_exc_info: object) -> None:
        await self._stack.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Outcome:
        if self._pool is None:
            raise UsageError("a run is iterated inside `async with run:`")

        try:
            outcome = await self._pool.outcome()
        except Exception as exc:
            explain(exc, self.summary, self._repository.advice)
            raise

        if outcome is None:
            raise StopAsyncIteration

        self._counters.add(outcome.status)
        self._tell()
        return outcome

    def __repr__(self) -> str:
        return f"<ComparisonRun account={self._account!r} {self.summary}>"

    @property
    def summary(self) -> RunSummary:
        """How far the run got, with what was in the store before; a snapshot."""
        return self._counters.summary

    async def collect(self) -> Comparison:
        """
        Run to the end, and return what all lists have in common.

        Inside ``async with`` it iterates over what is left; before, it opens the
        run by itself; after, it returns what was fetched until then.

        Returns:
            The comparison of all users that were read from *vmids*, those that
            were iterated before and those that were in the store included. It is
            in memory: `RunStore.comparison` takes a large store as it is.

        Raises:
            BiliCommonError: As iterating.
        """
        if not self._is_used:
            async with self:
                return await self.collect()

        if self._pool is not None:
            async for _ in self:
                pass
        async with AsyncExitStack() as stack:
            if self._store is not None:
                await _open(self._store, stack)
            return await comparison_of(self._repository, self._source.seen)

    def _make_reader(self, backlog: Backlog) -> ListReader:
        return ListReader(
            self._lists,
            self._repository,
            backlog=backlog,
            meter=self._meter,
            history=self._history,
            rests=self._rests,
            clock=self._clock,
            owner=self._owner,
        )

    def _make_pool(self, reader: ListReader, backlog: Backlog) -> WorkerPool:
        queue = UserQueue(
            self._source,
            self._repository,
            refresh_after=self._refresh_after,
            counters=self._counters,
            history=self._history,
            clock=self._clock,
        )
        return WorkerPool(
            queue.take,
            reader.fetch,
            backlog=backlog,
            size=self._size,
            most_back=self._history.give_up_after or 0,
            ordered=self._ordered,
            meter=self._meter,
        )

    def _tell(self) -> None:
        if self._on_progress is not None:
            self._on_progress(self.summary)

    async def _leave(self, pool: WorkerPool) -> None:
        self._pool = None
        try:
            await pool.stop()
        finally:
            # They are written down, so that they count.
            for outcome in pool.leftover():
                self._counters.add(outcome.status)
            self._counters.end()


async def _open(store: RunStore, stack: AsyncExitStack) -> None:
    """Open *store* for as long as *stack* lasts, if it is not open already."""
    if not store.is_open:
        await stack.enter_async_context(store)
