"""Clocks that go back: what is owed is shifted; there is no burst, and no endless wait."""

from __future__ import annotations

import random
import time

import attrs
import pytest

from bili_common._util.clock import SystemClock
from bili_common.errors import RiskControlError
from bili_common.pace import LocalPace, PaceState
from bili_common.pace._decisions import Asker, Grant, ask, settle
from bili_common.pace._settings import PaceSettings
from bili_common.pace._settlement import SUCCEEDED
from bili_common.pace._shared import SharedPace

from .test_stores import make, server, store


__all__ = ["make", "server", "store"]

HOUR = 3600 * 1_000_000
SETTINGS = PaceSettings(interval=50_000, burst=3, cool_down=300_000, breaker=400_000)


async def set_back(store, by=HOUR):
    """Leave the state as it would be if the store's clock had now been set back."""

    def step(state, _now):
        breaker = state.breaker
        if breaker.until is not None:
            breaker = attrs.evolve(breaker, until=breaker.until + by, lease=breaker.lease + by)
        return attrs.evolve(
            state,
            paid=state.paid + by,
            seen=state.seen + by,
            waiting=tuple((client, until + by) for client, until in state.waiting),
            breaker=breaker,
        ), None

    await store.change("main", step)


def shared(store):
    return SharedPace(store, SETTINGS, SystemClock(), name="main")


async def take(pace, turns):
    """Return when so many turns were given, by the store's time: only states are set back."""
    times = []
    for _ in range(turns):
        grant = await pace.acquire()
        times.append(grant.now)
        await pace.settle(grant, None)
    return times


def assert_bound(times, settings):
    """No window holds more than burst + rate * w; a timer may be 2 ms late once."""
    for first, begin in enumerate(times):
        for turns, at in enumerate(times[first:], 1):
            assert turns <= settings.burst + (at - begin + 2_000) / settings.interval


async def test_a_clock_that_goes_back_gives_no_burst(store):
    """The store's clock goes back an hour between turns: they go on, at their pace."""
    pace = shared(store)
    before = await take(pace, 4)
    await set_back(store)

    after = await take(pace, 5)

    assert_bound(before + after, SETTINGS)
    # An interval later, and not an hour.
    assert after[0] - before[-1] <= 5_000_000


async def test_a_clock_that_goes_back_neither_ends_nor_lengthens_a_rest(store):
    """The store's clock goes back in a rest: what is left of the rest is left."""
    pace = shared(store)
    grant = await pace.acquire()
    began = time.monotonic()
    await pace.settle(grant, RiskControlError())
    await set_back(store)

    with pytest.raises(RiskControlError) as refused:
        await pace.acquire()
    assert 0 < refused.value.retry_after <= 0.4
    while time.monotonic() < began + 0.4:
        with pytest.raises(RiskControlError) as refused:
            await pace.acquire()
        await SystemClock().sleep(refused.value.retry_after)

    await take(pace, 1)
    assert time.monotonic() - began <= 5


async def test_a_probe_ends_a_rest_whose_clock_went_back(store):
    """The clock goes back while the probe is out: its answer ends the rest all the same."""
    pace = shared(store)
    await pace.settle(await pace.acquire(), RiskControlError())
    await SystemClock().sleep(0.41)
    probe = await pace.acquire()
    await set_back(store)

    await pace.settle(probe, None)

    assert len(await take(pace, 2)) == 2
    assert pace.seconds_left == 0


class Unsteady(LocalPace):
    """A store whose clock is set back by chance, beside one that is never wrong."""

    def __init__(self, dice):
        super().__init__()
        self.dice = dice
        self.passed = 0
        self.wrong = HOUR
        self.state = PaceState()

    def wait(self, microseconds):
        self.passed += microseconds
        self.wrong += microseconds
        if self.dice.random() < 0.05:
            self.wrong -= self.dice.choice((1, 10_000, 200_000, HOUR))

    def change_at_once(self, step):
        self.state, reply = step(self.state, self.wrong)
        return reply


@pytest.mark.parametrize("seed", range(40))
def test_the_bound_holds_by_a_clock_that_never_goes_back(seed):
    """However often the store's clock goes back, no window of true time holds too many."""
    dice = random.Random(seed)
    settings = PaceSettings(interval=50_000, burst=dice.choice((1, 3)))
    store = Unsteady(dice)
    grants = []
    for _ in range(600):
        client = dice.randint(1, 3)
        reply = store.change_at_once(
            lambda state, now, client=client: ask(state, now, settings, Asker(client=client))
        )
        if isinstance(reply, Grant):
            grants.append(store.passed)
            store.change_at_once(
                lambda state, now, ticket=reply.ticket: settle(
                    state, now, settings, Asker(), ticket=ticket, told=SUCCEEDED
                )
            )
        else:
            # Nobody is told to wait for longer than others come first.
            assert 0 < reply.until - reply.now <= 4 * settings.interval
        store.wait(dice.choice((0, 1_000, 20_000, 50_000)))

    # Waits are lost where time passed between the last change and the jump.
    assert len(grants) > 100
    assert_bound(grants, settings)
