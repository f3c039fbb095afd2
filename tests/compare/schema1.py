"""Stores of the first schema, written as the first edition did."""

from __future__ import annotations

import sqlite3

from bili_common.compare._store.rows import dump_error, dump_record, dump_report


TABLES = """
    CREATE TABLE accounts (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
    CREATE TABLE outcomes (
        account INTEGER NOT NULL REFERENCES accounts, vmid INTEGER NOT NULL,
        status TEXT NOT NULL, fetched_at REAL NOT NULL, report TEXT, error TEXT,
        PRIMARY KEY (account, vmid)) WITHOUT ROWID;
    CREATE TABLE lists (
        account INTEGER NOT NULL, vmid INTEGER NOT NULL, place INTEGER NOT NULL,
        mid INTEGER NOT NULL, PRIMARY KEY (account, vmid, place)) WITHOUT ROWID;
    CREATE TABLE users (
        account INTEGER NOT NULL, mid INTEGER NOT NULL, record TEXT NOT NULL,
        PRIMARY KEY (account, mid)) WITHOUT ROWID;
    PRAGMA application_id = 1650683246;
    PRAGMA user_version = 1;
"""


def write_schema1(path, outcomes, *, account="default"):
    """Write *outcomes* of one account to a new store of the first schema."""
    written = {}
    file = sqlite3.connect(path)
    file.execute("PRAGMA journal_mode = WAL")
    with file:
        file.executescript(TABLES)
        file.execute("INSERT INTO accounts VALUES (1, ?)", (account,))
        for outcome in outcomes:
            at = outcome.fetched_at.timestamp()
            report = outcome.report and dump_report(outcome.report)
            error = dump_error(outcome.error)
            row = (outcome.vmid, outcome.status.value, at, report, error)
            file.execute("INSERT INTO outcomes VALUES (1, ?, ?, ?, ?, ?)", row)
            places = [(outcome.vmid, n, item.mid) for n, item in enumerate(outcome.items)]
            file.executemany("INSERT INTO lists VALUES (1, ?, ?, ?)", places)
            fresh = [item for item in outcome.items if written.get(item.mid) is not item]
            written.update((item.mid, item) for item in fresh)
            users = [(item.mid, dump_record(item)) for item in fresh]
            file.executemany("INSERT OR REPLACE INTO users VALUES (1, ?, ?)", users)
    file.close()
    return path
