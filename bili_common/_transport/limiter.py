"""The limiter: when the next turn is due, at a pace that moves."""

from __future__ import annotations

import math

from .policy import RateLimit


__all__ = ["Limiter"]


# A throttle divides the pace by two; a clean answer adds this part of the
# user's ceiling. It is also the slowest pace, so that one answer gets out of it.
_STEP = 1 / 20


class Limiter:
    """
    Turns by the generic cell rate algorithm: arithmetic only, it never waits.

    Each turn costs one interval. Up to *burst* intervals may be owed, so that
    any window of w seconds holds at most ``burst + per_second * w`` turns, if
    none is taken before it is `due`.
    """

    __slots__ = ("_burst", "_ceiling", "_jitter", "_paid", "_rate")

    def __init__(self, limit: RateLimit) -> None:
        # The user's pace in turns per second, None for no limit.
        self._ceiling = limit.per_second
        # The pace now: the ceiling or less.
        self._rate = limit.per_second
        # How many turns may be taken at once.
        self._burst = limit.burst
        # Which part of an interval chance may add to a wait.
        self._jitter = limit.jitter
        # When all turns taken so far are paid for, in monotonic seconds.
        self._paid = -math.inf

    @property
    def per_second(self) -> float | None:
        """The pace now in turns per second, None for no limit."""
        return self._rate

    @property
    def interval(self) -> float:
        """The seconds from one turn to the next at the pace now."""
        return 0.0 if self._rate is None else 1 / self._rate

    def due(self) -> float:
        """Return the moment from which the next turn may be taken."""
        return self._paid - (self._burst - 1) * self.interval

    def spread(self, chance: float) -> float:
        """Return how many intervals to add to a wait, for a *chance* of 0 to 1."""
        return self._jitter * chance

    def take(self, now: float) -> None:
        """Take a turn at *now*, which the caller has waited for."""
        self._paid = max(self._paid, now) + self.interval

    def slow_down(self, now: float) -> None:
        """Halve the pace from *now* on."""
        if self._ceiling is not None and self._rate is not None:
            self._change(max(self._rate / 2, self._ceiling * _STEP), now)

    def speed_up(self, now: float) -> None:
        """Win a part of the ceiling back from *now* on."""
        if self._ceiling is not None and self._rate is not None:
            self._change(min(self._rate + self._ceiling * _STEP, self._ceiling), now)

    def _change(self, rate: float, now: float) -> None:
        # What is owed counts in turns, not in seconds: it stretches or shrinks
        # with the interval.
        owed = (self._paid - now) / self.interval
        self._rate = rate
        if owed > 0:
            self._paid = now + owed * self.interval
