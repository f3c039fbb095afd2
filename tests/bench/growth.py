"""Growth: time and memory as lists and runs get longer, each in a process of its own."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from ..checkout import ROOT, program
from .measure import MIB, resident
from .server import Served, serving, vmid_of
from .table import Row, plain
from .walks import client_of


# What is in use after this many is not counted as growth: connections, caches, code.
WARM_RECORDS = 5000
WARM_USERS = 100


def rows(records: int, users: int) -> Iterator[Row]:
    """Yield the rows of memory growth."""
    titles = {
        ("records", records): f"{records:,} records streamed, beyond the set of mids",
        ("UIDs", users): f"{users:,} UIDs into a store",
    }
    with serving() as served:
        for (kind, count), what in titles.items():
            grown = probe(kind, count, served)["grown"]
            yield Row(f"memory growth in MiB: {what}", f"{grown:.2f}", "-", plain(grown), 6.0)


def lines(*, full: bool) -> list[tuple[str, ...]]:
    """Return how the cost grows, a line for each size."""
    sizes = {"records": (100, 1000, 10_000), "UIDs": (10, 100, 1000)}
    if full:
        sizes = {
            "records": (*sizes["records"], 10**5, 10**6),
            "UIDs": (*sizes["UIDs"], 10**4, 10**5),
        }
    found = []
    with serving() as served:
        for kind, counts in sizes.items():
            for count in counts:
                seen = probe(kind, count, served)
                each, grown = f"{seen['each'] * 1e6:.1f}", f"{seen['grown']:.2f}"
                found.append((kind, f"{count:,}", each, grown))
    return found


def probe(kind: str, count: int, served: Served) -> dict[str, float]:
    """Return CPU seconds for each and MiB grown, measured in a fresh process."""
    command = program("tests.bench.growth", kind, count, served.url)
    done = subprocess.run(  # noqa: S603 - this very file
        command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    )
    return json.loads(done.stdout)


async def _records(served: Served, count: int) -> dict[str, float]:
    async with client_of(served) as client:
        # Streamed and not collected: what a list gives back would hide a growth.
        async for following in client.iter_same_followings(vmid_of(WARM_RECORDS)):
            mid = following.mid
        before, most = resident(), 0
        began = time.process_time()
        walk = aiter(client.iter_same_followings(vmid_of(count), max_pages=None))
        async for following in walk:
            if walk.yielded % 20_000 == 0:
                most = max(most, resident())
            mid = following.mid
        took = time.process_time() - began
        most = max(most, resident())

    assert walk.report.complete
    # The walk's set: a table of its own size, and an int for each mid.
    mids = set(range(mid - count, mid))
    known = sys.getsizeof(mids) + sum(map(sys.getsizeof, mids))
    return {"each": took / count, "grown": (most - before - known) / MIB}


async def _users(served: Served, count: int, store: Path) -> dict[str, float]:
    async def vmids() -> AsyncIterator[int]:
        for user in range(1, count + WARM_USERS + 1):
            yield vmid_of(20, user)

    async with client_of(served) as client:
        done, before, most, began = 0, 0, 0, 0.0
        run = client.compare_same_followings(vmids(), max_concurrency=16, store=store)
        async with run:
            async for outcome in run:
                assert outcome.status.name == "OK"
                done += 1
                if done == WARM_USERS:
                    before, began = resident(), time.process_time()
                elif done % 1000 == 0:
                    most = max(most, resident())
        took = time.process_time() - began
        most = max(most, resident())
    return {"each": took / count, "grown": (most - before) / MIB}


async def _main(kind: str, count: int, url: str) -> None:
    served = Served(url)
    if kind == "records":
        seen = await _records(served, count)
    else:
        with tempfile.TemporaryDirectory() as folder:
            seen = await _users(served, count, Path(folder) / "run.sqlite")
    print(json.dumps(seen))  # noqa: T201 - the parent reads it


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
