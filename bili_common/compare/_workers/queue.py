"""The queue: the users that a run still has to fetch, in their order."""

from __future__ import annotations

import asyncio
import sys

from collections import deque
from datetime import timedelta
from typing import Any, Final

import attrs

from ..._util.arguments import shown
from ..._util.clock import Clock
from ...errors import UsageError
from .._repository import Known, OutcomeRepository, PartialList
from ..outcome import Status
from .counters import RunCounters
from .judgement import RunHistory
from .source import UserSource


__all__ = ["Backlog", "QueueItem", "UserQueue", "check_age"]

# Seconds that a timedelta can hold, and more than a store will see.
_LONGEST: Final = 1e13
_MOST: Final = sys.float_info.max
_SHORTEST: Final = 1e-6

# So many ids are read ahead at the most, and only while all are in the store.
_BATCH: Final = 500

# These are known for good. A part of a list, or nothing, is not.
_RESULTS: Final = (Status.OK, Status.PRIVATE, Status.NOT_FOUND)


@attrs.frozen
class QueueItem:
    """
    One user to fetch.

    Attributes:
        number: Its place in the order, counted from 0.

        vmid: The user.

        part: What an interrupted run read of the list, None if nothing.
    """

    number: int
    vmid: int
    part: PartialList | None = None


@attrs.define(eq=False)
class Backlog:
    """
    The users whose turn comes again.

    Attributes:
        put_back: These, in their order.

        is_over: Whether no new user is left.
    """

    put_back: deque[QueueItem] = attrs.field(factory=deque[QueueItem])
    is_over: bool = False


class UserQueue:
    """
    Gives out users one at a time, and skips those that are in the store.

    Args:
        source: Reads the ids.

        repository: Knows what was fetched before.

        refresh_after: The age from which a result is fetched again, None never.

        counters: Counts those that are skipped.

        history: Is told of one whose list came before.

        clock: Knows what time it is.
    """

    def __init__(
        self,
        source: UserSource,
        repository: OutcomeRepository,
        *,
        refresh_after: timedelta | None,
        counters: RunCounters,
        history: RunHistory,
        clock: Clock,
    ) -> None:
        self._source = source
        self._repository = repository
        self._refresh_after = refresh_after
        self._counters = counters
        self._history = history
        self._clock = clock
        # An asynchronous generator cannot be asked by two tasks.
        self._lock = asyncio.Lock()
        # How many tasks ask for a user.
        self._asking = 0
        self._due: deque[int] = deque()
        self._number = 0
        self._batch = 1

    async def take(self) -> QueueItem | None:
        """
        Return the next user to fetch, or None at the end.

        Raises:
            UsageError: The next id is none.

            StoreError: The store could not be asked.
        """
        self._asking += 1
        try:
            async with self._lock:
                return await self._next()
        finally:
            self._asking -= 1

    async def _next(self) -> QueueItem | None:
        while not self._due:
            # One question to the store for all who ask meanwhile; one by one until a
            # list came, as the server may refuse them all.
            is_alone = self._source.is_async or self._history.well is None
            asked = 1 if is_alone else self._asking
            vmids = await self._source.read(max(self._batch, asked))
            if not vmids:
                return None

            await self._sort(vmids)

        vmid = self._due.popleft()
        part = await self._repository.read_partial(vmid)
        turn = QueueItem(self._number, vmid, part)
        self._number += 1
        return turn

    async def _sort(self, vmids: list[int]) -> None:
        """Make those of *vmids* due that are not in the store."""
        known = await self._repository.known(vmids)
        for vmid in vmids:
            before = known.get(vmid)
            if before is not None and self._is_fresh(before):
                self._counters.skip(before.status)
                self._history.well = vmid
            else:
                self._due.append(vmid)

        # A question to the store takes longer than its answer: a million known
        # ids are asked for by the hundred, new ones not before their time. An
        # asynchronous source may be slow, and must not hold up what it gave.
        eager = not self._due and not self._source.is_async
        self._batch = min(self._batch * 2, _BATCH) if eager else 1

    def _is_fresh(self, known: Known) -> bool:
        if known.status not in _RESULTS:
            return False
        if self._refresh_after is None:
            return True

        age = self._clock.time() - known.fetched_at.timestamp()
        return timedelta(0) < self._refresh_after and age < self._refresh_after.total_seconds()


def check_age(value: Any) -> timedelta | None:
    """
    Return *value*, an age from which to fetch again, None for never.

    Raises:
        UsageError: It is neither a timedelta nor seconds, or is negative.
    """
    if value is None:
        return None

    # `type() in`, since a bool is also an instance of int. An int of 400 digits compares,
    # though it is no float.
    if type(value) in (int, float) and (value == 0 or _SHORTEST <= value <= _MOST):
        return timedelta(seconds=min(value, _LONGEST))
    if isinstance(value, timedelta) and value >= timedelta(0):
        return value

    raise UsageError(
        f"refresh_after must be a timedelta or seconds from 0, not {shown(value)} "
        "(None means never, 0 always)"
    )
