"""Waiting: latency hidden by pages ahead and by many users, and the pace that is kept."""

from __future__ import annotations

import asyncio
import tempfile
import time

from collections.abc import Iterable, Iterator
from pathlib import Path

from bili_common import Client, RateLimit, RetryPolicy
from bili_common._transport.policy import pace_settings
from bili_common._util.clock import SystemClock
from bili_common.pace import LocalPace
from bili_common.pace._turns import Pace

from . import byhand
from .measure import Spread, ratios
from .server import Served, latency_of, serving, vmid_of
from .table import Row, plain
from .walks import client_of


LATENCY = 0.05
PAGES = 20


def rows(rounds: int, users: int) -> Iterator[Row]:
    """Yield the rows of pages ahead, of many users and of the pace."""
    yield from _ahead(rounds)
    yield from _jitter(min(rounds, 5), 400 if rounds > 3 else 80)
    yield from _users(min(rounds, 7), users)
    yield from _pace(seconds=2 if rounds < 5 else 10)


async def _walk(client: Client, pages: int, prefetch: int) -> float:
    began = time.perf_counter()
    pager = client.iter_same_followings(vmid_of(pages * 50))
    assert len(await pager.collect(prefetch=prefetch)) == pages * 50
    return time.perf_counter() - began


async def _by_hand(served: Served, asked: Iterable[tuple[int, int]], at_once: int) -> float:
    """Return the seconds of a loop by hand that asks for each (vmid, pn)."""
    began = time.perf_counter()
    assert await byhand.count_at_once(served.url, asked, at_once)
    return time.perf_counter() - began


async def _timed_walks(
    served: Served, rounds: int, pages: int, *ahead: int
) -> tuple[dict[int, list[float]], dict[int, list[float]]]:
    """Return the seconds of walks with so many pages ahead, and by hand, all in turns."""
    ours: dict[int, list[float]] = {prefetch: [] for prefetch in ahead}
    floor: dict[int, list[float]] = {prefetch: [] for prefetch in ahead}
    asked = [(vmid_of(pages * 50), pn) for pn in range(1, pages + 1)]
    async with client_of(served) as client:
        await _walk(client, 20, max(ahead))
        for _ in range(rounds):
            for prefetch in ahead:
                ours[prefetch].append(await _walk(client, pages, prefetch))
                floor[prefetch].append(await _by_hand(served, asked, max(prefetch, 1)))
    return ours, floor


def _floor_row(what: str, floor: list[float], ideal: float) -> Row:
    """Return the row of a loop by hand that does no more than ask and construct."""
    figures = f"{Spread.of(floor).median:.2f} s", f"{ideal:.2f} s"
    ratio = ratios(floor, [ideal] * len(floor))
    return Row(f"{what}: floor, by hand / the same", *figures, ratio, group="time")


def _ahead(rounds: int) -> Iterator[Row]:
    with serving(latency=LATENCY) as served:
        took, floor = asyncio.run(_timed_walks(served, rounds, PAGES, 4, 0))
    figures = [f"{Spread.of(took[it]).median:.3f} s" for it in (4, 0)]
    what = "20 pages at 50 ms: prefetch=4 / one by one"
    yield Row(what, *figures, ratios(took[4], took[0]), 0.27, group="time")
    ideal = PAGES * LATENCY
    what = "20 pages at 50 ms, one by one / 20 x 50 ms"
    ratio = ratios(took[0], [ideal] * rounds)
    yield Row(what, figures[1], f"{ideal:.3f} s", ratio, 1.05, group="time")
    yield _floor_row("20 pages at 50 ms, one by one", floor[0], ideal)


def _jitter(rounds: int, pages: int) -> Iterator[Row]:
    """Yield the rows of latencies that differ from page to page."""
    least, most = 0.02, 0.08
    whole = sum(latency_of(least, most, pn) for pn in range(1, pages + 1))
    with serving(latency=least, most=most) as served:
        took, floor = asyncio.run(_timed_walks(served, rounds, pages, 4, 16))
    for prefetch, budget in ((4, 1.08), (16, 1.15)):
        ideal = whole / prefetch
        what = f"{pages} pages at 20 to 80 ms, prefetch={prefetch}"
        ours = f"{Spread.of(took[prefetch]).median:.2f} s"
        ratio = ratios(took[prefetch], [ideal] * rounds)
        of = f"{what} / the sum of them / {prefetch}"
        yield Row(of, ours, f"{ideal:.2f} s", ratio, budget, group="time")
        yield _floor_row(what, floor[prefetch], ideal)


def _users(rounds: int, users: int) -> Iterator[Row]:
    vmids = [vmid_of(20, user) for user in range(1, users + 1)]

    async def measure(concurrency: int, store: Path | None) -> float:
        async with client_of(served) as client:
            began = time.perf_counter()
            run = client.compare_same_followings(
                vmids, max_concurrency=concurrency, store=store
            )
            async with run:
                done = [outcome.status.name async for outcome in run]
            assert done == ["OK"] * users, set(done)
            return time.perf_counter() - began

    cases = ((16, False, 1.10), (64, False, 1.35), (16, True, 1.25), (64, True, None))
    took: dict[tuple[int, bool], list[float]] = {case[:2]: [] for case in cases}
    floor: dict[int, list[float]] = {16: [], 64: []}
    with serving(latency=0.02) as served, tempfile.TemporaryDirectory() as folder:
        for turn in range(rounds):
            for (concurrency, stored), seconds in took.items():
                store = Path(folder, f"{turn}-{concurrency}.sqlite") if stored else None
                seconds.append(asyncio.run(measure(concurrency, store)))
            for at_once, seconds in floor.items():
                asked = [(vmid, 1) for vmid in vmids]
                seconds.append(asyncio.run(_by_hand(served, asked, at_once)))
    for concurrency, stored, budget in cases:
        seconds, ideal = took[concurrency, stored], users * 0.02 / concurrency
        what = f"{users} UIDs at 20 ms, max_concurrency={concurrency}"
        what += f"{', into a store' if stored else ''} / requests x latency / {concurrency}"
        ours = f"{Spread.of(seconds).median:.2f} s"
        ratio = ratios(seconds, [ideal] * len(seconds))
        yield Row(what, ours, f"{ideal:.2f} s", ratio, budget, group="time")
    for at_once, seconds in floor.items():
        what = f"{users} UIDs at 20 ms, {at_once} at once"
        yield _floor_row(what, seconds, users * 0.02 / at_once)


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
    yield Row(what, f"{excess:.3f}", "0", plain(excess), 0.1)

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
