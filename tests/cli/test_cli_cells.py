"""Words of strangers, made harmless."""

from __future__ import annotations

import json
import unicodedata

import pytest

from hypothesis import given
from hypothesis import strategies as st

from bili_common.compare.cells import csv_cell, excel_cell, json_text, printable


BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@given(st.text())
def test_printable_holds_no_control(text):
    """Whatever comes in, no control character, line end or change of direction comes out."""
    shown = printable(text)

    assert not BIDI & set(shown)
    assert {unicodedata.category(char) for char in shown}.isdisjoint({"Cc", "Cs", "Zl", "Zp"})
    assert printable(shown) == shown


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"])))
def test_printable_leaves_words(text):
    """Letters, figures, signs and blanks stay as they are."""
    assert printable(text) == text


def test_printable_leaves_emoji():
    """The joiner inside of emoji stays: it moves nothing but its neighbours."""
    assert printable("👩\u200d🚀") == "👩\u200d🚀"


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@x", " =1", "\t=1", "\r=1", "＝1", "\n@x"]
)
def test_formulas_are_neutralised(text):
    """A text that a spreadsheet would run begins with an apostrophe."""
    assert csv_cell(text).startswith("'")


@pytest.mark.parametrize("value", [-1, 1.5, None, "a=b", "5-3", "", "'=1"])
def test_other_cells_stay(value):
    """Numbers and other texts stay as they are."""
    assert csv_cell(value) == value


@given(st.one_of(st.integers(), st.text()))
def test_a_long_number_is_a_text_for_excel(value):
    """A number of over 15 digits gets a tab before it; any other cell is that of any CSV."""
    is_long = isinstance(value, int) and len(str(abs(value))) > 15

    assert excel_cell(value) == (f"\t{value}" if is_long else csv_cell(value))


@given(st.recursive(st.text(), lambda inner: st.dictionaries(st.text(), inner, max_size=3)))
def test_json_means_the_same(value):
    """Escaped JSON is the same document, without a control character."""
    plain = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    shown = json_text(plain)

    assert json.loads(shown) == value
    assert printable(shown) == shown
