"""The table of what several processes reach together: `pytest -s tests/pace` prints it."""

from __future__ import annotations

import pytest

from ..faults.figures import show


KINDS = ("alone", "file", "redis")
HEAD = (
    "| What | Bound | Nothing shared | `FilePace` | `RedisPace` |",
    "| --- | --- | --- | --- | --- |",
)


@pytest.fixture(scope="session")
def note():
    """Return what notes a figure of one store, in the row of what was measured."""
    rows = {}

    def keep(what, bound, kind, figure):
        rows.setdefault((what, bound), {})[kind] = figure

    yield keep
    if rows:
        show(*HEAD, *(line(*names, figures) for names, figures in rows.items()))


def line(what, bound, figures):
    cells = [figures.get(kind, "-") for kind in KINDS]
    return "| " + " | ".join([what, bound, *cells]) + " |"
