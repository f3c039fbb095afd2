"""The reader: one account's part of a store file, which a comparison can be made of."""

from __future__ import annotations

import sqlite3

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from ...models import Following, Relation
from .._repository import Known
from ..change import Change
from ..outcome import Outcome, Status
from ..stored_run import StoredRun
from .history import read_changes, read_runs
from .packed_ids import IdCounter, unpack_ids
from .rows import load_error, load_report, moment, plain_report, to_status
from .schema import translated
from .stored_users import StoredUsers
from .streamed import Streamed
from .sums import check_lists, check_row, checked


__all__ = ["AccountReader"]

# Rows in memory at a time. No statement is left open between them: SQLite could
# not move its log into the file, which would grow for as long as a reader pauses.
_BATCH: Final = 1000
# Outcomes at a time: a list can have thousands of records.
_FEW: Final = 32

_MINE: Final = "account = :account AND endpoint = :endpoint"
_LIST: Final = "SELECT vmid, status, size, ids, list_check FROM outcomes"
_OUTCOME: Final = (
    "SELECT vmid, status, size, ids, list_check, row_check, run, fetched_at, requests,"
    " page_size, report, error FROM outcomes"
)
_NEXT: Final = "vmid > :after ORDER BY vmid LIMIT :limit"
_KNOWN: Final = "SELECT vmid, status, fetched_at FROM outcomes"


