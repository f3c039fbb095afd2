"""The pace: turns, throttles, the breaker, and what a cancelled task leaves behind."""

from __future__ import annotations

import asyncio
import pickle
import random
import time

from collections import defaultdict, deque

import pytest

from hypothesis import given
from hypothesis import strategies as st

from bili_common._transport.policy import RateLimit, RetryPolicy, pace_settings
from bili_common._util.clock import SystemClock
from bili_common.errors import (
    ApiError,
    RiskControlError,
    ServerError,
    ThrottledError,
    TransportError,
    UsageError,
)
from bili_common.pace import LocalPace
from bili_common.pace._turns import Pace

from ..transport.virtual_clock import VirtualClock


# Floats round; no rule is about a millionth of a second.
EXACT = pytest.approx


class Line:
    """Tasks in the queue of a pace, and when each had its turn."""

    def __init__(self, pace, clock):
        self.pace = pace
        self.clock = clock
        self.began = clock.monotonic()
        self.turns = []
        self.tickets = {}
        self.errors = {}

    def join(self, name):
        return asyncio.create_task(self._wait(name))

    async def _wait(self, name):
        try:
            ticket = await self.pace.acquire()
        except (ThrottledError, RiskControlError) as error:
            self.errors[name] = error
            return

        self.tickets[name] = ticket
        self.turns.append((name, self.clock.monotonic() - self.began))

    @property
    def names(self):
        return [name for name, _ in self.turns]

    @property
    def times(self):
        return [moment for _, moment in self.turns]


def make(per_second=1.0, *, burst=1, jitter=0.0, clock=None, **policy):
    clock = clock or VirtualClock()
    settings = pace_settings(RateLimit(per_second, burst, jitter), RetryPolicy(**policy))
    return Pace(LocalPace(), settings, clock), clock


async def succeeded(pace, grant):
    await pace.settle(grant, None)


async def released(pace, grant):
    await pace.settle(grant, TransportError())


async def throttled(pace, grant, retry_after=None, *, code=0, message=""):
    """Settle by a throttle; tell whether the call is to be repeated."""
    error = ThrottledError(code=code, message=message, retry_after=retry_after)
    await pace.settle(grant, error)
    return pace.may_retry(error)


async def held(pace, grant, retry_after):
    """Settle by a failure of the server that names a time."""
    error = ServerError(http_status=503)
    error.retry_after = retry_after
    await pace.settle(grant, error)


async def blocked(pace, grant, retry_after=None, *, code=0, message=""):
    """Settle by risk control; return the seconds told."""
    error = RiskControlError(code=code, message=message, retry_after=retry_after)
    await pace.settle(grant, error)
    return error.retry_after


async def settle():
    """Let every task run that can, without a second passing."""
    for _ in range(20):
        await asyncio.sleep(0)


def assert_bound(times, *, rate, burst):
    """
    Every window that begins and ends with a turn; none other can hold more. The pace counts
    in whole microseconds.
    """
    for first, begin in enumerate(times):
        for last in range(first, len(times)):
            seconds = times[last] - begin
            assert last - first + 1 <= burst + rate * (seconds + 1e-6) + 1e-6


# Turns


@pytest.mark.slow
@given(
    rate=st.floats(0.01, 1000),
    burst=st.integers(1, 10),
    jitter=st.sampled_from([0.0, 0.2, 1.0]),
    tasks=st.integers(1, 20),
    rests=st.lists(st.floats(0, 30, allow_subnormal=False), min_size=1, max_size=8),
    answers=st.lists(st.sampled_from("ssstr"), min_size=1, max_size=12),
)
def test_no_window_holds_more_than_burst_and_rate(  # noqa: PLR0917  # one per strategy
    rate, burst, jitter, tasks, rests, answers
):
    """
    Any window of w seconds holds at most burst + rate * w requests, however many tasks
    ask, whenever they ask, and whatever the server answers.
    """

    async def run():
        pace, clock = make(rate, burst=burst, jitter=jitter, cool_down=0.05)
        times = []

        async def ask(number):
            for turn in range(4):
                await clock.sleep(rests[(number + turn) % len(rests)] / rate)
                ticket = await pace.acquire()
                times.append(clock.monotonic())
                await clock.sleep(0.3 / rate)
                answer = answers[(number * 4 + turn) % len(answers)]
                if answer == "s":
                    await succeeded(pace, ticket)
                elif answer == "t":
                    await throttled(pace, ticket)
                else:
                    await released(pace, ticket)

        async with asyncio.TaskGroup() as group:
            for number in range(tasks):
                group.create_task(ask(number))

        assert len(times) == tasks * 4
        assert_bound(times, rate=rate, burst=burst)

    asyncio.run(run())


