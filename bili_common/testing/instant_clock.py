"""InstantClock: a clock that never waits, for tests of pace and retry."""

from __future__ import annotations

import asyncio
import random

from collections.abc import Callable
from operator import itemgetter


__all__ = ["InstantClock"]


class InstantClock:
    """
    Virtual time: a sleep moves it forward at once and lets other tasks run.

    Time stands still in between, so that every figure in a test is exact.
    Sleeps of several tasks add up, they do not overlap.

    Args:
        start: What `monotonic` says first, in seconds.

        epoch: What `time` says first, in seconds since 1970 in UTC.

        seed: Of `random`, the same numbers in every run.

    Attributes:
        slept: Every wait that was asked for, in seconds, in order.
    """

    slept: list[float]

    def __init__(
        self, *, start: float = 1000.0, epoch: float = 1_700_000_000.0, seed: int = 0
    ) -> None:
        self.slept = []
        self._now = start
        self._epoch = epoch - start
        self._calls: list[tuple[float, Callable[[], object]]] = []
        self._random = random.Random(seed)  # noqa: S311 - chance, not secrecy

    def monotonic(self) -> float:
        """Return virtual seconds that never go back."""
        return self._now

    def time(self) -> float:
        """Return virtual seconds since 1970 in UTC."""
        return self._epoch + self._now

    def random(self) -> float:
        """Return the next number from 0.0 up to, but not, 1.0."""
        return self._random.random()

    def advance(self, seconds: float) -> None:
        """Let *seconds* pass without a sleep; a negative number lets none pass."""
        self._now += max(0.0, seconds)
        due = [call for call in self._calls if call[0] <= self._now]
        self._calls = [call for call in self._calls if call[0] > self._now]
        for _, callback in sorted(due, key=itemgetter(0)):
            callback()

    def call_at(self, when: float, callback: Callable[[], object]) -> None:
        """Call *callback* once, as soon as `monotonic` says *when* or more."""
        self._calls.append((when, callback))

    async def sleep(self, seconds: float) -> None:
        """Record *seconds*, let them pass, and yield once to the loop."""
        self.slept.append(seconds)
        self.advance(seconds)
        await asyncio.sleep(0)
