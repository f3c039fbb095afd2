"""The schema: how a store's file looks, and how another file is told from it."""

from __future__ import annotations

import os
import sqlite3

from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from ...errors import BiliCommonError, StoreError
from .sums import row_check


__all__ = [
    "TABLES",
    "VERSION",
    "create_tables",
    "mark",
    "open_file",
    "transaction",
    "translated",
]

# "bcmn": says whose file it is, in the header that `file` and SQLite read.
_APPLICATION_ID: Final = 0x62636D6E
VERSION: Final = 2
# What `upgrade` reads.
_OLDEST: Final = 1

# Bytes of SQLite's smallest page.
_SMALLEST: Final = 512

# Moments are microseconds since 1970 UTC. A list of accounts is their ids, as
# `rows` packs them. Below each name stand its columns and its primary key.
TABLES: Final = {
    # The labels of the accounts, and whose they are once that was asked.
    "accounts": """
        id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, mid INTEGER, row_check INTEGER""",
    # The lists that outcomes can be of.
    "endpoints": "id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, row_check INTEGER",
    # One row for each user. Without a report the columns say all that it would.
    "outcomes": """
        account INTEGER, endpoint INTEGER, vmid INTEGER, run INTEGER, status INTEGER,
        fetched_at INTEGER, requests INTEGER, page_size INTEGER, size INTEGER, ids BLOB,
        report TEXT, error TEXT, list_check INTEGER, row_check INTEGER,
        PRIMARY KEY (account, endpoint, vmid)""",
    # One record for each account and mid, since what is private in it describes the
    # two of them, and all else the mid alone. Ids count from 0 and are never reused.
    "users": """
        account INTEGER, mid INTEGER, id INTEGER, record TEXT, row_check INTEGER,
        PRIMARY KEY (account, mid)""",
    # Lists that were interrupted: where to go on, and what was seen.
    "partials": """
        account INTEGER, endpoint INTEGER, vmid INTEGER, cursor TEXT, size INTEGER,
        ids BLOB, row_check INTEGER,
        PRIMARY KEY (account, endpoint, vmid)""",
    # The account's own relation to others, as it was asked.
    "follows": """
        account INTEGER, mid INTEGER, attribute INTEGER, asked_at INTEGER,
        row_check INTEGER,
        PRIMARY KEY (account, mid)""",
    # Names that somebody gave to users.
    "labels": """
        account INTEGER, vmid INTEGER, label TEXT, row_check INTEGER,
        PRIMARY KEY (account, vmid)""",
    # The accounts that left lists in a run: with all lists, or with the only one.
    "runs": """
        id INTEGER PRIMARY KEY, account INTEGER, endpoint INTEGER, began_at INTEGER,
        ended_at INTEGER, left_all BLOB, left_only BLOB, row_check INTEGER""",
    # What a list gained and lost; of what it gained, what the account followed.
    "changes": """
        account INTEGER, endpoint INTEGER, run INTEGER, vmid INTEGER, before INTEGER,
        after INTEGER, added BLOB, followed BLOB, removed BLOB, row_check INTEGER,
        PRIMARY KEY (account, endpoint, run, vmid)""",
}
# These have a key of one number, which SQLite keeps smaller and faster as it is.
_NUMBERED: Final = ("accounts", "endpoints", "runs")

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


class _ReadConnection(sqlite3.Connection):
    """Closes itself with the last who reads by it: there is nothing to lose."""

    def __del__(self) -> None:
        self.close()


@contextmanager
def translated(path: Path) -> Generator[None]:
    """
    Raise a StoreError for whatever goes wrong with the store at *path*.

    An exception that is none of SQLite's means that the file holds what this
    library never wrote. Its text, which may show a record, is not told.
    """
    try:
        yield
    except sqlite3.Error as exc:
        # The low byte is the cause, the others its details. Python's own errors of
        # the module have no code.
        code = getattr(exc, "sqlite_errorcode", None)
        cause = _CAUSES.get(code & 0xFF) if code is not None else None
        raise StoreError(f"the store {path} {cause or 'failed'} ({exc})") from None
    except StoreError:
        raise
    except (BiliCommonError, LookupError, OverflowError, TypeError, ValueError) as exc:
        raise StoreError(f"the store {path} is damaged ({type(exc).__name__})") from None


