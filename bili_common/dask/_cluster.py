"""The cluster: the workers of one account, asked by a synchronous or an asynchronous client."""

from __future__ import annotations

import asyncio

from collections.abc import Callable
from functools import partial
from typing import Any

from ..errors import UsageError
from ._shard import Shard, ShardSummary, run_shard


__all__ = ["ShardCluster"]


class ShardCluster:
    """Runs shards on the workers of one account."""

    def __init__(self, client: Any, account: str, retries: int) -> None:
        self._client = client
        self._resource = f"account-{account}"
        self._retries = retries

    async def slots(self) -> int:
        """Return how many shards the workers of the account take at a time."""
        told = await self._ask(self._client.scheduler.identity, n_workers=-1)
        workers = told["workers"].values()
        slots = sum(int(worker["resources"].get(self._resource, 0)) for worker in workers)
        if not slots:
            raise UsageError(f"no worker of the cluster has the resource {self._resource!r}")

        return slots

    async def run(self, shard: Shard) -> ShardSummary:
        """Return what became of *shard*, which a lost worker does not end."""
        from distributed import KilledWorker  # noqa: PLC0415 - the extra *dask*

        for _ in range(self._retries):
            try:
                return await self._attempt(shard)
            except KilledWorker:
                # The workers died with it, which may well be their own trouble.
                continue

        return await self._attempt(shard)

    async def _attempt(self, shard: Shard) -> ShardSummary:
        future = self._client.submit(
            run_shard, shard, resources={self._resource: 1}, pure=False
        )
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        # Called in a thread of the synchronous client.
        future.add_done_callback(partial(_set_from_thread, loop, ended))
        try:
            await ended.wait()
            summary: ShardSummary = await self._ask(future._result)  # noqa: SLF001 - see `_ask`
            return summary
        finally:
            await self._ask(self._client._cancel, [future])  # noqa: SLF001 - the same

    async def _ask(self, call: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Await one of the client's coroutine functions in the loop that it belongs to."""
        if self._client.asynchronous:
            return await call(*arguments, **options)

        return await asyncio.to_thread(self._client.sync, call, *arguments, **options)


def _set_from_thread(
    loop: asyncio.AbstractEventLoop, ended: asyncio.Event, _future: object
) -> None:
    loop.call_soon_threadsafe(ended.set)
