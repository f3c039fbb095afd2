"""The export: a comparison as a table in a file."""

from __future__ import annotations

import csv
import io
import json

from collections.abc import Callable, Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any, Final, Literal, TextIO, cast, get_args

import attrs

from .._util.arguments import check_labels, shown
from .._util.files import replacing
from ..errors import UsageError
from ._flat import LABEL_COLUMN, FlatTable
from .cells import csv_cell, excel_cell, json_text
from .comparison import Comparison, flat_table


__all__ = ["ExportKind", "export"]

ExportKind = Literal["csv", "jsonl", "parquet"]

# Accounts whose text is kept: some 20 MB.
_TEXTS: Final = 2**16


def export(
    comparison: Comparison,
    path: str | PathLike[str],
    *,
    kind: ExportKind | None = None,
    edges: bool = False,
    include_private: bool = False,
    bom: bool = False,
    excel: bool = False,
    labels: Mapping[int, str] | None = None,
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
      *tag* and *special*: the logged-in account's own relation to the account;
    - *label*, what you call the user: only where one of the users has a name, and
      not with *edges*.

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

        excel: Whether a CSV file is made for Excel alone: with that mark, all
            texts in quotes, and a tab before each number of over 15 digits, which
            Excel would round otherwise. Other programs read such a *mid* as a text.

        labels: Names of users, in place of those that *comparison* has.

    Returns:
        How many rows were written, without the header.

    Raises:
        UsageError: There is no such *kind*, Polars is not installed, *excel* is
            asked of another kind than CSV, or *labels* are no texts by ids.

        StoreError: The file cannot be written, or the store cannot be read.
    """
    found = _kind_of(path, kind)
    if excel and found != "csv":
        raise UsageError(f"excel must go with kind csv, not {found}")

    table = flat_table(comparison, include_private=include_private, edges=edges)
    if not edges:
        table = _labelled(table, comparison, labels)
    with replacing(path) as fresh:
        if found == "csv":
            return _write_csv(fresh, table, bom=bom or excel, excel=excel)
        return _write_jsonl(fresh, table) if found == "jsonl" else _write_parquet(fresh, table)


def _labelled(
    table: FlatTable, comparison: Comparison, labels: Mapping[int, str] | None
) -> FlatTable:
    """Return *table* with the names of its users, if one of them has any."""
    given = comparison.labels if labels is None else check_labels(labels)
    named = {vmid: text for vmid, text in given.items() if text}
    status = table.source.status
    if not any(status(vmid) is not None for vmid in named):
        return table

    return attrs.evolve(table, labels=named)


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


class _Plain(csv.excel):
    lineterminator = ""


class _Quoted(_Plain):
    quoting = csv.QUOTE_NONNUMERIC


def _write_csv(path: Path, table: FlatTable, *, bom: bool, excel: bool) -> int:
    cell = excel_cell if excel else csv_cell
    # Between quotes every program takes a tab for a part of the text.
    style = _Quoted if excel else _Plain

    def line(values: Iterable[Any]) -> str:
        text = io.StringIO()
        # A list as JSON: it begins with a bracket, which is no formula.
        cells = (json.dumps(one) if isinstance(one, list) else cell(one) for one in values)
        csv.writer(text, style).writerow(cells)
        return text.getvalue()

    def begin(*user: str | int) -> str:
        return line(user) + ","

    def end(vmid: int) -> str:
        if not table.labels:
            return "\n"

        label = table.labels.get(vmid)
        return f",{line([label])}\n" if label else ",\n"

    encoding = "utf-8-sig" if bom else "utf-8"
    with path.open("w", encoding=encoding, newline="") as file:
        file.write(line(table.columns) + "\n")
        return _write_rows(file, table, _RowForm(begin, line, end))


def _write_jsonl(path: Path, table: FlatTable) -> int:
    def begin(vmid: int, status: str, at: str) -> str:
        return f'{{"vmid": {vmid}, "status": "{status}", "fetched_at": "{at}", '

    def middle(row: Iterable[Any]) -> str:
        obj = dict(zip(table.account_columns, row, strict=True))
        return json_text(json.dumps(obj, ensure_ascii=False))[1:-1]

    def end(vmid: int) -> str:
        if not table.labels:
            return "}\n"

        text = json.dumps(table.labels.get(vmid), ensure_ascii=False)
        return f', "{LABEL_COLUMN}": {json_text(text)}}}\n'

    with path.open("w", encoding="utf-8", newline="\n") as file:
        return _write_rows(file, table, _RowForm(begin, middle, end))


def _write_parquet(path: Path, table: FlatTable) -> int:
    # Polars is heavy and optional.
    from ._frames import sink_parquet  # noqa: PLC0415

    return sink_parquet(path, table)


@attrs.frozen
class _RowForm:
    """
    How a row becomes a line of text.

    Attributes:
        begin: Makes the begin of it, of user, status and moment.

        middle: Makes the part between, of the values of the account.

        end: Makes the end of it, of the user.
    """

    begin: Callable[[int, str, str], str]
    middle: Callable[[Iterable[Any]], str]
    end: Callable[[int], str]


def _write_rows(file: TextIO, table: FlatTable, line: _RowForm) -> int:
    """Write the rows of *table* as lines of text, and return how many they are."""
    texts = _AccountTexts(table, line.middle)
    nothing = line.middle([None] * len(table.account_columns))
    count = 0
    for vmid, status, at, ids in table.lists():
        begin, end = line.begin(vmid, status.value, at.isoformat()), line.end(vmid)
        middles = [texts[number] for number in ids] or [nothing]
        file.writelines([begin + middle + end for middle in middles])
        count += len(ids) or 1
    return count


class _AccountTexts(dict[int, str]):
    """The text of each account by its id: the same accounts are in list after list."""

    def __init__(self, table: FlatTable, middle: Callable[[Iterable[Any]], str]) -> None:
        super().__init__()
        self._table = table
        self._middle = middle
        self._mids = table.source.mids()

    def __missing__(self, number: int) -> str:
        if len(self) >= _TEXTS:
            self.clear()
        record = self._table.source.users[self._mids[number]]
        text = self[number] = self._middle(self._table.values(record))
        return text
