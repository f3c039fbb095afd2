"""The rate: turns by the generic cell rate algorithm, at a speed that moves."""

from __future__ import annotations

from typing import Final

import attrs

from ._settings import PaceSettings
from ._state import FULL_SPEED, PaceState


__all__ = ["due", "slow_down", "speed_up"]


# A throttle divides the speed by two; a clean answer adds this. It is also the
# slowest speed, so that one answer gets out of it.
_STEP: Final = FULL_SPEED // 20


def due(state: PaceState, settings: PaceSettings, ahead: int = 0) -> int:
    """
    Return the moment from which the next turn may be taken.

    Each turn costs one interval, and up to ``burst`` intervals may be owed: so
    any window of w holds at most ``burst + w / interval`` turns.

    Args:
        state: Knows when all turns so far are paid for.

        settings: Interval and burst.

        ahead: How many others come first.
    """
    interval = settings.interval_at(state.speed)
    return state.paid + (ahead + 1 - settings.burst) * interval


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
