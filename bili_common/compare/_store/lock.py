"""The lock: one run at a time uses a store, in all processes."""

from __future__ import annotations

import os
import sqlite3
import tempfile

from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

from ...errors import StoreError
from .schema import translated


__all__ = ["RunLock"]


class RunLock:
    """
    Keeps other runs away from a store, from its making to its `release`.

    Two runs would ask for the same users, and twice as fast as the user said. The
    locks are the operating system's, held by SQLite on two empty files: no death
    of a process leaves one behind, and nobody is kept from reading the store. One
    file is beside the store, wherever links lead to it. The other is named by the
    number that the file system gives the store, so that a second name of the same
    file is known too. Neither is ever removed: whoever waited for a file that is
    removed would hold a lock that nobody else can see.

    Args:
        path: The store.

    Raises:
        StoreError: Another run uses the store.
    """

    def __init__(self, path: Path) -> None:
        with ExitStack() as stack:
            for place in _places(path):
                stack.callback(_take(place, path).close)
            self._stack = stack.pop_all()
        self._path, self._real = path, os.path.realpath(path)
        found = Path(self._real).stat()
        self._known = found.st_dev, found.st_ino

    def check(self) -> None:
        """
        Make sure that the store is still where it was, and not empty.

        Raises:
            StoreError: It is gone. SQLite would go on writing into a file that
                nobody finds any more, or that nothing can be read from.
        """
        try:
            # Not by a Path, as it is asked for each outcome.
            found = os.stat(self._real)  # noqa: PTH116
        except OSError:
            found = None
        if found is None or (found.st_dev, found.st_ino) != self._known:
            raise StoreError(f"the store {self._path} was removed or replaced during the run")
        if not found.st_size:
            raise StoreError(f"the store {self._path} was emptied during the run")

    def release(self) -> None:
        """Let other runs use the store."""
        self._stack.close()


def _places(path: Path) -> Iterator[Path]:
    """Yield the files that stand for the store at *path*."""
    real = Path(os.path.realpath(path))
    yield real.with_name(f"{real.name}-lock")

    known = real.stat()
    user = os.getuid() if hasattr(os, "getuid") else ""
    folder = Path(tempfile.gettempdir(), f"bili_common-{user}")
    # Somebody else's folder could keep us waiting: then one lock has to do.
    with suppress(OSError):
        folder.mkdir(mode=0o700, exist_ok=True)
        if not folder.is_symlink() and folder.stat().st_uid == (user or 0):
            yield folder / f"{known.st_dev:x}-{known.st_ino:x}.lock"


def _take(place: Path, path: Path) -> sqlite3.Connection:
    with translated(place):
        with suppress(OSError):
            os.close(os.open(place, os.O_CREAT | os.O_EXCL, 0o600))
        file = sqlite3.connect(place, timeout=0, isolation_level=None)
        try:
            file.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as exc:
            file.close()
            if getattr(exc, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_BUSY:
                raise

            raise StoreError(
                f"the store {path} is in use by another run; wait until it ends"
            ) from None

    return file
