"""The history: what changed in the lists when they were fetched again, and by whom."""

from __future__ import annotations

import sqlite3

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import attrs

from ...models import Following
from ..change import Cause, Change
from .packed_ids import unpack_ids
from .rows import moment
from .sums import row_check


__all__ = [
    "Departures",
    "departures",
    "keep_departures",
    "kept_departures",
    "load_changes",
    "write_change",
]

_PUT: Final = "INSERT OR REPLACE INTO changes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_REMOVED: Final = "SELECT removed FROM changes WHERE account = ? AND endpoint = ? AND run = ?"
_HELD: Final = (
    "SELECT size, ids FROM outcomes"
    " WHERE account = ? AND endpoint = ? AND run = ? AND status = 0"
)


@attrs.frozen
class Departures:
    """
    Accounts that left lists in a run, and are in no list that was fetched in it.

    Attributes:
        all: Those that left at least two lists. It was the logged-in account that
            ceased to follow them: else some list would still have them.

        only: Those that left one list. Either of the two may have done it.
    """

    all: frozenset[int]
    only: frozenset[int]


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


def departures(file: sqlite3.Connection, account: int, endpoint: int, run: int) -> Departures:
    """Return which accounts left in *run*, by the lists as they stand at its end."""
    left: Counter[int] = Counter()
    for (removed,) in file.execute(_REMOVED, (account, endpoint, run)):
        left.update(_unpack(removed))
    # A list that was not fetched in this run does not tell what is followed now.
    held = file.execute(_HELD, (account, endpoint, run)) if left else ()
    for size, packed in held:
        for number in left.keys() & unpack_ids(size, packed):
            del left[number]
    return Departures(
        all=frozenset(number for number, lists in left.items() if lists > 1),
        only=frozenset(number for number, lists in left.items() if lists == 1),
    )


def keep_departures(file: sqlite3.Connection, run: int, found: Departures) -> None:
    """Write down what `departures` found, before another run changes the lists."""
    packed = (_pack(sorted(found.all)), _pack(sorted(found.only)))
    file.execute("UPDATE runs SET left_all = ?, left_only = ? WHERE id = ?", (*packed, run))


def kept_departures(left_all: bytes, left_only: bytes) -> Departures:
    """Return what `keep_departures` wrote."""
    return Departures(all=frozenset(_unpack(left_all)), only=frozenset(_unpack(left_only)))


def load_changes(
    row: tuple[Any, ...], left: Departures, mids: Sequence[int]
) -> Iterator[Change]:
    """
    Yield the changes that a row of the table stands for, one for each cause.

    Args:
        row: What `write_change` wrote.

        left: Which accounts left in the run of the row.

        mids: The mid of each id.

    Raises:
        ValueError: The row is not as it was written.
    """
    *values, check = row
    if row_check(*values) != check:
        raise ValueError("a change is not as it was written")

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
