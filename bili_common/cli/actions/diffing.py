"""The command ``diff``: what changed in the lists that were fetched again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from ...compare.cells import printable
from ...compare.stored import StoredComparison
from ..data.output import Output
from ..data.row_writer import write_rows
from ..exits import Exit
from ..input.options import Format
from ..language import tr, trn
from ..reach.opening import moment_in, open_comparison
from ..speech.console import Messages
from ..speech.help_page import columns_of_text


__all__ = ["show_changes"]

_COLUMNS: Final = ("vmid", "label", "before", "after", "change", "mid", "uname", "by")


def show_changes(
    store: Path,
    *,
    account: str | None,
    since: str | None,
    form: Format,
    messages: Messages,
) -> Exit:
    """Write a row for each account that came into a list of *store*, or left it."""
    with open_comparison(store, account) as comparison, Output(None) as output:
        moment = None if since is None else moment_in(comparison, since)
        rows = list(_rows(comparison, moment))
        if form is Format.TABLE:
            _write_lines(rows, output)
        else:
            write_rows(_COLUMNS, [_plain(row) for row in rows], form, output)
        messages.say(_told(rows, comparison, moment))
    return Exit.OK


def _rows(comparison: StoredComparison, since: datetime | None) -> Iterator[tuple[Any, ...]]:
    names, labels = comparison.users, comparison.labels
    for change in comparison.changes(since):
        head = (change.vmid, labels.get(change.vmid, ""), change.before, change.after)
        for word, mids in (("added", change.added), ("removed", change.removed)):
            for mid in sorted(mids):
                user = names.get(mid)
                yield (*head, word, mid, user.uname if user else "", change.by)


def _plain(row: tuple[Any, ...]) -> tuple[Any, ...]:
    vmid, label, before, after, *rest = row
    return (vmid, label, _iso(before), _iso(after), *rest)


def _write_lines(rows: list[tuple[Any, ...]], output: Output) -> None:
    """Write each list's head once, and under it a line for each account."""
    signs = {"added": "+", "removed": "-"}
    causes = {"user": tr("the user"), "account": tr("you"), "unknown": tr("unknown")}
    widest = max((columns_of_text(printable(row[6])) for row in rows), default=0)
    above: tuple[Any, ...] | None = None
    for vmid, label, before, after, word, mid, name, by in rows:
        uname = printable(name)
        head = (vmid, before, after)
        if head != above:
            named = f"{printable(label)} " if label else ""
            output.write(f"\n{named}{vmid} {_local(after)}\n")
        gap = " " * (widest - columns_of_text(uname))
        output.write(f"  {signs[word]} {mid:>16}  {uname}{gap}  {causes[by]}\n")
        above = head
    if rows:
        output.write("\n")


def _told(
    rows: list[tuple[Any, ...]], comparison: StoredComparison, since: datetime | None
) -> str:
    if rows:
        return tr(
            "{came} came and {went} went, in {lists}",
            came=sum(row[4] == "added" for row in rows),
            went=sum(row[4] == "removed" for row in rows),
            lists=trn("{number} list", "{number} lists", len({row[0] for row in rows})),
        )
    if since is not None and next(comparison.changes(), None) is not None:
        return tr(
            "nothing changed since {moment}",
            moment=_local(since),
        )
    return tr(
        "no change is known: lists are compared when they are fetched again, "
        "by compare --refresh-after"
    )


def _local(at: datetime) -> str:
    return at.astimezone().strftime("%Y-%m-%d %H:%M")


def _iso(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
