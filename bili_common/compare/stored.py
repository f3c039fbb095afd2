"""The stored comparison: a comparison that reads a store as it is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from os import PathLike
from typing import Any, Final, Self, cast

from ..errors import BiliCommonError, StoreError
from ..models import Following
from ._store.rows import load_error, load_record, load_report
from ._store.streamed import Streamed
from .change import Change
from .comparison import Comparison
from .outcome import Outcome, Status


__all__ = ["StoreSource", "StoredComparison"]

# The same accounts are in list after list: most records are decoded once.
_RECORDS: Final = 4096

# The primary keys give these in the order of the lists: nothing is sorted, and
# memory holds one list at a time.
_OUTCOMES: Final = """
    SELECT o.vmid, o.status, o.fetched_at, o.report, o.error, l.mid, u.record
    FROM outcomes AS o
    LEFT JOIN lists AS l ON l.account = o.account AND l.vmid = o.vmid
    LEFT JOIN users AS u ON u.account = l.account AND u.mid = l.mid
    WHERE o.account = :account {} ORDER BY o.vmid, l.place
"""
_LISTS: Final = """
    SELECT o.vmid, o.status, l.mid
    FROM outcomes AS o
    LEFT JOIN lists AS l ON l.account = o.account AND l.vmid = o.vmid
    WHERE o.account = :account ORDER BY o.vmid, l.place
"""
_ONE: Final = "AND o.vmid = :b"


class StoredComparison(Comparison):
    """
    A `Comparison` of what a store holds, with the same answers.

    Nothing is held in memory but the answer: a store may have millions of users.
    `outcomes`, `users` and what `against` returns are read as you iterate or look
    up. Each answer is of one state of the store, which a run may be writing to.

    Questions block while they read the file. In an event loop ask a large store
    in a thread: ``await asyncio.to_thread(comparison.most_shared, 10)``.

    Args:
        path: The store file, which is not changed.

        account: The label of the account whose results are compared.

    Raises:
        StoreError: The file is no store, or has results of other accounts only.
            Any method raises it when the file cannot be read.
    """

    def __init__(self, path: str | PathLike[str], account: str = "default") -> None:
        super().__init__(StoreSource(path, account))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file. It is closed, too, when the comparison is dropped."""
        cast(StoreSource, self._source).close()


class StoreSource:
    """The outcomes of one account in a store."""

    def __init__(self, path: str | PathLike[str], account: str) -> None:
        # sqlite3 is loaded with the first store, not with the package.
        from ._store.reader import Reader  # noqa: PLC0415

        self._reader = Reader(path, account)
        self._record = lru_cache(_RECORDS)(load_record)
        self._arguments = (path, account)

    def __reduce__(self) -> tuple[Any, ...]:
        return StoreSource, self._arguments

    def close(self) -> None:
        """Close the file."""
        self._reader.close()

    @property
    def outcomes(self) -> Mapping[int, Outcome]:
        """The outcomes by vmid, in the order of the vmids."""
        return Streamed(
            self._find_outcome, self._stream_outcomes, lambda: self.statuses().total()
        )

    @property
    def users(self) -> Mapping[int, Following]:
        """The accounts in the lists, also of earlier lists, as they were last read."""
        return Streamed(self._find_user, self._stream_users, self._count_users)

    def labels(self) -> Mapping[int, str]:
        """Return the names that were given to users."""
        return {}

    def follows(self) -> Mapping[int, bool]:
        """Return which accounts the logged-in account follows, as far as it was asked."""
        return {}

    def changes(self, _since: datetime | None) -> Iterator[Change]:
        """Return what changed between fetches."""
        return iter(())

    def statuses(self) -> Counter[Status]:
        """Return how many users have each status."""
        rows = self._reader.rows(
            "SELECT status, count(*) FROM outcomes WHERE account = :account GROUP BY status"
        )
        return Counter({self._to_status(status): count for status, count in rows})

    def status(self, vmid: int) -> Status | None:
        """Return the status of a user, None for one who is not there."""
        status = self._reader.value(
            "SELECT status FROM outcomes WHERE account = :account AND vmid = :a", vmid
        )
        return None if status is None else self._to_status(status)

    def mids(self) -> Sequence[int]:
        """Return the mid of each id."""
        rows = self._reader.rows("SELECT mid FROM users WHERE account = :account ORDER BY mid")
        return [mid for (mid,) in rows]

    def ids(self, vmid: int) -> Sequence[int]:
        """Return the list of a user who is there, each id once."""
        numbers = {mid: number for number, mid in enumerate(self.mids())}
        rows = self._reader.rows(
            "SELECT mid FROM lists WHERE account = :account AND vmid = :a", vmid
        )
        return [numbers[mid] for (mid,) in rows]

    def lists(self) -> Iterator[tuple[int, Status, Sequence[int]]]:
        """Return user, status and list of all, in the order of `outcomes`."""
        numbers = {mid: number for number, mid in enumerate(self.mids())}
        rows = self._reader.rows(_LISTS)
        for (vmid, status), group in groupby(rows, key=itemgetter(0, 1)):
            ids = [numbers[mid] for *_, mid in group if mid is not None]
            yield vmid, self._to_status(status), ids

    def _find_outcome(self, vmid: int) -> Outcome | None:
        return dict(self._stream_outcomes(vmid)).get(vmid)

    def _stream_outcomes(self, *vmid: int) -> Iterator[tuple[int, Outcome]]:
        statement = _OUTCOMES.format(_ONE if vmid else "")
        rows = self._reader.rows(statement, None, *vmid)
        for head, group in groupby(rows, key=itemgetter(0, 1, 2, 3, 4)):
            texts = [text for *_, mid, text in group if mid is not None]
            yield head[0], self._outcome(head, texts)

    def _outcome(self, head: tuple[Any, ...], texts: Iterable[str]) -> Outcome:
        vmid, status, fetched_at, report, error = head
        with self._understood():
            seen = load_report(report)
            return Outcome(
                vmid=vmid,
                status=Status(status),
                items=tuple(map(self._record, texts)),
                report=seen,
                error=load_error(error, vmid=vmid, report=seen),
                fetched_at=datetime.fromtimestamp(fetched_at, UTC),
            )

    def _find_user(self, mid: int) -> Following | None:
        statement = "SELECT record FROM users WHERE account = :account AND mid = :a"
        text = self._reader.value(statement, mid)
        with self._understood():
            return None if text is None else self._record(text)

    def _stream_users(self) -> Iterator[tuple[int, Following]]:
        statement = "SELECT mid, record FROM users WHERE account = :account ORDER BY mid"
        for mid, text in self._reader.rows(statement):
            with self._understood():
                following = self._record(text)
            yield mid, following

    def _count_users(self) -> int:
        statement = "SELECT count(*) FROM users WHERE account = :account"
        return int(self._reader.value(statement))

    def _to_status(self, text: str) -> Status:
        with self._understood():
            return Status(text)

    @contextmanager
    def _understood(self) -> Generator[None, None, None]:
        try:
            yield
        except (BiliCommonError, KeyError, TypeError, ValueError) as exc:
            # Without the cause, which may show a record.
            path, kind = self._reader.path, type(exc).__name__
            raise StoreError(f"the store {path} holds what no store holds ({kind})") from None
