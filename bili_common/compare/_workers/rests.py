"""The rests: when nobody in a run asks for anything."""

from __future__ import annotations

import asyncio

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from ..._util.clock import Clock
from ..outcome import RestCode
from .counters import RunCounters
from .judgement import RunHistory


__all__ = ["PageTurn", "RunRests"]


class RunRests:
    """
    Lets all workers of a run rest together, and ask one by one while in doubt.

    Args:
        history: What happened so far.

        counters: Show that the run rests, until when and why.

        size: How many pages may be asked for at once.

        clock: Waits.

        on_change: Called when a rest begins and when it ends.
    """

    def __init__(
        self,
        history: RunHistory,
        counters: RunCounters,
        *,
        size: int,
        clock: Clock,
        on_change: Callable[[], object],
    ) -> None:
        self._history = history
        self._clock = clock
        self._counters = counters
        self._on_change = on_change
        # How many pages may be asked for at once, and how many are.
        self._most = size
        self._asked = 0
        self._freed = asyncio.Event()
        self._probe = asyncio.Lock()
        self._over = asyncio.Event()
        self._over.set()

    def turn(self) -> PageTurn:
        """Return a block to ask for one page in: one at a time while the run is in doubt."""
        return PageTurn(self)

    async def begin_page(self) -> bool:
        """Wait until a page may be asked for, and tell whether it is asked for in doubt."""
        while True:
            await self._over.wait()
            if self._history.is_doubtful:
                await self._probe.acquire()
                # While this one waited, a rest may have begun, or an answer come.
                if self._over.is_set() and self._history.is_doubtful:
                    return True
                self._probe.release()
            elif self._asked < self._most:
                self._asked += 1
                return False
            else:
                self._freed.clear()
                await self._freed.wait()

    def end_page(self, *, in_doubt: bool) -> None:
        """Let the next one ask."""
        if in_doubt:
            self._probe.release()
        else:
            self._asked -= 1
            self._freed.set()

    def halve(self) -> int:
        """Let half as many pages be asked for at once, and return how many that are."""
        self._most = max(self._most // 2, 1)
        return self._most

    @asynccontextmanager
    async def rest(
        self, seconds: float, why: str, code: RestCode | None
    ) -> AsyncGenerator[None]:
        """
        Let everyone rest for *seconds*, from before the block until after it.

        A rest under way is waited for by the next `turn`, and no other one begins.
        """
        if seconds <= 0 or not self._over.is_set():
            yield
            return

        self._over.clear()
        try:
            end = self._clock.time() + seconds
            self._counters.rest(datetime.fromtimestamp(end, UTC), why, code)
            self._on_change()
            yield
            await self._clock.sleep(seconds)
        finally:
            self._counters.end_rest()
            self._over.set()
        self._on_change()


class PageTurn:
    """One page's block, see `RunRests.turn`. A generator would cost more than twice as much."""

    __slots__ = ("_in_doubt", "_rests")

    def __init__(self, rests: RunRests) -> None:
        self._rests = rests
        self._in_doubt = False

    async def __aenter__(self) -> None:
        self._in_doubt = await self._rests.begin_page()

    async def __aexit__(self, *_exc_info: object) -> None:
        self._rests.end_page(in_doubt=self._in_doubt)
