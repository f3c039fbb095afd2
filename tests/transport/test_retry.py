"""The retry: which failures, how often, how long, and what leaves."""

from __future__ import annotations

import asyncio
import gc
import weakref

import attrs
import pytest
import tenacity

from hypothesis import given
from hypothesis import strategies as st

from bili_common._transport.meter import RequestMeter
from bili_common._transport.policy import RateLimit, RetryPolicy, pace_settings
from bili_common._transport.retry import call
from bili_common.errors import (
    BadRequestError,
    BiliCommonError,
    NotLoggedInError,
    PrivacyError,
    RequestTimeoutError,
    RiskControlError,
    SchemaError,
    ServerBusyError,
    ServerError,
    ThrottledError,
    TransportError,
    UsageError,
    UserNotFoundError,
)
from bili_common.pace import LocalPace
from bili_common.pace._state import QUOTA
from bili_common.pace._turns import Pace

from .virtual_clock import VirtualClock


class Server:
    """Answers by a script; its last line is repeated. What is no exception is a result."""

    def __init__(self, *script, seconds=0.0, clock=None, per_second=None, **policy):
        self.script = list(script)
        self.seconds = seconds
        self.clock = clock or VirtualClock(chance=0.5)
        self.policy = RetryPolicy(**policy)
        settings = pace_settings(RateLimit(per_second, 1, 0.0), self.policy)
        self.store = LocalPace()
        self.pace = Pace(self.store, settings, self.clock)
        self.began = self.clock.monotonic()
        # When each attempt was sent, and what on_retry was told.
        self.sent = []
        self.retries = []

    async def attempt(self):
        async with self.pace.turn():
            self.sent.append(self.clock.monotonic() - self.began)
            answer = self.script.pop(0) if len(self.script) > 1 else self.script[0]
            await self.clock.sleep(self.seconds)
            if isinstance(answer, BaseException):
                raise answer
            return answer

    def note(self, error, attempt, wait):
        self.retries.append((type(error), attempt, wait))

    @property
    def retries_left(self):
        return self.store.replace("default", lambda state, _: (state, state.quota))

    @retries_left.setter
    def retries_left(self, left):
        self.store.replace("default", lambda state, _: (attrs.evolve(state, quota=left), None))

    async def call(self, policy=None, meter=None):
        return await call(
            self.attempt,
            policy=policy or self.policy,
            clock=self.clock,
            pace=self.pace,
            meter=meter,
            on_retry=self.note,
        )


async def settle():
    """Let every task run that can, without a second passing."""
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    "kind", [TransportError, RequestTimeoutError, ServerError, ServerBusyError, ThrottledError]
)
async def test_passing_failures_are_retried(kind):
    """A failure that may pass is asked again, with exactly as many requests as it takes."""
    server = Server(kind("a"), kind("b"), "page")

    assert await server.call() == "page"
    assert len(server.sent) == 3
    assert [attempt for _, attempt, _ in server.retries] == [1, 2]


@pytest.mark.parametrize(
    "kind",
    [
        BadRequestError,
        NotLoggedInError,
        PrivacyError,
        RiskControlError,
        SchemaError,
        UsageError,
        UserNotFoundError,
    ],
)
async def test_lasting_failures_are_raised_at_once(kind):
    """What asking again cannot mend is raised as it is, after one request."""
    error = kind("no")
    server = Server(error)

    with pytest.raises(kind) as caught:
        await server.call()

    assert caught.value is error
    assert len(server.sent) == 1
    assert server.retries_left == QUOTA


@pytest.mark.parametrize("foreign", [ValueError, OSError, TimeoutError, KeyboardInterrupt])
@pytest.mark.parametrize("attempt", [1, 2])
async def test_foreign_errors_are_not_retried(foreign, attempt):
    """
    Only errors of this library are ever retried: others pass at the first and later
    attempts.
    """
    server = Server(*[TransportError()] * (attempt - 1), foreign())

    # Bare await, so that KeyboardInterrupt is raised in this very task.
    with pytest.raises(foreign):
        await server.call()

    assert len(server.sent) == attempt


