"""The retry: asks again after a failure that may pass, and knows when to stop."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import attrs
import tenacity

from .._util.clock import Clock
from ..errors import BiliCommonError, RiskControlError, ThrottledError
from ..pace._turns import Pace
from .policy import RetryPolicy


__all__ = ["OnRetry", "RetryQuota", "call"]


T = TypeVar("T")

# Called before each retry with the error, the number of the attempt that
# failed (from 1) and the seconds to wait.
OnRetry = Callable[[BiliCommonError, int, float], None]


class RetryQuota:
    """
    Retries left to a client: failures drain it, successes refill it.

    Without it, a server that is down would be asked ``attempts`` times by each
    of a thousand calls. With it, these cost 1,100 requests at most.
    """

    __slots__ = ("_left",)

    SIZE = 100

    def __init__(self) -> None:
        # Retries that may still be made.
        self._left = self.SIZE

    @property
    def left(self) -> int:
        """How many retries may still be made without a success."""
        return self._left

    def take(self) -> bool:
        """Take one retry; False if there is none."""
        if self._left == 0:
            return False

        self._left -= 1
        return True

    def give(self) -> None:
        """Give one back, for a success."""
        self._left = min(self._left + 1, self.SIZE)


async def call(
    attempt: Callable[[], Awaitable[T]],
    *,
    policy: RetryPolicy,
    quota: RetryQuota,
    clock: Clock,
    pace: Pace,
    on_retry: OnRetry | None = None,
) -> T:
    """
    Await ``attempt()`` until it succeeds or the error is to be raised.

    Args:
        attempt: Makes one attempt: it takes a ticket of *pace*, asks, gives the
            ticket back and raises one of our errors, or returns the result.

        policy: How often, and for how long.

        quota: The client's retries.

        clock: What time it is, and how to wait.

        pace: Knows whether a throttle or risk control is to be waited for.

        on_retry: Called before each retry, see `OnRetry`.

    Returns:
        What the attempt returned.

    Raises:
        BiliCommonError: The last attempt's own error, as it was raised.
    """
    began = clock.monotonic()
    failures: list[BiliCommonError] = []
    try:
        result = await attempt()
    except BiliCommonError as error:
        if not _may_retry(error, policy, pace):
            raise

        failures.append(error)
    else:
        quota.give()
        return result

    # Outside of the handler, or every later error would carry the first as its
    # context. Nearly all calls succeed at once, and never come here.
    async def again() -> T:
        """Fail as the first attempt did, then make further ones."""
        if failures:
            raise failures.pop()

        return await attempt()

    rules = _Rules(policy, quota, clock, pace, on_retry, began)
    # One per call: an AsyncRetrying keeps the state of the call that it runs.
    retrying = tenacity.AsyncRetrying(
        sleep=clock.sleep,
        stop=rules.is_over,
        wait=rules.wait,
        retry=rules.may_retry,
        before_sleep=rules.announce,
        reraise=True,
    )
    answer: T = await retrying(again)
    quota.give()
    return answer


@attrs.frozen
class _Rules:
    """What tenacity asks after each failure, in the order of the methods."""

    policy: RetryPolicy
    quota: RetryQuota
    clock: Clock
    pace: Pace
    on_retry: OnRetry | None
    # When the first attempt began, in monotonic seconds.
    began: float

    def may_retry(self, state: tenacity.RetryCallState) -> bool:
        error = _error(state)
        # Named classes only: a rule true for everything retries a cancellation.
        return isinstance(error, BiliCommonError) and _may_retry(error, self.policy, self.pace)

    def wait(self, state: tenacity.RetryCallState) -> float:
        if isinstance(_error(state), ThrottledError | RiskControlError):
            # All wait at the gate, in one queue.
            return 0.0

        # 64 doublings exceed every policy, 1,024 overflow a float.
        longest = self.policy.base * 2.0 ** min(state.attempt_number - 1, 64)
        if self.policy.max_wait is not None:
            longest = min(longest, self.policy.max_wait)

        return max(longest * self.clock.random(), _asked_for(state))

    def is_over(self, state: tenacity.RetryCallState) -> bool:
        attempts = self.policy.attempts
        if attempts is not None and state.attempt_number >= attempts:
            return True

        # The quota comes last: only a retry that is made is taken from it.
        return self._is_late(state) or not self.quota.take()

    def announce(self, state: tenacity.RetryCallState) -> None:
        error = _error(state)
        if self.on_retry is not None and isinstance(error, BiliCommonError):
            self.on_retry(error, state.attempt_number, self._upcoming(state))

    def _is_late(self, state: tenacity.RetryCallState) -> bool:
        limit = self.policy.max_elapsed
        # The user chose the waits of risk control one by one.
        if limit is None or isinstance(_error(state), RiskControlError):
            return False

        # Not tenacity's own stop: that one asks the machine's clock.
        elapsed = self.clock.monotonic() - self.began
        return elapsed + self._upcoming(state) > limit

    def _upcoming(self, state: tenacity.RetryCallState) -> float:
        if isinstance(_error(state), ThrottledError | RiskControlError):
            return self.pace.seconds_left

        return state.upcoming_sleep


def _may_retry(error: BiliCommonError, policy: RetryPolicy, pace: Pace) -> bool:
    if not pace.may_retry(error):
        return False

    # The gate knows how long a throttle is waited for; a failure has no gate.
    has_gate = isinstance(error, ThrottledError | RiskControlError)
    too_long = policy.max_wait is not None and (error.retry_after or 0.0) > policy.max_wait
    return has_gate or not too_long


def _asked_for(state: tenacity.RetryCallState) -> float:
    """Return the seconds that the server asked to wait, 0.0 if it did not."""
    error = _error(state)
    return (isinstance(error, BiliCommonError) and error.retry_after) or 0.0


def _error(state: tenacity.RetryCallState) -> BaseException | None:
    return None if state.outcome is None else state.outcome.exception()
