"""The clock that never waits."""

from __future__ import annotations

import asyncio
import time

from bili_common._util.clock import Clock
from bili_common.testing import InstantClock


async def test_sleep_takes_no_time(instant_clock):
    """A sleep moves virtual time at once, and is written down."""
    start = time.perf_counter()
    await instant_clock.sleep(3600)
    await instant_clock.sleep(0.5)
    await instant_clock.sleep(-1)

    assert time.perf_counter() - start < 1
    assert instant_clock.slept == [3600, 0.5, -1]
    assert instant_clock.monotonic() == 1000.0 + 3600.5
    assert instant_clock.time() == 1_700_000_000.0 + 3600.5


async def test_sleep_lets_others_run(instant_clock):
    """A sleep yields to the loop once, so that tasks take turns."""
    turns = []

    async def take(name):
        for _ in range(3):
            turns.append(name)
            await instant_clock.sleep(1)

    await asyncio.gather(take("a"), take("b"))

    assert turns == ["a", "b"] * 3


def test_random_is_the_same_every_time():
    """Chance comes in the same order for the same seed."""
    clocks = [InstantClock(seed=seed) for seed in (1, 1, 2)]
    one, two, other = ([clock.random() for _ in range(9)] for clock in clocks)

    assert one == two != other
    assert all(0 <= number < 1 for number in one)


def test_advance(instant_clock):
    """Time passes by *advance* as well, and never goes back."""
    instant_clock.advance(5)
    instant_clock.advance(-5)

    assert instant_clock.monotonic() == 1005.0
    assert instant_clock.slept == []


def test_is_a_clock(instant_clock):
    """It has every method of the clock that the library asks."""
    methods = {name for name in vars(Clock) if not name.startswith("_")}

    assert methods <= set(dir(instant_clock))
    assert methods