@pytest.mark.parametrize("attempts", [1, 2, 4, 7])
async def test_attempts_are_counted_with_the_first(attempts):
    """`attempts` requests are sent at most, and the last attempt's own error leaves."""
    errors = [ServerError(str(number)) for number in range(10)]
    server = Server(*errors, attempts=attempts, max_elapsed=None)

    with pytest.raises(ServerError) as caught:
        await server.call()

    assert caught.value is errors[attempts - 1]
    assert len(server.sent) == attempts
    assert len(server.retries) == attempts - 1


@pytest.mark.parametrize("is_total", [False, True])
async def test_a_meter_may_forbid_repeats(is_total):
    """A failure is raised at once where the meter, or that of the run, allows no retry."""
    total = RequestMeter()
    meter = RequestMeter(total=total)
    server = Server(TransportError("down"), "page")
    (total if is_total else meter).repeats = False

    with pytest.raises(TransportError):
        await server.call(meter=meter)

    assert len(server.sent) == 1
    assert await server.call(meter=meter) == "page"


async def test_a_throttle_is_waited_for_whatever_the_meter_says():
    """Rests are the client's own to wait for: a meter forbids repeats of failures only."""
    meter = RequestMeter()
    meter.repeats = False
    server = Server(ThrottledError("slow"), "page")

    assert await server.call(meter=meter) == "page"
    assert len(server.sent) == 2


async def test_no_limits_ask_until_it_works():
    """attempts=None and max_elapsed=None mean no limit; waits stay at max_wait."""
    server = Server(
        *[TransportError()] * 90, "page", attempts=None, max_elapsed=None, max_wait=8.0
    )

    assert await server.call() == "page"
    assert max(wait for *_, wait in server.retries) == 4.0


async def test_unlimited_waits_do_not_overflow():
    """max_wait=None means no limit: 1,200 doublings are still a number of seconds."""
    server = Server(TransportError(), attempts=None, max_wait=None, max_elapsed=None)
    server.clock.chance = 0.0
    server.retries_left = 1200

    with pytest.raises(TransportError):
        await server.call()

    assert len(server.sent) == 1201


@given(
    base=st.floats(0, 10, allow_subnormal=False),
    max_wait=st.floats(0, 60, allow_subnormal=False),
    seed=st.integers(0, 2**16),
)
def test_full_jitter_stays_within_its_bounds(base, max_wait, seed):
    """The n-th wait is between 0 and base * 2**(n-1), and never above max_wait."""

    async def run():
        server = Server(
            ServerError(),
            clock=VirtualClock(seed=seed),
            base=base,
            max_wait=max_wait,
            attempts=9,
            max_elapsed=None,
        )
        with pytest.raises(ServerError):
            await server.call()

        for _, attempt, wait in server.retries:
            assert 0 <= wait <= min(max_wait, base * 2 ** (attempt - 1))

    asyncio.run(run())


async def test_full_jitter_uses_the_whole_range():
    """
    The waits are spread over the whole range from 0, so that clients do not march in
    step.
    """
    clock = VirtualClock(seed=1)
    waits = []
    for _ in range(200):
        server = Server(ServerError(), "page", clock=clock, base=8.0)
        await server.call()
        waits.append(server.retries[0][2])

    assert min(waits) < 0.8
    assert max(waits) > 7.2
    assert 3.5 < sum(waits) / len(waits) < 4.5


async def test_waits_double():
    """
    With the dice fixed at one half, the waits are the halves of 1, 2, 4, then of
    max_wait.
    """
    server = Server(ServerError(), base=1.0, max_wait=5.0, attempts=6)

    with pytest.raises(ServerError):
        await server.call()

    assert [wait for *_, wait in server.retries] == [0.5, 1.0, 2.0, 2.5, 2.5]
    assert server.sent == pytest.approx([0, 0.5, 1.5, 3.5, 6.0, 8.5])


