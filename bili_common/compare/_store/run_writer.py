"""The run writer: what a run writes into a store, user by user."""

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
from .history import seal_run, settle_run, write_change
from .lock import RunLock
from .packed_ids import pack_ids, unpack_ids
from .rows import outcome_row, to_micros, to_status
from .schema import transaction, translated
from .stored_users import RecordWriter, StoredUsers
from .sums import check_lists, check_row, row_check


__all__ = ["RunWriter"]

_BEGIN: Final = "INSERT INTO runs (account, endpoint, began_at) VALUES (?, ?, ?)"
_END: Final = "UPDATE runs SET ended_at = ? WHERE id = ?"
_OPEN: Final = "SELECT id FROM runs WHERE account = ? AND endpoint = ? AND left_all IS NULL"
_BIND: Final = "UPDATE accounts SET mid = ?, row_check = row_sum(id, name, ?) WHERE id = ?"
_BEFORE: Final = (
    "SELECT vmid, status, size, ids, list_check, fetched_at FROM outcomes"
    " WHERE account = ? AND endpoint = ? AND vmid = ?"
)
_VALUES: Final = "INTO outcomes VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
_PUT: Final = f"INSERT OR REPLACE {_VALUES}"
_PUT_NEW: Final = f"INSERT OR IGNORE {_VALUES}"
_PARTIALS: Final = "SELECT vmid FROM partials WHERE account = ? AND endpoint = ?"
_PARTIAL: Final = "SELECT * FROM partials WHERE account = ? AND endpoint = ? AND vmid = ?"
_PUT_PARTIAL: Final = "INSERT OR REPLACE INTO partials VALUES (?, ?, ?, ?, ?, ?, ?)"
_DROP_PARTIAL: Final = "DELETE FROM partials WHERE account = ? AND endpoint = ? AND vmid = ?"
_PUT_FOLLOWS: Final = "INSERT OR REPLACE INTO follows VALUES (?, ?, ?, ?, row_sum(?, ?, ?, ?))"


