"""The running of shards: cut from the users, as many at a time as the workers take."""

from __future__ import annotations

import asyncio

from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any

from .._util.arguments import check_int, shown
from ..client import Client
from ..compare._workers.source import UserSource
from ..errors import UsageError
from ._shard import Shard, ShardSummary, run_shard


__all__ = ["ShardCluster", "ShardSource", "run_shards"]


async def run_shards(
    dask_client: Any,
    vmids: Iterable[int] | AsyncIterable[int],
    *,
    directory: str | PathLike[str],
    account: str,
    make_client: Callable[[], Client],
    shard_size: int = 100,
    retries: int = 3,
) -> AsyncIterator[ShardSummary]:
    """
    Fetch the lists of many users by the workers of a Dask cluster.

    ::

        async for shard in run_shards(cluster, vmids, directory="run", account="main",
                                      make_client=Client.from_env):
            print(shard.shard, shard.summary.done, shard.error)

    Workers take shards of an account only if they were started with the resource
    ``account-NAME``, as many at a time as they have of it: ``dask worker ...
    --resources "account-main=1"``. All workers and the caller see the same *directory*.

    The same call goes on where an earlier one stopped. An error that ends a run, such
    as risk control or a dead cookie, comes back in its shard; the shards under way are
    waited for, and no further one of this account is begun.

    Args:
        dask_client: A `distributed.Client`, synchronous or asynchronous.

        vmids: The users, read as they are needed; repeats are skipped.

        directory: Where the stores and the Parquet files are.

        account: The label of the account that asks. The clients must have it.

        make_client: Returns a new client. Called in the worker, whose own environment
            holds the credential: ``Client.from_env`` will do.

        shard_size: How many users a shard has.

        retries: How often a shard is tried again after its worker was lost.

    Yields:
        A summary for each shard, as they end.

    Raises:
        UsageError: An argument is wrong, or no worker has the account's resource.
    """
    check_int("shard_size", shard_size, 1)
    check_int("retries", retries, 0)
    if not isinstance(account, str) or not account:  # pyright: ignore[reportUnnecessaryIsInstance] - users pass other things too
        raise UsageError(f"account must be a label, not {shown(account)}")
    if not callable(make_client):
        raise UsageError(f"make_client must be callable, not {shown(make_client)}")

    shards = ShardSource(UserSource(vmids), Path(directory), account, make_client, shard_size)
    cluster = ShardCluster(dask_client, account, retries)
    running: set[asyncio.Task[ShardSummary]] = set()
    try:
        while True:
            slots = await cluster.slots()
            while len(running) < slots and (shard := await shards.next()) is not None:
                running.add(asyncio.create_task(cluster.run(shard)))
            if not running:
                break

            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                summary = task.result()
                if summary.error is not None:
                    # What ended one shard would end the next: it concerns the account.
                    shards.stop()
                yield summary
        shards.raise_failure()
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await shards.aclose()


class ShardSource:
    """Cuts the users into shards, no sooner than they are needed."""

    def __init__(
        self,
        source: UserSource,
        directory: Path,
        account: str,
        make_client: Callable[[], Client],
        size: int,
    ) -> None:
        self._source = source
        self._directory = directory
        self._account = account
        self._make_client = make_client
        self._size = size
        self._number = 0
        self._is_over = False
        self._failure: Exception | None = None

    async def next(self) -> Shard | None:
        """Return the next shard, None at the end."""
        users = () if self._is_over else await self._read()
        if not users:
            self._is_over = True
            return None

        number, self._number = self._number, self._number + 1
        return Shard(number, users, self._directory, self._account, self._make_client)

    def stop(self) -> None:
        """Let no further shard begin."""
        self._is_over = True

    def raise_failure(self) -> None:
        """Raise what ended the reading of the users, now that all shards are done."""
        if self._failure is not None:
            raise self._failure

    async def aclose(self) -> None:
        """Close the source of the users."""
        await self._source.aclose()

    async def _read(self) -> tuple[int, ...]:
        try:
            return tuple(await self._source.read(self._size))
        except Exception as exc:  # noqa: BLE001 - raised behind the shards under way
            self._failure = exc
            return ()


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
