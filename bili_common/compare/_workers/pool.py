"""The pool: a bounded number of tasks that fetch users, and hand over outcomes."""

from __future__ import annotations

import asyncio
import heapq

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Final

import attrs

from ..._transport.meter import MeterClosedError, RequestMeter
from ...errors import BiliCommonError
from ..outcome import Outcome
from .queue import Backlog, QueueItem


__all__ = ["Worker", "WorkerPool"]

# Seconds that requests under way still get after the run came to its end.
_GRACE: Final = 10.0


@attrs.define(eq=False)
class Worker:
    """
    One of the tasks.

    Attributes:
        is_writing: Whether an answer is being worked on or written down.

        verdict: What ends the run, behind the outcome that was fetched last.
    """

    is_writing: bool = False
    verdict: BiliCommonError | None = None
    task: asyncio.Task[None] | None = None
    # Whether the pool ended it: any other cancellation comes from inside.
    is_ended: bool = False
    # What counts the requests for a page while one is asked for, and what it said before.
    _meter: RequestMeter | None = None
    _before: int = 0

    @property
    def has_sent(self) -> bool:
        """Whether a request was sent since `begin_page`."""
        return self._meter is not None and self._meter.requests > self._before

    def begin_page(self, meter: RequestMeter) -> None:
        """Note that a page is to be asked for, whose requests *meter* counts."""
        self._meter, self._before, self.is_writing = meter, meter.requests, False

    def wait(self) -> None:
        """Note that no request is under way, and nothing is worked on."""
        self._meter, self.is_writing = None, False


class WorkerPool:
    """
    Fetches users, at most *size* at a time, while it is asked for outcomes.

    A task never raises: what ends the run is kept, and raised where the outcomes
    are asked for, behind those that were finished. The requests under way are
    then waited for, as they were sent already, but none is begun.

    Args:
        take: Returns the next user to fetch, None at the end.

        fetch: Fetches one user and writes the outcome down; returns None for one
            whose turn is to come again behind the others.

        backlog: Where these wait.

        size: How many users at a time.

        most_back: How many users may wait for their next turn before no new one is
            begun, however small *size* is.

        ordered: Whether to hand over in the order of the turns.

        meter: Counts the requests of all workers, and holds the budget.
    """

    def __init__(
        self,
        take: Callable[[], Coroutine[Any, Any, QueueItem | None]],
        fetch: Callable[[QueueItem, Worker], Coroutine[Any, Any, Outcome | None]],
        *,
        backlog: Backlog,
        size: int,
        most_back: int,
        ordered: bool,
        meter: RequestMeter,
    ) -> None:
        self._take = take
        self._backlog = backlog
        self._fetch = fetch
        self._ordered = ordered
        self._meter = meter
        self._group = asyncio.TaskGroup()
        self._workers = [Worker() for _ in range(size)]
        self._is_begun = False
        # How many tasks are at work.
        self._at_work = 0
        # Users that are begun or wait to be handed over: a slow reader stops us.
        self._window = asyncio.Semaphore(2 * size)
        # How many more places it may get.
        self._more = max(most_back - 2 * size, 0)
        # Finished outcomes with their numbers, in the order of these.
        self._finished: list[tuple[int, Outcome]] = []
        # The number to hand over next, if that is to be in order.
        self._next = 0
        self._news = asyncio.Event()
        self._failure: BaseException | None = None
        self._deadline: asyncio.TimerHandle | None = None

    async def start(self) -> None:
        """Open the task group. Nothing is fetched before the first `outcome`."""
        await self._group.__aenter__()

    async def stop(self) -> None:
        """End all tasks. What was written down but not handed over stays so."""
        if self._deadline is not None:
            self._deadline.cancel()
        self._cancel(lambda _: True)
        # Without the reader's exception: the group would wrap it into another.
        await self._group.__aexit__(None, None, None)

    async def outcome(self) -> Outcome | None:
        """
        Return a finished outcome, or None at the end.

        Raises:
            BaseException: What ended the run, as it was raised.
        """
        self._begin()
        while (outcome := self._hand_over()) is None:
            if not self._at_work:
                if self._failure is not None:
                    raise self._failure

                return None

            self._news.clear()
            await self._news.wait()

        return outcome

    def leftover(self) -> list[Outcome]:
        """Return what is finished and was not handed over."""
        return [outcome for _, outcome in sorted(self._finished, key=lambda pair: pair[0])]

    def _begin(self) -> None:
        if self._is_begun:
            return

        self._is_begun = True
        self._at_work = len(self._workers)
        for worker in self._workers:
            worker.task = self._group.create_task(self._work(worker))
            worker.task.add_done_callback(self._leave)

    async def _work(self, worker: Worker) -> None:
        try:
            while self._failure is None and not worker.is_ended:
                turn = await self._next_turn()
                if turn is None:
                    return

                outcome = await self._fetch(turn, worker)
                if outcome is None:
                    self._backlog.put_back.append(turn)
                    continue

                heapq.heappush(self._finished, (turn.number, outcome))
                worker.wait()
                if worker.verdict is not None:
                    self._fail(worker.verdict)
                self._news.set()
        except MeterClosedError:
            return
        except BaseException as exc:  # noqa: BLE001 - raised where outcomes are asked for
            if not worker.is_ended:
                self._fail(exc)

    async def _next_turn(self) -> QueueItem | None:
        """Return a new user, else one whose turn comes again, else None."""
        # Those who were put back hold their place in the window: with the window
        # full of them, or of outcomes that wait for them, nobody else can begin.
        backlog, is_full = self._backlog, self._window.locked()
        if backlog.put_back and is_full and self._more and not self._finished:
            # Only others can show whose failures these are.
            self._more, is_full = self._more - 1, False
            self._window.release()
        if backlog.put_back and (backlog.is_over or is_full):
            return backlog.put_back.popleft()

        await self._window.acquire()
        turn = await self._take()
        if turn is not None:
            return turn

        backlog.is_over = True
        self._window.release()
        return backlog.put_back.popleft() if backlog.put_back else None

    def _leave(self, _task: asyncio.Task[None]) -> None:
        # A callback, since a task that was cancelled early never ran at all.
        self._at_work -= 1
        self._news.set()

    def _fail(self, failure: BaseException) -> None:
        if self._failure is not None:
            return

        self._failure = failure
        self._meter.close()
        self._cancel(lambda worker: not (worker.has_sent or worker.is_writing))
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(_GRACE, partial(self._cancel, lambda _: True))

    def _cancel(self, is_meant: Callable[[Worker], bool]) -> None:
        for worker in self._workers:
            if worker.task is not None and is_meant(worker):
                worker.is_ended = True
                worker.task.cancel()

    def _hand_over(self) -> Outcome | None:
        if not self._finished:
            return None

        # An unfinished run has gaps, which nothing fills any more.
        number = self._finished[0][0]
        if self._ordered and number != self._next and self._at_work:
            return None

        self._next = number + 1
        self._window.release()
        return heapq.heappop(self._finished)[1]
