"""Formats: the ways to write a list."""

from __future__ import annotations

import csv
import io

from collections.abc import Iterable
from enum import Enum
from pathlib import Path
from typing import Any, Protocol

import orjson

from ..compare.cells import csv_cell, json_text
from ..models import Following
from .output import Output
from .records import columns, row, wire_object
from .table import FollowingTable


__all__ = ["Format", "Writer", "make_writer", "pick_format"]


class Format(str, Enum):  # noqa: UP042 - Typer reads the values of a str
    """A way to write a list."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


class Writer(Protocol):
    """Writes a list, one account at a time; `end` also after a failure."""

    def begin(self) -> None:
        """Write what comes before the first account."""

    def add(self, following: Following) -> None:
        """Write one account."""

    def end(self) -> None:
        """Write what comes after the last account."""


def pick_format(chosen: Format | None, path: Path | None) -> Format:
    """Return the format that was *chosen*, else the one that the file's name says."""
    if chosen is not None:
        return chosen

    suffix = path.suffix[1:].lower() if path else ""
    return Format(suffix) if suffix in {"json", "jsonl", "csv"} else Format.TABLE


def make_writer(form: Format, output: Output, *, private: bool) -> Writer:
    """
    Return a writer of *form*.

    Args:
        form: The format.

        output: Where to write.

        private: Whether the caller's own fields are shown.
    """
    if form is Format.TABLE:
        return FollowingTable(output, private=private)
    if form is Format.CSV:
        return _Csv(output, private=private)
    return _Json(output, private=private, array=form is Format.JSON)


class _Json:
    """JSON: one array, or one object on each line."""

    def __init__(self, output: Output, *, private: bool, array: bool) -> None:
        self._output = output
        self._private = private
        self._array = array
        self._count = 0

    def begin(self) -> None:
        if self._array:
            self._output.write("[")

    def add(self, following: Following) -> None:
        text = _dump(wire_object(following, private=self._private))
        if self._array:
            text = f",\n{text}" if self._count else f"\n{text}"
        else:
            text += "\n"
        self._count += 1
        self._output.write(text)

    def end(self) -> None:
        if self._array:
            self._output.write("\n]\n" if self._count else "]\n")


def _dump(value: dict[str, Any]) -> str:
    return json_text(orjson.dumps(value).decode())


class _Csv:
    """CSV with a header line, safe to open in a spreadsheet."""

    def __init__(self, output: Output, *, private: bool) -> None:
        self._output = output
        self._private = private

    def begin(self) -> None:
        self._write(columns(private=self._private))

    def add(self, following: Following) -> None:
        self._write(map(csv_cell, row(following, private=self._private)))

    def end(self) -> None:
        """Nothing comes after the last line."""

    def _write(self, cells: Iterable[Any]) -> None:
        # csv writes to a stream; a row becomes a text first, so that it goes
        # out as one.
        line = io.StringIO()
        csv.writer(line, lineterminator="\n").writerow(cells)
        self._output.write(line.getvalue())
