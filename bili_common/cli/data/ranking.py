"""The ranking: who is in the most lists, as a table or as data."""

from __future__ import annotations

from ...compare.comparison import Comparison
from ..input.options import Format
from ..language import tr
from ..speech.console import Messages
from .output import Output
from .row_writer import write_rows


__all__ = ["write_ranking"]


def write_ranking(
    comparison: Comparison, top: int, form: Format, output: Output, messages: Messages
) -> None:
    """
    Write the *top* accounts that are in more than one list.

    Args:
        comparison: The lists.

        top: How many accounts.

        form: How to write.

        output: Where to write.

        messages: Where it is said that there are none.
    """
    shared = [(mid, count) for mid, count in comparison.most_shared(top) if count > 1]
    rows = [(count, mid, comparison.users[mid].uname) for mid, count in shared]
    if not rows and top:
        messages.say(tr("no account is in more than one list"))
    write_rows(
        ("lists", "mid", "uname"),
        rows,
        form,
        output,
        headings=("Lists", "MID", "Name"),
        right=("Lists", "MID"),
    )
