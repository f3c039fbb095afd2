"""The page of figures: it quotes what was measured."""

from __future__ import annotations

import json

from ..bench.page import fill
from ..checkout import ROOT


def test_the_page_quotes_the_runs():
    """The tables of the page are those of the stored runs, to the last digit."""
    text = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    data = ROOT / "docs" / "_data"
    runs = [*sorted(data.glob("bench-*.json")), *sorted(data.glob("scale-*.json"))]
    assert runs
    assert fill(text, [json.loads(run.read_text(encoding="utf-8")) for run in runs]) == text
