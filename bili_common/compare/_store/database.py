"""The database: a store's file, read and written by one thread."""

from __future__ import annotations

import sqlite3

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from ..upgrade_report import UpgradeReport
from .lock import RunLock
from .reader import AccountReader
from .run_writer import RunWriter
from .schema import VERSION, mark, open_file, transaction, translated
from .upgrade import as_current, upgrade


__all__ = ["Database"]


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
            return dict(self._file.execute("SELECT name, id FROM main.accounts ORDER BY name"))

    def reader(self, account: str) -> AccountReader:
        """Return what reads the outcomes of *account*, of none if it is not there."""
        known = self.accounts().get(account, 0)
        reader = self._readers.get(account)
        if reader is None or not known:
            with translated(self._path):
                as_current(self._file, self._endpoint)
                found = dict(self._file.execute("SELECT path, id FROM endpoints"))
                endpoint = found.get(self._endpoint, 0)
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
        put = "INSERT OR REPLACE INTO labels VALUES (?, ?, ?)"
        drop = "DELETE FROM labels WHERE account = ? AND vmid = ?"
        with translated(self._path), transaction(self._file):
            self._file.executemany(
                put, [(owner, v, text) for v, text in labels.items() if text]
            )
            self._file.executemany(drop, [(owner, v) for v, text in labels.items() if not text])

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
            file.execute("UPDATE accounts SET name = name WHERE name = ?", (account,))
            put = "INSERT OR IGNORE INTO endpoints (path) VALUES (?)"
            file.execute(put, (self._endpoint,))
            find = "SELECT accounts.id, endpoints.id FROM accounts, endpoints"
            where = "WHERE name = ? AND path = ?"
            found = file.execute(f"{find} {where}", (account, self._endpoint)).fetchone()
            return int(found[0]), int(found[1])
