"""The command ``diff``: what changed in the lists that were fetched again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from ...compare.comparison import Comparison
from ..console import Messages
from ..exits import Exit
from ..language import tr
from ..opening import open_comparison
from ..options import Format
from ..output import Output
from ..row_writer import write_rows


__all__ = ["show_changes"]


def show_changes(
    store: Path,
    *,
    account: str | None,
    since: datetime | None,
    form: Format,
    messages: Messages,
) -> Exit:
    """Write a row for each account that came into a list of *store*, or left it."""
    with open_comparison(store, account) as comparison, Output(None) as output:
        rows = list(_rows(comparison, since, is_table=form is Format.TABLE))
        write_rows(
            ("vmid", "label", "before", "after", "change", "mid", "uname", "by"),
            rows,
            form,
            output,
            headings=("UID", "Label", "Before", "After", "", "MID", "Name", "By"),
            right=("UID", "MID"),
        )
    if not rows:
        messages.say(tr("nothing changed in the lists that were fetched again"))
    return Exit.OK


def _rows(
    comparison: Comparison, since: datetime | None, *, is_table: bool
) -> Iterator[tuple[Any, ...]]:
    names, labels = comparison.users, comparison.labels
    signs = ("+", "-") if is_table else ("added", "removed")
    for change in comparison.changes(since):
        times = (_moment(change.before, is_table), _moment(change.after, is_table))
        for sign, mids in zip(signs, (change.added, change.removed), strict=True):
            for mid in sorted(mids):
                user = names.get(mid)
                uname = user.uname if user else ""
                label = labels.get(change.vmid, "")
                yield (change.vmid, label, *times, sign, mid, uname, change.by)


def _moment(at: datetime, is_table: bool) -> str:
    if is_table:
        return at.astimezone().strftime("%Y-%m-%d %H:%M")

    return at.isoformat().replace("+00:00", "Z")