async def test_turns_are_first_come_first_served():
    """Turns are given in the order in which they were asked for, one interval apart."""
    pace, clock = make(4.0)
    line = Line(pace, clock)

    await asyncio.gather(*(line.join(name) for name in range(6)))

    assert line.names == [0, 1, 2, 3, 4, 5]
    assert line.times == EXACT([0, 0.25, 0.5, 0.75, 1.0, 1.25])


async def test_burst_is_refilled_by_a_pause():
    """A burst goes out at once; the next one only after a pause that paid for it."""
    pace, clock = make(2.0, burst=3)
    line = Line(pace, clock)

    await asyncio.gather(*(line.join(name) for name in range(5)))
    await clock.sleep(100)
    await asyncio.gather(*(line.join(name) for name in range(4)))

    assert line.times == EXACT([0, 0, 0, 0.5, 1.0, 101, 101, 101, 101.5])


async def test_achieved_rate_of_twenty_tasks():
    """With no jitter, 20 tasks at 50 per second get 0.97 to 1.00 of that, however busy."""
    pace, clock = make(50.0)
    times = []

    async def ask():
        for _ in range(10):
            await succeeded(pace, await pace.acquire())
            times.append(clock.monotonic())
            await clock.sleep(0.123)

    await asyncio.gather(*(ask() for _ in range(20)))

    assert 0.97 <= (len(times) - 1) / (times[-1] - times[0]) / 50 <= 1.0 + 1e-9


async def test_jitter_lengthens_each_wait():
    """Jitter adds up to its part of an interval to a wait, and nothing where none is."""
    pace, clock = make(10.0, jitter=0.5, clock=VirtualClock(chance=0.5))
    line = Line(pace, clock)

    await asyncio.gather(*(line.join(name) for name in range(4)))

    assert line.times == EXACT([0, 0.125, 0.25, 0.375])


async def test_jitter_is_added_once_to_a_wait():
    """A waiter that is woken to look at the gate again keeps its jitter, and gets no more."""
    pace, clock = make(1.0, jitter=0.4, clock=VirtualClock(chance=0.5))
    line = Line(pace, clock)
    await line.join("first")
    waiter = line.join("second")

    for _ in range(11):
        await clock.sleep(0.1)
        await released(pace, line.tickets["first"])

    await waiter
    assert line.times == EXACT([0, 1.2])


async def test_no_limit_waits_for_nothing():
    """per_second=None means no limit: a thousand turns take no time."""
    pace, clock = make(None)
    line = Line(pace, clock)

    await asyncio.gather(*(line.join(name) for name in range(1000)))

    assert set(line.times) == {0.0}
    assert pace.waited == 0.0
    assert pace.per_second is None


async def test_waited_adds_up_the_calls():
    """`waited` is the seconds that calls waited for their turns, summed over the calls."""
    pace, clock = make(1.0)
    line = Line(pace, clock)

    await asyncio.gather(*(line.join(name) for name in range(4)))

    assert pace.waited == EXACT(0 + 1 + 2 + 3)


async def test_cancelled_waiters_waste_no_turn():
    """20 of 30 waiters are cancelled: the other ten have the next ten turns, in order."""
    pace, clock = make(20.0)
    line = Line(pace, clock)
    tasks = [line.join(name) for name in range(30)]
    await settle()

    for name, task in enumerate(tasks):
        if name % 3:
            task.cancel()

    await asyncio.wait(tasks)

    assert line.names == list(range(0, 30, 3))
    assert line.times == EXACT([0.05 * turn for turn in range(10)])


async def test_cancelled_head_of_line_gives_its_turn_on():
    """The waiter whose turn is next is cancelled: the one behind it takes that very turn."""
    pace, clock = make(1.0)
    line = Line(pace, clock)
    await line.join("first")
    head, second, third = (line.join(name) for name in ("head", "second", "third"))
    await clock.sleep(0.6)

    head.cancel()
    await asyncio.wait([head, second, third])

    assert head.cancelled()
    assert line.turns == [("first", 0), ("second", EXACT(1.0)), ("third", EXACT(2.0))]


async def test_late_wake_up_neither_slows_nor_bursts():
    """A turn counts from when it was due, if the loop woke 2 ms late at most."""

    class Sluggish(VirtualClock):
        lags = iter([0.001, 0.002, 0.04, 3.0, 0.0, 0.0])

        async def sleep(self, seconds):
            await super().sleep(seconds + next(self.lags))

    pace, clock = make(10.0, clock=Sluggish())
    line = Line(pace, clock)

    await asyncio.gather(*(line.join(name) for name in range(7)))

    # Woken 40 ms and 3 s late: of that, 2 ms are made up for each time.
    assert line.times == EXACT([0, 0.101, 0.202, 0.34, 3.438, 3.536, 3.636])


