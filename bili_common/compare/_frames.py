"""The frames: a flat table as the columns of Polars frames."""

# pyright: reportUnknownMemberType=false
# Polars' own annotations name NumPy, which need not be there.

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from ..errors import StoreError, UsageError
from ._flat import LABEL_COLUMN, USER_COLUMNS, FlatTable
from .outcome import Status


try:
    import polars as pl
except ModuleNotFoundError:
    raise UsageError(
        'this needs Polars, which is not installed: pip install "bili-common[analysis]"'
    ) from None

from polars.io.plugins import register_io_source  # isort: skip


__all__ = ["frame_of", "pandas_frame_of", "sink_parquet"]

_TYPES: Final[dict[str, Any]] = {
    "status": pl.String,
    "fetched_at": pl.Datetime("us", "UTC"),
    "uname": pl.String,
    "face": pl.String,
    "sign": pl.String,
    "official_verify_desc": pl.String,
    "tag": pl.List(pl.Int64),
    "label": pl.String,
}
# Rows turned into columns at a time.
_BATCH: Final = 100_000

_List = tuple[int, Status, datetime, Sequence[int]]


def frame_of(table: FlatTable) -> pl.DataFrame:
    """Return all rows of *table*, which have to find room in memory."""
    empty = pl.DataFrame(schema=_schema(table.columns))
    return pl.concat([empty, *_batches(table)])


def pandas_frame_of(table: FlatTable) -> Any:
    """
    Return the same for pandas.

    Raises:
        UsageError: pandas or pyarrow is not installed.
    """
    try:
        import_module("pandas")
        import_module("pyarrow")
    except ModuleNotFoundError as exc:
        raise UsageError(
            f"this needs {exc.name}, which is not installed: pip install pandas pyarrow"
        ) from None

    return frame_of(table).to_pandas()


def sink_parquet(path: Path, table: FlatTable) -> int:
    """
    Write the rows of *table* to a Parquet file as they come, and return how many.

    Raises:
        StoreError: The file cannot be written, or a number has over 64 bits.
    """
    count = 0

    def source(*_hints: Any) -> Iterator[pl.DataFrame]:
        nonlocal count
        for frame in _batches(table):
            count += frame.height
            yield frame

    schema = _schema(table.columns)
    try:
        # Not by its name: after an error, a thread of Polars may still make the file anew.
        with path.open("wb") as file:
            register_io_source(source, schema=schema).sink_parquet(file)
    except (pl.exceptions.PolarsError, OverflowError, TypeError) as exc:
        raise StoreError(f"cannot write Parquet: {exc}") from exc

    return count


def _batches(table: FlatTable) -> Iterator[pl.DataFrame]:
    """Yield the rows of *table* as frames of so many rows that they find room in memory."""
    accounts = _Accounts(table)
    lists: list[_List] = []
    rows = 0
    for each in table.lists():
        lists.append(each)
        rows += len(each[3]) or 1
        if rows >= _BATCH:
            yield _frame(table, lists, accounts)
            lists, rows = [], 0
    if lists:
        yield _frame(table, lists, accounts)


class _Accounts:
    """The accounts in the lists as a frame, in which the row is the id."""

    def __init__(self, table: FlatTable) -> None:
        self._table = table
        self._frame = self._read()

    def rows(self, ids: Sequence[int | None]) -> pl.DataFrame:
        """Return the rows with these ids, a row of nothing for None."""
        numbers = pl.Series(ids, dtype=pl.UInt32)
        # A run may be writing to the store, which gains accounts meanwhile.
        if not (numbers < self._frame.height).all():
            self._frame = self._read()
        return self._frame.select(pl.all().gather(numbers))

    def _read(self) -> pl.DataFrame:
        table = self._table
        # Before the records, so that each of these has one.
        mids = tuple(table.source.mids())
        values = {mid: table.values(item) for mid, item in table.source.users.items()}
        schema = _schema(table.account_columns)
        return pl.DataFrame([values[mid] for mid in mids], schema=schema, orient="row")


def _frame(table: FlatTable, lists: Sequence[_List], accounts: _Accounts) -> pl.DataFrame:
    places: list[int] = []
    ids: list[int | None] = []
    for place, (_, _, _, mine) in enumerate(lists):
        places += [place] * (len(mine) or 1)
        ids += mine or (None,)
    users = pl.DataFrame(
        [(vmid, s.value, at, table.labels.get(vmid)) for vmid, s, at, _ in lists],
        schema=_schema((*USER_COLUMNS, LABEL_COLUMN)),
        orient="row",
    )
    left = users.select(pl.all().gather(pl.Series(places, dtype=pl.UInt32)))
    return left.hstack(accounts.rows(ids)).select(table.columns)


def _schema(columns: Sequence[str]) -> dict[str, Any]:
    """Return the types of the columns with these names."""
    return {name: _TYPES.get(name, pl.Int64) for name in columns}
