"""The users: the accounts in one account's lists, with their ids and records."""

from __future__ import annotations

import sqlite3

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from ...models import Following
from .rows import load_record
from .schema import translated
from .streamed import Streamed
from .sums import row_check


__all__ = ["StoredUsers"]

# Rows in memory at a time.
_BATCH: Final = 1000
# The same accounts are in list after list: most records are decoded once.
_RECORDS: Final = 8192

_IDS: Final = "SELECT id, mid FROM users WHERE account = ? AND id >= ? ORDER BY id"
_USER: Final = "SELECT mid, id, record, row_check FROM users WHERE account = ?"


class StoredUsers:
    """
    The accounts in the lists of one account, in a store.

    Args:
        file: The open store.

        path: Where it is, for messages.

        account: The id of the account whose lists they are in.
    """

    def __init__(self, file: sqlite3.Connection, path: Path, account: int) -> None:
        self._file = file
        self._path = path
        self._account = account
        self._mids: list[int] = []
        # Records by mid, and the state of the file in which they were read.
        self._kept: dict[int, Following] = {}
        self._state: tuple[int, int] | None = None

    @property
    def by_mid(self) -> Mapping[int, Following]:
        """The records by mid, read as they are asked for."""
        return Streamed(self._find, self._stream, self._count)

    def mids(self) -> list[int]:
        """Return the mid of each id: always the same list, which grows with the store."""
        mids = self._mids
        with translated(self._path):
            for number, mid in self._file.execute(_IDS, (self._account, len(mids))).fetchall():
                if number != len(mids):
                    raise ValueError("an id is missing")
                mids.append(mid)
        return mids

    def refresh(self) -> None:
        """Forget the records that were read before, if anybody wrote to the file since."""
        version = self._file.execute("PRAGMA data_version").fetchone()[0]
        state = version, self._file.total_changes
        if state != self._state:
            self._kept.clear()
            self._state = state

    def records(self, ids: Iterable[int]) -> tuple[Following, ...]:
        """Return the records of the accounts with these ids."""
        with translated(self._path):
            self.mids()
            self.refresh()
            return tuple(map(self.record, ids))

    def record(self, number: int) -> Following:
        """
        Return the record of the account with this id, as of the last `refresh`.

        Raises:
            LookupError: There is none.

            ValueError: It is not as it was written.
        """
        mid = self._mids[number]
        record = self._kept.get(mid)
        if record is None:
            record = self._find(mid)
            if record is None:
                raise LookupError(mid)
            if len(self._kept) >= _RECORDS:
                self._kept.clear()
            self._kept[mid] = record
        return record

    def _find(self, mid: int) -> Following | None:
        with translated(self._path):
            row = self._file.execute(f"{_USER} AND mid = ?", (self._account, mid)).fetchone()
            return None if row is None else _load(row)

    def _stream(self) -> Iterator[tuple[int, Following]]:
        query = f"{_USER} AND mid > ? ORDER BY mid LIMIT {_BATCH}"
        after = 0
        while True:
            with translated(self._path):
                rows = self._file.execute(query, (self._account, after)).fetchall()
                batch = [(row[0], _load(row)) for row in rows]
            if not batch:
                return

            yield from batch
            after = batch[-1][0]

    def _count(self) -> int:
        with translated(self._path):
            query = "SELECT count(*) FROM users WHERE account = ?"
            return int(self._file.execute(query, (self._account,)).fetchone()[0])


def _load(row: tuple[Any, ...]) -> Following:
    *values, check = row
    if row_check(*values) != check:
        raise ValueError("a record is not as it was written")

    return load_record(values[2])
