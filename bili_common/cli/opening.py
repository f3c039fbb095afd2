"""The opening of a store, for commands that only read."""

from __future__ import annotations

import asyncio

from pathlib import Path

from ..compare.store import RunStore
from ..compare.stored import StoredComparison


__all__ = ["open_comparison"]


def open_comparison(store: Path, account: str | None) -> StoredComparison:
    """
    Return a comparison that reads *store* without an event loop, as Ctrl-C wants it.

    Args:
        store: The file.

        account: Whose results, None for the only account that is there.

    Raises:
        StoreError: It is no store, or another account's.
    """

    async def ask() -> StoredComparison:
        """Open the store for as long as it takes to find the account."""
        async with RunStore(store, create=False) as opened:
            return await opened.comparison(account=account)

    return asyncio.run(ask())
