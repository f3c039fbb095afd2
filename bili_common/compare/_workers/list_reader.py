"""The list reader: reads a user's list to its end, through rests and failures."""

from __future__ import annotations

from contextlib import suppress

from ..._paging.cursor import Cursor
from ..._util.clock import Clock
from ..._util.text import counted
from ...errors import BiliCommonError, RunStoppedError, StoreError
from .._repository import OutcomeRepository
from ..outcome import Outcome
from .judgement import Action, Decision, RunHistory
from .lists import UserLists
from .ownership import Ownership
from .pool import Worker
from .queue import Backlog, QueueItem
from .reading import UserList
from .rests import RunRests


__all__ = ["ListReader"]


class ListReader:
    """
    Reads lists for all workers of a run, and writes down what came of them.

    Args:
        lists: Makes the walk over one user's list.

        repository: Where outcomes are written down.

        backlog: Tells whether a user is the last one.

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
        self._history = history
        self._rests = rests
        self._clock = clock
        self._owner = owner
        # The last outcomes that failed, as many as failed alike.
        self._failed: list[Outcome] = []

    async def fetch(self, turn: QueueItem, worker: Worker) -> Outcome | None:
        """Read a list to its end and write it down; None if its turn comes again."""
        if self._owner is not None:
            await self._owner.settle(self._repository)
        user = self._begun.get(turn.vmid) or self._begin(turn, worker)
        while True:
            decision, error = await self._read_page(user, worker)
            if decision is None:
                continue
            if decision.action is Action.REST:
                await self._rests.rest(decision.seconds, decision.why)
                continue
            if decision.action is Action.PUT_BACK:
                user.failed_at = self._history.successes
                return None

            outcome = await self._record(user, error)
            if decision.action is Action.STOP:
                worker.verdict = self._verdict(error)
            return outcome

    async def leave(self) -> None:
        """Write down how far the lists came that the end of the run interrupted."""
        # What cannot be written is read again: nothing is wrong with the run.
        with suppress(StoreError):
            for vmid, user in self._begun.items():
                if (part := user.partial) is not None:
                    await self._repository.write_partial(vmid, part)

    def _begin(self, turn: QueueItem, worker: Worker) -> UserList:
        """Return the list of a user, from where an interrupted run left it."""
        vmid, part = turn.vmid, turn.part
        start = None if part is None else Cursor.loads(part.cursor)
        walk = self._lists.walk(vmid, total=worker.meter, start=start)
        # The walk began anew if the cursor was of no use to it.
        items = list(part.items) if part is not None and walk.cursor == start else []
        user = self._begun[vmid] = UserList(vmid, walk, items=items)
        return user

    async def _read_page(
        self, user: UserList, worker: Worker
    ) -> tuple[Decision | None, BiliCommonError | None]:
        """Read a page; return what to do then, None to go on, and its error."""
        async with self._rests.turn() as rests:
            worker.begin_page()
            try:
                goes_on = await user.read_page()
                worker.is_writing = True
            except BiliCommonError as exc:
                decision = self._history.judge(
                    exc, rests=rests, failed_at=user.failed_at, is_last=self._backlog.is_empty
                )
                if decision.action is Action.END:
                    raise
                # What waits from here on has no request under way.
                worker.begin_page()
                return decision, exc

        if goes_on:
            self._history.succeeded()
        return (None if goes_on else Decision(Action.RECORD)), None

    async def _record(self, user: UserList, error: BiliCommonError | None) -> Outcome:
        outcome = user.outcome(error, self._clock)
        await self._repository.write(outcome)
        self._begun.pop(user.vmid, None)
        alike = self._history.alike
        self._failed = [*self._failed, outcome][-alike:] if alike else []
        return outcome

    def _verdict(self, error: BiliCommonError | None) -> RunStoppedError:
        count = counted(len(self._failed), "user")
        return RunStoppedError(
            f"{count} in a row failed alike: {error}", outcomes=tuple(self._failed)
        )
