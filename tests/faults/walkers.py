"""Three ways to walk a list under a ban, each in a process of its own.

Usage: python -m tests.faults.walkers KIND BASE_URL SECONDS

Prints how many pages came within the seconds. A minute of the real service is a second here:
all seconds of the client's defaults are divided by 60, and so are the bans of the server.
"""

from __future__ import annotations

import asyncio
import sys
import time

from collections.abc import Callable
from contextlib import suppress

import aiohttp

from bili_common import Client, Credential, RateLimit, RetryPolicy, RiskControlError


VMID = 2
FASTER = 60


class Count:
    """Counts pages until the time is up."""

    def __init__(self, seconds: float) -> None:
        self.pages = 0
        self.until = time.monotonic() + seconds

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.until


async def ours(base_url: str, count: Count) -> None:
    """Walk with the defaults; when risk control comes, wait as told and go on."""
    usual = RetryPolicy()
    policy = RetryPolicy(
        base=usual.base / FASTER,
        max_wait=usual.max_wait / FASTER,
        max_elapsed=usual.max_elapsed / FASTER,
        cool_down=usual.cool_down / FASTER,
        breaker=usual.breaker / FASTER,
    )

    def note(_page: object) -> None:
        count.pages += 1

    pace = RateLimit(per_second=RateLimit().per_second * FASTER)
    async with Client(
        Credential("anything"), base_url=base_url, rate_limit=pace, retry=policy
    ) as client:
        walk = aiter(client.iter_same_followings(VMID, page_size=1, on_page=note))
        while not count.is_over:
            try:
                await anext(walk)
            except RiskControlError as exc:
                await asyncio.sleep(exc.retry_after)


async def naive(base_url: str, count: Count) -> None:
    """Ask at the same pace, and ask again until the page is there, as most scripts do."""
    async with aiohttp.ClientSession(headers={"Cookie": "SESSDATA=anything"}) as session:
        while not count.is_over:
            query = f"vmid={VMID}&ps=1&pn={count.pages + 1}"
            url = f"{base_url}/x/relation/same/followings?{query}"
            async with session.get(url) as response:
                if response.status == 200 and (await response.json())["code"] == 0:
                    count.pages += 1
            await asyncio.sleep(1 / FASTER)


async def peer(base_url: str, count: Count) -> None:
    """Ask by bilibili-api-python, pointed at loopback, with its own requests switched off."""
    from bilibili_api import Credential as PeerCredential  # noqa: PLC0415 - may be missing
    from bilibili_api import request_settings, user  # noqa: PLC0415

    request_settings.set_enable_auto_buvid(False)
    request_settings.set_enable_bili_ticket(False)
    endpoint = user.API["info"]["get_same_followings"]
    endpoint["url"] = f"{base_url}/x/relation/same/followings"
    asked = user.User(VMID, credential=PeerCredential(sessdata="anything"))
    while not count.is_over:
        with suppress(Exception):
            await asked.get_self_same_followers(pn=count.pages + 1, ps=1)
            count.pages += 1
        await asyncio.sleep(1 / FASTER)


KINDS: dict[str, Callable] = {"ours": ours, "naive": naive, "peer": peer}


async def main(kind: str, base_url: str, seconds: str) -> None:
    """Walk for *seconds*, then say how many pages came."""
    count = Count(float(seconds))
    # Who is in the middle of a wait when the time is up has done its part.
    with suppress(TimeoutError):
        async with asyncio.timeout(float(seconds)):
            await KINDS[kind](base_url, count)
    print(count.pages)  # noqa: T201 - for the parent


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
