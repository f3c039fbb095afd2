"""Print which functions one page passes through, from `iter_same_followings` to its records."""

from __future__ import annotations

import asyncio
import sys

from pathlib import Path


sys.path.insert(0, str(Path(__file__).parent.parent))

from bili_common import Client, Credential, RateLimit
from bili_common.testing import FakeBilibili
from tests.tracing import Call, traced


async def trace() -> list[Call]:
    """Walk one list of one page, the second time: what is made once is made by then."""
    async with FakeBilibili() as fake:
        fake.add_user(42, followings=30)
        options = {"base_url": fake.base_url, "rate_limit": RateLimit(per_second=None)}
        async with Client(Credential(sessdata="value"), **options) as client:
            await client.iter_same_followings(42).collect()
            with traced() as calls:
                async for _ in client.iter_same_followings(42):
                    pass
    return calls


def main() -> None:
    """Print each function once, in the order of the first calls, and count them."""
    calls = asyncio.run(trace())
    places = list(dict.fromkeys(call.callee for call in calls))
    modules = list(dict.fromkeys(map(Call.module_of, places)))
    for place in places:
        print(place)
    print(f"{len(modules)} modules, {len(places)} functions")
    print(", ".join(modules))


if __name__ == "__main__":
    main()
