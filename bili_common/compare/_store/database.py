"""The database: a store's file, opened to be written by one thread, or only to be read."""

from __future__ import annotations

import sqlite3

from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from ...errors import StoreError
from ..upgrade_report import UpgradeReport
from .lock import RunLock
from .reader import AccountReader
from .run_writer import RunWriter
from .schema import VERSION, mark, open_file, transaction, translated
from .sums import check_row
from .upgrade import as_current, upgrade


__all__ = ["Database", "open_reader"]

# Seconds to wait for a lock. Readers need one only beside a recovery.
_PATIENCE: Final = 5.0
# Of a new row only, since the sum of another one tells whether it was changed.
_SEAL_ACCOUNT: Final = (
    "UPDATE accounts SET row_check = coalesce(row_check, row_sum(id, name, mid)) WHERE name = ?"
)
_SEAL_ENDPOINT: Final = (
    "UPDATE endpoints SET row_check = coalesce(row_check, row_sum(id, path)) WHERE path = ?"
)
_PUT_LABEL: Final = "INSERT OR REPLACE INTO labels VALUES (?, ?, ?, row_sum(?, ?, ?))"
_DROP_LABEL: Final = "DELETE FROM labels WHERE account = ? AND vmid = ?"


class Database:
    """
    A store's file. Every method must be called by the thread that opened it.

    A file of an older schema is read as it is, and upgraded by the first method
    that writes.

    Args:
        path: The file.

        create: Whether to make it if it is not there.

        busy_timeout: Seconds to wait for a lock of another program.

        endpoint: The path of the list whose outcomes are read and written.

    Raises:
        StoreError: The file cannot be used; also from every method.
    """

    def __init__(self, path: Path, *, create: bool, busy_timeout: float, endpoint: str) -> None:
        self._path = path
        self._endpoint = endpoint
        self._file = open_file(path, create=create, busy_timeout=busy_timeout)
        self._readers: dict[str, AccountReader] = {}
        # What a run writes by, while one is under way.
        self._run: RunWriter | None = None

    def close(self) -> None:
        """Close the file, and end a run that is under way."""
        self.end_run()
        with translated(self._path):
            self._file.close()

    def accounts(self) -> dict[str, int]:
        """Return the ids of the accounts by their names."""
        with translated(self._path):
            if mark(self._file, "user_version") != VERSION:
                # Read without what a copy of the whole takes: the old ones have no sums.
                found = self._file.execute("SELECT name, id FROM main.accounts ORDER BY name")
                return dict(found)
            return _ids_of(self._file, "accounts")

    def reader(self, account: str) -> AccountReader:
        """Return what reads the outcomes of *account*, of none if it is not there."""
        known = self.accounts().get(account, 0)
        reader = self._readers.get(account)
        if reader is None or not known:
            with translated(self._path):
                as_current(self._file, self._endpoint)
                endpoint = _ids_of(self._file, "endpoints").get(self._endpoint, 0)
            reader = AccountReader(self._file, self._path, known, endpoint)
            if known and endpoint:
                self._readers[account] = reader
        return reader

    def begin_run(self, account: str, now: datetime) -> RunWriter:
        """
        Keep others from running into this store until the run ends, and begin one.

        Args:
            account: Whose run it is.

            now: When it begins.
        """
        self._make_current()
        # A write before all else: a read-only store fails here, unasked.
        owner, endpoint = self._add(account)
        self._run = RunWriter(self._file, self._path, account=owner, endpoint=endpoint, now=now)
        return self._run

    def end_run(self, now: datetime | None = None) -> None:
        """
        End the run that is under way, if one is, and let others run.

        Args:
            now: When it ends, if that is known.
        """
        run, self._run = self._run, None
        if run is not None:
            run.end(now)

    def set_labels(self, account: str, labels: Mapping[int, str]) -> None:
        """Give users of *account* names; an empty one takes the name away."""
        self._make_current()
        owner = self._add(account)[0]
        with translated(self._path), transaction(self._file):
            kept = [(owner, v, text) for v, text in labels.items() if text]
            self._file.executemany(_PUT_LABEL, (row * 2 for row in kept))
            dropped = [(owner, v) for v, text in labels.items() if not text]
            self._file.executemany(_DROP_LABEL, dropped)

    def upgrade(self) -> UpgradeReport:
        """Upgrade a file of an older schema, and return what was done."""
        with translated(self._path):
            before, size = mark(self._file, "user_version"), self._size()
            self._make_current()
            # The file alone holds everything now.
            self._file.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
            counts = "SELECT (SELECT count(*) FROM accounts), count(*), sum(size) FROM outcomes"
            accounts, outcomes, rows = self._file.execute(counts).fetchone()
            return UpgradeReport(
                schema_before=before,
                schema_after=mark(self._file, "user_version"),
                accounts=accounts,
                outcomes=outcomes,
                rows=rows or 0,
                bytes_before=size,
                bytes_after=self._size(),
            )

    def _size(self) -> int:
        return mark(self._file, "page_count") * mark(self._file, "page_size")

    def _make_current(self) -> None:
        """Upgrade a file of an older schema, and give back what nothing needs any more."""
        with translated(self._path):
            is_old = mark(self._file, "user_version") != VERSION
            if is_old:
                # A write, so that a read-only store is told to be that.
                self._file.execute("UPDATE main.accounts SET name = name")
                lock = RunLock(self._path)
                try:
                    upgrade(self._file, self._endpoint)
                finally:
                    lock.release()
                self._readers.clear()
                # It was made before stores were for their owner only.
                with suppress(OSError):
                    self._path.chmod(0o600)
            free, pages = mark(self._file, "freelist_count"), mark(self._file, "page_count")
            if is_old or free * 2 > pages:
                # There may be no room for it, or somebody who reads.
                with suppress(sqlite3.Error):
                    self._file.execute("VACUUM")

    def _add(self, account: str) -> tuple[int, int]:
        """Return the ids of *account* and of the list, new ones if need be."""
        with translated(self._path), transaction(self._file):
            file = self._file
            file.execute("INSERT OR IGNORE INTO accounts (name) VALUES (?)", (account,))
            put = "INSERT OR IGNORE INTO endpoints (path) VALUES (?)"
            file.execute(put, (self._endpoint,))
            # A write in any case, so that a read-only store is told to be that.
            file.execute(_SEAL_ACCOUNT, (account,))
            file.execute(_SEAL_ENDPOINT, (self._endpoint,))
            find = "SELECT accounts.id, endpoints.id FROM accounts, endpoints"
            where = "WHERE name = ? AND path = ?"
            found = file.execute(f"{find} {where}", (account, self._endpoint)).fetchone()
            return int(found[0]), int(found[1])


