"""The file store: one pace for all processes of one user on one machine."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
import threading
import time

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from os import PathLike
from pathlib import Path
from typing import TypeVar

from .._util.arguments import check_file, check_number
from ..errors import PaceError
from ._forks import fork_guard
from ._state import PaceState


__all__ = ["FilePace"]

R = TypeVar("R")

# The day is counted from 1970: moments of the machine's own begin anew at each start.
_CREATE = (
    "CREATE TABLE IF NOT EXISTS paces "
    "(name TEXT PRIMARY KEY, state TEXT NOT NULL, day INTEGER NOT NULL)"
)
_SELECT = "SELECT state FROM paces WHERE name = ?"
_REPLACE = "INSERT OR REPLACE INTO paces VALUES (?, ?, ?)"
_SELECT_OLD = "SELECT name, state FROM paces WHERE day < ?"
# Not if somebody uses it again meanwhile.
_FORGET = "DELETE FROM paces WHERE name = ? AND state = ?"
_KEPT_DAYS = 30
# SQLite says so where others are in its way; its timeout does not cover all of them.
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL)
# Seconds between two attempts to open the file beside other processes.
_PAUSE = 0.01


class FilePace:
    """
    Keeps the pace in a SQLite file that is the user's alone.

    Its time is the machine's since it was started, so the file is for one
    machine, and for no network file system. It may be used in a process that
    was forked from one which used it, by `os.fork` or ``multiprocessing``; a server
    written in C that forks by itself is to make its stores after that.

    A name that nobody used for 30 days is forgotten when the file is opened.

    Args:
        path: The file. None means ``bili-common/pace.sqlite`` in the user's
            cache folder.

        busy_timeout: For how many seconds to wait for the other processes.

    Raises:
        UsageError: An argument is wrong.
    """

    def __init__(
        self, path: str | PathLike[str] | None = None, *, busy_timeout: float = 2.0
    ) -> None:
        self._path = _default_path() if path is None else check_file("path", path)
        self._busy_timeout = check_number("busy_timeout", busy_timeout, 0, 3600)
        self._thread: ThreadPoolExecutor | None = None
        self._database: sqlite3.Connection | None = None
        # Held while the database is in use: a fork has to wait until it is not.
        self._in_use = threading.Lock()
        fork_guard().add(self)

    def __repr__(self) -> str:
        return f"FilePace({str(self._path)!r})"

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    def check(self) -> None:
        """
        Open the file, and make it if there is none.

        Raises:
            PaceError: It cannot be used.
        """
        try:
            with self._in_use:
                self._open().close()
        except (OSError, sqlite3.Error) as exc:
            raise self._lost(exc) from None

    async def change(
        self, name: str, step: Callable[[PaceState | None, int], tuple[PaceState, R]]
    ) -> R:
        """Replace the state called *name* by what *step* makes of it, in one transaction."""
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="bili-pace")
        change = self._thread.submit(self._change, name, step)
        return await asyncio.wrap_future(change)

    async def aclose(self) -> None:
        """Close the file. A later `change` opens it again."""
        thread, self._thread = self._thread, None
        if thread is not None:
            await asyncio.wrap_future(thread.submit(self._finish))
            thread.shutdown(wait=False)

    def __del__(self) -> None:
        # There is nothing in it that was not written. An __init__ may have failed.
        if getattr(self, "_database", None) is not None:
            self._close()

    def pause(self) -> None:
        """Close the file, and keep it closed until `resume`."""
        self._in_use.acquire()
        self._close()

    def resume(self, *, is_child: bool) -> None:
        """Let changes go on after `pause`. No thread of the parent's lives in its child."""
        if is_child:
            self._thread = None
        self._in_use.release()

    def _change(
        self, name: str, step: Callable[[PaceState | None, int], tuple[PaceState, R]]
    ) -> R:
        with self._in_use:
            try:
                if self._database is None:
                    self._database = self._open()
                return _transact(self._database, name, step)
            except (OSError, sqlite3.Error) as exc:
                # A new connection may do where this one did not: the file was replaced.
                self._close()
                raise self._lost(exc) from None

    def _finish(self) -> None:
        with self._in_use:
            self._close()

    def _close(self) -> None:
        database, self._database = self._database, None
        if database is not None:
            with suppress(sqlite3.Error):
                database.close()

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # SQLite gives its own files beside this one the same mode. A file that is there
        # is not touched: closing it would drop the locks that this process has on it.
        with suppress(FileExistsError):
            os.close(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        database = sqlite3.connect(
            self._path,
            timeout=self._busy_timeout,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            self._set_up(database)
        except sqlite3.Error:
            database.close()
            raise

        return database

    def _set_up(self, database: sqlite3.Connection) -> None:
        """Prepare the file, which several processes may be doing at once."""
        give_up = time.monotonic() + self._busy_timeout
        while True:
            try:
                # The changes are kept in a log, so that each costs one write.
                database.execute("PRAGMA journal_mode=WAL")
                database.execute("PRAGMA synchronous=NORMAL")
                database.execute(_CREATE)
                _forget_unused(database)
            except sqlite3.OperationalError as exc:
                if exc.sqlite_errorcode & 0xFF not in _BUSY or time.monotonic() >= give_up:
                    raise

                time.sleep(_PAUSE)
            else:
                return

    def _lost(self, exc: Exception) -> PaceError:
        return PaceError(f"the pace in {self._path} cannot be asked: {exc}")


def _transact(
    database: sqlite3.Connection,
    name: str,
    step: Callable[[PaceState | None, int], tuple[PaceState, R]],
) -> R:
    database.execute("BEGIN IMMEDIATE")
    try:
        row = database.execute(_SELECT, (name,)).fetchone()
        old = None if row is None else PaceState.loads(row[0])
        state, result = step(old, _now())
        if state is not old:
            database.execute(_REPLACE, (name, state.dumps(), _today()))
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise

    return result


def _forget_unused(database: sqlite3.Connection) -> None:
    """Forget names that nobody used for long, but no rest: a clock may have been set."""
    for name, text in database.execute(_SELECT_OLD, (_today() - _KEPT_DAYS,)).fetchall():
        state = PaceState.loads(text)
        if state is None or (state.breaker.until or 0) <= _now():
            database.execute(_FORGET, (name, text))


def _now() -> int:
    # The same for all processes, and never set back but by a restart.
    return time.monotonic_ns() // 1000


def _today() -> int:
    return int(time.time() // 86_400)


def _default_path() -> Path:
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
    elif sys.platform == "darwin":
        base = "~/Library/Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "bili-common" / "pace.sqlite"
