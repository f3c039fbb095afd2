"""The history reader: the runs of one account, and what changed in them."""

from __future__ import annotations

import sqlite3

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from ..change import Change
from ..stored_run import StoredRun
from .history import Departures, departures, kept_departures, load_changes
from .rows import moment, to_micros
from .schema import translated
from .stored_users import StoredUsers


__all__ = ["read_changes", "read_runs"]

# Rows in memory at a time, with no statement left open between them.
_BATCH: Final = 1000

_CHANGES: Final = (
    "SELECT * FROM changes WHERE account = :account AND endpoint = :endpoint"
    " AND (run, vmid) > (:run, :vmid) AND after > :since ORDER BY run, vmid LIMIT :limit"
)
# What was upgraded counts as a run of which nothing is known, not even when it began.
_RUNS: Final = (
    "SELECT began_at, ended_at FROM runs WHERE account = :account AND endpoint = :endpoint"
    " AND began_at > 0 ORDER BY id"
)
_LEFT: Final = "SELECT left_all, left_only FROM runs WHERE id = ?"


def read_changes(
    file: sqlite3.Connection,
    path: Path,
    key: Mapping[str, int],
    users: StoredUsers,
    since: datetime | None,
) -> Iterator[Change]:
    """
    Yield what changed between fetches that ended after *since*.

    Args:
        file: The open store.

        path: Where it is, for messages.

        key: The ids of the *account* and of the list, its *endpoint*.

        users: The accounts in the lists.

        since: The moment, None for all that is known.

    Raises:
        StoreError: The file cannot be read or is damaged.
    """
    floor = -1 if since is None else to_micros(since)
    place = {"run": 0, "vmid": 0}
    left = Departures(frozenset(), frozenset())
    while True:
        with translated(path):
            values = {**key, **place, "since": floor, "limit": _BATCH}
            rows = file.execute(_CHANGES, values).fetchall()
        if not rows:
            return

        mids = users.mids()
        for row in rows:
            with translated(path):
                if row[2] != place["run"]:
                    left = _departures(file, row)
                place = {"run": row[2], "vmid": row[3]}
                found = list(load_changes(row, left, mids))
            yield from found


def read_runs(file: sqlite3.Connection, path: Path, key: Mapping[str, int]) -> list[StoredRun]:
    """Return the runs of an account, given as for `read_changes`, in their order."""
    with translated(path):
        return [
            StoredRun(moment(began), None if ended is None else moment(ended))
            for began, ended in file.execute(_RUNS, key).fetchall()
        ]


def _departures(file: sqlite3.Connection, row: tuple[Any, ...]) -> Departures:
    account, endpoint, run, *_ = row
    [(left_all, left_only)] = file.execute(_LEFT, (run,)).fetchall()
    if left_all is not None:
        return kept_departures(left_all, left_only)

    # The last run goes on, or was killed: its lists are as it left them.
    return departures(file, account, endpoint, run)
