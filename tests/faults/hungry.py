"""A client in a process of its own, which says how much memory one answer cost at the most.

Usage: python -m tests.faults.hungry BASE_URL
"""

from __future__ import annotations

import asyncio
import resource
import sys

from contextlib import suppress
from pathlib import Path

from bili_common import Client, Credential, ResponseError, RetryPolicy


def peak() -> int:
    """Return the most bytes that this process had in memory so far."""
    # ru_maxrss of a child begins with its parent's; Linux has the process's own.
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


async def main(base_url: str) -> None:
    """Read an honest page, then the large one, and print the growth of the peak in bytes."""
    credential = Credential(sessdata="anything")
    async with Client(credential, base_url=base_url, retry=RetryPolicy(attempts=1)) as client:
        await client.get_same_followings(2, pn=1, ps=2)
        before = peak()
        try:
            await client.get_same_followings(2, pn=2, ps=2)
        except ResponseError as exc:
            words = str(exc)
        else:
            words = "no error"
        print(peak() - before, words)  # noqa: T201 - for the parent


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