async def test_no_base_means_no_wait():
    """base=0 means no wait: the retries follow at once."""
    server = Server(ServerError(), base=0)

    with pytest.raises(ServerError):
        await server.call()

    assert server.sent == [0.0] * 4


@given(
    max_elapsed=st.floats(0, 60, allow_subnormal=False),
    seconds=st.floats(0, 5),
    seed=st.integers(0, 2**16),
    kinds=st.lists(st.sampled_from([ServerError, ThrottledError]), min_size=1, max_size=12),
)
def test_max_elapsed_is_never_overshot(max_elapsed, seconds, seed, kinds):
    """No attempt but the first begins later than max_elapsed, gate and backoff included."""

    async def run():
        server = Server(
            *(kind() for kind in kinds),
            seconds=seconds,
            clock=VirtualClock(seed=seed),
            max_elapsed=max_elapsed,
            attempts=None,
            cool_down=2.0,
        )
        with pytest.raises((ServerError, ThrottledError)):
            await server.call()

        assert server.sent[1:] == [
            moment for moment in server.sent[1:] if moment <= max_elapsed
        ]

    # A server that throttles for ever ends with the third strike in a row.
    asyncio.run(run())


async def test_max_elapsed_is_measured_on_the_given_clock():
    """Time is the injected clock's: the attempt's own seconds count as well."""
    server = Server(ServerError(), seconds=10.0, base=0, attempts=None, max_elapsed=35.0)

    with pytest.raises(ServerError):
        await server.call()

    assert server.sent == pytest.approx([0, 10, 20, 30])


# Throttles and risk control


async def test_throttled_call_waits_at_the_gate():
    """
    A throttle is waited out at the gate, not slept on its own; on_retry hears the
    seconds.
    """
    server = Server(ThrottledError(retry_after=7.0), ThrottledError(), "page", cool_down=10.0)

    assert await server.call() == "page"
    # The second strike in a row: twice the cool-down.
    assert server.sent == pytest.approx([0, 7, 27])
    assert [wait for *_, wait in server.retries] == pytest.approx([7.0, 20.0])


async def test_third_strike_is_raised():
    """Three throttles in a row: the third is raised though attempts are left."""
    errors = [ThrottledError(str(number)) for number in range(9)]
    server = Server(*errors, attempts=9)

    with pytest.raises(ThrottledError) as caught:
        await server.call()

    assert caught.value is errors[2]
    assert len(server.sent) == 3
    assert server.pace.seconds_left == pytest.approx(40.0)


async def test_retry_after_beyond_max_wait_is_raised_with_its_seconds():
    """A Retry-After beyond max_wait is raised at once; the next call fails fast, unsent."""
    server = Server(ThrottledError(retry_after=31.0), max_wait=30.0)

    for _ in range(2):
        with pytest.raises(ThrottledError) as caught:
            await server.call()
        assert caught.value.retry_after == pytest.approx(31.0)

    assert len(server.sent) == 1
    assert server.retries == []


async def test_risk_control_is_raised_and_the_breaker_opens():
    """Risk control is raised at once, and the next call sends nothing."""
    server = Server(RiskControlError(code=-412), breaker=90.0)

    for _ in range(2):
        with pytest.raises(RiskControlError) as caught:
            await server.call()
        assert caught.value.retry_after == pytest.approx(90.0)

    assert len(server.sent) == 1


async def test_risk_control_waits_are_opted_into():
    """
    With risk_control_waits the call waits in turn, beyond max_elapsed; the third is
    raised.
    """
    server = Server(
        RiskControlError(), RiskControlError(), "page", risk_control_waits=(90, 180)
    )
    assert await server.call() == "page"
    assert server.sent == pytest.approx([0, 90, 270])

    server = Server(RiskControlError(), risk_control_waits=(90, 180))
    with pytest.raises(RiskControlError):
        await server.call()
    assert server.sent == pytest.approx([0, 90, 270])


