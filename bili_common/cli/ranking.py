"""The ranking: who is in the most lists, as a table or as data."""

from __future__ import annotations

import csv
import io

import orjson

from ..compare.cells import csv_cell, json_text
from ..compare.comparison import Comparison
from .console import Messages
from .language import tr
from .options import Format
from .output import Output
from .table import add_row, make_table, show_table


__all__ = ["write_ranking"]

_COLUMNS = ("lists", "mid", "uname")


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
    if form is Format.TABLE:
        _write_table(rows, output)
    elif form is Format.CSV:
        _write_csv(rows, output)
    else:
        _write_json(rows, output, array=form is Format.JSON)


def _write_table(rows: list[tuple[int, int, str]], output: Output) -> None:
    if not rows:
        return

    table = make_table("Lists", "MID", "Name", right=("Lists", "MID"))
    for count, mid, name in rows:
        add_row(table, str(count), str(mid), name)
    show_table(table, output)


def _write_csv(rows: list[tuple[int, int, str]], output: Output) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows(map(csv_cell, row) for row in rows)
    output.write(text.getvalue())


def _write_json(rows: list[tuple[int, int, str]], output: Output, *, array: bool) -> None:
    objects = [
        json_text(orjson.dumps(dict(zip(_COLUMNS, row, strict=True))).decode()) for row in rows
    ]
    if array:
        inner = ",\n".join(objects)
        output.write(f"[\n{inner}\n]\n" if objects else "[]\n")
    else:
        output.write("".join(f"{line}\n" for line in objects))