@contextmanager
def transaction(file: sqlite3.Connection) -> Generator[None]:
    """Commit what is done inside, or none of it."""
    file.execute("BEGIN IMMEDIATE")
    try:
        yield
        file.execute("COMMIT")
    except BaseException:
        # SQLite has rolled back by itself after a full disk.
        with suppress(sqlite3.Error):
            file.execute("ROLLBACK")
        raise


def open_file(
    path: Path, *, create: bool, busy_timeout: float, read_only: bool = False
) -> sqlite3.Connection:
    """
    Open the store at *path*, and make it if it is not there yet.

    Args:
        path: The file.

        create: Whether to make it.

        busy_timeout: Seconds to wait for a lock of another program.

        read_only: Whether the connection is never written to. Any thread may use
            it then, one at a time, and it is closed when nobody has it any more.

    Raises:
        StoreError: It is no store, one that this version cannot read, or damaged.
    """
    with translated(path):
        try:
            _check_place(path, create=create)
        except OSError as exc:
            raise StoreError(f"the store {path} cannot be opened ({exc.strerror})") from None

        # Always opened for writing: with mode=ro SQLite would leave the two files of
        # its log beside the store.
        file = sqlite3.connect(
            os.fspath(path),
            timeout=busy_timeout,
            isolation_level=None,
            check_same_thread=not read_only,
            factory=_ReadConnection if read_only else sqlite3.Connection,
        )
        try:
            # For statements that write a row with its sum.
            file.create_function("row_sum", -1, row_check, deterministic=True)
            _prepare(file, path)
        except BaseException:
            file.close()
            raise

    return file


def mark(file: sqlite3.Connection, name: str, database: str = "main") -> int:
    """Return a number out of the header of *file*."""
    return int(file.execute(f"PRAGMA {database}.{name}").fetchone()[0])


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
    if not path.exists():
        # It holds private data. SQLite gives its log the same mode.
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))


def _prepare(file: sqlite3.Connection, path: Path) -> None:
    # Before anything is written: it may be another program's file.
    if _is_new(file):
        file.execute("PRAGMA journal_mode = WAL")
        with transaction(file):
            # Another process may have been faster.
            if _is_new(file):
                create_tables(file)
    _check(file, path)
    # What was committed outlives the process, however it is killed. A loss of
    # power may take the last outcomes, which are then fetched again.
    file.execute("PRAGMA synchronous = NORMAL")


def create_tables(file: sqlite3.Connection, database: str = "main") -> None:
    """Make the tables of this version's schema in *database*."""
    for name, columns in TABLES.items():
        rowid = "" if name in _NUMBERED else "WITHOUT ROWID"
        file.execute(f"CREATE TABLE {database}.{name} ({columns}) {rowid}")
    # Gives the mid of each id without the records between.
    file.execute(f"CREATE UNIQUE INDEX {database}.users_by_id ON users (account, id)")
    file.execute(f"PRAGMA {database}.application_id = {_APPLICATION_ID}")
    file.execute(f"PRAGMA {database}.user_version = {VERSION}")


def _is_new(file: sqlite3.Connection) -> bool:
    marks = mark(file, "application_id"), mark(file, "user_version")
    tables = file.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    return marks == (0, 0) and not tables


def _check(file: sqlite3.Connection, path: Path) -> None:
    if mark(file, "application_id") != _APPLICATION_ID:
        raise StoreError(f"the store {path} is no store: an SQLite file of another program")

    version = mark(file, "user_version")
    if not _OLDEST <= version <= VERSION:
        raise StoreError(
            f"the store {path} has schema {version}, this version of bili_common "
            f"reads schema {VERSION}"
        )
    # Checks the structure; the rows have sums of their own.
    told = file.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if told != "ok":
        raise StoreError(f"the store {path} is damaged ({told})")
