"""The upgrade: what a store of the first schema holds, as a store holds it now."""

from __future__ import annotations

import sqlite3

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from ..outcome import Status
from .packed_ids import pack_ids
from .rows import STATUSES, load_report, plain_report, to_micros
from .schema import TABLES, VERSION, create_tables, mark, transaction
from .sums import list_check, row_check


__all__ = ["as_current", "upgrade"]

# The tables of schema 1: accounts (id, name); outcomes (account, vmid, status as a
# text, fetched_at in seconds, report, error); lists (account, vmid, place, mid);
# users (account, mid, record).
_OLD: Final = ("accounts", "outcomes", "lists", "users")

# The primary keys give these in order: nothing is sorted, and memory holds one list.
_OUTCOMES: Final = """
    SELECT o.account, o.vmid, o.status, o.fetched_at, o.report, o.error, l.mid
    FROM main.{0}outcomes AS o
    LEFT JOIN main.{0}lists AS l ON l.account = o.account AND l.vmid = o.vmid
    ORDER BY o.account, o.vmid, l.place
"""


def upgrade(file: sqlite3.Connection, endpoint: str) -> None:
    """
    Turn *file* into a store of this version's schema, in one transaction.

    Killed at any moment, it is a store of the one schema or of the other.

    Args:
        file: The open store.

        endpoint: The path of the list that its outcomes are of.
    """
    for name in TABLES:
        file.execute(f"DROP TABLE IF EXISTS temp.{name}")
    with transaction(file):
        # Another process may have been faster.
        if mark(file, "user_version") == VERSION:
            return

        for name in _OLD:
            file.execute(f"ALTER TABLE main.{name} RENAME TO old_{name}")
        create_tables(file)
        _copy(file, "old_", "main", endpoint)
        for name in _OLD:
            file.execute(f"DROP TABLE main.old_{name}")


def as_current(file: sqlite3.Connection, endpoint: str) -> None:
    """
    Let the statements of this version read a store of an older schema.

    The file stays as it is. What it holds is copied into temporary tables, which
    SQLite finds before those of the file, and keeps on disk if they are large.
    """
    is_copied = file.execute("SELECT count(*) FROM sqlite_temp_master").fetchone()[0]
    if mark(file, "user_version") == VERSION or is_copied:
        return

    file.execute("BEGIN")
    try:
        create_tables(file, "temp")
        _copy(file, "", "temp", endpoint)
        file.execute("COMMIT")
    except BaseException:
        file.execute("ROLLBACK")
        raise


def _copy(file: sqlite3.Connection, old: str, new: str, endpoint: str) -> None:
    """Copy the tables of the first schema whose names begin with *old* into those of *new*."""
    file.execute(
        f"INSERT INTO {new}.accounts SELECT id, name, NULL, row_sum(id, name, NULL)"
        f" FROM main.{old}accounts"
    )
    put = f"INSERT INTO {new}.endpoints VALUES (1, ?, row_sum(1, ?))"
    file.execute(put, (endpoint, endpoint))
    # All that was fetched counts as one run, of which no changes are known.
    file.execute(
        f"INSERT INTO {new}.runs SELECT id, id, 1, 0, 0, x'', x'',"
        f" row_sum(id, id, 1, 0, 0, x'', x'') FROM main.{old}accounts"
    )
    ids: dict[tuple[int, int], int] = {}
    put = f"INSERT INTO {new}.users VALUES (?, ?, ?, ?, ?)"
    file.executemany(put, _users(file, old, ids))
    put = f"INSERT INTO {new}.outcomes VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
    file.executemany(put, _outcomes(file, old, ids))


def _users(
    file: sqlite3.Connection, old: str, ids: dict[tuple[int, int], int]
) -> Iterator[tuple[Any, ...]]:
    query = f"SELECT account, mid, record FROM main.{old}users ORDER BY account, mid"
    for account, rows in groupby(file.execute(query), key=itemgetter(0)):
        for number, (_, mid, record) in enumerate(rows):
            ids[account, mid] = number
            yield account, mid, number, record, row_check(mid, number, record)


def _outcomes(
    file: sqlite3.Connection, old: str, ids: dict[tuple[int, int], int]
) -> Iterator[tuple[Any, ...]]:
    rows = file.execute(_OUTCOMES.format(old))
    for head, group in groupby(rows, key=itemgetter(slice(0, 6))):
        account, vmid, name, seconds, text, error = head
        numbers = dict.fromkeys(ids[account, row[6]] for row in group if row[6] is not None)
        status, packed = STATUSES.index(Status(name)), pack_ids(list(numbers))
        requests, page_size, told = _told(vmid, len(numbers), text)
        rest = (account, _micros(seconds), requests, page_size, told, error)
        yield (
            account,
            1,
            vmid,
            account,
            status,
            *rest[1:4],
            len(numbers),
            packed,
            *rest[4:],
            list_check(vmid, status, len(numbers), packed),
            row_check(vmid, *rest),
        )


def _told(vmid: int, size: int, text: str | None) -> tuple[int | None, int | None, str | None]:
    """Return requests and page size of a report that says no more, else its text."""
    if text is not None:
        report = load_report(text)
        page_size = report.cursor.page_size
        if report == plain_report(vmid, size, report.requests, page_size):
            return report.requests, page_size, None

    return None, None, text


def _micros(seconds: float) -> int:
    return to_micros(datetime.fromtimestamp(seconds, UTC))