def open_reader(path: Path, account: str, endpoint: str) -> AccountReader:
    """
    Return what reads one account's outcomes of a store, which is never written.

    Its file is closed with it, or when nobody has it or what it handed out any more.

    Raises:
        StoreError: There is no such file, it is no store, or it has results of
            other accounts only.
    """
    path = path.absolute()
    file = open_file(path, create=False, busy_timeout=_PATIENCE, read_only=True)
    try:
        with translated(path):
            as_current(file, endpoint)
            file.execute("PRAGMA query_only = ON")
            accounts, endpoints = _ids_of(file, "accounts"), _ids_of(file, "endpoints")
        # A store that nobody wrote to yet is empty for everyone.
        _check_account(path, account, accounts)
    except BaseException:
        file.close()
        raise

    return AccountReader(file, path, accounts.get(account, 0), endpoints.get(endpoint, 0))


def _check_account(path: Path, account: str, accounts: Collection[str]) -> None:
    if accounts and account not in accounts:
        names = ", ".join(map(repr, sorted(accounts)))
        raise StoreError(
            f"the store {path} has no results of account {account!r}, only of {names}"
        )


def _ids_of(file: sqlite3.Connection, table: str) -> dict[str, int]:
    """Return the ids in *table*, of accounts or endpoints, by their names."""
    rows = file.execute(f"SELECT * FROM {table} ORDER BY 2").fetchall()
    return {name: number for number, name, *_ in map(check_row, rows)}
