"""A run in a process of its own, which is starved or killed."""

from __future__ import annotations

import asyncio
import json
import resource
import sys

from collections import Counter

from bili_common import Client, Credential, RateLimit, RetryPolicy
from bili_common.testing import InstantClock


def options_of(*, is_quick):
    """Return the options of a polite client with a clock that jumps, or of a quick one."""
    if not is_quick:
        return {"clock": InstantClock()}
    return {
        "rate_limit": RateLimit(per_second=None),
        "retry": RetryPolicy(attempts=2, base=0.02, outage_waits=(0.5,) * 6),
    }


async def main(base_url, path, first, last, *, size, is_quick):
    """Run over the users, and print what came of it as one line of JSON."""
    whys = []

    def note(summary):
        if summary.resting_why not in (None, *whys):
            whys.append(summary.resting_why)

    async with (
        Client(
            Credential(sessdata="x"), base_url=base_url, **options_of(is_quick=is_quick)
        ) as client,
        client.compare_same_followings(
            range(first, last), store=path, max_concurrency=size, on_progress=note
        ) as run,
    ):
        statuses = Counter([outcome.status.value async for outcome in run])
    said = {"statuses": statuses, "whys": whys, "requests": run.summary.requests}
    print(json.dumps(said), flush=True)  # noqa: T201 - the parent reads it


if __name__ == "__main__":
    url, store, begin, end, at_once, quick, descriptors = sys.argv[1:]
    if int(descriptors):
        resource.setrlimit(resource.RLIMIT_NOFILE, (int(descriptors), int(descriptors)))
    users = int(begin), int(end)
    asyncio.run(main(url, store, *users, size=int(at_once), is_quick=quick == "quick"))
