"""A run that is killed at any moment, and goes on."""

from __future__ import annotations

import asyncio
import os
import random
import signal

import pytest

from bili_common.testing import FakeBilibili

from ..checkout import ROOT, program
from .runs import contents, is_sound, make_client, rows


CHILD = "tests.compare.store_child"
FIRST, LAST = 2001, 2401
TASKS = 4
KILLS = 20


class Killer(FakeBilibili):
    """A server that has the child killed some time after a certain request."""

    victim: asyncio.subprocess.Process | None = None
    at = 0
    delay = 0.0

    def answer(self, path, query, **options):
        if self.victim is not None and self.requests >= self.at:
            loop = asyncio.get_running_loop()
            loop.call_later(self.delay, os.kill, self.victim.pid, signal.SIGKILL)
            self.victim = None
        return super().answer(path, query, **options)


def stored(path):
    return {vmid for (vmid,) in rows(path, "SELECT vmid FROM outcomes")}


async def start(fake, path):
    return await asyncio.create_subprocess_exec(
        *program(CHILD, fake.base_url, path, FIRST, LAST),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )


def told_by(out):
    """Return the users whom the child was told of, by its whole lines."""
    lines = out.decode().splitlines(keepends=True)
    return {
        int(line.split()[1])
        for line in lines
        if line.startswith("told ") and line.endswith("\n")
    }


def asked_since(fake, number):
    return {seen.vmid for seen in fake.log if seen.vmid and seen.number > number}


def script(fake):
    """Give the server some users that are more than a list."""
    fake.add_user(2010, private=True)
    fake.add_user(2020, gone=True)
    fake.add_user(2030, followings=170)
    fake.add_user(2350, private=True)


@pytest.mark.xdist_group("alone")
@pytest.mark.slow
async def test_killed_run_goes_on(tmp_path):
    """
    SIGKILL at twenty random moments changes nothing in the end.

    All that was told of is in the store, which is sound each time; nothing that is in it is
    fetched again; and of those that were begun at most the tasks' number is lost.
    """
    chance = random.Random(20)
    path = tmp_path / "killed.sqlite"
    twice = 0
    async with Killer(latency=0.002) as fake:
        script(fake)
        for _ in range(KILLS):
            before = stored(path) if path.exists() else set()
            begun = fake.requests
            fake.at = begun + chance.randint(0, 24)
            fake.delay = chance.uniform(0, 0.02)
            fake.victim = child = await start(fake, path)
            out, _ = await child.communicate()

            assert child.returncode == -signal.SIGKILL
            after, fetched = stored(path), asked_since(fake, begun)
            assert is_sound(path)
            assert told_by(out) <= after
            assert before <= after
            assert not fetched & before
            assert after - before <= fetched
            lost = fetched - after
            assert len(lost) <= TASKS
            twice += len(lost)

        assert 0 < len(stored(path)) < LAST - FIRST
        child = await start(fake, path)
        await child.communicate()
        assert child.returncode == 0

        undisturbed = tmp_path / "undisturbed.sqlite"
        async with (
            make_client(fake) as client,
            client.compare_same_followings(range(FIRST, LAST), store=undisturbed) as run,
        ):
            async for _ in run:
                pass

    assert is_sound(path)
    assert contents(undisturbed) == contents(path)
    assert not [*tmp_path.glob("*-wal"), *tmp_path.glob("*-shm")]
    print(f"\n{KILLS} kills, {twice} users begun and lost, {run.summary.done} in the end")  # noqa: T201 - the figures are asked for
