"""The list reader: reads a user's list to its end, through rests and failures."""

from __future__ import annotations

import asyncio

from contextlib import nullcontext, suppress
from typing import Final

from ..._paging.cursor import Cursor
from ..._transport.meter import RequestMeter
from ..._util.clock import Clock
from ..._util.text import counted
from ...errors import BiliCommonError, RunStoppedError, StoreError
from .._repository import OutcomeRepository
from ..outcome import Outcome
from .attempt import Attempt
from .judgement import GO_ON, RECORD, Action, Decision, RunHistory
from .lists import UserLists
from .ownership import Ownership
from .pool import Worker
from .queue import Backlog, QueueItem
from .reading import UserList
from .rests import RunRests


__all__ = ["ListReader"]

# A list under way is written down once in so many seconds: at each page by the pace
# of a polite client, and not much more often by none.
_KEEP_EVERY: Final = 1.0


class ListReader:
    """
    Reads lists for all workers of a run, and writes down what came of them.

    Args:
        lists: Makes the walk over one user's list.

        repository: Where outcomes are written down.

        backlog: Tells whether new users are left.

        meter: Counts the requests of the run.

        history: Decides what an error means.

        rests: Lets all workers rest.

        clock: What time it is.

        owner: Is settled before the first list; None for nobody.
    """

    def __init__(
        self,
        lists: UserLists,
        repository: OutcomeRepository,
        *,
        backlog: Backlog,
        meter: RequestMeter,
        history: RunHistory,
        rests: RunRests,
        clock: Clock,
        owner: Ownership | None,
    ) -> None:
        self._lists = lists
        self._repository = repository
        # Users who are under way, with what was read of them.
        self._begun: dict[int, UserList] = {}
        self._backlog = backlog
        self._meter = meter
        self._history = history
        self._rests = rests
        self._clock = clock
        self._owner = owner
        # The last outcomes that failed, as many as tell why the run stops.
        self._failed: list[Outcome] = []

    async def fetch(self, turn: QueueItem, worker: Worker) -> Outcome | None:
        """Read a list to its end and write it down; None if its turn comes again."""
        if self._owner is not None:
            await self._owner.settle(self._repository)
        user = self._begun.get(turn.vmid) or self._begin(turn)
        while True:
            decision, error = await self._read_page(user, worker)
            if decision.action is Action.ASK_ANOTHER:
                decision = await self._ask_another(user, worker)
            if decision.action is Action.REST:
                await self._rest(user, decision)
            elif decision.action is Action.PUT_BACK:
                await self._put_back(user)
                return None
            elif decision.action is not Action.GO_ON:
                outcome = await self._record(user, error, worker)
                if decision.action is Action.STOP:
                    worker.verdict = self._verdict(error)
                return outcome

    async def leave(self) -> None:
        """Write down how far the lists came that the end of the run interrupted."""
        # What cannot be written is read again: nothing is wrong with the run.
        with suppress(StoreError):
            for user in self._begun.values():
                await self._keep(user, at_once=True)

    def _begin(self, turn: QueueItem) -> UserList:
        """Return the list of a user, from where an interrupted run left it."""
        part = turn.part
        start = None if part is None else Cursor.loads(part.cursor)
        known = () if part is None else tuple(item.mid for item in part.items)
        user = self._begun[turn.vmid] = self._open(turn.vmid, start, known)
        # The walk began anew if the cursor was of no use to it.
        if part is not None and user.walk.cursor == start:
            user.take(part.items)
        return user

    def _open(
        self, vmid: int, start: Cursor | None = None, known: tuple[int, ...] = ()
    ) -> UserList:
        meter = RequestMeter(total=self._meter)
        walk = self._lists.walk(vmid, total=meter, start=start, known=known)
        return UserList(vmid, walk, meter, kept_at=self._clock.monotonic())

    async def _read_page(
        self, user: UserList, worker: Worker, *, is_check: bool = False
    ) -> tuple[Decision, BiliCommonError | None]:
        """Read a page; return what to do then, and the error that it ended with."""
        # The end of a list is known without a request, and waits for nobody.
        async with nullcontext() if user.is_over else self._rests.turn():
            rests, is_probe = self._history.rests, self._history.is_doubtful
            worker.begin_page(user.meter)
            try:
                goes_on = await user.read_page()
                worker.is_writing = True
            except BiliCommonError as exc:
                attempt = Attempt(
                    user.vmid,
                    rests,
                    failed_at=user.failed_at,
                    # In doubt, retries are not begun, and those begun are broken off.
                    is_probe=user.meter.repeats is None
                    and (is_probe or self._history.is_doubtful),
                    is_few=len(self._begun) < (self._history.give_up_after or 0),
                    is_over=self._backlog.is_over,
                    is_check=is_check,
                )
                decision = self._judge(exc, attempt)
                # What waits from here on has no request under way.
                worker.wait()
                return decision, exc

            if not goes_on:
                return RECORD, None

            self._history.succeeded(user.vmid)
            self._meter.repeats, user.meter.repeats = True, None
        await self._keep(user)
        return GO_ON, None

    def _judge(self, error: BiliCommonError, attempt: Attempt) -> Decision:
        outages = self._history.outages
        decision = self._history.judge(error, attempt)
        if decision.action is Action.END:
            raise error
        if decision.action is Action.STOP:
            # Before anyone else asks, while this outcome is written down.
            self._meter.close()

        # One request finds out what a second one would find out, too.
        self._meter.repeats = not self._history.is_doubtful
        if self._history.outages > outages:
            # What failed in an outage was nobody's own.
            for user in self._begun.values():
                user.failed_at = None
        return decision

    async def _ask_another(self, user: UserList, worker: Worker) -> Decision:
        """Ask for one whose list came before, to learn whether *user* or the server failed."""
        well = self._history.well
        assert well is not None  # noqa: S101 - or nobody would ask for another one
        decision, _ = await self._read_page(self._open(well), worker, is_check=True)
        if decision.action is Action.REST:
            return decision

        # It is there. The user is asked for once more, with all retries whatever
        # becomes of others meanwhile: that decides.
        self._history.succeeded(well)
        user.failed_at = self._history.successes - 1
        self._meter.repeats = user.meter.repeats = True
        return GO_ON

    async def _rest(self, user: UserList, decision: Decision) -> None:
        why = decision.why
        if decision.is_fewer:
            most = counted(self._rests.halve(), "user")
            why = f"{why}; at most {most} at once from now on"
        async with self._rests.rest(decision.seconds, why, decision.code):
            await self._keep(user, at_once=True)

    async def _put_back(self, user: UserList) -> None:
        if user.failed_at is None:
            user.failed_at = self._history.successes
        await self._keep(user, at_once=True)

    async def _keep(self, user: UserList, *, at_once: bool = False) -> None:
        """Write down how far a list was read, for a run that is killed; not too often."""
        now = self._clock.monotonic()
        if not (at_once or now - user.kept_at >= _KEEP_EVERY) or user.is_over:
            return

        if (part := user.unkept) is not None:
            user.kept_at = now
            await self._repository.write_partial(user.vmid, part)

    async def _record(
        self, user: UserList, error: BiliCommonError | None, worker: Worker
    ) -> Outcome:
        outcome = user.outcome(error, self._clock)
        try:
            await self._repository.write(outcome)
        except asyncio.CancelledError:
            # The store goes on writing; what it wrote counts as fetched.
            if not (worker.is_ended and await self._is_written(outcome)):
                raise
        self._begun.pop(user.vmid, None)
        last = self._history.last_refused
        self._failed = [*self._failed, outcome][-last:] if last else []
        return outcome

    async def _is_written(self, outcome: Outcome) -> bool:
        known = (await self._repository.known([outcome.vmid])).get(outcome.vmid)
        return known is not None and known.fetched_at == outcome.fetched_at

    def _verdict(self, error: BiliCommonError | None) -> RunStoppedError:
        count = counted(len(self._failed), "user")
        how = (
            "failed alike"
            if len(self._failed) == self._history.alike
            else "were refused; the last"
        )
        return RunStoppedError(f"{count} in a row {how}: {error}", outcomes=tuple(self._failed))
