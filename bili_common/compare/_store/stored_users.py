"""The users: the accounts in one account's lists, read from a store and written to it."""

from __future__ import annotations

import sqlite3

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

from ...models import Following
from .rows import dump_record, load_record
from .schema import translated
from .streamed import Streamed
from .sums import check_row, row_check


__all__ = ["RecordWriter", "StoredUsers"]

# Rows in memory at a time.
_BATCH: Final = 1000
# The same accounts are in list after list: most records are decoded, and written, once.
_RECORDS: Final = 8192

_IDS: Final = "SELECT id, mid FROM users WHERE account = ? AND id >= ? ORDER BY id"
_USER: Final = "SELECT mid, id, record, row_check FROM users WHERE account = ?"
_FIND: Final = "SELECT mid, id FROM users WHERE account = ?"
_NEXT: Final = "SELECT coalesce(max(id), -1) + 1 FROM users WHERE account = ?"
_PUT: Final = "INSERT OR REPLACE INTO users VALUES (?, ?, ?, ?, ?)"


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


class RecordWriter:
    """
    Gives the accounts in lists their ids, and writes their records if they are news.

    It remembers what it wrote, so that one writer at a time uses a store.

    Args:
        file: The open store.

        account: The id of the account whose lists they are in.
    """

    def __init__(self, file: sqlite3.Connection, account: int) -> None:
        self._file = file
        self._account = account
        # As they stand in the file: ids by mid, and what the records say.
        self._ids: dict[int, int] = {}
        self._said: dict[int, tuple[Any, ...]] = {}

    def known_ids(self, items: Sequence[Following]) -> list[int] | None:
        """
        Return the ids of *items*.

        None if one of them does not stand in the file as it is, or is there twice.
        """
        mids = [item.mid for item in items]
        if len({*mids}) < len(mids):
            return None
        # In lists, so that few steps of it are Python's: it is most of what a write costs.
        if [*map(_said, items)] != [*map(self._said.get, mids)]:
            return None

        return [*map(self._ids.__getitem__, mids)]

    def ids(self, items: Sequence[Following]) -> list[int]:
        """Return the ids of *items*, whose records are written if they are news."""
        kept = self._said
        news = {item.mid: item for item in items if kept.get(item.mid) != _said(item)}
        if news:
            self._number(news)
            # In the order of the table, in which neighbours share a page.
            rows = [self._row(news[mid]) for mid in sorted(news)]
            self._file.executemany(_PUT, rows)
            if len(kept) + len(news) > _RECORDS:
                kept.clear()
            kept.update((mid, _said(item)) for mid, item in islice(news.items(), _RECORDS))
        return [self._ids[item.mid] for item in items]

    def forget(self) -> None:
        """Forget what the file holds: somebody else wrote, or a write was undone."""
        self._ids.clear()
        self._said.clear()

    def _number(self, mids: Iterable[int]) -> None:
        """Learn or give the ids of those of *mids* that have none here."""
        new = [mid for mid in mids if mid not in self._ids]
        if not new:
            return

        # They are ints, and SQLite takes only so many parameters.
        query = f"{_FIND} AND mid IN ({','.join(map(str, new))})"
        self._ids.update(self._file.execute(query, (self._account,)).fetchall())
        [following] = self._file.execute(_NEXT, (self._account,)).fetchone()
        new = [mid for mid in new if mid not in self._ids]
        self._ids.update(zip(new, range(following, following + len(new)), strict=True))

    def _row(self, item: Following) -> tuple[Any, ...]:
        number, text = self._ids[item.mid], dump_record(item)
        check = row_check(item.mid, number, text)
        return self._account, item.mid, number, text, check


def _said(item: Following) -> tuple[Any, ...]:
    """
    Return all that a record says beside its mid.

    Comparing the records themselves goes through two levels of generated Python for
    each. Attributes that stand in the code are read twice as fast as by their names.
    """
    vip = item.vip
    return (
        item.attribute,
        item.mtime,
        item.tag,
        item.special,
        item.contract_info,
        item.uname,
        item.face,
        item.sign,
        item.official_verify,
        item.face_nft,
        item.nft_icon,
        item.rec_reason,
        item.track_id,
        item.follow_time,
        item.extra,
        vip.vip_type,
        vip.vip_due_date,
        vip.due_remark,
        vip.access_status,
        vip.vip_status,
        vip.vip_status_warn,
        vip.theme_type,
        vip.label,
        vip.avatar_subscript,
        vip.nickname_color,
        vip.avatar_subscript_url,
        vip.extra,
    )


def _load(row: tuple[Any, ...]) -> Following:
    return load_record(check_row(row)[2])
