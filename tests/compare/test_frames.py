"""The frames of a comparison, against the plain answers."""

from __future__ import annotations

import re
import subprocess
import sys

from importlib import import_module
from pathlib import Path

import attrs
import polars as pl
import pytest

from hypothesis import given

from bili_common import Comparison, Following, PrivacyError, Status, compare
from bili_common.compare._flat import PRIVATE_COLUMNS, PUBLIC_COLUMNS
from bili_common.compare.stored import StoredComparison
from bili_common.compare.tables import export

from .outcomes import make_outcome, outcome_lists, write_store


@pytest.mark.parametrize("include_private", [False, True])
def test_a_frame_is_the_export(tmp_path, include_private):
    """Rows, columns and types are those of a Parquet file of edges, from a store too."""
    outcomes = [make_outcome(1, Status.OK, [7, 8]), make_outcome(2, Status.PRIVATE)]
    path = tmp_path / "out.parquet"
    stored = StoredComparison(write_store(tmp_path / "run.sqlite", outcomes))
    export(stored, path, include_private=include_private, edges=True)

    for comparison in (Comparison(outcomes), stored):
        frame = comparison.to_polars(include_private=include_private)

        assert frame.equals(pl.read_parquet(path))
        assert frame.schema == pl.read_parquet_schema(path)
        assert frame["fetched_at"].to_list() == [outcomes[0].fetched_at] * 2
        names = PUBLIC_COLUMNS + PRIVATE_COLUMNS if include_private else PUBLIC_COLUMNS
        assert tuple(frame.columns) == names


def test_an_empty_comparison_is_an_empty_frame():
    """The columns and their types are there all the same."""
    frame = Comparison([]).to_polars(include_private=True)

    assert frame.height == 0
    assert frame.schema["tag"] == pl.List(pl.Int64)


@given(outcome_lists(most=5))
def test_a_frame_has_a_row_for_each_edge(outcomes):
    """`to_polars` holds the edges in their order, and nothing private unless asked."""
    comparison = Comparison(outcomes)

    frame = comparison.to_polars()

    assert frame.select("vmid", "mid").rows() == list(comparison.edges())
    assert tuple(frame.columns) == PUBLIC_COLUMNS
    private = comparison.to_polars(include_private=True)
    assert tuple(private.columns) == PUBLIC_COLUMNS + PRIVATE_COLUMNS
    assert private.select(PUBLIC_COLUMNS).equals(frame)


def test_other_libraries_take_a_comparison(tmp_path):
    """Arrow's stream and pandas hold what the Polars frame does, from a store too."""
    outcomes = [make_outcome(1, Status.OK, [7, 8]), make_outcome(2, Status.PRIVATE)]
    comparison = StoredComparison(write_store(tmp_path / "run.sqlite", outcomes))
    frame = comparison.to_polars()

    assert frame.height == 2
    assert pl.DataFrame(comparison).equals(frame)
    assert comparison.to_pandas()["mid"].tolist() == [7, 8]


def test_a_repr_is_one_short_line():
    """Whatever is in them, an outcome and a comparison say in a line what they are."""
    outcomes = [
        make_outcome(1, Status.OK, range(1, 500)),
        attrs.evolve(make_outcome(2, Status.PRIVATE), error=PrivacyError("hidden")),
    ]

    assert [repr(outcome) for outcome in outcomes] == [
        "<Outcome of 1: ok, 499 accounts, 2026-01-02 03:04>",
        "<Outcome of 2: private, 0 accounts, PrivacyError, 2026-01-02 03:04>",
    ]
    assert repr(Comparison(outcomes)) == "<Comparison of 2 users: 1 ok, 1 private>"


def test_a_notebook_shows_a_table(tmp_path):
    """The names in it are no markup, long lists are cut, and the cut is said."""
    names = ["<b>bold</b>", "line\nbreak"]
    items = [Following(mid=n, uname=names[n % 2]) for n in range(1, 26)]
    outcome = attrs.evolve(make_outcome(1, Status.OK), items=tuple(items))
    path = write_store(tmp_path / "run.sqlite", [outcome])

    shown = outcome._repr_html_()

    assert shown.startswith("<table><caption>Outcome of 1: ok, 25 accounts")
    assert shown.count("<tr>") == 1 + 20 + 1
    assert "and 5 more" in shown
    for comparison in (Comparison([outcome]), StoredComparison(path)):
        table = comparison._repr_html_()
        assert "<td>1</td><td>line break</td><td>1</td>" in table
        assert table.count("<tr>") == 1 + 10
        assert "&lt;b&gt;bold&lt;/b&gt;" in shown
        assert "<b>" not in shown + table


def test_nothing_heavy_is_loaded_before_it_is_asked_for():
    """A comparison answers questions without Polars, NumPy, pandas or pyarrow."""
    code = """
import sys
from bili_common.compare import Comparison, StoredComparison, export
comparison = Comparison([])
comparison.counts(), comparison.similarity(k=3), repr(comparison), comparison._repr_html_()
heavy = {"polars", "numpy", "pandas", "pyarrow"}
print(sorted(heavy & sys.modules.keys()))
comparison.to_polars()
print(sorted({"polars"} & sys.modules.keys()))
"""
    done = subprocess.run(  # noqa: S603 - our own interpreter and the text above
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines() == ["[]", "['polars']"]


def test_every_public_name_of_the_package_is_where_it_says():
    """`bili_common.compare` hands out its names, and its stub names the same ones."""
    stub = Path(compare.__file__).with_suffix(".pyi").read_text("utf-8")
    named = re.findall(r"^from \.(\w+) import (\w+) as \2$", stub, re.MULTILINE)

    assert [name for _, name in named] == sorted(
        compare.__all__, key=[n for _, n in named].index
    )
    for home, name in named:
        module = import_module(f"bili_common.compare.{home}")
        assert getattr(compare, name) is getattr(module, name)
    assert set(compare.__all__) <= set(dir(compare))
    with pytest.raises(AttributeError, match="nothing"):
        _ = compare.nothing


def test_pandas_that_is_not_there_is_named():
    """The UsageError says what to install."""
    code = """
import sys
sys.modules["pandas"] = None
from bili_common import Comparison, UsageError
try:
    Comparison([]).to_pandas()
except UsageError as error:
    print(error)
"""
    done = subprocess.run(  # noqa: S603 - our own interpreter and the text above
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert "pip install pandas pyarrow" in done.stdout
