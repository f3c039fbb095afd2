"""The database: a store's file, read and written by one thread."""

from __future__ import annotations

import sqlite3

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from ...errors import StoreError
from ...models import Following
from .._repository import PartialList
from ..outcome import Outcome, Status
from ..upgrade_report import UpgradeReport
from .history import departures, keep_departures, write_change
from .lock import RunLock
from .reader import AccountReader
from .rows import (
    STATUSES,
    dump_error,
    dump_record,
    dump_report,
    is_plain,
    pack_ids,
    record_facts,
    to_micros,
    to_status,
    unpack_ids,
)
from .schema import VERSION, mark, open_file, transaction, translated
from .sums import list_check, row_check
from .upgrade import as_current, upgrade


__all__ = ["Database"]

# Records that need not be written again; their texts are shared with what is fetched.
_RECORDS: Final = 8192

_BEFORE: Final = (
    "SELECT run, status, fetched_at, size, ids FROM outcomes"
    " WHERE account = ? AND endpoint = ? AND vmid = ?"
)
_PUT: Final = "INSERT OR REPLACE INTO outcomes VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
_PUT_USER: Final = "INSERT OR REPLACE INTO users VALUES (?, ?, ?, ?, ?)"
_PUT_PARTIAL: Final = "INSERT OR REPLACE INTO partials VALUES (?, ?, ?, ?, ?, ?, ?)"
_DROP_PARTIAL: Final = "DELETE FROM partials WHERE account = ? AND endpoint = ? AND vmid = ?"


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
        # The lock of a run, while one is under way, and what it writes by.
        self._lock: RunLock | None = None
        self._run = 0
        self._key = (0, 0)
        # Ids by mid, and what the records say, as they stand in the file.
        self._ids: dict[int, int] = {}
        self._written: dict[int, tuple[Any, ...]] = {}

    def close(self) -> None:
        """Close the file, and let go of the lock."""
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

    def begin_run(self, account: str, now: datetime) -> None:
        """
        Keep others from running into this store until `end_run`, and begin a run.

        Args:
            account: Whose run it is.

            now: When it begins.
        """
        self._make_current()
        # A write before all else: a read-only store fails here, unasked.
        key = self._add(account)
        self._lock = RunLock(self._path)
        self._key = key
        # The last run may have been another process's, and wrote newer records.
        self._forget()
        with translated(self._path), transaction(self._file):
            self._judge_runs()
            put = "INSERT INTO runs (account, endpoint, began_at) VALUES (?, ?, ?)"
            self._run = int(self._file.execute(put, (*key, to_micros(now))).lastrowid or 0)

    def end_run(self, now: datetime | None = None) -> None:
        """
        Let others run. May be called without a run.

        Args:
            now: When it ends, if that is known.
        """
        lock, self._lock = self._lock, None
        if lock is None:
            return

        try:
            # A file that cannot be written to was told of already, and the next run
            # settles what this one leaves open.
            with suppress(StoreError), translated(self._path):
                with transaction(self._file):
                    self._judge_runs()
                    if now is not None:
                        put = "UPDATE runs SET ended_at = ? WHERE id = ?"
                        self._file.execute(put, (to_micros(now), self._run))
                # The file alone holds everything now, also for who copies it.
                self._file.execute("PRAGMA wal_checkpoint(PASSIVE)").close()
        finally:
            lock.release()

    def bind(self, mid: int) -> None:
        """
        Write down whose account the run's is.

        Raises:
            StoreError: Results of another account stand under the same label.
        """
        with translated(self._path), transaction(self._file):
            query = "SELECT name, mid FROM accounts WHERE id = ?"
            name, known = self._file.execute(query, self._key[:1]).fetchone()
            if known not in (None, mid):
                raise StoreError(
                    f"the store {self._path} has results of another account under the label "
                    f"{name!r}: mid {known}, not {mid}; give this one a label of its own"
                )
            self._file.execute("UPDATE accounts SET mid = ? WHERE id = ?", (mid, self._key[0]))

    def write(self, outcome: Outcome) -> None:
        """
        Write *outcome* down, in one transaction.

        A failure takes nothing away: FAILED replaces only FAILED, and a part of
        a list never the whole that was read before.
        """
        key = (self._key[0], self._key[1], outcome.vmid)
        with self._writing():
            items = _once(outcome.items)
            ids = self._ids_of(items)
            before = self._file.execute(_BEFORE, key).fetchone()
            self._file.execute(_DROP_PARTIAL, key)
            if before is not None and not _may_replace(to_status(before[1]), outcome.status):
                return

            self._file.execute(_PUT, _row(key, self._run, outcome, ids))
            if before is not None and before[1] == 0 and outcome.status is Status.OK:
                write_change(
                    self._file,
                    key,
                    self._run,
                    before=(before[2], unpack_ids(before[3], before[4])),
                    after=(to_micros(outcome.fetched_at), ids),
                    items=items,
                )

    def write_partial(self, vmid: int, partial: PartialList) -> None:
        """Write down how far the list of *vmid* was read."""
        with self._writing():
            ids = self._ids_of(partial.items)
            row = (*self._key, vmid, partial.cursor, len(ids), pack_ids(ids))
            self._file.execute(_PUT_PARTIAL, (*row, row_check(*row)))

    def read_partial(self, vmid: int) -> PartialList | None:
        """Return what `write_partial` wrote, None if nothing did."""
        query = "SELECT * FROM partials WHERE account = ? AND endpoint = ? AND vmid = ?"
        with translated(self._path):
            row = self._file.execute(query, (*self._key, vmid)).fetchone()
            if row is None:
                return None
            if row_check(*row[:-1]) != row[-1]:
                raise ValueError("a partial list is not as it was written")

            name = self._name()
            items = self.reader(name).records(unpack_ids(row[4], row[5]))
        return PartialList(cursor=row[3], items=items)

    def write_follows(self, attributes: Mapping[int, int], at: datetime) -> None:
        """Write down the account's own relation to others, as it was asked."""
        rows = [
            (self._key[0], mid, attribute, to_micros(at))
            for mid, attribute in attributes.items()
        ]
        with self._writing():
            self._file.executemany("INSERT OR REPLACE INTO follows VALUES (?, ?, ?, ?)", rows)

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

    def _name(self) -> str:
        return next(name for name, key in self.accounts().items() if key == self._key[0])

    def _judge_runs(self) -> None:
        """Settle what left the lists in the runs that have ended, before any list changes."""
        account, endpoint = self._key
        query = "SELECT id FROM runs WHERE account = ? AND endpoint = ? AND left_all IS NULL"
        for (run,) in self._file.execute(query, self._key).fetchall():
            found = departures(self._file, account, endpoint, run)
            keep_departures(self._file, run, found)

    def _ids_of(self, items: Sequence[Following]) -> list[int]:
        """Return the ids of *items*, whose records are written if they are news."""
        written, ids = self._written, self._ids
        numbers: list[int] = []
        for item in items:
            mid = item.mid
            facts = record_facts(item)
            if written.get(mid) != facts:
                self._put_user(item)
                written[mid] = facts
            numbers.append(ids[mid])
        return numbers

    def _put_user(self, item: Following) -> None:
        account = self._key[0]
        number = self._ids.get(item.mid)
        if number is None:
            find = "SELECT id FROM users WHERE account = ? AND mid = ?"
            row = self._file.execute(find, (account, item.mid)).fetchone()
            last = "SELECT coalesce(max(id), -1) + 1 FROM users WHERE account = ?"
            number = int((row or self._file.execute(last, (account,)).fetchone())[0])
        text = dump_record(item)
        check = row_check(item.mid, number, text)
        self._file.execute(_PUT_USER, (account, item.mid, number, text, check))
        if len(self._written) >= _RECORDS:
            self._written.clear()
        self._ids[item.mid] = number

    def _forget(self) -> None:
        self._ids.clear()
        self._written.clear()

    @contextmanager
    def _writing(self) -> Generator[None]:
        try:
            with translated(self._path), transaction(self._file):
                yield
        except BaseException:
            # What was written last is not known any more.
            self._forget()
            raise


