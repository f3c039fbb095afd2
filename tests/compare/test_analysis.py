"""The frames of a comparison, against the plain answers."""

from __future__ import annotations

import polars as pl
import pytest

from hypothesis import given

from bili_common import Comparison, Status, UsageError
from bili_common.compare._flat import PRIVATE_COLUMNS, PUBLIC_COLUMNS
from bili_common.compare.analysis import similarity, to_polars
from bili_common.compare.stored import StoredComparison
from bili_common.compare.tables import export

from .outcomes import make_outcome, outcome_lists, write_store


@pytest.mark.parametrize("measure", ["jaccard", "overlap"])
@given(outcome_lists())
def test_similarity_by_join_is_the_plain_one(measure, outcomes):
    """The same pairs with the same scores in the same order, or only those from a score on."""
    comparison = Comparison(outcomes)
    plain = comparison.similarity(measure)

    assert similarity(comparison, measure).rows() == plain
    some = similarity(comparison, measure, min_score=0.4).rows()
    assert some == [pair for pair in plain if pair[2] >= 0.4]


def test_a_wrong_measure_is_named():
    """The UsageError is that of `Comparison.similarity`."""
    with pytest.raises(UsageError, match="'cosine'"):
        similarity(Comparison([]), "cosine")


@pytest.mark.parametrize("include_private", [False, True])
def test_a_frame_is_the_export(tmp_path, include_private):
    """Rows, columns and types are those of the Parquet file, from a store too."""
    outcomes = [make_outcome(1, Status.OK, [7, 8]), make_outcome(2, Status.PRIVATE)]
    path = tmp_path / "out.parquet"
    stored = StoredComparison(write_store(tmp_path / "run.sqlite", outcomes))
    export(stored, path, include_private=include_private)

    for comparison in (Comparison(outcomes), stored):
        frame = to_polars(comparison, include_private=include_private)

        assert frame.equals(pl.read_parquet(path))
        assert frame.schema == pl.read_parquet_schema(path)
        assert frame["fetched_at"].to_list() == [
            o.fetched_at for o in outcomes[:1] * 2 + outcomes[1:]
        ]
        names = PUBLIC_COLUMNS + PRIVATE_COLUMNS if include_private else PUBLIC_COLUMNS
        assert tuple(frame.columns) == names


def test_an_empty_comparison_is_an_empty_frame():
    """The columns and their types are there all the same."""
    frame = to_polars(Comparison([]), include_private=True)

    assert frame.height == 0
    assert frame.schema["tag"] == pl.List(pl.Int64)
