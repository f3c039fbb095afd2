"""
Print what walks cost in two checkouts, side by side: CPU per request, in turns.

    python tools/before_after.py BEFORE [--rounds 15]

BEFORE is a folder with another version, such as one that `git worktree add` made. Each round
is a process of its own for each version; both walk the same lists of one server, that of this
checkout. The ratio is taken round by round, and its median counts.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

from collections.abc import Sequence
from pathlib import Path
from statistics import median


sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.bench.server import serving, vmid_of


HERE = Path(__file__).parent.parent
# How many requests a walk, or all walks together, take.
REQUESTS = 100
LONG = [vmid_of(50 * REQUESTS)]
SHORT = [vmid_of(20, 1 + user) for user in range(REQUESTS)]
# The shape of the records, the lists, and how many pages are fetched ahead.
WALKS = (
    ("2021", LONG, 0),
    ("2021", SHORT, 0),
    ("2020", LONG, 0),
    ("2025", LONG, 0),
    ("mixed", LONG, 0),
    ("2021", LONG, 4),
)
# Walks lists in a fresh process, and again: what is made once is made by then.
CHILD = """
import asyncio, sys, time
sys.path.insert(0, sys.argv[1])
from bili_common import Client, Credential, RateLimit
async def walk(vmids):
    options = {"base_url": sys.argv[2], "rate_limit": RateLimit(per_second=None)}
    count = 0
    async with Client(Credential(sessdata="bench"), **options) as client:
        for vmid in vmids:
            async with client.iter_same_followings(vmid).walk(prefetch=prefetch) as records:
                count += len([record async for record in records])
    return count
async def main():
    await walk(vmids)
    before = time.process_time()
    count = await walk(vmids)
    print(count, time.process_time() - before)
prefetch, *vmids = map(int, sys.argv[3:])
asyncio.run(main())
"""


def cost(checkout: Path, url: str, vmids: Sequence[int], prefetch: int) -> float:
    """Return the CPU seconds of a request, by the version in *checkout*."""
    told = subprocess.check_output(  # noqa: S603 - our own interpreter and the text above
        [sys.executable, "-c", CHILD, checkout, url, str(prefetch), *map(str, vmids)],
        text=True,
    )
    count, seconds = told.split()
    assert int(count) == sum(vmid % 10**7 for vmid in vmids)
    return float(seconds) / REQUESTS


def main() -> None:
    """Measure each kind of walk, and print a line for it."""
    given = argparse.ArgumentParser()
    given.add_argument("before", type=Path)
    given.add_argument("--rounds", type=int, default=15)
    asked = given.parse_args()
    for shape, vmids, prefetch in WALKS:
        with serving(shape=shape) as served:
            pairs = [
                (
                    cost(asked.before, served.url, vmids, prefetch),
                    cost(HERE, served.url, vmids, prefetch),
                )
                for _ in range(asked.rounds)
            ]
        before, after = (median(side) * 1e6 for side in zip(*pairs, strict=True))
        ratios = sorted(now / then for then, now in pairs)
        print(
            f"{len(vmids):3} of shape {shape}, prefetch {prefetch}: {before:.0f} us before, "
            f"{after:.0f} us now, ratio {median(ratios):.3f}",
            f"({ratios[0]:.3f} to {ratios[-1]:.3f})",
            flush=True,
        )


if __name__ == "__main__":
    main()
