"""The export: a comparison as a table in a file."""

from __future__ import annotations

import csv
import json

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count
from os import PathLike
from pathlib import Path
from typing import Any, Literal, cast, get_args

from .._util.files import replacing
from ..errors import UsageError
from ._flat import columns_of, flat_rows
from .cells import csv_cell, json_text
from .comparison import Comparison


__all__ = ["ExportKind", "export"]

ExportKind = Literal["csv", "jsonl", "parquet"]

_Rows = Iterable[tuple[Any, ...]]


def export(
    comparison: Comparison,
    path: str | PathLike[str],
    *,
    kind: ExportKind | None = None,
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
    *status* tells which of the two it is. A file that holds *incomplete* lists
    holds what was seen of them.

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
    columns = columns_of(include_private=include_private)
    numbers = count()
    # The shorter one, the rows, ends it, before a number is taken for nothing.
    numbered = zip(
        flat_rows(comparison.outcomes.values(), include_private=include_private),
        numbers,
        strict=False,
    )
    with replacing(path) as fresh:
        write(fresh, columns, (row for row, _ in numbered), bom)
    return next(numbers)


def _kind_of(path: str | PathLike[str], kind: str | None) -> ExportKind:
    asked = Path(path).suffix.lower().removeprefix(".") if kind is None else kind
    for known in get_args(ExportKind):
        if asked == known:
            return cast(ExportKind, known)

    known = ", ".join(get_args(ExportKind))
    if kind is None:
        raise UsageError(
            f"path must end in one of {known}, or name the kind: {str(path)!r:.200}"
        )

    raise UsageError(f"kind must be one of {known}, not {kind!r:.100}")


def _write_csv(path: Path, columns: Sequence[str], rows: _Rows, bom: bool) -> None:
    encoding = "utf-8-sig" if bom else "utf-8"
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(map(_cell, row) for row in rows)


def _cell(value: Any) -> Any:
    # A list as JSON: it begins with a bracket, which is no formula.
    return json.dumps(value) if isinstance(value, list) else csv_cell(value)


def _write_jsonl(path: Path, columns: Sequence[str], rows: _Rows, _bom: bool) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in rows:
            obj = dict(zip(columns, row, strict=True))
            file.write(json_text(json.dumps(obj, ensure_ascii=False)) + "\n")


def _write_parquet(path: Path, columns: Sequence[str], rows: _Rows, _bom: bool) -> None:
    # Polars is heavy and optional.
    from .analysis import sink_parquet  # noqa: PLC0415

    sink_parquet(path, columns, rows)


_WRITERS: Mapping[ExportKind, Callable[[Path, Sequence[str], _Rows, bool], None]] = {
    "csv": _write_csv,
    "jsonl": _write_jsonl,
    "parquet": _write_parquet,
}
