"""The reader: one account's part of a store file, read and never written."""

from __future__ import annotations

import sqlite3
import weakref

from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from os import PathLike
from pathlib import Path
from typing import Any, Final

from ...errors import StoreError
from .schema import open_file, store_error


__all__ = ["Reader"]

# Rows in memory at a time; a walk over twenty million takes no longer with more.
_BATCH: Final = 1000
# Seconds to wait for a lock. Readers need one only beside a recovery.
_PATIENCE: Final = 5.0


class Reader:
    """
    A read-only connection, which any thread may use, one at a time.

    It is closed with the reader, or when nobody has the reader any more: there
    is nothing to lose.

    Args:
        path: The store file.

        account: The label of the account whose results are read.

    Raises:
        StoreError: There is no such file, it is no store, or it has results of
            other accounts only.
    """

    def __init__(self, path: str | PathLike[str], account: str) -> None:
        self.path = Path(path).absolute()
        with self._translated():
            # Looks whether it is a store. Its connection belongs to one thread.
            open_file(self.path, create=False, busy_timeout=_PATIENCE).close()
            # Read-only by query_only, since with mode=ro SQLite would leave the two
            # files of its log beside the store. No statement opens a transaction.
            self._connection = sqlite3.connect(
                f"{self.path.as_uri()}?mode=rw",
                uri=True,
                timeout=_PATIENCE,
                isolation_level=None,
                check_same_thread=False,
            )
        self.close = weakref.finalize(self, self._connection.close)
        self._account: int | None = None
        try:
            self._execute("PRAGMA query_only = ON", {}).close()
            self._account = self._account_id(account)
        except StoreError:
            self.close()
            raise

    def rows(self, statement: str, *values: Any) -> Generator[tuple[Any, ...], None, None]:
        """
        Yield the rows of *statement*, whose parameter ``:account`` is the account.

        Args:
            statement: One SELECT; what it reads is one state of the store.

            values: Its other parameters, ``:a`` and ``:b``.

        Raises:
            StoreError: The file cannot be read.
        """
        named = dict(zip("ab", values, strict=False), account=self._account)
        cursor = self._execute(statement, named)
        try:
            while batch := self._fetch(cursor):
                yield from batch
        finally:
            # The connection may be closed by now, and its cursors with it.
            with suppress(sqlite3.ProgrammingError):
                cursor.close()

    def value(self, statement: str, *values: Any) -> Any:
        """Return the first column of the first row, None without one."""
        with closing(self.rows(statement, *values)) as rows:
            return next(rows, (None,))[0]

    def _account_id(self, account: str) -> int | None:
        found = dict(self.rows("SELECT name, id FROM accounts"))
        # A store that nobody wrote to yet is empty for everyone.
        if not found or account in found:
            return found.get(account)

        names = ", ".join(map(repr, sorted(found)))
        raise StoreError(
            f"the store {self.path} has no results of account {account!r}, only of {names}"
        )

    def _execute(self, statement: str, values: dict[str, Any]) -> sqlite3.Cursor:
        with self._translated():
            return self._connection.execute(statement, values)

    def _fetch(self, cursor: sqlite3.Cursor) -> list[tuple[Any, ...]]:
        with self._translated():
            return cursor.fetchmany(_BATCH)

    @contextmanager
    def _translated(self) -> Generator[None, None, None]:
        try:
            yield
        except sqlite3.Error as exc:
            raise store_error(self.path, exc) from None
