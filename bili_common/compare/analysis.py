"""The analysis: a comparison as Polars frames (extra ``analysis``)."""

# pyright: reportUnknownMemberType=false
# Polars' own annotations name NumPy, which need not be there.

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ..errors import StoreError
from ._frames import MOMENT, batches, frame_of, schema_of
from ._measures import Measure, check_measure
from .comparison import Comparison
from .outcome import Status


# Behind `_frames`, which says how to get Polars where it is missing.
import polars as pl  # isort: skip
from polars.io.plugins import register_io_source  # isort: skip


__all__ = ["similarity", "sink_parquet", "to_polars"]


def to_polars(comparison: Comparison, *, include_private: bool = False) -> pl.DataFrame:
    """
    Return a row for each account in each list, with the columns of an `export`.

    Args:
        comparison: What to return, all of which has to find room in memory.

        include_private: Whether to have the logged-in account's private fields.
    """
    return frame_of(comparison.outcomes.values(), include_private=include_private)


def similarity(
    comparison: Comparison, measure: Measure = "jaccard", *, min_score: float = 0.0
) -> pl.DataFrame:
    """
    Return what `Comparison.similarity` does, by joins, for any number of users.

    Args:
        comparison: Whose known lists to compare.

        measure: ``"jaccard"`` or ``"overlap"``.

        min_score: The lowest score to return. Above 0, pairs that share nothing
            are never made, which is what large comparisons need.

    Returns:
        The columns *a*, *b* and *score*, the highest score first.

    Raises:
        UsageError: *measure* is neither.
    """
    check_measure(measure)
    lists = _known_lists(comparison)
    sizes = lists.select("vmid", size=pl.col("mid").list.len().cast(pl.Int64))
    pairs = _shared(lists)
    if min_score <= 0:
        others = sizes.select(b="vmid").lazy()
        every = sizes.select(a="vmid").lazy().join(others, how="cross")
        pairs = every.filter(pl.col("a") < pl.col("b")).join(pairs, on=["a", "b"], how="left")
    sized = pairs.join(sizes.lazy().rename({"vmid": "a", "size": "of_a"}), on="a").join(
        sizes.lazy().rename({"vmid": "b", "size": "of_b"}), on="b"
    )
    both, a, b = pl.col("both").fill_null(0), pl.col("of_a"), pl.col("of_b")
    whole = a + b - both if measure == "jaccard" else pl.min_horizontal(a, b)
    scored = sized.filter(whole > 0).select("a", "b", score=both / whole)
    kept = scored.filter(pl.col("score") >= min_score)
    return kept.sort("score", "a", "b", descending=[True, False, False]).collect()


def sink_parquet(path: Path, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """
    Write *rows* to a Parquet file as they come.

    Raises:
        StoreError: The file cannot be written, or a number has over 64 bits.
    """

    def source(*_hints: Any) -> Iterator[pl.DataFrame]:
        return batches(columns, rows)

    try:
        lazy = register_io_source(source, schema=schema_of(columns))
        lazy.with_columns(MOMENT).sink_parquet(path)
    except (pl.exceptions.PolarsError, OverflowError, TypeError) as exc:
        raise StoreError(f"cannot write Parquet: {exc}") from exc


def _known_lists(comparison: Comparison) -> pl.DataFrame:
    known = [o for o in comparison.outcomes.values() if o.status is Status.OK]
    lists = [sorted({item.mid for item in outcome.items}) for outcome in known]
    vmids = [outcome.vmid for outcome in known]
    schema: dict[str, Any] = {"vmid": pl.Int64, "mid": pl.List(pl.Int64)}
    return pl.DataFrame({"vmid": vmids, "mid": lists}, schema=schema)


def _shared(lists: pl.DataFrame) -> pl.LazyFrame:
    """Return how many accounts each two users share who share any."""
    each = lists.lazy().explode("mid").drop_nulls()
    pairs = each.rename({"vmid": "a"}).join(each.rename({"vmid": "b"}), on="mid")
    return pairs.filter(pl.col("a") < pl.col("b")).group_by("a", "b").agg(both=pl.len())
