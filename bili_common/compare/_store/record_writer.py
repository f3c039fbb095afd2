"""The record writer: the accounts in lists, whose records are written when they are news."""

from __future__ import annotations

import sqlite3

from collections.abc import Sequence
from operator import attrgetter
from typing import Any, Final

import attrs

from ...models import Following, Vip
from .rows import dump_record
from .sums import row_check


__all__ = ["RecordWriter"]

# Records that need not be written again; their texts are shared with what is fetched.
_RECORDS: Final = 8192

_FIND: Final = "SELECT id FROM users WHERE account = ? AND mid = ?"
_NEXT: Final = "SELECT coalesce(max(id), -1) + 1 FROM users WHERE account = ?"
_PUT: Final = "INSERT OR REPLACE INTO users VALUES (?, ?, ?, ?, ?)"

_MID: Final = attrgetter("mid")
_VIP: Final = attrgetter("vip")
# All that a record says, in two calls: comparing the records themselves goes through
# two levels of generated Python for each of them, and dotted names are slow.
_FACTS: Final = attrgetter(
    *(field.name for field in attrs.fields(Following) if field.name != "vip")
)
_VIP_FACTS: Final = attrgetter(*(field.name for field in attrs.fields(Vip)))


class RecordWriter:
    """
    Gives the accounts in lists their ids, and writes their records.

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
        self._facts: dict[int, tuple[Any, ...]] = {}
        self._vips: dict[int, tuple[Any, ...]] = {}

    def known_ids(self, items: Sequence[Following]) -> list[int] | None:
        """Return the ids of *items* if all of them stand in the file as they are, else None."""
        mids = list(map(_MID, items))
        # In lists, so that no step of it is Python's: it is half of what a write costs.
        if list(map(_FACTS, items)) != list(map(self._facts.get, mids)):
            return None
        if list(map(_VIP_FACTS, map(_VIP, items))) != list(map(self._vips.get, mids)):
            return None

        return list(map(self._ids.__getitem__, mids))

    def ids(self, items: Sequence[Following]) -> list[int]:
        """Return the ids of *items*, whose records are written if they are news."""
        return [self._write(item) for item in items]

    def forget(self) -> None:
        """Forget what the file holds: somebody else wrote, or a write was undone."""
        self._ids.clear()
        self._facts.clear()
        self._vips.clear()

    def _write(self, item: Following) -> int:
        mid, facts, vip = item.mid, _FACTS(item), _VIP_FACTS(item.vip)
        if self._facts.get(mid) == facts and self._vips.get(mid) == vip:
            return self._ids[mid]

        number = self._ids.get(mid)
        if number is None:
            row = self._file.execute(_FIND, (self._account, mid)).fetchone()
            row = row or self._file.execute(_NEXT, (self._account,)).fetchone()
            number = int(row[0])
        text = dump_record(item)
        check = row_check(mid, number, text)
        self._file.execute(_PUT, (self._account, mid, number, text, check))
        if len(self._facts) >= _RECORDS:
            self._facts.clear()
            self._vips.clear()
        self._facts[mid], self._vips[mid], self._ids[mid] = facts, vip, number
        return number
