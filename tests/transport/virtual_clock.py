"""A clock whose time passes only while nothing else is to be done."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import random


__all__ = ["VirtualClock"]


class VirtualClock:
    """
    Virtual time for tests that run in the loop alone, without sockets.

    Sleepers wait in a heap. Once the loop has nothing else ready, the clock
    jumps to the earliest deadline and wakes all that sleep until then, in the
    order in which they went to sleep. The same test takes the same steps
    each time, and a second of it takes microseconds. A loop has room for one
    such clock: two would wait for each other.
    """

    def __init__(self, *, seed: int = 0, chance: float | None = None) -> None:
        # The present, in seconds. The start is odd on purpose: floats round.
        self.now = 1000.1
        # What random() always returns, or None to roll seeded dice.
        self.chance = chance
        self._dice = random.Random(seed)
        # (deadline, order, what the sleeper awaits)
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = itertools.count()
        self._is_watching = False

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return 1_700_000_000.0 + self.now

    def random(self) -> float:
        return self._dice.random() if self.chance is None else self.chance

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return

        loop = asyncio.get_running_loop()
        waker = loop.create_future()
        heapq.heappush(self._sleepers, (self.now + seconds, next(self._order), waker))
        if not self._is_watching:
            self._is_watching = True
            loop.call_soon(self._watch, loop)

        await waker

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        self._is_watching = False
        # A cancelled sleeper must not move the time.
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)

        if not self._sleepers:
            return

        # Handles that became ready in this round, beside this one.
        if not loop._ready:
            self.now = self._sleepers[0][0]
            while self._sleepers and self._sleepers[0][0] == self.now:
                waker = heapq.heappop(self._sleepers)[2]
                if not waker.done():
                    waker.set_result(None)

        self._is_watching = True
        loop.call_soon(self._watch, loop)
