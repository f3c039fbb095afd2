"""
Print what walks cost in two checkouts, side by side: CPU per page, in turns.

    python tools/before_after.py BEFORE [--rounds 15]

BEFORE is a folder with another version, such as one that `git worktree add` made. Each round
is a process of its own for each version; both walk the same lists of one server, that of this
checkout. The ratio is taken round by round, and its median counts.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

from pathlib import Path
from statistics import median


sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.bench.server import serving, vmid_of


HERE = Path(__file__).parent.parent
PAGES = 100
# Walks one list in a fresh process, and again: what is made once is made by then.
CHILD = """
import asyncio, sys, time
sys.path.insert(0, sys.argv[1])
from bili_common import Client, Credential, RateLimit
async def walk():
    options = {"base_url": sys.argv[2], "rate_limit": RateLimit(per_second=None)}
    async with Client(Credential(sessdata="bench"), **options) as client:
        pager = client.iter_same_followings(int(sys.argv[3]))
        async with pager.walk(prefetch=int(sys.argv[4])) as records:
            return len([record async for record in records])
async def main():
    await walk()
    before = time.process_time()
    count = await walk()
    print(count, time.process_time() - before)
asyncio.run(main())
"""


def cost(checkout: Path, url: str, prefetch: int) -> float:
    """Return the CPU seconds of a page, by the version in *checkout*."""
    told = subprocess.check_output(  # noqa: S603 - our own interpreter and the text above
        [sys.executable, "-c", CHILD, checkout, url, str(vmid_of(50 * PAGES)), str(prefetch)],
        text=True,
    )
    count, seconds = told.split()
    assert int(count) == 50 * PAGES
    return float(seconds) / PAGES


def main() -> None:
    """Measure each kind of walk, and print a line for it."""
    given = argparse.ArgumentParser()
    given.add_argument("before", type=Path)
    given.add_argument("--rounds", type=int, default=15)
    asked = given.parse_args()
    for shape, prefetch in (("2020", 0), ("2021", 0), ("2025", 0), ("mixed", 0), ("2021", 4)):
        with serving(shape=shape) as served:
            pairs = [
                (cost(asked.before, served.url, prefetch), cost(HERE, served.url, prefetch))
                for _ in range(asked.rounds)
            ]
        before, after = (median(side) * 1e6 for side in zip(*pairs, strict=True))
        ratios = sorted(now / then for then, now in pairs)
        print(
            f"shape {shape}, prefetch {prefetch}: {before:.0f} us before, {after:.0f} us now, "
            f"ratio {median(ratios):.3f} ({ratios[0]:.3f} to {ratios[-1]:.3f})",
            flush=True,
        )


if __name__ == "__main__":
    main()
