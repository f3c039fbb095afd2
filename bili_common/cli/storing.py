"""The commands ``export`` and ``report``: what a store holds, as a file for others."""

from __future__ import annotations

import asyncio

from pathlib import Path

from .._util.text import counted
from ..compare.store import RunStore
from ..compare.stored import StoredComparison
from ..compare.tables import export
from ..report.writer import write_report
from .exits import Exit
from .messages import say
from .output import check_writable


__all__ = ["export_store", "report_store"]


def export_store(store: Path, path: Path, *, account: str | None, private: bool) -> Exit:
    """Write the rows of *store* to *path*, in the format that its name says."""
    check_writable(path)
    with _open(store, account) as comparison:
        rows = export(comparison, path, include_private=private)
    say(f"{counted(rows, 'row')} written to {path}")
    return Exit.OK


def report_store(store: Path, path: Path, *, account: str | None, private: bool) -> Exit:
    """Write a page about *store* to *path*."""
    check_writable(path)
    with _open(store, account) as comparison:
        write_report(comparison, path, include_private=private)
    say(f"the report is in {path}")
    return Exit.OK


def _open(store: Path, account: str | None) -> StoredComparison:
    """Return a comparison that reads *store* without an event loop, as Ctrl-C wants it."""

    async def ask() -> StoredComparison:
        async with RunStore(store, create=False) as opened:
            return await opened.comparison(account=account)

    return asyncio.run(ask())
