"""A run and a walk that are cancelled after each of their first steps."""

from __future__ import annotations

import asyncio

import pytest

from bili_common import Status
from bili_common.testing import FakeBilibili

from .runs import is_sound, make_client, rows


STEPS = 200
SIZES = {2: 120, 3: 10, 4: 0, 5: 60, 6: 30}


def make_fake():
    fake = FakeBilibili()
    for vmid, size in SIZES.items():
        fake.add_user(vmid, followings=size)
    return fake


async def cancelled_after(steps, coroutine, *, pause=0.0):
    """Cancel *coroutine* after so many turns of the loop; return whether it was at its end."""
    task = asyncio.create_task(coroutine)
    for _ in range(steps):
        await asyncio.sleep(pause)
    is_done = task.done()
    task.cancel()
    async with asyncio.timeout(10):
        await asyncio.wait([task])
    assert task.cancelled() is not is_done
    return is_done


def left(fake):
    """Return the tasks that are neither the test's nor the server's."""
    mine = {asyncio.current_task(), *fake._busy}
    return [
        task
        for task in asyncio.all_tasks() - mine
        if not any(name in repr(task) for name in ("web_protocol", "testing/", "_accept_"))
    ]


async def finish(client, told, **options):
    async with client.compare_same_followings(SIZES, max_concurrency=3, **options) as run:
        async for outcome in run:
            told.append(outcome)


def check(told, fake):
    for outcome in told:
        assert outcome.status is Status.OK
        assert [item.mid for item in outcome.items] == fake.user(outcome.vmid).mids


@pytest.mark.slow
@pytest.mark.parametrize("ordered", [False, True])
async def test_a_run_may_be_cancelled_after_any_step(ordered):
    """After 1 to 200 steps: it ends, leaves no task, and the client's next run is whole."""
    ends = 0
    async with make_fake() as fake, make_client(fake) as client:
        for steps in range(1, STEPS + 1):
            told = []
            run = finish(client, told, ordered=ordered)
            ends += await cancelled_after(steps, run)
            check(told, fake)
            assert left(fake) == []
            if steps % 20 == 0:
                again = []
                await finish(client, again)
                assert sorted(outcome.vmid for outcome in again) == sorted(SIZES)
                check(again, fake)
    # So many were cancelled on their way.
    assert STEPS - ends >= 10


@pytest.mark.slow
async def test_a_run_with_a_store_may_be_cancelled_after_any_step(tmp_path):
    """After 1 to 200 pauses: the store is sound, and the next run fetches what is left."""
    ends = 0
    async with make_fake() as fake, make_client(fake) as client:
        for steps in range(1, STEPS + 1, 5):
            path, told, again = tmp_path / str(steps), [], []
            run = finish(client, told, store=path)
            ends += await cancelled_after(steps, run, pause=0.0002)
            stored = set()
            if path.exists():
                assert is_sound(path)
                stored = {vmid for (vmid,) in rows(path, "SELECT vmid FROM outcomes")}
            assert {outcome.vmid for outcome in told} <= stored
            await finish(client, again, store=path)
            assert {outcome.vmid for outcome in again} == SIZES.keys() - stored
            check([*told, *again], fake)
            assert left(fake) == []
    assert 0 < ends < STEPS // 5


@pytest.mark.slow
@pytest.mark.parametrize("prefetch", [0, 3])
async def test_a_walk_may_be_cancelled_after_any_step(prefetch):
    """After 1 to 200 steps: no task is left, and its cursor goes on to the whole list."""
    async with make_fake() as fake, make_client(fake) as client:
        for steps in range(1, STEPS + 1):
            got, walks = [], []

            async def read(got=got, walks=walks):
                pager = client.iter_same_followings(2, page_size=10)
                async with pager.walk(prefetch=prefetch) as walk:
                    walks.append(walk)
                    async for item in walk:
                        got.append(item.mid)

            await cancelled_after(steps, read())
            assert left(fake) == []
            start = walks[0].cursor if walks else None
            rest = client.iter_same_followings(2, page_size=10, start=start)
            assert got + [item.mid async for item in rest] == fake.user(2).mids
