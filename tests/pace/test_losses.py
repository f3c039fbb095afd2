"""A Redis that is killed, frozen, or comes back empty, under several processes."""

from __future__ import annotations

import asyncio
import os
import signal
import time

import pytest

from bili_common.testing import FakeBilibili

from .test_processes import begin, beyond, no_process_left, spawn, spawn_all, stop, until
from .test_stores import needs_redis, server


__all__ = ["no_process_left", "server"]

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("alone"), needs_redis]


def within(fake, begin, end):
    """Return how many requests came between two moments."""
    return sum(begin < seen.at < end for seen in fake.log)


async def spawn_run(fake, url, folder):
    """Begin a run over many users by the command."""
    words = ["compare", *map(str, range(2, 60)), "--store", str(folder / "run.sqlite")]
    words += ["--base-url", fake.base_url, "--rate", "5", "--pace", url]
    login = os.environ | {"BILI_SESSDATA": "a"}
    return await begin("-m", "bili_common", *words, env=login, stderr=asyncio.subprocess.STDOUT)


async def test_without_redis_clients_stop_or_slow_down(server, note, tmp_path):
    """Redis is killed: some send nothing and say so, some go on at their share, a run ends."""
    async with FakeBilibili() as fake, FakeBilibili() as other, FakeBilibili() as third:
        for vmid in range(2, 60):
            third.add_user(vmid, followings=3)
        slow = {"on_pace_loss": "slow", "pace_share": 2}
        stops = [await spawn(fake, "redis", server.url, 20, 60, 2 + n) for n in range(2)]
        slows = [await spawn(other, "redis", server.url, 20, 60, 2, **slow) for _ in range(2)]
        run = await spawn_run(third, server.url, tmp_path)
        await until(lambda: min(fake.requests, other.requests, 3 * third.requests) >= 15)
        server.kill()
        killed = time.monotonic()
        ended = await asyncio.wait_for(run.wait(), 20)
        ran = time.monotonic() - killed
        await asyncio.sleep(max(killed + 7 - time.monotonic(), 0))
        told = await stop(stops)
        await stop(slows)
        sent = [within(it, killed + 0.2, killed + 60) for it in (fake, third)]
        rate = within(other, killed + 5, killed + 7) / 2
    lost = [[at - killed for name, at in one["errors"] if name == "PaceError"] for one in told]
    waited = max(errors[0] for errors in lost)
    what = "Redis is killed, `stop`: "
    note(f"{what}requests after 0.2 s", "0", "redis", str(sent[0]))
    note(f"{what}each client says so after", "3 to 5 s", "redis", f"{waited:.1f} s")
    note(f"{what}a run ends by exit code {ended} after", "3 to 8 s", "redis", f"{ran:.1f} s")
    what = "Redis is killed, `slow`: two go on together, of 20 per second, at"
    note(what, "21 per second", "redis", f"{rate:.1f}")
    assert sent == [0, 0]
    assert all(2.9 <= errors[0] <= 5 for errors in lost)
    assert ended == 8
    assert 2.9 <= ran <= 8
    assert 5 <= rate <= 21


async def test_a_frozen_redis_is_waited_for(server, note):
    """Redis is frozen for one second, then for five: nobody asks, and no burst follows."""
    async with FakeBilibili() as fake:
        workers = await spawn_all(fake, "redis", server.url, burst=5)
        await until(lambda: fake.requests >= 30)
        short = await freeze(server, 1)
        await until(lambda: within(fake, short[1], short[1] + 60) > 10)
        long = await freeze(server, 5)
        await until(lambda: within(fake, long[1], long[1] + 60) > 10)
        told = await stop(workers)
        sent = [within(fake, begin + 0.2, end) for begin, end in (short, long)]
    errors = [at for one in told for _, at in one["errors"]]
    waited = max(one["errors"][0][1] for one in told) - long[0]
    excess = beyond_five(told)
    what = "Redis is frozen for 1 s and for 5 s, a burst of 5 is allowed: "
    note(f"{what}requests meanwhile", "0", "redis", str(sum(sent)))
    note(f"{what}each client says so after", "3 to 5 s", "redis", f"{waited:.1f} s")
    note(f"{what}turns beyond burst + rate x w", "0.1", "redis", f"{excess:.2f}")
    assert sent == [0, 0]
    assert min(errors) >= long[0] + 2.9
    assert waited <= 5
    assert excess <= 0.1


async def test_a_redis_that_lost_a_rest_learns_it_again(server, note):
    """Redis comes back empty, then once more in a rest: no burst, and the rest goes on."""
    async with FakeBilibili() as fake:
        workers = await spawn_all(fake, "redis", server.url, burst=5)
        await until(lambda: fake.requests >= 30)
        server.kill()
        server.start()
        await until(lambda: fake.requests >= 50)
        fake.throttle(times=1, retry_after=3)
        await until(lambda: any(seen.kind == "throttle" for seen in fake.log))
        await asyncio.sleep(0.5)
        server.kill()
        server.start()
        await asyncio.sleep(3.5)
        told = await stop(workers)
        [told_at] = [seen.at for seen in fake.log if seen.kind == "throttle"]
        after = [seen.at - told_at for seen in fake.log if seen.at > told_at + 0.4]
    excess = beyond_five(told)
    what = "Redis comes back empty, in a rest of 3 s too, a burst of 5 is allowed: "
    note(f"{what}the first request comes after", "3.0 to 3.6 s", "redis", f"{after[0]:.2f} s")
    note(f"{what}turns beyond burst + rate x w", "0.1", "redis", f"{excess:.2f}")
    assert 2.95 <= after[0] <= 3.6
    assert len(after) > 5
    assert excess <= 0.1


async def freeze(server, seconds):
    """Freeze *server*, and return when that began and ended."""
    server.process.send_signal(signal.SIGSTOP)
    began = time.monotonic()
    await asyncio.sleep(seconds)
    server.process.send_signal(signal.SIGCONT)
    return began, time.monotonic()


def beyond_five(told):
    """Return how far all turns exceed 5 + 20 * w, by Redis' own time."""
    times = sorted(at / 1e6 for one in told for at in one["at"])
    return beyond(times, 20) - 4
