"""The clock: the only place that knows what time it is and how to wait."""

from __future__ import annotations

import asyncio
import random
import time

from typing import Protocol


__all__ = ["Clock", "SystemClock"]


class Clock(Protocol):
    """
    Time, waiting and chance, as pace and retry need them.

    Tests pass another one, which neither waits nor rolls dice.
    """

    def monotonic(self) -> float:
        """Return seconds that never go back, from an arbitrary start."""
        raise NotImplementedError

    def time(self) -> float:
        """Return seconds since 1970 in UTC."""
        raise NotImplementedError

    def random(self) -> float:
        """Return a number from 0.0 up to, but not, 1.0."""
        raise NotImplementedError

    async def sleep(self, seconds: float) -> None:
        """Return after *seconds*; cancellation ends the wait at once."""


class SystemClock:
    """The machine's own clock and random source."""

    __slots__ = ()

    monotonic = staticmethod(time.monotonic)
    time = staticmethod(time.time)
    # Spreads waits in time; nothing secret hangs on it.
    random = staticmethod(random.random)

    async def sleep(self, seconds: float) -> None:
        """Wait by the running loop's timer."""
        await asyncio.sleep(seconds)
