"""The opened store: a connection of its own for who only reads."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Final

from ...errors import StoreError
from .reader import AccountReader
from .schema import open_file, translated
from .upgrade import as_current


__all__ = ["open_reader"]

# Seconds to wait for a lock. Readers need one only beside a recovery.
_PATIENCE: Final = 5.0


def open_reader(path: Path, account: str, endpoint: str) -> AccountReader:
    """
    Return what reads one account's outcomes of a store, which is never written.

    Its file is closed with it, or when nobody has it or what it handed out any more.

    Raises:
        StoreError: There is no such file, it is no store, or it has results of
            other accounts only.
    """
    path = path.absolute()
    file = open_file(path, create=False, busy_timeout=_PATIENCE, read_only=True)
    try:
        with translated(path):
            as_current(file, endpoint)
            file.execute("PRAGMA query_only = ON")
            accounts = dict(file.execute("SELECT name, id FROM accounts"))
            endpoints = dict(file.execute("SELECT path, id FROM endpoints"))
        # A store that nobody wrote to yet is empty for everyone.
        _check_account(path, account, accounts)
    except BaseException:
        file.close()
        raise

    return AccountReader(file, path, accounts.get(account, 0), endpoints.get(endpoint, 0))


def _check_account(path: Path, account: str, accounts: Collection[str]) -> None:
    if accounts and account not in accounts:
        names = ", ".join(map(repr, sorted(accounts)))
        raise StoreError(
            f"the store {path} has no results of account {account!r}, only of {names}"
        )
