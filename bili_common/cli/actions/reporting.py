"""The command ``report``: what a store holds, as a page to look into."""

from __future__ import annotations

from pathlib import Path

from ...report.writer import write_report
from ..console import Messages
from ..exits import Exit
from ..language import tr
from ..opening import moment_in, open_comparison
from ..output import check_suffix, check_writable
from ..working import show_work


__all__ = ["report_store"]


def report_store(
    store: Path,
    path: Path,
    *,
    since: str | None,
    account: str | None,
    private: bool,
    messages: Messages,
) -> Exit:
    """Write a page about *store* to *path*."""
    check_suffix(path, ".html", ".htm")
    check_writable(path)
    with (
        open_comparison(store, account) as comparison,
        show_work(messages, tr("writing {where}", where=path)),
    ):
        write_report(
            comparison,
            path,
            include_private=private,
            since=None if since is None else moment_in(comparison, since),
        )
    messages.say(tr("the report is in {path}", path=path))
    return Exit.OK
