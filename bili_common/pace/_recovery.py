"""The recovery: of states whose clock went back, or that their store forgot."""

from __future__ import annotations

from typing import Final

import attrs

from ._settings import PaceSettings
from ._state import Breaker, PaceState


__all__ = ["current"]

# Two ways of measuring the same rest differ by less.
_SLACK: Final = 50_000


def current(
    state: PaceState | None,
    now: int,
    settings: PaceSettings,
    known: PaceState | None,
    left: int,
) -> PaceState:
    """
    Return *state* as it counts now.

    Args:
        state: What the store holds, None if it holds nothing.

        now: The store's time.

        settings: The user's pace.

        known: What the asker last saw, None if it saw nothing.

        left: The microseconds left of the rest in *known*, by the asker's clock.
    """
    if state is None:
        # Nobody knows what was sent a moment ago: no burst, and no turn at
        # once for those who know that there was something.
        owed = settings.burst if known is not None else settings.burst - 1
        state = PaceState(paid=now + owed * settings.interval, seen=now, born=now)
    elif now < state.seen:
        state = _shifted(state, now)

    if known is not None and _is_older(state, known):
        return _relearned(state, now, known, left)

    return state


def _is_older(state: PaceState, known: PaceState) -> bool:
    """Tell whether the store lost what *known* was, or went back behind it."""
    return state.born != known.born or state.tickets < known.tickets


def _relearned(state: PaceState, now: int, known: PaceState, left: int) -> PaceState:
    breaker = known.breaker
    if left <= 0 or (state.breaker.until or 0) >= now + left - _SLACK:
        return state

    # Tickets of the old state may come back: they are news, but open nothing.
    upcoming = state.tickets + 1
    breaker = attrs.evolve(
        breaker,
        until=now + left,
        probe=0,
        lease=0,
        throttles_from=upcoming,
        blocks_from=upcoming,
    )
    return attrs.evolve(state, seen=now, speed=min(state.speed, known.speed), breaker=breaker)


def _shifted(state: PaceState, now: int) -> PaceState:
    """Return *state* as if no time had passed since it was written."""
    back = state.seen - now
    breaker = state.breaker
    return attrs.evolve(
        state,
        paid=state.paid - back,
        seen=now,
        waiting=tuple((client, until - back) for client, until in state.waiting),
        breaker=_moved(breaker, back),
    )


def _moved(breaker: Breaker, back: int) -> Breaker:
    until = None if breaker.until is None else breaker.until - back
    return attrs.evolve(breaker, until=until, lease=breaker.lease - back)
