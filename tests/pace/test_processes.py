"""Four processes of four tasks each on one account: `pytest -s` prints the table."""

from __future__ import annotations

import asyncio
import json
import os
import sys

from itertools import pairwise
from pathlib import Path

import pytest

from bili_common.testing import FakeBilibili

from ..faults.figures import show
from .test_stores import needs_redis, server


__all__ = ["server"]

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("alone")]

WORKER = Path(__file__).with_name("worker.py")
PROCESSES = 4
SHARED = ["file", pytest.param("redis", marks=needs_redis)]


@pytest.fixture
def place(request, tmp_path):
    """Where the pace of the kind lives that a test asks for."""

    def of(kind):
        if kind == "redis":
            return request.getfixturevalue("server").url
        return str(tmp_path / "pace.sqlite")

    return of


async def spawn(fake, kind, place, rate, seconds, vmid):  # noqa: PLR0917 - one command line
    words = (fake.base_url, kind, place, str(rate), str(seconds), str(vmid))
    return await asyncio.create_subprocess_exec(
        sys.executable, str(WORKER), *words, stdout=asyncio.subprocess.PIPE
    )


async def finish(workers):
    """Return the moments of all turns in seconds, first to last."""
    outputs = await asyncio.gather(*(worker.communicate() for worker in workers))
    return sorted(at / 1e6 for output, _ in outputs if output for at in json.loads(output))


def beyond(times, rate):
    """Return by how many turns the fullest window exceeds burst + rate * w."""
    return max(
        last - first + 1 - (1 + rate * (times[last] - times[first]))
        for first in range(len(times))
        for last in range(first, len(times))
    )


def achieved(times, rate):
    """Return the pace in the middle, when all processes ask, in parts of the configured one."""
    middle = [at for at in times if times[0] + 1.0 <= at <= times[-1] - 1.0]
    return (len(middle) - 1) / (middle[-1] - middle[0]) / rate


@pytest.mark.parametrize("rate", [2, 20])
@pytest.mark.parametrize("kind", ["alone", *SHARED])
async def test_four_processes_keep_one_pace(kind, rate, place):
    """With a shared pace the four are as quick as one; without it they are four."""
    seconds = 7 if rate == 2 else 5
    async with FakeBilibili() as fake:
        where = place(kind)
        workers = [
            await spawn(fake, kind, where, rate, seconds, 2 + n) for n in range(PROCESSES)
        ]
        times = await finish(workers)
        if kind == "alone":
            # Their turns have no common clock: what the server saw is counted.
            times = [seen.at for seen in fake.log]
    part, excess = achieved(times, rate), beyond(times, rate)
    show(f"| four processes, {kind}, {rate} per second | {part:.2f} | {excess:.2f} |")
    if kind == "alone":
        assert part > 1.5
        return

    assert excess <= 0.1
    assert part <= 1.01
    # On a machine that has no time for a process, its turns come late.
    assert part >= 0.93 or os.getloadavg()[0] > (os.cpu_count() or 1)


@pytest.mark.parametrize("kind", SHARED)
async def test_a_throttle_of_one_process_is_a_rest_of_all(kind, place):
    """One is told to wait for two seconds: none asks meanwhile, then one asks, then all."""
    async with FakeBilibili() as fake:
        where = place(kind)
        workers = [await spawn(fake, kind, where, 20, 6, 2 + n) for n in range(PROCESSES)]
        while fake.requests < 30:  # noqa: ASYNC110 - a server tells nobody
            await asyncio.sleep(0.02)
        fake.throttle(times=1, retry_after=2)
        await finish(workers)
        times = [seen.at for seen in fake.log]
    gap, begin = max((after - at, at) for at, after in pairwise(times))
    show(f"| a throttle of 2 s to one of four, {kind} | nobody asks for {gap:.2f} s |")
    assert 1.9 <= gap <= 2.6
    assert sum(at > begin for at in times) > 5