class Punctual(SystemClock):
    """The machine's clock, which adds up how late the machine woke those who waited."""

    __slots__ = ("lost",)

    def __init__(self):
        self.lost = 0.0

    async def sleep(self, seconds):
        due = time.monotonic() + seconds
        await super().sleep(seconds)
        # Of each delay 2 ms are made up for.
        self.lost += max(time.monotonic() - due - 0.002, 0.0)


@pytest.mark.slow
@pytest.mark.xdist_group("alone")
async def test_real_time_rate():
    """
    In real time, 20 tasks at 50 per second get 0.97 to 1.00 of it beside what the machine
    kept from them, and no more per window.
    """
    clock = Punctual()
    pace = Pace(LocalPace(), pace_settings(RateLimit(50.0, 1, 0.0), RetryPolicy()), clock)
    times = []

    async def ask():
        for _ in range(4):
            grant = await pace.acquire()
            times.append(grant.now / 1e6)
            await succeeded(pace, grant)

    await asyncio.gather(*(ask() for _ in range(20)))

    ideal, took = 79 / 50, times[-1] - times[0]
    assert ideal - 0.002 <= took
    assert took - clock.lost <= ideal / 0.97
    # A turn may be taken 2 ms late, and the next one in time.
    assert_bound(times, rate=50, burst=1.1)


# A moving pace


async def test_throttle_halves_the_pace_once_per_episode():
    """Answers to requests that were under way when the cool-down began do not count again."""
    pace, _ = make(1000.0, burst=5, cool_down=1.0)
    tickets = [await pace.acquire() for _ in range(5)]

    goes_on = [await throttled(pace, ticket) for ticket in tickets]

    assert goes_on == [True] * 5
    assert pace.per_second == 500.0
    assert pace.seconds_left == EXACT(1.0)

    await succeeded(pace, await pace.acquire())
    await throttled(pace, await pace.acquire())
    assert pace.per_second == EXACT(275.0)


async def test_clean_answers_win_the_pace_back_up_to_the_ceiling():
    """Each clean answer wins a twentieth of the ceiling back, and never more than that."""
    pace, _ = make(100.0, cool_down=1.0)
    await throttled(pace, await pace.acquire())
    seen = []

    for _ in range(12):
        await succeeded(pace, await pace.acquire())
        seen.append(pace.per_second)

    assert seen == EXACT([55, 60, 65, 70, 75, 80, 85, 90, 95, 100, 100, 100])


async def test_older_clean_answers_do_not_win_the_pace_back():
    """An answer to a request from before the throttle says nothing for the new pace."""
    pace, _ = make(100.0, burst=2)
    early, late = [await pace.acquire() for _ in range(2)]
    await throttled(pace, late)

    await succeeded(pace, early)

    assert pace.per_second == 50.0
    assert pace.seconds_left > 0


async def test_pace_never_falls_below_a_twentieth():
    """However often the server says no, the pace stays at a twentieth of the ceiling."""
    pace, _ = make(100.0, cool_down=0.001)

    for _ in range(30):
        await throttled(pace, await pace.acquire())

    assert pace.per_second == EXACT(5.0)


async def test_the_slowest_pace_is_won_back_in_19_answers():
    """From a twentieth, 19 clean answers win all back, in 71 of the user's intervals."""
    pace, clock = make(1.0, cool_down=0.001)
    for _ in range(30):
        await throttled(pace, await pace.acquire())
    await succeeded(pace, await pace.acquire())
    began = clock.monotonic()

    for _ in range(18):
        await succeeded(pace, await pace.acquire())

    assert pace.per_second == 1.0
    assert clock.monotonic() - began == EXACT(sum(20 / n for n in range(2, 20)), abs=0.1)


@pytest.mark.parametrize(
    ("share", "reached"), [(0.01, 0.95), (0.05, 0.76), (0.1, 0.52), (0.2, 0.26), (0.3, 0.15)]
)
async def test_the_pace_settles_by_how_often_the_server_says_no(share, reached):
    """The more often a server says no, by chance, the less it is asked, rests aside."""
    pace, clock = make(1.0, cool_down=0.001)
    dice = random.Random(1)
    began = clock.monotonic()

    for _ in range(3000):
        grant = await pace.acquire()
        await (throttled if dice.random() < share else succeeded)(pace, grant)

    assert 3000 / (clock.monotonic() - began) == pytest.approx(reached, rel=0.1)


