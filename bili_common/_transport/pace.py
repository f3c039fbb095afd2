"""The pace: one queue for all requests of a client, and what it learns from answers."""

from __future__ import annotations

import asyncio

from contextlib import suppress
from typing import Final

from .._util.clock import Clock
from ..errors import BiliCommonError, RiskControlError, ThrottledError
from .gate import TICK, Gate
from .limiter import Limiter
from .policy import RateLimit, RetryPolicy


__all__ = ["Pace"]

# Seconds by which a loop that is not busy wakes late: its timer counts in whole
# milliseconds. By so much may two requests stand closer than the pace says.
_TIMER_LAG: Final = 0.002


class Pace:
    """
    Decides when a request may go out. One per client, shared by all its tasks.

    Each request takes a ticket and gives it back with what became of it:

        ticket = await pace.acquire()
        try:
            ...
        except ThrottledError as error:
            pace.throttled(ticket, error.retry_after)
        except RiskControlError as error:
            error.retry_after = pace.blocked(ticket, error.retry_after)
        except ApiError:
            pace.succeeded(ticket)  # the server answered: it is well
        except BaseException:
            pace.released(ticket)  # cancelled, or nobody knows
        else:
            pace.succeeded(ticket)

    Turns are first come, first served. A throttle halves the pace and lets all
    tasks rest; then one request, the probe, finds out whether the server has
    had enough of a rest. Risk control does the same, but calls fail meanwhile
    unless the user chose to wait.
    """

    __slots__ = ("_alarm", "_clock", "_gate", "_limiter", "_queue", "_waited")

    def __init__(self, limit: RateLimit, policy: RetryPolicy, clock: Clock) -> None:
        self._clock = clock
        # When the next turn is due, at the pace that the server bears.
        self._limiter = Limiter(limit)
        # Whether the server wants to be left alone.
        self._gate = Gate(policy)
        # Held by the head of the line, the only one who watches the clock. The
        # others queue for it: a lock is fair, and one whose holder or waiter is
        # cancelled goes to the next at once. It binds to the loop on first use.
        self._queue = asyncio.Lock()
        # Ends the sleep of the head of the line, None while it is awake.
        self._alarm: asyncio.Timeout | None = None
        # Seconds that calls have waited for their turns.
        self._waited = 0.0

    def __repr__(self) -> str:
        return f"<Pace per_second={self.per_second} seconds_left={self.seconds_left:.3f}>"

    @property
    def per_second(self) -> float | None:
        """The pace now in requests per second, None for no limit."""
        return self._limiter.per_second

    @property
    def waited(self) -> float:
        """The seconds that calls waited for their turns, summed over the calls."""
        return self._waited

    @property
    def seconds_left(self) -> float:
        """The seconds until the server may be asked again, 0.0 if it may be now."""
        return self._gate.left(self._clock.monotonic())

    async def acquire(self) -> int:
        """
        Wait for a turn.

        Returns:
            A ticket, to be given back to exactly one of `succeeded`,
            `throttled`, `blocked` and `released`. There is no await between
            the end of the wait and the return.

        Raises:
            ThrottledError: The server asked for a longer wait than ``max_wait``.

            RiskControlError: The breaker is open. Both have ``retry_after``.
        """
        called = self._clock.monotonic()
        try:
            async with self._queue:
                self._limiter.take(await self._turn())
                return self._gate.admit()
        finally:
            self._waited += self._clock.monotonic() - called

    def succeeded(self, ticket: int) -> None:
        """Note that the server answered, be it to refuse this one request."""
        # Older tickets were handed out at a pace that was too fast.
        if self._gate.is_news(ticket):
            self._limiter.speed_up(self._clock.monotonic())

        self._gate.succeeded(ticket)
        self._wake()

    def throttled(
        self, ticket: int, retry_after: float | None = None, *, code: int = 0, message: str = ""
    ) -> bool:
        """
        Slow down and let all tasks rest.

        Args:
            ticket: The ticket of the request.

            retry_after: The seconds that the server asked for, if it did.

            code: Its code, for those who are refused meanwhile.

            message: Its words, for the same.

        Returns:
            Whether the request is to be repeated; if not, the error is raised.
        """
        now = self._clock.monotonic()
        if self._gate.is_news(ticket):
            self._limiter.slow_down(now)

        self._gate.throttled(ticket, retry_after, now, code=code, message=message)
        self._wake()
        return self._gate.may_retry_throttle()

    def blocked(
        self, ticket: int, retry_after: float | None = None, *, code: int = 0, message: str = ""
    ) -> float:
        """
        Stop: the server suspects a machine. The arguments are those of `throttled`.

        Returns:
            The seconds until the server may be asked again.
        """
        now = self._clock.monotonic()
        if self._gate.is_news(ticket):
            self._limiter.slow_down(now)

        self._gate.blocked(ticket, retry_after, now, code=code, message=message)
        self._wake()
        return self._gate.left(now)

    def released(self, ticket: int) -> None:
        """Note that a request ended and that nothing was learnt of the server's mood."""
        self._gate.released(ticket)
        self._wake()

    def may_retry(self, error: BiliCommonError) -> bool:
        """Tell whether a call that just failed with *error* is to be repeated."""
        if isinstance(error, ThrottledError):
            return self._gate.may_retry_throttle()

        if isinstance(error, RiskControlError):
            return self._gate.may_retry_block()

        return error.retryable

    async def _turn(self) -> float:
        """Wait until a turn is due and the gate lets pass; return when it was due."""
        now = planned = self._clock.monotonic()
        spread = 0.0
        while (due := self._due(now, spread)) is None or due - now > TICK:
            # A turn that need not wait is not delayed; one that must is spread
            # once, however often its wait changes.
            if not spread and due is not None:
                spread = self._limiter.spread(self._clock.random())
                due += spread * self._limiter.interval

            planned = await self._nap(now, due)
            now = self._clock.monotonic()

        # The loop's timer wakes us a little late. The next turn counts from the
        # moment this one was due, or the pace would never be reached. A longer
        # delay is lost: making up for it would send more than the user allows.
        lag = min(now - planned, _TIMER_LAG, self._limiter.interval / 2)
        return now - max(lag, 0.0)

    def _due(self, now: float, spread: float) -> float | None:
        """Return when the gate and the limiter let pass, None if nobody knows yet."""
        opening = self._gate.due(now)
        if opening is None:
            return None

        return max(opening, self._limiter.due()) + spread * self._limiter.interval

    async def _nap(self, now: float, until: float | None) -> float:
        """Sleep *until* then, None for ever, or until the alarm; return the planned end."""
        # TimeoutError is the alarm: this timeout has no deadline of its own.
        with suppress(TimeoutError):
            try:
                async with asyncio.timeout(None) as self._alarm:
                    if until is None:
                        await asyncio.get_running_loop().create_future()
                    else:
                        await self._clock.sleep(until - now)
                        return until
            finally:
                self._alarm = None

        return self._clock.monotonic()

    def _wake(self) -> None:
        """Let the head of the line look at the gate again."""
        alarm, self._alarm = self._alarm, None
        if alarm is not None:
            alarm.reschedule(asyncio.get_running_loop().time())
