"""Runs past one machine: many users in shards, one after the other or side by side, by Dask.

Needs the extra *dask*. A shard is an ordinary run with a store of its own, so that a
worker that is killed costs the users it had under way and no other. The pace is the
account's: more workers make a run safer, not faster, unless there are more accounts.
"""

from __future__ import annotations

from ._running import run_shards
from ._shard import ShardSummary, merge_shards


__all__ = ["ShardSummary", "merge_shards", "run_shards"]
