"""The settings: what a user chose, as the rules count it."""

from __future__ import annotations

import attrs

from ._state import FULL_SPEED


__all__ = ["MICROSECONDS", "PaceSettings", "microseconds"]

MICROSECONDS = 1_000_000

# No server's wish is longer for us than a day.
_LONGEST = 86_400.0


@attrs.frozen
class PaceSettings:
    """
    How fast to ask and how long to rest. All times are integer microseconds.

    Args:
        interval: From one request to the next, 0 for no limit.

        burst: How many requests may go out at once after a pause.

        jitter: Which part of an interval chance may add to a wait.

        cool_down: The rest after a throttle without Retry-After.

        breaker: The rest after risk control.

        risk_control_waits: The rests after risk control that are waited for.

        max_wait: The longest rest that is waited for, None for any.

        lease: For how long a probe holds up all others. None means until it is
            settled: where nobody but this client asks.
    """

    interval: int
    burst: int = 1
    jitter: float = 0.0
    cool_down: int = 10 * MICROSECONDS
    breaker: int = 90 * MICROSECONDS
    risk_control_waits: tuple[int, ...] = ()
    max_wait: int | None = 30 * MICROSECONDS
    lease: int | None = 20 * MICROSECONDS

    def interval_at(self, speed: int) -> int:
        """Return the interval at *speed*, in millionths of the user's pace."""
        if speed == FULL_SPEED:
            return self.interval

        # Rounded up: the bound holds to the microsecond.
        return -(-self.interval * FULL_SPEED // speed)

    def is_too_long(self, rest: int) -> bool:
        """Tell whether a call is to fail rather than to wait for *rest*."""
        return self.max_wait is not None and rest > self.max_wait

    def shared_by(self, clients: int) -> PaceSettings:
        """Return the settings of one of so many *clients* that know nothing of each other."""
        return attrs.evolve(self, interval=self.interval * clients, burst=1)


def microseconds(seconds: float) -> int:
    """Return *seconds*, a day at the most, as microseconds."""
    return round(min(seconds, _LONGEST) * MICROSECONDS)
