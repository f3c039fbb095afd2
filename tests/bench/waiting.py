"""Waiting: latency hidden by pages ahead and by many users, and the pace that is kept."""

from __future__ import annotations

import asyncio
import time

from collections.abc import Iterator

from bili_common import Client, RateLimit, RetryPolicy
from bili_common._transport.policy import pace_settings
from bili_common._util.clock import SystemClock
from bili_common.pace import LocalPace
from bili_common.pace._turns import Pace

from .measure import Spread, ratios
from .server import serving, vmid_of
from .table import Row, plain
from .walks import client_of


LATENCY = 0.05
PAGES = 20


def rows(rounds: int, users: int) -> Iterator[Row]:
    """Yield the rows of pages ahead, of many users and of the pace."""
    yield from _ahead(rounds)
    yield _users(users)
    yield from _pace(seconds=2 if rounds < 5 else 10)


def _ahead(rounds: int) -> Iterator[Row]:
    vmid = vmid_of(PAGES * 50)

    async def walk(client: Client, prefetch: int) -> float:
        began = time.perf_counter()
        assert (
            len(await client.iter_same_followings(vmid).collect(prefetch=prefetch))
            == PAGES * 50
        )
        return time.perf_counter() - began

    async def measure() -> tuple[list[float], list[float]]:
        ahead, one_by_one = [], []
        async with client_of(served) as client:
            await walk(client, 4)
            for _ in range(rounds):
                ahead.append(await walk(client, 4))
                one_by_one.append(await walk(client, 0))
        return ahead, one_by_one

    with serving(latency=LATENCY) as served:
        ahead, one_by_one = asyncio.run(measure())
    yield Row(
        "20 pages at 50 ms: prefetch=4 / one by one",
        f"{Spread.of(ahead).median:.3f} s",
        f"{Spread.of(one_by_one).median:.3f} s",
        ratios(ahead, one_by_one),
        0.30,
    )
    ideal = PAGES * LATENCY
    yield Row(
        "20 pages at 50 ms, one by one / 20 x 50 ms",
        f"{Spread.of(one_by_one).median:.3f} s",
        f"{ideal:.3f} s",
        ratios(one_by_one, [ideal] * rounds),
        1.05,
    )


def _users(users: int) -> Row:
    vmids = [vmid_of(20, user) for user in range(1, users + 1)]

    async def measure() -> float:
        async with client_of(served) as client:
            began = time.perf_counter()
            run = client.compare_same_followings(vmids, max_concurrency=16)
            async with run:
                done = [outcome.status.name async for outcome in run]
            assert done == ["OK"] * users, set(done)
            return time.perf_counter() - began

    with serving(latency=0.02) as served:
        took = asyncio.run(measure())
    ideal = users * 0.02 / 16
    what = f"{users} UIDs at 20 ms, max_concurrency=16 / requests x latency / 16"
    return Row(what, f"{took:.2f} s", f"{ideal:.2f} s", plain(took / ideal), 1.25)


def _pace(seconds: float) -> Iterator[Row]:
    rate = 50.0
    turns = asyncio.run(_turns(rate, int(seconds * rate)))
    achieved = (len(turns) - 1) / (turns[-1] - turns[0])
    what = "pace at 50 per second, 20 tasks, jitter=0: achieved / configured"
    yield Row(what, f"{achieved:.2f} /s", f"{rate:g} /s", plain(achieved / rate), 1.0, 0.97)
    excess = max(
        later - first + 1 - (1 + rate * (turns[later] - turns[first]))
        for first in range(len(turns))
        for later in range(first, len(turns))
    )
    what = "requests in any window beyond burst + rate x w, the most"
    yield Row(what, f"{excess:.3f}", "0", plain(excess), 0.0)

    async def jittered() -> float:
        turns = await _turns(rate, int(seconds * rate), jitter=RateLimit().jitter)
        return (len(turns) - 1) / (turns[-1] - turns[0])

    achieved = asyncio.run(jittered())
    what = "the same with the default jitter=0.2"
    yield Row(what, f"{achieved:.2f} /s", f"{rate:g} /s", plain(achieved / rate))


async def _turns(rate: float, count: int, *, jitter: float = 0.0) -> list[float]:
    """Return the moments at which 20 tasks were let through."""
    limit = RateLimit(per_second=rate, burst=1, jitter=jitter)
    pace = Pace(LocalPace(), pace_settings(limit, RetryPolicy()), SystemClock())
    turns: list[float] = []

    async def ask() -> None:
        while len(turns) < count:
            grant = await pace.acquire()
            turns.append(time.monotonic())
            await pace.settle(grant, None)

    async with asyncio.TaskGroup() as group:
        for _ in range(20):
            group.create_task(ask())
    return turns[:count]
