"""One of several processes of one account: asks until it is stopped, and tells of its turns."""

from __future__ import annotations

import asyncio
import json
import sys
import time

from bili_common import Client, Credential, FilePace, LocalPace, RateLimit, RedisPace
from bili_common.errors import BiliCommonError


class Noted:
    """A store that remembers when turns were given."""

    def __init__(self, store):
        self.store = store
        self.at = []

    async def change(self, name, step):
        reply = await self.store.change(name, step)
        if type(reply).__name__ == "Grant":
            self.at.append(reply.now)
        return reply

    async def aclose(self):
        await self.store.aclose()


async def main(base_url, kind, place, rate, seconds, vmid):  # noqa: PLR0917 - the command line
    stores = {"alone": lambda _: LocalPace(), "file": FilePace, "redis": RedisPace}
    store = Noted(stores[kind](place))
    end = time.monotonic() + float(seconds)
    limit = RateLimit(float(rate), jitter=0)
    async with Client(
        Credential("a"), base_url=base_url, rate_limit=limit, pace=store, timeout=2
    ) as client:

        async def ask():
            while time.monotonic() < end:
                try:
                    await client.get_same_followings(int(vmid))
                except BiliCommonError:
                    await asyncio.sleep(0.1)

        tasks = [asyncio.create_task(ask()) for _ in range(4)]
        await asyncio.wait(tasks, timeout=float(seconds))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    sys.stdout.write(json.dumps(store.at))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
