"""Formats: the ways to write a list."""

from __future__ import annotations

import csv
import io

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, Protocol

import orjson

from ...compare.cells import csv_cell, excel_cell, json_text
from ...errors import UsageError
from ...models import Following
from ..input.options import Format
from ..language import tr
from .output import Output
from .record_view import columns, row, wire_object
from .table import FollowingTable


__all__ = ["Writer", "kept_of", "make_writer", "pick_format"]


class Writer(Protocol):
    """Writes a list, one account at a time; `end` also after a failure."""

    def begin(self) -> None:
        """Write what comes before the first account."""

    def add(self, following: Following) -> None:
        """Write one account."""

    def end(self) -> None:
        """Write what comes after the last account."""


def pick_format(chosen: Format | None, path: Path | None, *, excel: bool = False) -> Format:
    """
    Return the format that was *chosen*, else the one that the file's name says.

    Raises:
        UsageError: It says none, or is to be for *excel* and is not CSV.
    """
    form = _format_of(chosen, path)
    if excel and form is not Format.CSV:
        raise UsageError(tr("--excel is for CSV, not for {form}", form=form.value))
    return form


def _format_of(chosen: Format | None, path: Path | None) -> Format:
    if chosen is not None:
        return chosen
    if path is None or str(path) == "-":
        return Format.TABLE

    known = {
        ".json": Format.JSON,
        ".jsonl": Format.JSONL,
        ".csv": Format.CSV,
        ".txt": Format.TABLE,
    }
    form = known.get(path.suffix.lower())
    if form is None:
        raise UsageError(
            tr(
                "-o {path}: its name must end in {endings}, or --format says what to write",
                path=path,
                endings=", ".join(known),
            )
        )
    return form


def make_writer(
    form: Format,
    output: Output,
    *,
    private: bool,
    kept: bytes = b"",
    bom: bool = False,
    excel: bool = False,
) -> Writer:
    """
    Return a writer of *form*.

    Args:
        form: The format.

        output: Where to write.

        private: Whether the caller's own fields are shown.

        kept: What of an earlier list the output begins with.

        bom: Whether CSV begins with a byte order mark.

        excel: Whether CSV is made for Excel alone: with that mark, texts in quotes,
            and a tab before each number that Excel would round.
    """
    if form is Format.TABLE:
        return FollowingTable(output, private=private)
    if form is Format.CSV:
        return _Csv(output, private=private, header=not kept, bom=bom or excel, excel=excel)
    return _Json(output, private=private, array=form is Format.JSON, kept=kept)


def kept_of(form: Format, data: bytes) -> bytes:
    """Return what of *data*, an earlier list, more can be written behind."""
    if form is not Format.JSON:
        return data

    return data.rstrip().removesuffix(b"]").rstrip()


class _Json:
    """JSON: one array, or one object on each line."""

    def __init__(self, output: Output, *, private: bool, array: bool, kept: bytes) -> None:
        self._output = output
        self._private = private
        self._array = array
        self._is_begun = bool(kept)
        self._has_some = kept not in (b"", b"[")

    def begin(self) -> None:
        if self._array and not self._is_begun:
            self._output.write("[")

    def add(self, following: Following) -> None:
        text = _dump(wire_object(following, private=self._private))
        if self._array:
            text = f",\n{text}" if self._has_some else f"\n{text}"
        else:
            text += "\n"
        self._has_some = True
        self._output.write(text)

    def end(self) -> None:
        if self._array:
            self._output.write("\n]\n" if self._has_some else "]\n")


def _dump(value: dict[str, Any]) -> str:
    return json_text(orjson.dumps(value).decode())


class _Csv:
    """CSV with a header line, safe to open in a spreadsheet."""

    def __init__(
        self, output: Output, *, private: bool, header: bool, bom: bool, excel: bool
    ) -> None:
        self._output = output
        self._cell = excel_cell if excel else csv_cell
        # Between quotes every program takes a tab for a part of the text.
        self._quoting: Final = csv.QUOTE_NONNUMERIC if excel else csv.QUOTE_MINIMAL
        self._private = private
        self._header = header
        self._bom = bom

    def begin(self) -> None:
        if not self._header:
            return
        if self._bom:
            self._output.write("\ufeff")
        self._write(columns(private=self._private))

    def add(self, following: Following) -> None:
        self._write(map(self._cell, row(following, private=self._private)))

    def end(self) -> None:
        """Nothing comes after the last line."""

    def _write(self, cells: Iterable[Any]) -> None:
        # csv writes to a stream; a row becomes a text first, so that it goes
        # out as one.
        line = io.StringIO()
        csv.writer(line, lineterminator="\n", quoting=self._quoting).writerow(cells)
        self._output.write(line.getvalue())
