"""The run: many users, a few at a time."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial
from os import PathLike
from typing import Self

from .._checks import check_int
from .._paging.walk import Walk
from .._transport.clock import Clock, SystemClock
from .._words import counted
from ..errors import UsageError
from ..models import Following
from ._ledger import Ledger, Memory
from ._running.backlog import Backlog, check_age
from ._running.crew import Crew, Hand
from ._running.intake import Intake
from ._running.reading import read_list
from ._running.tally import Tally
from .outcome import Outcome, RunSummary
from .overlap import Comparison
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
    store, a wrong id. So does a throttle that makes the client refuse to send:
    the users behind it would all fail within a second. Users that were not
    finished are not recorded.

    Without a store a run keeps its outcomes for `collect`, so that it grows with
    them. With a store it holds no more than what is under way.

    You set the speed: at most twice *max_concurrency* users are begun that you
    were not told of. Leaving the ``async with`` ends all tasks. A run can be used
    once; with a store, another one goes on where it stopped.

    Made by `Client.compare_same_followings`, which explains the other arguments.

    Args:
        walk_of: Makes the walk over one user's list, given the user and a
            function to call before each request.

        vmids: The users.

        account: Whose outcomes they are.

        clock: What time it is.

    Raises:
        UsageError: An argument is wrong.
    """

    def __init__(
        self,
        walk_of: Callable[[int, Callable[[], None]], Walk[Following]],
        vmids: Iterable[int] | AsyncIterable[int],
        *,
        account: str = "default",
        max_concurrency: int = 4,
        ordered: bool = False,
        store: str | PathLike[str] | RunStore | None = None,
        refresh_after: timedelta | float | None = None,
        budget: int | None = None,
        on_progress: Callable[[RunSummary], object] | None = None,
        clock: Clock = SystemClock(),  # noqa: B008 - has no state
    ) -> None:
        self._walk_of = walk_of
        self._intake = Intake(vmids)
        self._account = account
        self._size = check_int("max_concurrency", max_concurrency, 1)
        self._ordered = ordered
        self._store = store if store is None or isinstance(store, RunStore) else RunStore(store)
        self._refresh_after = check_age(refresh_after)
        self._budget = None if budget is None else check_int("budget", budget, 0)
        if on_progress is not None and not callable(on_progress):
            raise UsageError(f"on_progress must be callable, not {on_progress!r:.100}")

        self._on_progress = on_progress
        self._clock = clock
        self._tally = Tally(clock)
        self._ledger: Ledger = Memory()
        self._is_used = False
        # These are there inside the `async with`.
        self._crew: Crew | None = None
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        if self._is_used:
            raise UsageError("a run can be used once; make another one")

        self._is_used = True
        self._tally.begin()
        async with AsyncExitStack() as stack:
            if self._store is not None:
                await _open(self._store, stack)
                self._ledger = await stack.enter_async_context(
                    self._store.ledger(self._account)
                )
            stack.push_async_callback(self._intake.aclose)
            crew = self._make_crew()
            await crew.start()
            stack.push_async_callback(self._leave, crew)
            self._stack = stack.pop_all()
        self._crew = crew
        return self

    async def __aexit__(self, *_exc_info: object) -> None:
        await self._stack.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Outcome:
        if self._crew is None:
            raise UsageError("a run is iterated inside `async with run:`")

        try:
            outcome = await self._crew.outcome()
        except Exception as exc:
            self._explain(exc)
            raise

        if outcome is None:
            raise StopAsyncIteration

        self._tally.add(outcome.status)
        if self._on_progress is not None:
            self._on_progress(self.summary)
        return outcome

    def __repr__(self) -> str:
        return f"<ComparisonRun account={self._account!r} {self.summary}>"

    @property
    def summary(self) -> RunSummary:
        """How far the run got, with what was in the store before; a snapshot."""
        return self._tally.summary

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

        if self._crew is not None:
            async for _ in self:
                pass
        async with AsyncExitStack() as stack:
            if self._store is not None:
                await _open(self._store, stack)
            return Comparison(await self._ledger.read(self._intake.seen))

    def _make_crew(self) -> Crew:
        backlog = Backlog(
            self._intake,
            self._ledger,
            refresh_after=self._refresh_after,
            tally=self._tally,
            clock=self._clock,
        )
        return Crew(
            backlog.take,
            self._fetch,
            size=self._size,
            ordered=self._ordered,
            budget=self._budget,
            tally=self._tally,
        )

    async def _fetch(self, vmid: int, hand: Hand) -> Outcome:
        assert self._crew is not None  # noqa: S101 - only the crew calls this
        walk = self._walk_of(vmid, partial(self._crew.allow, hand))
        outcome = await read_list(walk, vmid, hand, clock=self._clock)
        await self._ledger.write(outcome)
        return outcome

    async def _leave(self, crew: Crew) -> None:
        self._crew = None
        try:
            await crew.stop()
        finally:
            # They are written down, so that they count.
            for outcome in crew.leftover():
                self._tally.add(outcome.status)
            self._tally.end()

    def _explain(self, exc: Exception) -> None:
        """Write on *exc*, once, how far the run got and how to go on."""
        done, skipped = self.summary.done, self.summary.skipped
        note = (
            f"the run ended after {counted(done, 'user')} ({skipped} from the store) "
            f"and {counted(self.summary.requests, 'request')}; {self._ledger.advice}"
        )
        if note not in getattr(exc, "__notes__", ()):
            exc.add_note(note)


async def _open(store: RunStore, stack: AsyncExitStack) -> None:
    """Open *store* for as long as *stack* lasts, if it is not open already."""
    if not store.is_open:
        await stack.enter_async_context(store)
