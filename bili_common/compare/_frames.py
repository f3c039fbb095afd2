"""The frames: outcomes as the columns of a Polars frame."""

# pyright: reportUnknownMemberType=false
# Polars' own annotations name NumPy, which need not be there.

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from itertools import islice
from typing import Any, Final

from ..errors import UsageError
from ._flat import columns_of, flat_rows
from .outcome import Outcome


try:
    import polars as pl
except ModuleNotFoundError:
    raise UsageError(
        'this needs Polars, which is not installed: pip install "bili-common[analysis]"'
    ) from None


__all__ = ["MOMENT", "batches", "frame_of", "pandas_frame_of", "schema_of"]

_TYPES: Final[dict[str, Any]] = {
    "status": pl.String,
    "fetched_at": pl.String,
    "uname": pl.String,
    "face": pl.String,
    "sign": pl.String,
    "official_verify_desc": pl.String,
    "tag": pl.List(pl.Int64),
}
# From the text of a row to a moment in a column.
MOMENT: Final = pl.col("fetched_at").str.to_datetime(time_unit="us", time_zone="UTC")
# Rows turned into columns at a time.
_BATCH: Final = 20_000


def frame_of(outcomes: Iterable[Outcome], *, include_private: bool) -> pl.DataFrame:
    """Return a row for each account in each list, and one for each user without any."""
    columns = columns_of(include_private=include_private)
    frames = batches(columns, flat_rows(outcomes, include_private=include_private))
    return pl.concat([pl.DataFrame(schema=schema_of(columns)), *frames]).with_columns(MOMENT)


def pandas_frame_of(outcomes: Iterable[Outcome], *, include_private: bool) -> Any:
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

    return frame_of(outcomes, include_private=include_private).to_pandas()


def batches(columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> Iterator[pl.DataFrame]:
    """Yield *rows* as frames of so many rows that they find room in memory."""
    remaining = iter(rows)
    while batch := list(islice(remaining, _BATCH)):
        yield pl.DataFrame(batch, schema=schema_of(columns), orient="row")


def schema_of(columns: Sequence[str]) -> dict[str, Any]:
    """Return the types of the columns with these names, moments still as texts."""
    return {name: _TYPES.get(name, pl.Int64) for name in columns}