async def test_waiting_head_of_line_follows_the_halved_pace():
    """A waiter computes its delay anew when the pace was halved meanwhile."""
    pace, clock = make(1.0, cool_down=0.0, burst=2)
    line = Line(pace, clock)
    await line.join("a")
    await line.join("b")
    waiter = line.join("c")
    await clock.sleep(0.5)

    await throttled(pace, line.tickets["a"])
    await waiter

    # Half a turn was still owed; at half the pace that is a whole second.
    assert line.times == EXACT([0, 0, 1.5])


# The cool-down


async def test_one_probe_after_the_cool_down():
    """
    All tasks wait while the client cools down; then one goes, and the rest after its
    answer.
    """
    pace, clock = make(None, cool_down=10.0)
    line = Line(pace, clock)
    await line.join("cause")
    assert await throttled(pace, line.tickets["cause"]) is True

    tasks = [line.join(name) for name in range(5)]
    await clock.sleep(9.99)
    assert line.names == ["cause"]

    await clock.sleep(5)
    assert line.turns[1:] == [(0, EXACT(10.0))]

    await succeeded(pace, line.tickets[0])
    await asyncio.wait(tasks)
    assert line.names == ["cause", 0, 1, 2, 3, 4]
    assert line.times[2:] == EXACT([14.99] * 4)


async def test_cool_down_doubles_until_the_third_strike():
    """
    A throttled probe cools the client down for twice as long; the third in a row is raised,
    and the cool-down stays for the others.
    """
    pace, clock = make(None, cool_down=10.0)
    rests, goes_on = [], []

    for _ in range(5):
        goes_on.append(await throttled(pace, await pace.acquire()))
        rests.append(pace.seconds_left)

    assert rests == EXACT([10, 20, 40, 40, 40])
    assert goes_on == [True, True, False, False, False]
    assert not pace.may_retry(ThrottledError())
    assert pace.may_retry(ServerError())

    before = clock.monotonic()
    ticket = await pace.acquire()
    assert clock.monotonic() - before == EXACT(40)

    await succeeded(pace, ticket)
    assert await throttled(pace, await pace.acquire()) is True
    assert pace.seconds_left == EXACT(10)


async def test_retry_after_is_obeyed():
    """Retry-After counts instead of the cool-down, shorter or longer."""
    pace, clock = make(None, cool_down=10.0, max_wait=30.0)
    line = Line(pace, clock)

    for name, seconds in enumerate((3.0, 30.0)):
        await line.join(name)
        assert await throttled(pace, line.tickets[name], seconds) is True

    await line.join("last")
    assert line.times == EXACT([0, 3, 33])


async def test_a_later_answer_never_shortens_the_cool_down():
    """Of two answers to requests under way, the longer wait counts."""
    pace, _ = make(None, cool_down=10.0)
    tickets = [await pace.acquire() for _ in range(3)]

    for ticket, seconds in zip(tickets, (5.0, 20.0, 1.0), strict=True):
        await throttled(pace, ticket, seconds)

    assert pace.seconds_left == EXACT(20)


async def test_released_probe_hands_on_to_the_next_waiter():
    """
    A probe that failed for another reason, or was cancelled, makes the next one the
    probe.
    """
    pace, clock = make(None, cool_down=10.0)
    line = Line(pace, clock)
    await line.join("cause")
    await throttled(pace, line.tickets["cause"])
    tasks = [line.join(name) for name in range(3)]
    await clock.sleep(12)
    assert line.names == ["cause", 0]

    await released(pace, line.tickets[0])
    await settle()
    assert line.names == ["cause", 0, 1]

    await succeeded(pace, line.tickets[1])
    await asyncio.wait(tasks)
    assert line.names == ["cause", 0, 1, 2]


async def test_throttled_probe_sends_the_waiters_back_to_wait():
    """Those who wait for the probe wait for the next one if it is throttled."""
    pace, clock = make(None, cool_down=10.0)
    line = Line(pace, clock)
    await line.join("cause")
    await throttled(pace, line.tickets["cause"])
    probe, waiter = line.join("probe"), line.join("waiter")
    await probe
    await clock.sleep(1)

    await throttled(pace, line.tickets["probe"])
    await waiter

    assert line.times == EXACT([0, 10, 31])


async def test_cancelled_waiter_for_the_probe_wedges_nothing():
    """
    The one who waits for the probe's answer is cancelled: the next one waits in its
    place.
    """
    pace, clock = make(None, cool_down=10.0)
    line = Line(pace, clock)
    await line.join("cause")
    await throttled(pace, line.tickets["cause"])
    await line.join("probe")
    head, behind = line.join("head"), line.join("behind")
    await settle()

    head.cancel()
    await settle()
    assert line.names == ["cause", "probe"]

    await succeeded(pace, line.tickets["probe"])
    await asyncio.wait([head, behind])
    assert line.names == ["cause", "probe", "behind"]