async def test_thirty_throttled_tasks_send_one_probe():
    """Of thirty tasks that a throttle stops, one asks; all the rest wait for its answer."""
    server = Server("page", seconds=1.0)
    answers = iter([ThrottledError() for _ in range(30)])

    async def attempt():
        server.script = [next(answers, "page")]
        return await server.attempt()

    calls = (
        call(
            attempt,
            policy=server.policy,
            clock=server.clock,
            pace=server.pace,
        )
        for _ in range(30)
    )
    assert await asyncio.gather(*calls) == ["page"] * 30
    assert server.sent == pytest.approx([0.0] * 30 + [11.0] + [12.0] * 29)


# The quota


@pytest.mark.parametrize("at_once", [1, 20, 1000])
async def test_full_outage_costs_one_request_per_call_and_the_quota(at_once):
    """
    1,000 calls into a dead server cost at most 1,100 requests, one after the other or at
    once.
    """
    server = Server(TransportError())
    turns = asyncio.Semaphore(at_once)

    async def one():
        async with turns:
            with pytest.raises(TransportError):
                await server.call()

    await asyncio.gather(*(one() for _ in range(1000)))

    assert len(server.sent) == 1100
    assert server.retries_left == 0


async def test_successes_win_the_quota_back():
    """Each success gives one retry back, up to the size of the quota."""
    server = Server(TransportError(), attempts=None, max_elapsed=None)
    with pytest.raises(TransportError):
        await server.call()
    assert server.retries_left == 0

    server.script = ["page"]
    for _ in range(3):
        await server.call()
    assert server.retries_left == 3

    # A retried success: one taken, one given back.
    server.script = [TransportError(), "page"]
    await server.call()
    assert server.retries_left == 3

    for _ in range(150):
        await server.call()
    assert server.retries_left == QUOTA


async def test_only_retries_that_are_made_are_taken_from_the_quota():
    """A call that stops for another reason leaves the quota as it is."""
    server = Server(TransportError(), attempts=3)
    with pytest.raises(TransportError):
        await server.call()
    assert server.retries_left == QUOTA - 2

    with pytest.raises(TransportError):
        await server.call(RetryPolicy(max_elapsed=0.0, base=1.0))
    assert server.retries_left == QUOTA - 2


# Cancellation


@pytest.mark.parametrize("attempt", [1, 2])
async def test_cancellation_in_the_attempt(attempt):
    """A call that is cancelled while it asks ends at once, and asks no more."""
    server = Server(*[TransportError()] * attempt, "page", seconds=5.0, base=0)
    task = asyncio.create_task(server.call())
    await server.clock.sleep(5.0 * attempt - 1)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert len(server.sent) == attempt
    assert server.clock.monotonic() - server.began == pytest.approx(5.0 * attempt - 1)


async def test_cancellation_in_the_backoff():
    """A call that is cancelled between two attempts ends at once."""
    server = Server(TransportError(), base=20.0)
    task = asyncio.create_task(server.call())
    await server.clock.sleep(3)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert len(server.sent) == 1
    assert server.clock.monotonic() - server.began == pytest.approx(3.0)


async def test_cancellation_at_the_gate():
    """
    A call that is cancelled while it waits out a throttle ends at once; the next one
    probes.
    """
    server = Server(ThrottledError(), "page", cool_down=10.0)
    first = asyncio.create_task(server.call())
    await settle()
    second = asyncio.create_task(server.call())
    await server.clock.sleep(3)

    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first

    assert await second == "page"
    assert server.sent == pytest.approx([0, 10])