def _row(
    key: tuple[int, int, int], run: int, outcome: Outcome, ids: Sequence[int]
) -> tuple[Any, ...]:
    """Return *outcome* as a row of its table."""
    vmid, report, status = key[2], outcome.report, STATUSES.index(outcome.status)
    requests = page_size = text = None
    if report is not None:
        size = report.cursor.page_size
        if is_plain(report, vmid, len(ids)):
            requests, page_size = report.requests, size
        else:
            text = dump_report(report)
    packed = pack_ids(ids)
    fetched_at, error = to_micros(outcome.fetched_at), dump_error(outcome.error)
    rest = (run, fetched_at, requests, page_size, text, error)
    return (
        *key,
        run,
        status,
        fetched_at,
        requests,
        page_size,
        len(ids),
        packed,
        text,
        error,
        list_check(vmid, status, len(ids), packed),
        row_check(vmid, *rest),
    )


def _may_replace(before: Status, after: Status) -> bool:
    if after is Status.FAILED:
        return before is Status.FAILED

    return not (before is Status.OK and after is Status.INCOMPLETE)


def _once(items: tuple[Following, ...]) -> tuple[Following, ...]:
    """Return *items* with each account once: a list holds it, or does not."""
    by_mid = {item.mid: item for item in items}
    return items if len(by_mid) == len(items) else tuple(by_mid.values())