async def test_cancellation_wins_over_the_alarm():
    """A waiter that is cancelled in the same instant in which the gate opens is cancelled."""
    pace, clock = make(None, cool_down=10.0)
    line = Line(pace, clock)
    await line.join("cause")
    await throttled(pace, line.tickets["cause"])
    await line.join("probe")
    head, behind = line.join("head"), line.join("behind")
    await settle()

    await succeeded(pace, line.tickets["probe"])
    head.cancel()
    await asyncio.wait([head, behind])

    assert head.cancelled()
    assert line.names == ["cause", "probe", "behind"]


async def test_user_timeout_around_the_wait_is_the_users():
    """
    A timeout of the caller ends the wait with the caller's TimeoutError, and nothing
    else.
    """
    pace, _ = make(None, cool_down=10.0)
    await throttled(pace, await pace.acquire())
    probe = await pace.acquire()

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await pace.acquire()

    await released(pace, probe)
    assert (await pace.acquire()).ticket == probe.ticket + 1


async def test_late_throttle_does_not_close_a_gate_that_was_opened():
    """A straggler from before the cool-down is stale news once a probe has succeeded."""
    pace, _ = make(None, cool_down=10.0)
    first, straggler, other = [await pace.acquire() for _ in range(3)]
    await throttled(pace, first)
    await succeeded(pace, await pace.acquire())

    assert await throttled(pace, straggler) is True
    assert pace.seconds_left == 0.0

    # But the server's own figure is never ignored.
    await throttled(pace, other, 7.0)
    assert pace.seconds_left == EXACT(7.0)


async def test_retry_after_beyond_max_wait_fails_fast():
    """
    A Retry-After beyond max_wait is raised at once; meanwhile calls fail with the seconds
    left, also those already in the queue; then one probe goes out.
    """
    pace, clock = make(1.0, max_wait=30.0)
    line = Line(pace, clock)
    await line.join("cause")
    waiting = [line.join(name) for name in range(3)]
    await clock.sleep(0.25)

    assert (
        await throttled(pace, line.tickets["cause"], 600.0, code=-799, message="slow") is False
    )
    await settle()

    assert all(task.done() for task in waiting)
    assert [line.errors[name].retry_after for name in range(3)] == EXACT([600.0] * 3)

    await clock.sleep(100)
    with pytest.raises(ThrottledError, match=r"500\.0 s more, after a throttle") as caught:
        await pace.acquire()

    assert (caught.value.code, caught.value.message) == (-799, "slow")
    assert caught.value.retry_after == EXACT(500.0)
    assert not pace.may_retry(caught.value)
    assert pickle.loads(pickle.dumps(caught.value)).retry_after == EXACT(500.0)  # noqa: S301  # our own bytes

    await clock.sleep(500)
    await line.join("probe")
    rest = line.join("rest")
    await clock.sleep(1)
    assert line.names == ["cause", "probe"]

    await succeeded(pace, line.tickets["probe"])
    await rest
    assert await throttled(pace, line.tickets["rest"], 1.0) is True


async def test_no_max_wait_waits_for_any_retry_after():
    """max_wait=None means no limit: any Retry-After is waited for."""
    pace, clock = make(None, max_wait=None)
    before = clock.monotonic()

    assert await throttled(pace, await pace.acquire(), 86400.0) is True
    await pace.acquire()

    assert clock.monotonic() - before == EXACT(86400.0)


async def test_short_throttle_after_a_long_one_is_waited_for():
    """A refusal ends with its reason: the probe's own, shorter Retry-After is waited for."""
    pace, clock = make(None, max_wait=30.0)
    await throttled(pace, await pace.acquire(), 600.0)
    await clock.sleep(600)

    assert await throttled(pace, await pace.acquire(), 5.0) is True

    before = clock.monotonic()
    await pace.acquire()
    assert clock.monotonic() - before == EXACT(5.0)


# Risk control


async def test_breaker_fails_fast_then_lets_one_probe_through():
    """Risk control opens the breaker: calls fail with the seconds left, then one probe goes."""
    pace, clock = make(None, breaker=90.0)
    line = Line(pace, clock)
    await line.join("cause")

    assert await blocked(pace, line.tickets["cause"], code=-412, message="banned") == EXACT(
        90.0
    )
    assert not pace.may_retry(RiskControlError())

    await clock.sleep(30)
    with pytest.raises(RiskControlError, match=r"60\.0 s more, after risk control") as caught:
        await pace.acquire()

    assert (caught.value.code, caught.value.message) == (-412, "banned")
    assert caught.value.retry_after == EXACT(60.0)

    await clock.sleep(60)
    probe, waiter = line.join("probe"), line.join("waiter")
    await clock.sleep(1)
    assert line.names == ["cause", "probe"]

    assert await blocked(pace, line.tickets["probe"], code=-412) == EXACT(180.0)
    await asyncio.wait([probe, waiter])
    assert line.errors["waiter"].retry_after == EXACT(180.0)

    await clock.sleep(180)
    await succeeded(pace, await pace.acquire())
    assert pace.seconds_left == 0.0
    await pace.acquire()


