"""The opening of a store, for commands that only read."""

from __future__ import annotations

import asyncio

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from ...compare.store import RunStore
from ...compare.stored import StoredComparison
from ..data.output import OutputError
from ..input.moments import parse_since
from ..language import tr


__all__ = ["check_store", "moment_in", "open_comparison"]

_LAST: Final = "last"


def check_store(store: Path) -> None:
    """
    See to it that there is a file at *store*.

    Raises:
        OutputError: There is none.
    """
    try:
        store.stat()
    except FileNotFoundError:
        raise OutputError(tr("the store {store} does not exist", store=store)) from None
    except OSError:
        # Opening it says what is wrong.
        return


def open_comparison(store: Path, account: str | None) -> StoredComparison:
    """
    Return a comparison that reads *store* without an event loop, as Ctrl-C wants it.

    Args:
        store: The file.

        account: Whose results, None for the only account that is there.

    Raises:
        OutputError: There is none.

        StoreError: It is no store, or another account's.
    """
    check_store(store)

    async def ask() -> StoredComparison:
        """Open the store for as long as it takes to find the account."""
        async with RunStore(store, create=False) as opened:
            return await opened.comparison(account=account)

    return asyncio.run(ask())


def moment_in(comparison: StoredComparison, text: str) -> datetime:
    """
    Return the moment that *text* names: ``last`` is when the last run of the store began.

    Raises:
        UsageError: It names none.
    """
    if text != _LAST:
        return parse_since(text)

    runs = comparison.runs()
    return runs[-1].began_at if runs else datetime.now(UTC)
