"""
Print which functions one page passes through, from `iter_same_followings` to its records.

    python tools/life_of_a_request.py [CHECKOUT]

Each is printed once, in the order of the first calls. What has no name, a comprehension or a
lambda, is no function to a reader, and is not counted.
"""

from __future__ import annotations

import asyncio
import sys

from collections.abc import Sequence
from pathlib import Path


sys.path.insert(0, str(Path(__file__).parent.parent))
# The package of another checkout, traced by this one's means.
sys.path.insert(0, [sys.path[0], *sys.argv[1:]][-1])

from bili_common import Client, Credential, RateLimit
from bili_common.testing import FakeBilibili
from tests.tracing import Call, functions_of, traced


async def trace() -> tuple[list[Call], int]:
    """Walk one list of one page, the second time: what is made once is made by then."""
    async with FakeBilibili() as fake:
        fake.add_user(42, followings=30)
        options = {"base_url": fake.base_url, "rate_limit": RateLimit(per_second=None)}
        async with Client(Credential(sessdata="value"), **options) as client:
            await client.iter_same_followings(42).collect()
            with traced() as calls:
                walk = aiter(client.iter_same_followings(42))
                await anext(walk)
                to_the_first = len(calls)
                async for _ in walk:
                    pass
    return calls, to_the_first


def summary(places: Sequence[str]) -> str:
    modules = {Call.module_of(place) for place in places}
    return f"{len(modules)} modules, {len(places)} functions"


def main() -> None:
    """Print the functions and two counts: to the first record, and to the end of the walk."""
    calls, to_the_first = asyncio.run(trace())
    first, whole = functions_of(calls[:to_the_first]), functions_of(calls)
    print(*first, sep="\n")
    print("-- the first record is there; the end of the walk and its report:")
    print(*whole[len(first) :], sep="\n")
    print(f"to the first record: {summary(first)}; to the report: {summary(whole)}")


if __name__ == "__main__":
    main()
