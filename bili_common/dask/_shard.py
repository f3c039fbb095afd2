"""The shards: users of one account, how a worker fetches them, and one store of all."""

from __future__ import annotations

import asyncio
import hashlib
import json

from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, unquote

import attrs

from .._util.files import replacing
from ..client import Client
from ..compare._repository import OutcomeRepository
from ..compare.outcome import RunSummary
from ..compare.store import RunStore
from ..compare.tables import export
from ..errors import BiliCommonError, UsageError


__all__ = ["Shard", "ShardSummary", "merge_shards", "run_shard"]

_STORES: Final = "stores"
_PARTS: Final = "parquet"
_STATUSES: Final = ("done", "ok", "incomplete", "private", "not_found", "failed")


@attrs.frozen
class ShardSummary:
    """
    What became of one shard. It is all that a worker sends back.

    Attributes:
        shard: The number of the shard, counted from 0.

        vmids: Its users.

        summary: How far its run got, with what was in its store before.

        error: What ended it early; None if nothing did.
    """

    shard: int
    vmids: tuple[int, ...]
    summary: RunSummary
    error: BiliCommonError | None


@attrs.frozen
class Shard:
    """One task: what a worker needs to know, and no credential."""

    number: int
    vmids: tuple[int, ...]
    directory: Path
    account: str
    make_client: Callable[[], Client]

    @property
    def store(self) -> Path:
        """The file of its outcomes."""
        return _folder(self.directory, _STORES, self.account) / f"shard-{self.number:05}.sqlite"

    @property
    def part(self) -> Path:
        """The file of its rows."""
        return _folder(self.directory, _PARTS, self.account) / f"part-{self.number:05}.parquet"


def run_shard(shard: Shard) -> ShardSummary:
    """Fetch *shard*, in a thread of the worker."""
    # A loop of its own: the worker's keeps the heartbeat.
    return asyncio.run(_fetch(shard))


async def _fetch(shard: Shard) -> ShardSummary:
    """Run one shard by the ordinary run, and write its rows down."""
    for path in (shard.store, shard.part):
        path.parent.mkdir(parents=True, exist_ok=True)
    summary, error = RunSummary(), None
    try:
        _check_users(shard)
        async with shard.make_client() as client:
            _check_account(client, shard)
            run = client.compare_same_followings(shard.vmids, store=shard.store)
            async with run:
                async for _ in run:
                    summary = run.summary
            summary = run.summary
    except BiliCommonError as exc:
        # As a value: a traceback does not travel.
        error = exc.with_traceback(None)
    await _write_part(shard)
    return ShardSummary(shard.number, shard.vmids, summary, error)


def _check_account(client: Client, shard: Shard) -> None:
    if client.account != shard.account:
        raise UsageError(
            f"make_client made a client of account {client.account!r}, not of {shard.account!r}"
        )


def _check_users(shard: Shard) -> None:
    """Refuse a directory that holds other users under the number of this shard."""
    digest = hashlib.sha256(json.dumps(shard.vmids).encode()).hexdigest()
    path = shard.store.with_suffix(".json")
    if not path.exists():
        with replacing(path) as fresh:
            fresh.write_text(json.dumps({"vmids": digest}), encoding="utf-8")
    if json.loads(path.read_text(encoding="utf-8"))["vmids"] != digest:
        raise UsageError(
            f"directory holds other users in shard {shard.number}: give vmids in the order "
            "of the first call with the same shard_size, or another directory"
        )


async def _write_part(shard: Shard) -> None:
    if not shard.store.exists():
        return

    async with RunStore(shard.store) as store:
        comparison = await store.comparison(account=shard.account)
        await asyncio.to_thread(export, comparison, shard.part)


async def merge_shards(
    directory: str | PathLike[str], store: str | PathLike[str]
) -> RunSummary:
    """
    Copy the outcomes of all shards below *directory* into one store.

    Of a user in several shards, the newest outcome counts. May be called again, also
    beside a run.

    Args:
        directory: Where `run_shards` kept its shards.

        store: The file of the store, made if it is not there.

    Returns:
        How many users of which status the store has, of all accounts together.

    Raises:
        StoreError: A store cannot be read or written.
    """
    summaries: list[RunSummary] = []
    async with RunStore(store) as target:
        for account, paths in _stores_below(Path(directory)).items():
            async with target.repository(account) as repository:
                for path in paths:
                    async with RunStore(path) as shard:
                        await _copy(shard, account, repository)
            summaries.append(await target.summary(account=account))
    counts: dict[str, Any] = {
        name: sum(getattr(one, name) for one in summaries) for name in _STATUSES
    }
    return RunSummary(**counts)


async def _copy(shard: RunStore, account: str, repository: OutcomeRepository) -> None:
    async for outcome in shard.outcomes(account=account):
        before = (await repository.known([outcome.vmid])).get(outcome.vmid)
        if before is None or before.fetched_at < outcome.fetched_at:
            await repository.write(outcome)


def _folder(directory: Path, kind: str, account: str) -> Path:
    # "account=NAME" is how Parquet readers know a column from a folder's name.
    return directory / kind / f"account={quote(account, safe='')}"


def _stores_below(directory: Path) -> dict[str, list[Path]]:
    """Return the stores of all shards by the label of their account."""
    return {
        unquote(folder.name.partition("=")[2]): sorted(folder.glob("shard-*.sqlite"))
        for folder in sorted(Path(directory, _STORES).glob("account=*"))
    }
