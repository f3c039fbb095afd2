"""A large run in a process of its own, against a server in another one, with its figures."""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
import tracemalloc

from pathlib import Path

from bili_common.testing import FakeBilibili

from .runs import make_client


# So many users are between two measurements of the memory.
STEP = 500


async def serve():
    """Serve until the input ends; then say what was asked."""
    async with FakeBilibili(shape="mixed", log_size=1) as fake:
        print(fake.base_url, flush=True)  # noqa: T201 - the parent reads it
        await asyncio.to_thread(sys.stdin.readline)
        print(fake.requests, flush=True)  # noqa: T201 - the parent reads it


def resident():
    """Return the process's resident memory in bytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


async def crawl(base_url, path, first, last, *, traced):
    """Run over the users and return the figures."""
    if traced:
        tracemalloc.start()

    def held():
        gc.collect()
        return tracemalloc.get_traced_memory()[0] if traced else resident()

    marks, seen, bad = [held()], 0, 0
    async with (
        make_client(base_url) as client,
        client.compare_same_followings(
            range(first, last), store=path, max_concurrency=16
        ) as run,
    ):
        began = time.perf_counter()
        async for outcome in run:
            seen += 1
            bad += outcome.status.value != "ok"
            if seen % STEP == 0:
                marks.append(held())
        seconds = time.perf_counter() - began
    return {
        "seen": seen,
        "bad": bad,
        "requests": run.summary.requests,
        "seconds": seconds,
        "growth": [mark - marks[0] for mark in marks],
    }


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        asyncio.run(serve())
    else:
        how, url, store, begin, end = sys.argv[1:]
        figures = crawl(url, store, int(begin), int(end), traced=how == "traced")
        print(json.dumps(asyncio.run(figures)))  # noqa: T201 - the parent reads it
