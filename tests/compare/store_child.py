"""A process of its own that runs into a store, for tests that kill or starve it."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys

# Loaded at once: another user of the machine need not be allowed to read Python's library.
import bili_common.compare._store.database
import bili_common.compare.run  # noqa: F401

from bili_common.errors import BiliCommonError

from .runs import make_client


async def main(base_url, path, first, last, *, size=4):
    """Run over the users, and print what came of it as one line of JSON."""
    said = {"told": []}
    try:
        async with (
            make_client(base_url) as client,
            client.compare_same_followings(
                range(first, last), store=path, max_concurrency=size
            ) as run,
        ):
            async for outcome in run:
                said["told"].append(outcome.vmid)
                print("told", outcome.vmid, flush=True)  # noqa: T201 - the parent reads it
        said["summary"] = run.summary.done
    except BiliCommonError as exc:
        said["error"] = [type(exc).__name__, str(exc)]
    print(json.dumps(said), flush=True)  # noqa: T201 - the parent reads it


if __name__ == "__main__":
    if limit := os.environ.get("CHILD_FILE_SIZE"):
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
    if uid := os.environ.get("CHILD_UID"):
        os.setuid(int(uid))
    url, store, begin, end = sys.argv[1:]
    asyncio.run(main(url, store, int(begin), int(end)))
