"""The local store: the pace of one process, in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from .._util.clock import Clock, SystemClock
from ._settings import MICROSECONDS
from ._state import PaceState


__all__ = ["LocalPace"]

R = TypeVar("R")

_NEW: Final = PaceState()


class LocalPace:
    """
    Keeps the pace in memory: the default of a client.

    Clients of one process and one event loop may share it. Its time is that of
    the first client that uses it.
    """

    __slots__ = ("_clock", "_states")

    def __init__(self) -> None:
        self._clock: Clock | None = None
        self._states: dict[str, PaceState] = {}

    def __repr__(self) -> str:
        return f"<LocalPace {sorted(self._states)}>"

    def use(self, clock: Clock) -> None:
        """Take the time from *clock*, unless another client came first."""
        if self._clock is None:
            self._clock = clock

    def replace(
        self, name: str, step: Callable[[PaceState | None, int], tuple[PaceState, R]]
    ) -> R:
        """Do what `change` does, which has nothing to wait for."""
        clock = self._clock
        if clock is None:
            clock = self._clock = SystemClock()
        # What is not in memory was never sent: a new state, not a lost one.
        state, result = step(
            self._states.get(name, _NEW), round(clock.monotonic() * MICROSECONDS)
        )
        self._states[name] = state
        return result

    async def change(
        self, name: str, step: Callable[[PaceState | None, int], tuple[PaceState, R]]
    ) -> R:
        """Replace the state called *name* by what *step* makes of it."""
        return self.replace(name, step)

    async def aclose(self) -> None:
        """Do nothing: there is nothing to let go of."""
