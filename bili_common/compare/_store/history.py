"""The history: what changed in the lists when they were fetched again, and by whom."""

from __future__ import annotations

import sqlite3

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import attrs

from ...models import Following
from ..change import Cause, Change
from ..stored_run import StoredRun
from .packed_ids import unpack_ids
from .rows import moment, to_micros
from .schema import translated
from .stored_users import StoredUsers
from .sums import check_lists, check_row, row_check


__all__ = ["read_changes", "read_runs", "seal_run", "settle_run", "write_change"]

# Rows in memory at a time, with no statement left open between them.
_BATCH: Final = 1000

_PUT: Final = "INSERT OR REPLACE INTO changes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_REMOVED: Final = "SELECT removed FROM changes WHERE account = ? AND endpoint = ? AND run = ?"
_HELD: Final = (
    "SELECT vmid, status, size, ids, list_check FROM outcomes"
    " WHERE account = ? AND endpoint = ? AND run = ? AND status = 0"
)
_CHANGES: Final = (
    "SELECT * FROM changes WHERE account = :account AND endpoint = :endpoint"
    " AND (run, vmid) > (:run, :vmid) ORDER BY run, vmid LIMIT :limit"
)
_RUN: Final = "SELECT * FROM runs WHERE id = ?"
# What was upgraded counts as a run of which nothing is known, not even when it began.
_RUNS: Final = (
    "SELECT * FROM runs WHERE account = :account AND endpoint = :endpoint"
    " AND began_at > 0 ORDER BY id"
)
_SETTLE: Final = "UPDATE runs SET left_all = ?, left_only = ? WHERE id = ?"
_SEAL: Final = (
    "UPDATE runs SET row_check ="
    " row_sum(id, account, endpoint, began_at, ended_at, left_all, left_only) WHERE id = ?"
)


def write_change(
    file: sqlite3.Connection,
    key: tuple[int, int, int],
    run: int,
    *,
    before: tuple[int, Sequence[int]],
    after: tuple[int, Sequence[int]],
    items: Iterable[Following],
) -> None:
    """
    Write down what a list gained and lost, if it did.

    Args:
        file: The store, in a transaction.

        key: Account, endpoint and user.

        run: The run that fetched the list again.

        before: When the list was fetched before, and its ids.

        after: When it was fetched again, and its ids.

        items: The records of *after*, in its order.
    """
    added, removed = set(after[1]).difference(before[1]), set(before[1]).difference(after[1])
    if not added and not removed:
        return

    # The server tells whole seconds: what happened in the second of the last fetch
    # may have happened behind it.
    since = before[0] // 10**6
    followed = [
        number
        for number, item in zip(after[1], items, strict=True)
        if number in added and item.mtime is not None and item.mtime >= since
    ]
    values = (before[0], after[0], *map(_pack, (sorted(added), followed, sorted(removed))))
    account, endpoint, vmid = key
    row = (account, endpoint, run, vmid, *values)
    file.execute(_PUT, (*row, row_check(*row)))


def settle_run(file: sqlite3.Connection, account: int, endpoint: int, run: int) -> None:
    """Write down which accounts left in *run*, before another run changes the lists."""
    found = _departures(file, account, endpoint, run)
    packed = (_pack(sorted(found.all)), _pack(sorted(found.only)))
    file.execute(_SETTLE, (*packed, run))
    seal_run(file, run)


def seal_run(file: sqlite3.Connection, run: int) -> None:
    """Write the sum of a run's row, which was changed."""
    file.execute(_SEAL, (run,))


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
    floor = None if since is None else to_micros(since)
    place = {"run": 0, "vmid": 0}
    left = _Departures(frozenset(), frozenset())
    while True:
        with translated(path):
            values = {**key, **place, "limit": _BATCH}
            rows = file.execute(_CHANGES, values).fetchall()
        if not rows:
            return

        mids = users.mids()
        for row in rows:
            with translated(path):
                if row[2] != place["run"]:
                    left = _departures_of(file, row)
                place = {"run": row[2], "vmid": row[3]}
                found = list(_load(row, left, mids))
            # Only now, since a changed bit could leave a row out.
            if floor is None or row[5] > floor:
                yield from found


def read_runs(file: sqlite3.Connection, path: Path, key: Mapping[str, int]) -> list[StoredRun]:
    """Return the runs of an account, given as for `read_changes`, in their order."""
    with translated(path):
        rows = map(check_row, file.execute(_RUNS, key).fetchall())
        return [
            StoredRun(moment(began), None if ended is None else moment(ended))
            for _, _, _, began, ended, *_ in rows
        ]


@attrs.frozen
class _Departures:
    """
    Accounts that left lists in a run, and are in no list that was fetched in it.

    Attributes:
        all: Those that left at least two lists. It was the logged-in account that
            ceased to follow them: else some list would still have them.

        only: Those that left one list. Either of the two may have done it.
    """

    all: frozenset[int]
    only: frozenset[int]


def _departures(file: sqlite3.Connection, account: int, endpoint: int, run: int) -> _Departures:
    """Return which accounts left in *run*, by the lists as they stand at its end."""
    left: Counter[int] = Counter()
    for (removed,) in file.execute(_REMOVED, (account, endpoint, run)):
        left.update(_unpack(removed))
    # A list that was not fetched in this run does not tell what is followed now.
    for row in file.execute(_HELD, (account, endpoint, run)) if left else ():
        check_lists([row])
        for number in left.keys() & unpack_ids(*row[2:4]):
            del left[number]
    return _Departures(
        all=frozenset(number for number, lists in left.items() if lists > 1),
        only=frozenset(number for number, lists in left.items() if lists == 1),
    )


def _departures_of(file: sqlite3.Connection, change: tuple[Any, ...]) -> _Departures:
    """Return which accounts left in the run of *change*, a row of its table."""
    account, endpoint, run, *_ = change
    *_, left_all, left_only = check_row(file.execute(_RUN, (run,)).fetchone())
    if left_all is not None:
        return _Departures(all=frozenset(_unpack(left_all)), only=frozenset(_unpack(left_only)))

    # The last run goes on, or was killed: its lists are as it left them.
    return _departures(file, account, endpoint, run)


def _load(row: tuple[Any, ...], left: _Departures, mids: Sequence[int]) -> Iterator[Change]:
    """
    Yield the changes that a row of the table stands for, one for each cause.

    Args:
        row: What `write_change` wrote.

        left: Which accounts left in the run of the row.

        mids: The mid of each id.

    Raises:
        ValueError: The row is not as it was written.
    """
    values = check_row(row)
    before, after = moment(values[4]), moment(values[5])
    added, followed, removed = (frozenset(_unpack(packed)) for packed in values[6:])
    gone = removed & left.all
    maybe = removed & left.only
    causes: tuple[tuple[Cause, frozenset[int], frozenset[int]], ...] = (
        ("user", added - followed, removed - gone - maybe),
        ("account", followed, gone),
        ("unknown", frozenset(), maybe),
    )
    for by, came, went in causes:
        if came or went:
            yield Change(
                vmid=values[3],
                before=before,
                after=after,
                added=frozenset(mids[number] for number in came),
                removed=frozenset(mids[number] for number in went),
                by=by,
            )


def _pack(ids: Sequence[int]) -> bytes:
    return array("I", ids).tobytes()


def _unpack(packed: bytes) -> Sequence[int]:
    return memoryview(packed).cast("I")
