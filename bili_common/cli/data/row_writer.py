"""The rows: any table of plain values, for people or for programs."""

from __future__ import annotations

import csv
import io

from collections.abc import Collection, Sequence
from typing import Any

import orjson

from ...compare.cells import csv_cell, json_text
from ..input.options import Format
from .output import Output
from .table import add_row, make_table, show_table


__all__ = ["write_rows"]


def write_rows(
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    form: Format,
    output: Output,
    *,
    headings: Sequence[str] = (),
    right: Collection[str] = (),
) -> None:
    """
    Write *rows*.

    Args:
        columns: What programs call the columns.

        rows: Numbers, texts, None, or lists of them.

        form: How to write.

        output: Where to write.

        headings: What people call the columns; only a table needs them.

        right: The headings whose figures stand to the right.
    """
    if form is Format.TABLE:
        _write_table(rows, output, headings, right)
    elif form is Format.CSV:
        _write_csv(columns, rows, output)
    else:
        _write_json(columns, rows, output, array=form is Format.JSON)


def _write_table(
    rows: Sequence[Sequence[Any]],
    output: Output,
    headings: Sequence[str],
    right: Collection[str],
) -> None:
    if not rows:
        return

    table = make_table(*headings, right=right)
    for row in rows:
        add_row(table, *map(_shown, row))
    show_table(table, output)


def _shown(value: Any) -> str:
    if value is None:
        return ""

    items: list[Any] = [*value] if isinstance(value, list) else [value]  # pyright: ignore[reportUnknownVariableType] - JSON
    return ", ".join(map(str, items))


def _write_csv(columns: Sequence[str], rows: Sequence[Sequence[Any]], output: Output) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow(
            orjson.dumps(cell).decode() if isinstance(cell, list) else csv_cell(cell)
            for cell in row
        )
    output.write(text.getvalue())


def _write_json(
    columns: Sequence[str], rows: Sequence[Sequence[Any]], output: Output, *, array: bool
) -> None:
    objects = [
        json_text(orjson.dumps(dict(zip(columns, row, strict=True))).decode()) for row in rows
    ]
    if array:
        inner = ",\n".join(objects)
        output.write(f"[\n{inner}\n]\n" if objects else "[]\n")
    else:
        output.write("".join(f"{line}\n" for line in objects))