@pytest.mark.parametrize("began", [0.1, 1234.567891, 987654.321])
async def test_seconds_told_are_not_more_than_asked_for(began):
    """At whatever time risk control comes, the seconds told are the breaker's."""
    pace, clock = make(None, breaker=0.3)
    await clock.sleep(began)
    assert await blocked(pace, await pace.acquire(), code=-412) == 0.3


async def test_breaker_frees_the_queue_at_once():
    """Tasks that wait for a turn fail when the breaker opens, not when their turn comes."""
    pace, clock = make(0.01)
    line = Line(pace, clock)
    await line.join("cause")
    tasks = [line.join(name) for name in range(10)]
    await settle()

    await blocked(pace, line.tickets["cause"])
    await settle()

    assert all(task.done() for task in tasks)
    assert sorted(line.errors) == list(range(10))
    assert line.names == ["cause"]


async def test_longer_retry_after_holds_the_breaker_open():
    """The server's own figure counts for the breaker where it is the longer one."""
    pace, _ = make(None, breaker=90.0)

    assert await blocked(pace, await pace.acquire(), 3600.0) == EXACT(3600.0)

    pace, _ = make(None, breaker=90.0)
    assert await blocked(pace, await pace.acquire(), 5.0) == EXACT(90.0)


async def test_risk_control_waits_are_waited_in_turn():
    """
    With risk_control_waits=(90, 180) the first waits 90 s, the second 180 s; a third
    raises, and rests for four times the breaker.
    """
    pace, clock = make(None, risk_control_waits=[90, 180], breaker=50.0)
    line = Line(pace, clock)
    may_retry = []

    for name in range(3):
        await line.join(name)
        await blocked(pace, line.tickets[name])
        may_retry.append(pace.may_retry(RiskControlError()))

    assert line.times == EXACT([0, 90, 270])
    assert may_retry == [True, True, False]
    with pytest.raises(RiskControlError):
        await pace.acquire()

    await clock.sleep(200)
    await succeeded(pace, await pace.acquire())
    assert await blocked(pace, await pace.acquire()) == EXACT(90.0)


async def test_all_tasks_wait_at_the_gate_under_risk_control_waits():
    """While one waits for risk control to pass, no other task asks."""
    pace, clock = make(None, risk_control_waits=(90.0,))
    line = Line(pace, clock)
    await line.join("cause")
    await blocked(pace, line.tickets["cause"])

    tasks = [line.join(name) for name in range(4)]
    await clock.sleep(91)
    assert line.names == ["cause", 0]

    await succeeded(pace, line.tickets[0])
    await asyncio.wait(tasks)
    assert line.errors == {}


async def test_retry_after_beyond_waits_and_max_wait_is_raised():
    """A ban that the server says is longer than the user would wait is raised at once."""
    pace, _ = make(None, risk_control_waits=(90.0,), max_wait=30.0)

    await blocked(pace, await pace.acquire(), 7200.0)

    assert not pace.may_retry(RiskControlError())
    with pytest.raises(RiskControlError):
        await pace.acquire()


async def test_short_ban_after_a_long_one_is_waited_for():
    """A refusal ends with its reason: the probe's own, shorter ban is waited for."""
    pace, clock = make(None, risk_control_waits=(90.0, 180.0), max_wait=30.0)
    await blocked(pace, await pace.acquire(), 7200.0)
    await clock.sleep(7200)

    assert await blocked(pace, await pace.acquire()) == EXACT(180.0)
    assert pace.may_retry(RiskControlError())


async def test_blocks_of_requests_under_way_count_once():
    """Twenty requests under way that are all blocked are one risk control, not twenty."""
    pace, _ = make(100.0, burst=20, risk_control_waits=(90.0, 180.0))
    tickets = [await pace.acquire() for _ in range(20)]

    left = [await blocked(pace, ticket) for ticket in tickets]

    assert left == EXACT([90.0] * 20)
    assert pace.per_second == 50.0


