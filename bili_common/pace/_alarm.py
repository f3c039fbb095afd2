"""The alarm: a sleep that another task can end."""

from __future__ import annotations

import asyncio

from contextlib import suppress

from .._util.clock import Clock
from ._settings import MICROSECONDS


__all__ = ["Alarm"]


class Alarm:
    """
    Sleeps by *clock*, for one task at a time.

    Args:
        clock: How to wait.
    """

    __slots__ = ("_clock", "_timeout")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        # Ends the sleep, None while nobody sleeps.
        self._timeout: asyncio.Timeout | None = None

    async def sleep(self, microseconds: int | None) -> None:
        """Sleep for so long, None for ever, or until `ring`."""
        # TimeoutError is the alarm: this timeout has no deadline of its own.
        with suppress(TimeoutError):
            try:
                async with asyncio.timeout(None) as self._timeout:
                    if microseconds is None:
                        await asyncio.get_running_loop().create_future()
                    else:
                        await self._clock.sleep(microseconds / MICROSECONDS)
            finally:
                self._timeout = None

    def ring(self) -> None:
        """Wake the sleeper, if there is one."""
        timeout, self._timeout = self._timeout, None
        if timeout is not None:
            timeout.reschedule(asyncio.get_running_loop().time())
