"""The database: a store's file, read and written by one thread."""

from __future__ import annotations

import sqlite3

from collections import OrderedDict
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from ...errors import BiliCommonError, StoreError
from ...models import Following
from .._repository import Known
from ..outcome import Outcome, Status
from .lock import RunLock
from .rows import (
    dump_error,
    dump_record,
    dump_report,
    load_error,
    load_record,
    load_report,
)
from .schema import open_file, store_error


__all__ = ["Database"]

# Records that need not be written, or read, again; a record has about 1 KiB.
_RECORDS: Final = 1024

_STATUS: Final = "SELECT status FROM outcomes WHERE account = ? AND vmid = ?"
_KNOWN: Final = (
    "SELECT vmid, status, fetched_at FROM outcomes WHERE account = ? AND vmid IN ({})"
)
_PUT_OUTCOME: Final = "INSERT OR REPLACE INTO outcomes VALUES (?, ?, ?, ?, ?, ?)"
_DROP_LIST: Final = "DELETE FROM lists WHERE account = ? AND vmid = ?"
_PUT_LIST: Final = "INSERT INTO lists VALUES (?, ?, ?, ?)"
_PUT_USER: Final = "INSERT OR REPLACE INTO users VALUES (?, ?, ?)"
_OUTCOMES: Final = (
    "SELECT vmid, status, fetched_at, report, error FROM outcomes"
    " WHERE account = ? AND vmid > ? ORDER BY vmid LIMIT ?"
)
_LIST: Final = (
    "SELECT record FROM lists JOIN users USING (account, mid)"
    " WHERE account = ? AND vmid = ? ORDER BY place"
)


class Database:
    """
    A store's file. Every method must be called by the thread that opened it.

    Args:
        path: The file.

        create: Whether to make it if it is not there.

        busy_timeout: Seconds to wait for a lock of another program.

    Raises:
        StoreError: The file cannot be used; also from every method.
    """

    def __init__(self, path: Path, *, create: bool, busy_timeout: float) -> None:
        self._path = path
        # The lock of a run, while one is under way.
        self._lock: RunLock | None = None
        # What was last written for (account, mid), the latest at the end.
        self._written: OrderedDict[tuple[int, int], Following] = OrderedDict()
        self._load_record = lru_cache(maxsize=_RECORDS)(load_record)
        with self._translated():
            self._file = open_file(path, create=create, busy_timeout=busy_timeout)

    def close(self) -> None:
        """Close the file, and let go of the lock."""
        self.unlock()
        with self._translated():
            self._file.close()

    def lock(self) -> None:
        """Keep other processes from running into this store, until `unlock`."""
        # The last run may have been another process's, and wrote newer records.
        self._written.clear()
        self._lock = RunLock(self._path)

    def unlock(self) -> None:
        """Let other processes run. May be called without a lock."""
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.release()

    def accounts(self) -> dict[str, int]:
        """Return the ids of the accounts by their names."""
        with self._translated():
            return dict(self._file.execute("SELECT name, id FROM accounts ORDER BY name"))

    def add_account(self, name: str) -> int:
        """Return the id of the account *name*, a new one if need be."""
        # Always a write: a run on a read-only store fails before it asks for anything.
        with self._transaction() as file:
            file.execute("INSERT OR IGNORE INTO accounts (name) VALUES (?)", (name,))
            file.execute("UPDATE accounts SET name = name WHERE name = ?", (name,))
            query = "SELECT id FROM accounts WHERE name = ?"
            return int(file.execute(query, (name,)).fetchone()[0])

    def known(self, account: int, vmids: Sequence[int]) -> dict[int, Known]:
        """Return what the store knows of those of *vmids*, at most a few hundred."""
        marks = ",".join("?" * len(vmids))
        query = _KNOWN.format(marks)
        with self._translated():
            rows = self._file.execute(query, (account, *vmids))
            return {vmid: Known(Status(status), _moment(at)) for vmid, status, at in rows}

    def write(self, account: int, outcome: Outcome) -> None:
        """
        Write *outcome* down, in one transaction.

        A failure takes nothing away: FAILED replaces only FAILED, and a part of
        a list never the whole that was read before.
        """
        key = (account, outcome.vmid)
        news = self._news(account, outcome.items)
        try:
            with self._transaction() as file:
                file.executemany(_PUT_USER, news)
                row = file.execute(_STATUS, key).fetchone()
                if row is None or _may_replace(Status(row[0]), outcome.status):
                    _write(file, key, outcome)
        except StoreError:
            # What was written last is not known any more.
            self._written.clear()
            raise

    def read(self, account: int, *, after: int, limit: int) -> list[Outcome]:
        """Return the next *limit* outcomes with a vmid above *after*, in its order."""
        with self._translated():
            rows = self._file.execute(_OUTCOMES, (account, after, limit)).fetchall()
            return [self._outcome(account, row) for row in rows]

    def count(self, account: int) -> dict[Status, int]:
        """Return how many users have each status."""
        query = "SELECT status, count(*) FROM outcomes WHERE account = ? GROUP BY status"
        with self._translated():
            return {Status(name): n for name, n in self._file.execute(query, (account,))}

    def _outcome(self, account: int, row: tuple[Any, ...]) -> Outcome:
        vmid, status, fetched_at, report, error = row
        records = self._file.execute(_LIST, (account, vmid))
        seen = load_report(report)
        return Outcome(
            vmid=vmid,
            status=Status(status),
            items=tuple(self._load_record(text) for (text,) in records),
            report=seen,
            error=load_error(error, vmid=vmid, report=seen),
            fetched_at=_moment(fetched_at),
        )

    def _news(self, account: int, items: Sequence[Following]) -> list[tuple[int, int, str]]:
        """Return the rows of those records that are not as they were written last."""
        news: list[tuple[int, int, str]] = []
        for item in items:
            key = (account, item.mid)
            if self._written.get(key) != item:
                news.append((*key, dump_record(item)))
                self._written[key] = item
            self._written.move_to_end(key)
        while len(self._written) > _RECORDS:
            self._written.popitem(last=False)
        return news

    @contextmanager
    def _transaction(self) -> Generator[sqlite3.Connection]:
        with self._translated():
            self._file.execute("BEGIN IMMEDIATE")
            try:
                yield self._file
                self._file.execute("COMMIT")
            except BaseException:
                # SQLite has rolled back by itself after a full disk.
                with suppress(sqlite3.Error):
                    self._file.execute("ROLLBACK")
                raise

    @contextmanager
    def _translated(self) -> Generator[None]:
        try:
            yield
        except sqlite3.Error as exc:
            raise store_error(self._path, exc) from None
        except StoreError:
            raise
        except (BiliCommonError, KeyError, TypeError, ValueError) as exc:
            raise StoreError(
                f"the store {self._path} holds what no store holds ({type(exc).__name__})"
            ) from None


def _write(file: sqlite3.Connection, key: tuple[int, int], outcome: Outcome) -> None:
    file.execute(
        _PUT_OUTCOME,
        (
            *key,
            outcome.status.value,
            outcome.fetched_at.timestamp(),
            dump_report(outcome.report),
            dump_error(outcome.error),
        ),
    )
    file.execute(_DROP_LIST, key)
    places = ((*key, place, item.mid) for place, item in enumerate(outcome.items))
    file.executemany(_PUT_LIST, places)


def _may_replace(before: Status, after: Status) -> bool:
    if after is Status.FAILED:
        return before is Status.FAILED

    return not (before is Status.OK and after is Status.INCOMPLETE)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