class AccountReader:
    """
    The outcomes of one account.

    What another connection writes meanwhile is seen, list by list. All methods
    raise a StoreError if the file cannot be read or is damaged.

    Args:
        file: The open store, of this version's schema.

        path: Where it is, for messages.

        account: The id of the account, 0 for one that is not there.

        endpoint: The id of the list.
    """

    def __init__(
        self, file: sqlite3.Connection, path: Path, account: int, endpoint: int
    ) -> None:
        self._file = file
        self._path = path
        self._key = {"account": account, "endpoint": endpoint}
        self._users = StoredUsers(file, path, account)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    @property
    def outcomes(self) -> Mapping[int, Outcome]:
        """The outcomes by vmid, in the order of the vmids."""
        return Streamed(self._find, self._stream_outcomes, lambda: self.statuses().total())

    @property
    def users(self) -> Mapping[int, Following]:
        """The accounts in the lists, also of earlier lists, as they were last read."""
        return self._users.by_mid

    def mids(self) -> Sequence[int]:
        """Return the mid of each id: always the same list, which grows with the store."""
        return self._users.mids()

    def labels(self) -> Mapping[int, str]:
        """Return the names that were given to users."""
        return {vmid: text for _, vmid, text in self._checked_rows("labels")}

    def follows(self) -> Mapping[int, bool]:
        """Return which accounts the logged-in account follows, as far as it was asked."""
        rows = self._checked_rows("follows")
        told = {mid: Relation(mid, attribute).follows for _, mid, attribute, _ in rows}
        return {mid: follows for mid, follows in told.items() if follows is not None}

    def statuses(self) -> Counter[Status]:
        """Return how many users have each status."""
        query = f"SELECT status, count(*) FROM outcomes WHERE {_MINE} GROUP BY status"
        with translated(self._path):
            return Counter({to_status(number): n for number, n in self._rows(query)})

    def status(self, vmid: int) -> Status | None:
        """Return the status of a user, None for one who is not there."""
        found = self._list(vmid)
        return None if found is None else found[1]

    def ids(self, vmid: int) -> Sequence[int]:
        """Return the list of a user who is there."""
        found = self._list(vmid)
        if found is None:
            raise KeyError(vmid)

        return found[2]

    def lists(self) -> Iterator[tuple[int, Status, Sequence[int]]]:
        """Return user, status and list of all, in the order of the vmids."""
        query = f"{_LIST} WHERE {_MINE} AND {_NEXT}"
        after = 0
        while rows := self._rows(query, after=after, limit=_BATCH):
            lists = self._lists(rows)
            # Behind the lists, so that it has the mid of each id in them.
            self._users.mids()
            yield from lists
            after = rows[-1][0]

    def id_counts(self) -> Counter[int]:
        """Return for each id in how many lists it is."""
        query = f"{_LIST} WHERE {_MINE} AND {_NEXT}"
        counter = IdCounter()
        after = 0
        while rows := self._rows(query, after=after, limit=_BATCH):
            with translated(self._path):
                check_lists(rows)
                counter.add([row[2:4] for row in rows])
            after = rows[-1][0]
        self._users.mids()
        return counter.counts()

    def dated_lists(self) -> Iterator[tuple[int, Status, datetime, Sequence[int]]]:
        """Return user, status, moment of the fetch and list of all, in that order."""
        query = f"{_OUTCOME} WHERE {_MINE} AND {_NEXT}"
        after = 0
        while rows := self._rows(query, after=after, limit=_BATCH):
            lists = self._lists([row[:5] for row in rows])
            with translated(self._path):
                moments = [moment(checked(row)[1]) for row in rows]
            # Behind the lists, as above.
            self._users.mids()
            for (vmid, status, ids), at in zip(lists, moments, strict=True):
                yield vmid, status, at, ids
            after = rows[-1][0]

    def known(self, vmids: Sequence[int]) -> dict[int, Known]:
        """Return what the store knows of those of *vmids*, at most a few hundred."""
        # They are ints, and SQLite takes only so many parameters.
        query = f"{_KNOWN} WHERE {_MINE} AND vmid IN ({','.join(map(str, vmids))})"
        with translated(self._path):
            return {
                vmid: Known(to_status(status), moment(at))
                for vmid, status, at in self._rows(query)
            }

    def next_outcomes(self, after: int) -> list[Outcome]:
        """Return the next few outcomes with a vmid above *after*, in its order."""
        query = f"{_OUTCOME} WHERE {_MINE} AND {_NEXT}"
        return self._outcomes(self._rows(query, after=after, limit=_FEW))

    def runs(self) -> list[StoredRun]:
        """Return the runs of the account, in their order."""
        return read_runs(self._file, self._path, self._key)

    def changes(self, since: datetime | None) -> Iterator[Change]:
        """Return what changed between fetches that ended after *since*."""
        return read_changes(self._file, self._path, self._key, self._users, since)

    def _find(self, vmid: int) -> Outcome | None:
        rows = self._rows(f"{_OUTCOME} WHERE {_MINE} AND vmid = :vmid", vmid=vmid)
        return next(iter(self._outcomes(rows)), None)

    def _stream_outcomes(self) -> Iterator[tuple[int, Outcome]]:
        after = 0
        while batch := self.next_outcomes(after):
            for outcome in batch:
                yield outcome.vmid, outcome
            after = batch[-1].vmid

    def _list(self, vmid: int) -> tuple[int, Status, Sequence[int]] | None:
        rows = self._rows(f"{_LIST} WHERE {_MINE} AND vmid = :vmid", vmid=vmid)
        return next(iter(self._lists(rows)), None)

    def _lists(self, rows: list[tuple[Any, ...]]) -> list[tuple[int, Status, Sequence[int]]]:
        with translated(self._path):
            check_lists(rows)
            return [
                (vmid, to_status(status), unpack_ids(size, packed))
                for vmid, status, size, packed, _ in rows
            ]

    def _outcomes(self, rows: list[tuple[Any, ...]]) -> list[Outcome]:
        with translated(self._path):
            check_lists([row[:5] for row in rows])
            self._users.mids()
            self._users.refresh()
            return [self._outcome(row) for row in rows]

    def _outcome(self, row: tuple[Any, ...]) -> Outcome:
        vmid, status, size, packed, *_ = row
        _, fetched_at, requests, page_size, text, error = checked(row)
        report = None if text is None else load_report(text)
        if page_size is not None:
            report = plain_report(vmid, size, requests, page_size)
        return Outcome(
            vmid=vmid,
            status=to_status(status),
            items=tuple(map(self._users.record, unpack_ids(size, packed))),
            report=report,
            error=load_error(error, vmid=vmid, report=report),
            fetched_at=moment(fetched_at),
        )

    def _checked_rows(self, table: str) -> list[tuple[Any, ...]]:
        """Return the account's rows of *table*, without their sums."""
        rows = self._rows(f"SELECT * FROM {table} WHERE account = :account")
        with translated(self._path):
            return [check_row(row) for row in rows]

    def _rows(self, query: str, **values: Any) -> list[tuple[Any, ...]]:
        with translated(self._path):
            return self._file.execute(query, {**self._key, **values}).fetchall()
