"""The lock: one run at a time uses a store, in all processes."""

from __future__ import annotations

import sqlite3

from contextlib import suppress
from pathlib import Path

from ...errors import StoreError
from .schema import store_error


__all__ = ["RunLock"]


class RunLock:
    """
    Keeps other runs away from a store, from its making to its `release`.

    Two runs would ask for the same users, and twice as fast as the user said. The
    lock is the operating system's, held by SQLite on an empty file beside the
    store: no death of the process leaves it behind, and nobody is kept from
    reading the store.

    Args:
        path: The store.

    Raises:
        StoreError: Another run uses the store.
    """

    def __init__(self, path: Path) -> None:
        self._beside = path.with_name(f"{path.name}-lock")
        try:
            self._file = sqlite3.connect(self._beside, timeout=0, isolation_level=None)
        except sqlite3.Error as exc:
            raise store_error(self._beside, exc) from None

        try:
            self._file.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as exc:
            self._file.close()
            if exc.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise store_error(self._beside, exc) from None

            raise StoreError(
                f"the store {path} is in use by another run; wait until it ends"
            ) from None

    def release(self) -> None:
        """Let other runs use the store."""
        # While it is held: whoever comes next makes a new file.
        with suppress(OSError):
            self._beside.unlink()
        self._file.close()
