"""The rests: when nobody in a run asks for anything."""

from __future__ import annotations

import asyncio

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from ..._util.clock import Clock
from .counters import RunCounters
from .judgement import RunHistory


__all__ = ["RunRests"]


class RunRests:
    """
    Lets all workers of a run rest together, and ask one by one while in doubt.

    Args:
        history: What happened so far.

        clock: Waits.

        counters: Show that the run rests, until when and why.

        on_change: Called when a rest begins and when it ends.
    """

    def __init__(
        self,
        history: RunHistory,
        *,
        clock: Clock,
        counters: RunCounters,
        on_change: Callable[[], object],
    ) -> None:
        self._history = history
        self._clock = clock
        self._counters = counters
        self._on_change = on_change
        self._probe = asyncio.Lock()
        self._over = asyncio.Event()
        self._over.set()

    @asynccontextmanager
    async def turn(self) -> AsyncGenerator[int]:
        """Wait until a page may be asked for; gives how many rests there were before."""
        while True:
            await self._over.wait()
            if not self._history.is_doubtful:
                yield self._history.rests
                return

            async with self._probe:
                # While this one waited for the lock, a rest may have begun.
                if self._over.is_set():
                    yield self._history.rests
                    return

    async def rest(self, seconds: float, why: str) -> None:
        """Let everyone rest for *seconds*; a rest under way is waited for instead."""
        if seconds <= 0 or not self._over.is_set():
            return

        self._over.clear()
        try:
            end = self._clock.time() + seconds
            self._counters.rest(datetime.fromtimestamp(end, UTC), why)
            self._on_change()
            await self._clock.sleep(seconds)
        finally:
            self._counters.rest(None, None)
            self._over.set()
        self._on_change()
