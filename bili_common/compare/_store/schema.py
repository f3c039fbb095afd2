"""The schema: how a store's file looks, and how another file is told from it."""

from __future__ import annotations

import os
import sqlite3

from contextlib import suppress
from pathlib import Path
from typing import Final

from ...errors import StoreError


__all__ = ["open_file", "store_error"]

# "bcmn": says whose file it is, in the header that `file` and SQLite read.
_APPLICATION_ID: Final = 0x62636D6E
_VERSION: Final = 1

# Bytes of SQLite's smallest page.
_SMALLEST: Final = 512

# One record for each account and mid, since what is private in it describes the
# two of them, and all else the mid alone.
_TABLES: Final = (
    "CREATE TABLE accounts (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    """CREATE TABLE outcomes (
        account INTEGER NOT NULL REFERENCES accounts, vmid INTEGER NOT NULL,
        status TEXT NOT NULL,
        fetched_at REAL NOT NULL, -- seconds since 1970 UTC
        report TEXT, error TEXT, -- JSON
        PRIMARY KEY (account, vmid)) WITHOUT ROWID""",
    """CREATE TABLE lists (
        account INTEGER NOT NULL, vmid INTEGER NOT NULL,
        place INTEGER NOT NULL, -- in the list, from 0
        mid INTEGER NOT NULL,
        PRIMARY KEY (account, vmid, place)) WITHOUT ROWID""",
    """CREATE TABLE users (
        account INTEGER NOT NULL, mid INTEGER NOT NULL,
        record TEXT NOT NULL, -- the server's object, JSON
        PRIMARY KEY (account, mid)) WITHOUT ROWID""",
    f"PRAGMA application_id = {_APPLICATION_ID}",
    f"PRAGMA user_version = {_VERSION}",
)

_CAUSES: Final = {
    sqlite3.SQLITE_BUSY: "is locked by another program",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened",
    sqlite3.SQLITE_CORRUPT: "is damaged",
    sqlite3.SQLITE_FULL: "cannot grow: the disk is full",
    sqlite3.SQLITE_IOERR: "cannot be read or written: the disk may be full or failing",
    sqlite3.SQLITE_LOCKED: "is locked by another program",
    sqlite3.SQLITE_NOTADB: "is no store: not an SQLite file",
    sqlite3.SQLITE_PERM: "cannot be opened",
    sqlite3.SQLITE_READONLY: "is read-only",
}


def store_error(path: Path, error: sqlite3.Error) -> StoreError:
    """Return what *error* means for the store at *path*."""
    # The low byte is the cause, the others its details. Python's own errors of
    # the module have no code.
    code = getattr(error, "sqlite_errorcode", None)
    cause = _CAUSES.get(code & 0xFF) if code is not None else None
    return StoreError(f"the store {path} {cause or 'failed'} ({error})")


def open_file(path: Path, *, create: bool, busy_timeout: float) -> sqlite3.Connection:
    """
    Open the store at *path*, and make it if it is not there yet.

    Args:
        path: The file.

        create: Whether to make it.

        busy_timeout: Seconds to wait for a lock of another program.

    Raises:
        StoreError: It is no store, or one that this version cannot read.

        sqlite3.Error: It cannot be opened.
    """
    try:
        _check_place(path, create=create)
    except OSError as exc:
        raise StoreError(f"the store {path} cannot be opened ({exc.strerror})") from None

    file = sqlite3.connect(os.fspath(path), timeout=busy_timeout, isolation_level=None)
    try:
        _prepare(file, path)
    except BaseException:
        file.close()
        raise

    return file


def _check_place(path: Path, *, create: bool) -> None:
    if path.is_dir():
        raise StoreError(f"the store {path} is a directory")
    # SQLite takes so short a text for an empty file, and would write over it.
    if path.exists() and 0 < path.stat().st_size < _SMALLEST:
        raise StoreError(f"the store {path} is no store: not an SQLite file")
    if not create and not path.exists():
        raise StoreError(f"the store {path} does not exist")
    if not path.parent.is_dir():
        raise StoreError(f"the store {path} cannot be made: its folder does not exist")


def _prepare(file: sqlite3.Connection, path: Path) -> None:
    # Before anything is written: it may be another program's file.
    if _is_new(file):
        file.execute("PRAGMA journal_mode = WAL")
        _create(file)
    _check(file, path)
    # What was committed outlives the process, however it is killed. A loss of
    # power may take the last outcomes, which are then fetched again.
    file.execute("PRAGMA synchronous = NORMAL")


def _create(file: sqlite3.Connection) -> None:
    file.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have been faster.
        if _is_new(file):
            for statement in _TABLES:
                file.execute(statement)
    except BaseException:
        # SQLite has rolled back by itself after a full disk.
        with suppress(sqlite3.Error):
            file.execute("ROLLBACK")
        raise

    file.execute("COMMIT")


def _is_new(file: sqlite3.Connection) -> bool:
    marks = _mark(file, "application_id"), _mark(file, "user_version")
    tables = file.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    return marks == (0, 0) and not tables


def _check(file: sqlite3.Connection, path: Path) -> None:
    if _mark(file, "application_id") != _APPLICATION_ID:
        raise StoreError(f"the store {path} is no store: an SQLite file of another program")

    version = _mark(file, "user_version")
    if version != _VERSION:
        raise StoreError(
            f"the store {path} has schema {version}, this version of bili_common "
            f"reads schema {_VERSION}"
        )


def _mark(file: sqlite3.Connection, name: str) -> int:
    return int(file.execute(f"PRAGMA {name}").fetchone()[0])
