"""The export: a comparison as a table in a file."""

from __future__ import annotations

import csv
import io
import json

from collections.abc import Callable, Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any, Final, Literal, TextIO, cast, get_args

from .._util.arguments import shown
from .._util.files import replacing
from ..errors import UsageError
from ._flat import USER_COLUMNS, FlatTable
from .cells import csv_cell, json_text
from .comparison import Comparison, flat_table


__all__ = ["ExportKind", "export"]

ExportKind = Literal["csv", "jsonl", "parquet"]

# Accounts whose text is kept: some 20 MB.
_TAILS: Final = 2**16


def export(
    comparison: Comparison,
    path: str | PathLike[str],
    *,
    kind: ExportKind | None = None,
    edges: bool = False,
    include_private: bool = False,
    bom: bool = False,
) -> int:
    """
    Write a row for each account in each list.

    The columns, always in this order:

    - *vmid*, *status* (``ok``, ``incomplete``, ``private``, ``not_found`` or
      ``failed``) and *fetched_at* (UTC, ISO 8601; a timestamp in Parquet);
    - *mid*, *uname*, *face*, *sign*, *official_verify_type*,
      *official_verify_desc*, *vip_type*, *vip_status* and *vip_due_date*
      (milliseconds since 1970 UTC), as Bilibili has them;
    - with *include_private* also *attribute*, *mtime* (seconds since 1970 UTC),
      *tag* and *special*: the logged-in account's own relation to the account.

    A user whose list is empty or not known has one row, empty from *mid* on: only
    *status* tells which of the two it is. With *edges* such users have no row, so
    that each is an edge (vmid, mid). A file that holds *incomplete* lists holds what
    was seen of them. An account is in all lists as it was last read.

    CSV is for spreadsheets: a text that begins with ``=``, ``+``, ``-`` or ``@``
    gets an apostrophe before it, so that it is no formula, and line breaks and
    control characters are replaced. JSON Lines and Parquet keep every text. The
    rows are streamed: a store of any size takes little memory.

    Args:
        comparison: What to write; of a large store a `StoredComparison`.

        path: The file, which is replaced if it is there. It appears as a whole
            or not at all.

        kind: ``"csv"``, ``"jsonl"`` (one object for each row) or ``"parquet"``
            (needs the extra *analysis*); None to go by the ending of *path*.

        edges: Whether to leave out users without any account in the list.

        include_private: Whether to write the logged-in account's private fields.

        bom: Whether a CSV file begins with a byte order mark. Excel needs one to
            show Chinese; other programs may take it for a part of the header.

    Returns:
        How many rows were written, without the header.

    Raises:
        UsageError: There is no such *kind*, or Polars is not installed.

        StoreError: The file cannot be written, or the store cannot be read.
    """
    write = _WRITERS[_kind_of(path, kind)]
    table = flat_table(comparison, include_private=include_private, edges=edges)
    with replacing(path) as fresh:
        return write(fresh, table, bom)


def _kind_of(path: str | PathLike[str], kind: str | None) -> ExportKind:
    asked = Path(path).suffix.lower().removeprefix(".") if kind is None else kind
    for known in get_args(ExportKind):
        if asked == known:
            return cast(ExportKind, known)

    known = ", ".join(get_args(ExportKind))
    if kind is None:
        raise UsageError(
            f"path must end in one of {known}, or name the kind: {shown(str(path))}"
        )

    raise UsageError(f"kind must be one of {known}, not {shown(kind)}")


def _write_csv(path: Path, table: FlatTable, bom: bool) -> int:
    encoding = "utf-8-sig" if bom else "utf-8"
    with path.open("w", encoding=encoding, newline="") as file:
        file.write(_csv_line(USER_COLUMNS + table.account_columns))
        return _write_rows(file, table, "{},{},{},", lambda row: _csv_line(map(_cell, row)))


def _csv_line(cells: Iterable[Any]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()


def _cell(value: Any) -> Any:
    # A list as JSON: it begins with a bracket, which is no formula.
    return json.dumps(value) if isinstance(value, list) else csv_cell(value)


def _write_jsonl(path: Path, table: FlatTable, _bom: bool) -> int:
    def tail(row: Iterable[Any]) -> str:
        obj = dict(zip(table.account_columns, row, strict=True))
        return json_text(json.dumps(obj, ensure_ascii=False)).removeprefix("{") + "\n"

    head = '{{"vmid": {}, "status": "{}", "fetched_at": "{}", '
    with path.open("w", encoding="utf-8", newline="\n") as file:
        return _write_rows(file, table, head, tail)


def _write_parquet(path: Path, table: FlatTable, _bom: bool) -> int:
    # Polars is heavy and optional.
    from ._frames import sink_parquet  # noqa: PLC0415

    return sink_parquet(path, table)


_WRITERS: Mapping[ExportKind, Callable[[Path, FlatTable, bool], int]] = {
    "csv": _write_csv,
    "jsonl": _write_jsonl,
    "parquet": _write_parquet,
}


def _write_rows(
    file: TextIO, table: FlatTable, head: str, tail: Callable[[Iterable[Any]], str]
) -> int:
    """
    Write the rows of *table* as lines of text, and return how many they are.

    Args:
        file: Where to.

        table: The rows.

        head: How the values of the user become the begin of a line.

        tail: Makes the values of the account the rest of it.
    """
    tails = _Tails(table, tail)
    nothing = tail([None] * len(table.account_columns))
    count = 0
    for vmid, status, at, ids in table.lists():
        begin = head.format(vmid, status.value, at.isoformat())
        file.writelines([begin + tails[number] for number in ids] or [begin + nothing])
        count += len(ids) or 1
    return count


class _Tails(dict[int, str]):
    """The text of each account by its id: the same accounts are in list after list."""

    def __init__(self, table: FlatTable, tail: Callable[[Iterable[Any]], str]) -> None:
        super().__init__()
        self._table = table
        self._tail = tail
        self._mids = table.source.mids()

    def __missing__(self, number: int) -> str:
        if len(self) >= _TAILS:
            self.clear()
        record = self._table.source.users[self._mids[number]]
        text = self[number] = self._tail(self._table.values(record))
        return text
