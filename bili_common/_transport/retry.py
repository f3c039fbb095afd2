"""The retry: asks again after a failure that may pass, and knows when to stop."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, cast

import attrs
import tenacity

from .._util.clock import Clock
from ..errors import BiliCommonError, RiskControlError, ThrottledError
from ..pace._turns import Pace
from .meter import RequestMeter
from .policy import RetryPolicy


__all__ = ["OnRetry", "call"]


T = TypeVar("T")

# Called before each retry with the error, the number of the attempt that
# failed (from 1) and the seconds to wait.
OnRetry = Callable[[BiliCommonError, int, float], None]


async def call(
    attempt: Callable[[], Awaitable[T]],
    *,
    policy: RetryPolicy,
    clock: Clock,
    pace: Pace,
    meter: RequestMeter | None = None,
    on_retry: OnRetry | None = None,
) -> T:
    """
    Await ``attempt()`` until it succeeds or the error is to be raised.

    Args:
        attempt: Makes one attempt: it takes a turn of *pace*, asks, and raises
            one of our errors, or returns the result.

        policy: How often, and for how long.

        clock: What time it is, and how to wait.

        pace: Knows whether a throttle or risk control is to be waited for, and
            how many retries are left.

        meter: Says whether a failure may be repeated; None if any may.

        on_retry: Called before each retry, see `OnRetry`.

    Returns:
        What the attempt returned.

    Raises:
        BiliCommonError: The last attempt's own error, as it was raised.
    """
    began = clock.monotonic()
    # Nearly all calls succeed at once, and entering tenacity costs a fifth of
    # a page: so the first attempt is made here, and tenacity hears of its failure.
    try:
        return await attempt()
    except BiliCommonError as error:
        rules = _Rules(policy, clock, pace, meter, on_retry, began)
        if not rules.may_retry(error):
            raise

        first = [error]

    # Outside of the handler, or every later error would have the first as its context.
    async for attempt_made in rules.retrying():
        with attempt_made:
            if first:
                raise first.pop()

            return await attempt()

    raise AssertionError("tenacity raises the error of the last attempt")


@attrs.frozen
class _Rules:
    """What tenacity asks after each failure, in the order in which it asks."""

    policy: RetryPolicy
    clock: Clock
    pace: Pace
    meter: RequestMeter | None
    on_retry: OnRetry | None
    # When the first attempt began, in monotonic seconds.
    began: float

    def retrying(self) -> tenacity.AsyncRetrying:
        """Return tenacity's loop, which keeps the state of one call."""
        # It awaits a stop that is a coroutine, though its types do not say so.
        is_over: Any = self.is_over
        return tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception(self.may_retry),
            wait=self.wait,
            stop=is_over,
            before_sleep=self.announce,
            sleep=self.clock.sleep,
            reraise=True,
        )

    def may_retry(self, error: BaseException) -> bool:
        # Named classes only: a rule true for everything retries a cancellation.
        if not isinstance(error, BiliCommonError) or not self.pace.may_retry(error):
            return False

        # How long a rest is waited for is the pace's to say.
        if _is_rest(error):
            return True
        if self.meter is not None and not self.meter.may_repeat:
            return False

        longest = self.policy.max_wait
        return longest is None or (error.retry_after or 0.0) <= longest

    def wait(self, state: tenacity.RetryCallState) -> float:
        error = _failure(state)
        if _is_rest(error):
            # The next attempt waits for its turn, in one queue with all others.
            return 0.0

        # 64 doublings exceed every policy, 1,024 overflow a float.
        longest = self.policy.base * 2.0 ** min(state.attempt_number - 1, 64)
        if self.policy.max_wait is not None:
            longest = min(longest, self.policy.max_wait)

        return max(longest * self.clock.random(), error.retry_after or 0.0)

    async def is_over(self, state: tenacity.RetryCallState) -> bool:
        attempts = self.policy.attempts
        if attempts is not None and state.attempt_number >= attempts:
            return True

        # The quota comes last: only a retry that is made is taken from it.
        return self._is_late(state) or not await self.pace.take_retry()

    def announce(self, state: tenacity.RetryCallState) -> None:
        if self.on_retry is not None:
            self.on_retry(_failure(state), state.attempt_number, self._upcoming(state))

    def _is_late(self, state: tenacity.RetryCallState) -> bool:
        limit = self.policy.max_elapsed
        # The user chose the waits of risk control one by one.
        if limit is None or isinstance(_failure(state), RiskControlError):
            return False

        # Not tenacity's own stop: that one asks the machine's clock.
        elapsed = self.clock.monotonic() - self.began
        return elapsed + self._upcoming(state) > limit

    def _upcoming(self, state: tenacity.RetryCallState) -> float:
        is_rest = _is_rest(_failure(state))
        return self.pace.seconds_left if is_rest else state.upcoming_sleep


def _is_rest(error: BiliCommonError) -> bool:
    """Tell whether all calls rest after *error*, until the pace lets them go on."""
    return isinstance(error, ThrottledError | RiskControlError)


def _failure(state: tenacity.RetryCallState) -> BiliCommonError:
    """Return the error of the last attempt, which `_Rules.may_retry` let pass."""
    outcome = cast("tenacity.Future", state.outcome)
    return cast("BiliCommonError", outcome.exception())
