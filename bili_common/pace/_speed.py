"""The speed: a throttle halves it, and each clean answer wins a part of it back."""

from __future__ import annotations

from typing import Final

import attrs

from ._settings import PaceSettings
from ._state import FULL_SPEED, PaceState


__all__ = ["slow_down", "speed_up"]


# What a clean answer adds. It is also the slowest speed, so that one answer gets
# out of it.
_STEP: Final = FULL_SPEED // 20


def slow_down(state: PaceState, settings: PaceSettings, now: int) -> PaceState:
    """Halve the speed from *now* on."""
    return _change(state, settings, now, max(state.speed // 2, _STEP))


def speed_up(state: PaceState, settings: PaceSettings, now: int) -> PaceState:
    """Win a part of the user's pace back from *now* on."""
    return _change(state, settings, now, min(state.speed + _STEP, FULL_SPEED))


def _change(state: PaceState, settings: PaceSettings, now: int, speed: int) -> PaceState:
    if not settings.interval or speed == state.speed:
        return state

    owed = state.paid - now
    if owed <= 0:
        return attrs.evolve(state, speed=speed)

    # What is owed counts in turns, not in time: it stretches or shrinks with
    # the interval. Rounded up, for the bound's sake.
    old, new = settings.interval_at(state.speed), settings.interval_at(speed)
    return attrs.evolve(state, speed=speed, paid=now - (-owed * new // old))
