"""A large run: flat memory, exact requests, and a fast way past what is stored."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import time
import tracemalloc

from contextlib import contextmanager

import pytest

from bili_common import SAME_FOLLOWINGS, ComparisonRun, RunStore, Status
from bili_common.compare._store.rows import outcome_row
from bili_common.testing import FakeBilibili

from ..checkout import ROOT, program
from .outcomes import make_outcome
from .runs import cost_of, is_sound, lists_of, one_each, walks


CHILD = "tests.compare.large_child"
FIRST = 100_001
MIB = 2**20

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("alone")]


@contextmanager
def server():
    """Serve in a process of its own; yields the address and a function for the requests."""
    command = program(CHILD, "serve")
    with subprocess.Popen(  # noqa: S603 - our own script
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:

        def requests():
            process.stdin.write("\n")
            process.stdin.flush()
            return int(process.stdout.readline())

        try:
            yield process.stdout.readline().strip(), requests
        finally:
            process.kill()


def crawl(how, url, path, users):
    """Run in a process of its own and return its figures."""
    command = program(CHILD, how, url, path, FIRST, FIRST + users)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603
    return json.loads(done.stdout)


def test_ten_thousand_users_into_a_store(tmp_path):
    """
    10,000 users at full speed: every list as the server has it, and no request too many.

    The process does not grow by more than 20 MB on the way.
    """
    path = tmp_path / "large.sqlite"
    with server() as (url, requests):
        figures = crawl("resident", url, path, 10_000)
        asked = requests()

    fake, vmids = FakeBilibili(), range(FIRST, FIRST + 10_000)
    assert (figures["seen"], figures["bad"]) == (10_000, 0)
    # The server was also asked whose cookie it is.
    assert cost_of(fake, vmids) == asked - 1 == figures["requests"]
    assert {vmid: fake.user(vmid).mids for vmid in vmids} == lists_of(path)
    assert is_sound(path)
    growth = max(figures["growth"])
    print(  # noqa: T201 - the figures are asked for
        f"\n10,000 users, {asked} requests in {figures['seconds']:.1f} s "
        f"({asked / figures['seconds']:.0f}/s), resident memory +{growth / MIB:.1f} MiB, "
        f"store {path.stat().st_size / MIB:.1f} MiB"
    )
    assert growth <= 20 * MIB


def test_memory_is_flat_beyond_the_ids(tmp_path):
    """5,000 users add no more than 6 MB to what Python holds, code and ids included."""
    with server() as (url, _):
        figures = crawl("traced", url, tmp_path / "large.sqlite", 5_000)

    growth = figures["growth"]
    print(  # noqa: T201 - the figures are asked for
        f"\n5,000 users: traced memory +{max(growth) / MIB:.2f} MiB at most, "
        f"+{growth[-1] / MIB:.2f} MiB at the end"
    )
    assert figures["seen"] == 5_000
    assert max(growth) <= 6 * MIB


def fill(path, count):
    """Write so many outcomes as a run would have, but faster."""
    file = sqlite3.connect(path)
    with file:
        file.execute("INSERT INTO accounts (name) VALUES ('default')")
        file.execute("INSERT INTO endpoints (path) VALUES (?)", (SAME_FOLLOWINGS.path,))
        marks = ", ".join("?" * 14)
        file.executemany(
            f"INSERT INTO outcomes VALUES ({marks})",  # noqa: S608
            (
                outcome_row((1, 1, vmid), 1, make_outcome(vmid, Status.OK), [])
                for vmid in range(1, count + 1)
            ),
        )
    file.close()


async def test_million_stored_users_are_passed_quickly(tmp_path):
    """A run over 1,000,001 users of whom a million are stored fetches one, soon."""
    path, count = tmp_path / "large.sqlite", 1_000_000
    async with RunStore(path):
        pass
    await asyncio.to_thread(fill, path, count)

    began = time.perf_counter()
    async with ComparisonRun(walks(one_each), range(1, count + 2), store=path) as run:
        fetched = [outcome.vmid async for outcome in run]
    seconds = time.perf_counter() - began

    print(f"\n1,000,000 stored users passed in {seconds:.1f} s")  # noqa: T201 - asked for
    assert [count + 1] == fetched
    assert (count + 1, count) == (run.summary.done, run.summary.skipped)
    assert seconds < 60


async def test_passing_stored_users_holds_little(tmp_path):
    """What a resumed run holds of stored users is their ids."""
    path, count = tmp_path / "large.sqlite", 100_000
    async with RunStore(path):
        pass
    await asyncio.to_thread(fill, path, count)

    ids = list(range(1, count + 1))
    tracemalloc.start()
    try:
        seen = set(ids)
        own = tracemalloc.get_traced_memory()[0]
        del seen
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        async with ComparisonRun(walks(one_each), ids, store=path) as run:
            assert [outcome async for outcome in run] == []
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()

    print(f"\n100,000 stored users: {peak / MIB:.1f} MiB, their set {own / MIB:.1f} MiB")  # noqa: T201
    # A set that grows is there twice for a moment.
    assert peak <= 2 * own + MIB
