"""What the run's own process suffers: too few file descriptors, and a kill."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal

import pytest

from bili_common import RunStore, Status
from bili_common.testing import FakeBilibili

from ..checkout import ROOT, program
from .runs import is_sound, rows


CHILD = "tests.compare.bad_day_child"


async def start(fake, path, first, last, *, size=4, speed="polite", descriptors=0):
    return await asyncio.create_subprocess_exec(
        *program(CHILD, fake.base_url, path, first, last, size, speed, descriptors),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )


class Holding(FakeBilibili):
    """A server that holds the first answers, and with them the descriptors of who asks."""

    def answer(self, path, query, **options):
        self.latency = 1.0 if self.requests < 60 else 0.005
        return super().answer(path, query, **options)


@pytest.mark.slow
async def test_too_few_file_descriptors_cost_no_user(tmp_path):
    """400 users, 200 at once, by 64 descriptors: the run rests, asks fewer, and all are OK."""
    async with Holding() as fake:
        child = await start(
            fake, tmp_path / "store", 1001, 1401, size=200, speed="quick", descriptors=64
        )
        out, _ = await child.communicate()
    said = json.loads(out)
    assert said["statuses"] == {"ok": 400}
    assert said["whys"]
    fewer = [
        re.fullmatch(r".*descriptors left; at most (\d+) users at once.*", why)[1]
        for why in said["whys"]
    ]
    assert fewer == ["100", "50", "25"][: len(fewer)]


class Stopping(FakeBilibili):
    """A server that has a process killed at a certain request, and does not answer it."""

    victim: asyncio.subprocess.Process | None = None
    at = 0

    def answer(self, path, query, **options):
        if self.victim is not None and self.requests >= self.at:
            os.kill(self.victim.pid, signal.SIGKILL)
            self.victim = None
        return super().answer(path, query, **options)


@pytest.mark.slow
async def test_each_list_goes_on_at_its_page_after_a_kill(tmp_path):
    """SIGKILL in the middle of four lists of 20 pages: the next run asks for what is left."""
    path, vmids = tmp_path / "store", range(1, 5)
    async with Stopping(latency=0.005) as fake:
        for vmid in vmids:
            fake.add_user(vmid, followings=1000)
        # whoami, and then some pages of each list.
        fake.at = 1 + 50
        fake.victim = child = await start(fake, path, 1, 5)
        await child.communicate()
        assert child.returncode == -signal.SIGKILL
        assert is_sound(path)
        kept = dict(rows(path, "SELECT vmid, size FROM partials"))
        before = fake.requests
        assert set(kept) == set(vmids)
        # Only the pages that were under way, or being written down, are lost.
        assert sum(kept.values()) >= 50 * (50 - 2 * 4)

        child = await start(fake, path, 1, 5)
        out, _ = await child.communicate()
        assert json.loads(out)["statuses"] == {"ok": 4}
        # One more for whoami.
        assert fake.requests - before == 1 + 80 - sum(kept.values()) // 50
        async with RunStore(path) as store:
            lists = [outcome async for outcome in store.outcomes()]
        for outcome in lists:
            assert outcome.status is Status.OK
            assert [item.mid for item in outcome.items] == fake.user(outcome.vmid).mids
    assert rows(path, "SELECT count(*) FROM partials") == [(0,)]