async def test_risk_control_after_a_throttle_opens_the_breaker():
    """Risk control among the requests that were under way at a throttle is not overlooked."""
    pace, _ = make(100.0, burst=2, cool_down=10.0, breaker=90.0)
    first, second = [await pace.acquire() for _ in range(2)]
    await throttled(pace, first)

    assert await blocked(pace, second) == EXACT(90.0)

    with pytest.raises(RiskControlError):
        await pace.acquire()
    assert pace.per_second == 50.0


async def test_risk_control_after_a_throttle_is_the_first_in_a_row():
    """Risk control among the requests under way at a throttle is the first in a row."""
    pace, _ = make(100.0, burst=2, cool_down=10.0, risk_control_waits=(90.0, 180.0))
    first, second = [await pace.acquire() for _ in range(2)]
    await throttled(pace, first)

    assert await blocked(pace, second) == EXACT(90.0)
    assert await blocked(pace, await pace.acquire()) == EXACT(180.0)


async def test_late_risk_control_does_not_close_a_gate_that_was_opened():
    """A straggler of a ban that a probe has seen end is raised to its caller alone."""
    pace, _ = make(None, breaker=90.0)
    first, straggler, other = [await pace.acquire() for _ in range(3)]
    await throttled(pace, first, 1.0)
    await blocked(pace, first)
    # Not reached by waiting: the breaker refuses, time has to pass.
    await pace._clock.sleep(90)
    await succeeded(pace, await pace.acquire())

    assert await blocked(pace, straggler) == 0.0
    assert not pace.may_retry(RiskControlError())
    assert await blocked(pace, other, 200.0) == EXACT(200.0)
    with pytest.raises(RiskControlError):
        await pace.acquire()


ANSWERS = {
    "ok": succeeded,
    "throttle": throttled,
    "long": lambda pace, ticket: throttled(pace, ticket, 100.0),
    "hold": lambda pace, ticket: held(pace, ticket, 4.0),
    "long hold": lambda pace, ticket: held(pace, ticket, 100.0),
    "block": blocked,
    "release": released,
    "cancel": released,
}


@pytest.mark.slow
@given(
    script=st.lists(st.sampled_from(sorted(ANSWERS)), min_size=1, max_size=60),
    waits=st.sampled_from([(), (5.0,), (5.0, 9.0)]),
)
def test_no_order_of_answers_wedges_the_gate(script, waits):
    """
    Whatever the answers, and whoever is cancelled, every call ends, refusals say how long to
    wait, and the gate opens again.
    """

    async def run():
        pace, clock = make(10.0, jitter=0.2, cool_down=3.0, risk_control_waits=waits)
        answers = deque(script)
        seconds = []

        async def ask():
            while answers:
                try:
                    ticket = await pace.acquire()
                except ApiError as error:
                    seconds.append(error.retry_after)
                    await clock.sleep(error.retry_after)
                    continue

                answer = answers.popleft() if answers else "ok"
                try:
                    await clock.sleep(0.5)
                finally:
                    await ANSWERS[answer](pace, ticket)

                if answer == "cancel":
                    tasks[len(answers) % len(tasks)].cancel()

        tasks = [asyncio.create_task(ask()) for _ in range(6)]
        await asyncio.gather(*tasks, return_exceptions=True)
        assert {task.cancelled() or task.exception() for task in tasks} <= {True, None}
        assert all(left > 0 for left in seconds)

        # An hour at the most, however many risk controls came in a row.
        await clock.sleep(3600)
        await succeeded(pace, await pace.acquire())
        assert pace.seconds_left == 0.0

    asyncio.run(run())


# The ban model


class BanningServer:
    """
    Bans for so long on the request that is one too many, and longer on each one
    meanwhile.
    """

    def __init__(self, clock, *, requests, window, ban):
        self.clock = clock
        self.limit = requests
        self.window = window
        self.ban = ban
        self.banned_until = -1.0
        self.seen = deque()
        self.answered = 0
        self.bans = 0

    def take(self):
        """Return 0 if this request is answered, else the number of the ban."""
        now = self.clock.monotonic()
        while self.seen and self.seen[0] <= now - self.window:
            self.seen.popleft()

        if now >= self.banned_until:
            if len(self.seen) < self.limit:
                self.seen.append(now)
                self.answered += 1
                return 0

            self.bans += 1

        self.banned_until = now + self.ban
        return self.bans


