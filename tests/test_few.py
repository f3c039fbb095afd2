"""The quick round takes a few cases of each table, and nothing that decides does."""

from __future__ import annotations

import pytest

from .checkout import ROOT
from .few import FEW, spread


@pytest.mark.parametrize(
    ("count", "left"), [(1, [0]), (3, [0, 1, 2]), (4, [0, 1, 3]), (149, [0, 74, 148])]
)
def test_the_first_the_last_and_one_between_are_left(count, left):
    """Of a table of cases the first and the last stay, and no test goes without any."""
    assert spread(range(count)) == left
    assert len(left) <= FEW


@pytest.mark.parametrize("file", ["README.md", ".ci/run", ".github/workflows/ci.yml"])
def test_what_decides_takes_all_cases(file):
    """README's test command and CI leave no case out."""
    assert "--few" not in (ROOT / file).read_text(encoding="utf-8")