async def test_cancelled_probe_hands_on():
    """The probe is cancelled on its way: the next call is the probe, and goes at once."""
    server = Server(ThrottledError(), "page", seconds=1.0, cool_down=10.0)
    first = asyncio.create_task(server.call())
    await server.clock.sleep(2)
    second = asyncio.create_task(server.call())
    await server.clock.sleep(9.5)
    assert len(server.sent) == 2

    first.cancel()

    assert await second == "page"
    assert server.sent == pytest.approx([0, 11, 11.5])


async def test_timeout_of_the_caller_passes():
    """The caller's own timeout ends the call, whatever it is waiting for."""
    server = Server(TransportError(), base=20.0)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await server.call()

    assert len(server.sent) <= 1


# What leaves


@pytest.mark.parametrize("attempts", [1, 2, 4])
async def test_error_leaves_unwrapped_and_without_context(attempts):
    """What leaves is the attempt's own error: no RetryError, no cause, no context."""
    server = Server(*(ServerError(str(number)) for number in range(9)), attempts=attempts)

    with pytest.raises(BiliCommonError) as caught:
        await server.call()

    assert not isinstance(caught.value, tenacity.RetryError)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


async def test_earlier_errors_are_not_kept():
    """The error that leaves keeps no earlier error alive: they may hold bodies."""

    class BigError(ServerError):
        pass

    server = Server(attempts=3)
    alive = []

    async def attempt():
        error = BigError(body=b"x" * 2048)
        alive.append(weakref.ref(error))
        raise error

    with pytest.raises(BigError) as caught:
        await call(
            attempt,
            policy=server.policy,
            clock=server.clock,
            pace=server.pace,
        )

    gc.collect()
    assert [ref() is not None for ref in alive] == [False, False, True]
    assert caught.value is alive[-1]()


async def test_calls_at_the_same_time_do_not_mix():
    """Twenty calls at once have each their own attempts, waits and error."""
    clock = VirtualClock(seed=7)

    async def one(number):
        errors = [ServerError(f"{number}.{n}") for n in range(9)]
        server = Server(*errors, attempts=1 + number % 5, clock=clock)
        with pytest.raises(ServerError) as caught:
            await server.call()
        assert str(caught.value) == f"{number}.{number % 5}"
        assert len(server.sent) == 1 + number % 5

    await asyncio.gather(*(one(number) for number in range(20)))


async def test_on_retry_is_optional_and_told_of_each_retry():
    """on_retry hears the error, the attempt that failed and the seconds, before the wait."""
    server = Server(ServerError(), TransportError(), "page", base=2.0)

    await server.call()

    assert server.retries == [(ServerError, 1, 1.0), (TransportError, 2, 2.0)]


async def test_success_at_once_never_enters_tenacity(monkeypatch):
    """The common case pays nothing for the retry: tenacity is not entered."""

    def refuse(*_, **__):
        raise AssertionError("tenacity was entered")

    monkeypatch.setattr(tenacity, "AsyncRetrying", refuse)

    assert await Server("page").call() == "page"
    with pytest.raises(BadRequestError):
        await Server(BadRequestError()).call()
    with pytest.raises(AssertionError, match="entered"):
        await Server(TransportError()).call()


def _failing(kind, retry_after):
    error = kind("down")
    error.retry_after = retry_after
    return error


@pytest.mark.parametrize("kind", [ServerError, ServerBusyError])
async def test_a_failing_servers_retry_after_is_waited_for(kind):
    """A server that fails and names a time is asked again then, and not before."""
    server = Server(_failing(kind, 7.0), "page")

    assert await server.call() == "page"
    assert server.sent == [0.0, pytest.approx(7.0)]


@pytest.mark.parametrize("kind", [ServerError, ServerBusyError])
async def test_a_failing_servers_retry_after_beyond_max_wait_is_raised(kind):
    """A longer time than max_wait is not waited for: the error is raised with the seconds."""
    server = Server(_failing(kind, 31.0), "page", max_wait=30.0)

    with pytest.raises(kind) as caught:
        await server.call()
    assert caught.value.retry_after == 31.0
    assert server.sent == [0.0]