@pytest.mark.parametrize(("rate", "tasks"), [(2.0, 1), (5.0, 8), (50.0, 20)])
@pytest.mark.parametrize("code", ["throttle", "block"])
@pytest.mark.parametrize("ban", [8.0, 25.0])
async def test_ban_model(rate, tasks, code, ban):
    """
    Against a server that lengthens its ban on each request meanwhile, nothing is sent during
    a ban once it is known but one probe at a time, each after its rest, and all pages arrive.
    """
    pace, clock = make(rate, jitter=0.2, cool_down=10.0, risk_control_waits=(10, 20, 40))
    server = BanningServer(clock, requests=60, window=60.0, ban=ban)
    pages = iter(range(400))
    # By ban: when each refused request was sent, and when that was known.
    refused = defaultdict(list)

    async def ask():
        for _ in pages:
            while True:
                ticket = await pace.acquire()
                sent = clock.monotonic()
                await clock.sleep(0.1)
                number = server.take()
                await clock.sleep(0.1)
                if not number:
                    await succeeded(pace, ticket)
                    break

                refused[number].append((sent, clock.monotonic()))
                if code == "throttle":
                    await throttled(pace, ticket)
                else:
                    await blocked(pace, ticket)

    await asyncio.gather(*(ask() for _ in range(tasks)))

    assert server.answered == 400
    assert server.bans > 0
    for requests in refused.values():
        known = min(answered for _, answered in requests)
        for sent, answered in sorted(requests):
            if sent > known:
                assert sent >= known + 10.0 - 1e-6
                known = answered


# The values


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("per_second", 0),
        ("per_second", -1),
        ("per_second", True),
        ("per_second", "1"),
        ("per_second", float("nan")),
        ("per_second", float("inf")),
        ("burst", 0),
        ("burst", -1),
        ("burst", 1.5),
        ("burst", True),
        ("burst", None),
        ("jitter", -0.1),
        ("jitter", 1.1),
        ("jitter", None),
        ("jitter", "0"),
    ],
)
def test_rate_limit_refuses(name, value):
    """A rate limit that makes no sense is a UsageError that names argument and value."""
    with pytest.raises(UsageError) as caught:
        RateLimit(**{name: value})

    assert str(caught.value).startswith(f"{name} must be ")
    assert repr(value) in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("attempts", 0),
        ("attempts", -1),
        ("attempts", 2.0),
        ("attempts", True),
        ("base", -0.5),
        ("base", None),
        ("base", "1"),
        ("max_wait", -1),
        ("max_wait", float("nan")),
        ("max_elapsed", -1),
        ("max_elapsed", False),
        ("cool_down", -1),
        ("cool_down", None),
        ("breaker", -1),
        ("breaker", "90"),
        ("risk_control_waits", (90, -1)),
        ("risk_control_waits", (90, None)),
        ("risk_control_waits", "90"),
        ("risk_control_waits", 90),
        ("risk_control_waits", {90}),
        ("risk_control_waits", None),
    ],
)
def test_retry_policy_refuses(name, value):
    """A retry policy that makes no sense is a UsageError that names argument and value."""
    with pytest.raises(UsageError) as caught:
        RetryPolicy(**{name: value})

    assert str(caught.value).startswith(f"{name} must be ")
    assert repr(value) in str(caught.value)


def test_policies_take_none_zero_and_lists():
    """None means no limit and 0 none; a list of waits becomes a tuple; values compare."""
    policy = RetryPolicy(
        attempts=None, base=0, max_wait=None, max_elapsed=None, risk_control_waits=[90, 180.5]
    )

    assert policy.risk_control_waits == (90, 180.5)
    assert hash(policy) == hash(RetryPolicy(None, 0, None, None, 10.0, 90.0, (90, 180.5)))
    assert RateLimit(per_second=None, burst=2, jitter=0) == RateLimit(None, 2, 0.0)
    assert RateLimit() == RateLimit(1.0, 1, 0.2)
    assert RetryPolicy() == RetryPolicy(4, 0.5, 30.0, 120.0, 10.0, 90.0, ())


async def test_errors_of_other_kinds_are_retried_by_their_class():
    """What is neither throttle nor risk control is retried if its class says so."""
    pace, _ = make()

    assert pace.may_retry(TransportError())
    assert not pace.may_retry(UsageError())


async def test_repr_shows_the_state():
    """The repr shows the pace and the seconds left."""
    pace, _ = make(2.0, cool_down=4.0)
    await throttled(pace, await pace.acquire())

    assert repr(pace) == "<Pace per_second=1.0 seconds_left=4.000>"


async def test_a_probe_that_succeeds_in_a_longer_rest_makes_room():
    """
    Risk control of an older request comes while the probe is out; the probe then
    succeeds: after the longer rest there is a new probe, and no standstill.
    """
    pace, clock = make(None, risk_control_waits=(30,))
    old, older = await pace.acquire(), await pace.acquire()
    await throttled(pace, old, 1.0)
    probe = await pace.acquire()
    await blocked(pace, older)
    await succeeded(pace, probe)
    began = clock.monotonic()
    async with asyncio.timeout(2):
        await pace.acquire()
    assert clock.monotonic() - began == EXACT(30.0)
