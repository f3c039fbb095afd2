"""Upgrades a store, to be killed while it does."""

from __future__ import annotations

import asyncio
import sys

from bili_common import RunStore


async def upgrade(path):
    async with RunStore(path) as store:
        sys.stdout.write("open\n")
        sys.stdout.flush()
        await store.set_labels({1: "one"})


if __name__ == "__main__":
    asyncio.run(upgrade(sys.argv[1]))
