"""One of several processes of one account: asks until it is stopped, and tells of its turns."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time

from contextlib import suppress

from bili_common import (
    Client,
    Credential,
    FilePace,
    LocalPace,
    RateLimit,
    RedisPace,
    RetryPolicy,
)
from bili_common.errors import BiliCommonError


STORES = {"alone": lambda _: LocalPace(), "file": FilePace, "redis": RedisPace}


class Noted:
    """A store that remembers when turns were given, in a file too if there is one."""

    def __init__(self, store, log=None):
        self.store = store
        self.at = []
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        self.log = None if log is None else os.open(log, flags, 0o600)

    async def change(self, name, step):
        reply = await self.store.change(name, step)
        if type(reply).__name__ == "Grant":
            self.at.append(reply.now)
            if self.log is not None:
                os.write(self.log, b"%d\n" % reply.now)
        return reply

    async def aclose(self):
        await self.store.aclose()


async def main(base_url, kind, place, rate, seconds, vmid, more="{}"):  # noqa: PLR0917 - the command line
    options = json.loads(more)
    store = Noted(STORES[kind](place), options.pop("log", None))
    end = time.monotonic() + float(seconds)
    limit = RateLimit(float(rate), burst=options.pop("burst", 1), jitter=0)
    policy = RetryPolicy(**options.pop("retry", {}))
    errors = []
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    options = {"timeout": 2, "rate_limit": limit, "retry": policy, "pace": store, **options}
    async with Client(Credential("a"), base_url=base_url, **options) as client:

        async def ask():
            while time.monotonic() < end:
                try:
                    await client.get_same_followings(int(vmid))
                except BiliCommonError as error:
                    errors.append((type(error).__name__, time.monotonic()))
                    await asyncio.sleep(0.1)

        tasks = [asyncio.create_task(ask()) for _ in range(4)]
        with suppress(TimeoutError):
            await asyncio.wait_for(stopped.wait(), float(seconds))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    sys.stdout.write(json.dumps({"at": store.at, "errors": errors}))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
