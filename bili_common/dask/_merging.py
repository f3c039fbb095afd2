"""The merging of shards: one store of many."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from ..compare._repository import OutcomeRepository
from ..compare.outcome import RunSummary
from ..compare.store import RunStore
from ._shard import STORES


__all__ = ["merge_shards"]

_STATUSES: Final = ("done", "ok", "incomplete", "private", "not_found", "failed")


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


def _stores_below(directory: Path) -> dict[str, list[Path]]:
    """Return the stores of all shards by the label of their account."""
    return {
        unquote(folder.name.partition("=")[2]): sorted(folder.glob("shard-*.sqlite"))
        for folder in sorted(Path(directory, STORES).glob("account=*"))
    }


async def _copy(shard: RunStore, account: str, repository: OutcomeRepository) -> None:
    async for outcome in shard.outcomes(account=account):
        before = (await repository.known([outcome.vmid])).get(outcome.vmid)
        if before is None or before.fetched_at < outcome.fetched_at:
            await repository.write(outcome)