class RunWriter:
    """
    Writes what one run fetches. Other runs are kept from the store until `end`.

    Args:
        file: The open store, of this version's schema.

        path: Where it is.

        account: The id of the account.

        endpoint: The id of the list.

        now: When the run begins.

    Raises:
        StoreError: Another run uses the store, or it cannot be written to; also from
            every method.
    """

    def __init__(
        self,
        file: sqlite3.Connection,
        path: Path,
        *,
        account: int,
        endpoint: int,
        now: datetime,
    ) -> None:
        self._file = file
        self._path = path
        self._key = (account, endpoint)
        self._records = RecordWriter(file, account)
        self._lock = RunLock(path)
        try:
            self._run = self._begin(now)
            # Users with a partial list, so that others need not be looked up.
            with translated(path):
                self._partials = {vmid for (vmid,) in file.execute(_PARTIALS, self._key)}
        except BaseException:
            self._lock.release()
            raise

    def end(self, now: datetime | None = None) -> None:
        """
        Let others run.

        Args:
            now: When the run ends, if that is known.
        """
        try:
            # A file that cannot be written to was told of already, and the next run
            # settles what this one leaves open.
            with suppress(StoreError), translated(self._path):
                with transaction(self._file):
                    self._judge_runs()
                    if now is not None:
                        self._file.execute(_END, (to_micros(now), self._run))
                        seal_run(self._file, self._run)
                # The file alone holds everything now, also for who copies it.
                self._file.execute("PRAGMA wal_checkpoint(PASSIVE)").close()
        finally:
            self._lock.release()

    def bind(self, mid: int) -> None:
        """
        Write down whose account the run's is.

        Raises:
            StoreError: Results of another account stand under the same label.
        """
        with translated(self._path), transaction(self._file):
            query = "SELECT * FROM accounts WHERE id = ?"
            row = self._file.execute(query, self._key[:1]).fetchone()
            _, name, known = check_row(row)
            if known not in (None, mid):
                raise StoreError(
                    f"the store {self._path} has results of another account under the label "
                    f"{name!r}: mid {known}, not {mid}; give this one a label of its own"
                )
            self._file.execute(_BIND, (mid, mid, self._key[0]))

    def write(self, *outcomes: Outcome) -> None:
        """
        Write *outcomes* down, in one transaction: all of them, or none.

        A failure takes nothing away: FAILED replaces only FAILED, and a part of
        a list never the whole that was read before.
        """
        self._lock.check()
        if len(outcomes) == 1 and outcomes[0].vmid not in self._partials:
            ids = self._records.known_ids(outcomes[0].items)
            # Mostly a new user, all of whose accounts are known.
            if ids is not None and self._put_new(self._row(outcomes[0], ids)):
                return

        with self._writing():
            for outcome in outcomes:
                self._put(outcome)
        self._partials.difference_update(outcome.vmid for outcome in outcomes)

    def has_partial(self, vmid: int) -> bool:
        """Tell whether `read_partial` has something to return. Any thread may ask."""
        return vmid in self._partials

    def write_partial(self, vmid: int, partial: PartialList) -> None:
        """Write down how far the list of *vmid* was read."""
        self._lock.check()
        with self._writing():
            ids = self._records.ids(partial.items)
            row = (*self._key, vmid, partial.cursor, len(ids), pack_ids(ids))
            self._file.execute(_PUT_PARTIAL, (*row, row_check(*row)))
        self._partials.add(vmid)

    def read_partial(self, vmid: int) -> PartialList | None:
        """Return what `write_partial` wrote, None if nothing did."""
        if vmid not in self._partials:
            return None

        with translated(self._path):
            row = self._file.execute(_PARTIAL, (*self._key, vmid)).fetchone()
            check_row(row)
            users = StoredUsers(self._file, self._path, self._key[0])
            items = users.records(unpack_ids(row[4], row[5]))
        return PartialList(cursor=row[3], items=items)

    def write_follows(self, attributes: Mapping[int, int], at: datetime) -> None:
        """Write down the account's own relation to others, as it was asked."""
        moment = to_micros(at)
        rows = [(self._key[0], mid, each, moment) for mid, each in attributes.items()]
        with self._writing():
            self._file.executemany(_PUT_FOLLOWS, (row * 2 for row in rows))

    def _begin(self, now: datetime) -> int:
        with translated(self._path), transaction(self._file):
            self._judge_runs()
            began = self._file.execute(_BEGIN, (*self._key, to_micros(now)))
            run = int(began.lastrowid or 0)
            seal_run(self._file, run)
            return run

    def _put_new(self, row: tuple[Any, ...]) -> bool:
        """Write the row of a user without one: a statement is a transaction by itself."""
        try:
            return self._file.execute(_PUT_NEW, row).rowcount == 1
        except sqlite3.Error:
            # Only here, since entering it for each outcome costs a part of the write.
            with translated(self._path):
                raise

    def _put(self, outcome: Outcome) -> None:
        items: Sequence[Following] = outcome.items
        ids = self._records.known_ids(items)
        if ids is None:
            # Each account once: a list holds it, or does not.
            items = [*{item.mid: item for item in items}.values()]
            ids = self._records.ids(items)
        row = self._row(outcome, ids)
        if outcome.vmid not in self._partials and self._put_new(row):
            return

        key = (*self._key, outcome.vmid)
        before = self._file.execute(_BEFORE, key).fetchone()
        if before is not None:
            check_lists([before[:5]])
        self._file.execute(_DROP_PARTIAL, key)
        if before is not None and not _may_replace(to_status(before[1]), outcome.status):
            return

        self._file.execute(_PUT, row)
        if before is not None and before[1] == 0 and outcome.status is Status.OK:
            write_change(
                self._file,
                key,
                self._run,
                before=(before[5], unpack_ids(*before[2:4])),
                after=(to_micros(outcome.fetched_at), ids),
                items=items,
            )

    def _row(self, outcome: Outcome, ids: Sequence[int]) -> tuple[Any, ...]:
        return outcome_row((*self._key, outcome.vmid), self._run, outcome, ids)

    def _judge_runs(self) -> None:
        """Settle what left the lists in the runs that have ended, before any list changes."""
        for (run,) in self._file.execute(_OPEN, self._key).fetchall():
            settle_run(self._file, *self._key, run)

    @contextmanager
    def _writing(self) -> Generator[None]:
        try:
            with translated(self._path), transaction(self._file):
                yield
        except BaseException:
            # What was written last is not known any more.
            self._records.forget()
            raise


def _may_replace(before: Status, after: Status) -> bool:
    if after is Status.FAILED:
        return before is Status.FAILED

    return not (before is Status.OK and after is Status.INCOMPLETE)
