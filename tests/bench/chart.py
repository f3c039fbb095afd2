"""Draws the ratios of a run beside their budgets: python -m tests.bench.chart FIGURES SVG."""

from __future__ import annotations

import json
import sys

from pathlib import Path
from typing import Any


def draw(rows: list[dict[str, Any]], path: Path) -> None:
    """Write the chart of *rows*: how much of its budget each row uses."""
    import matplotlib as mpl  # noqa: PLC0415 - the group bench may be missing

    mpl.use("svg")
    mpl.rcParams.update({"svg.hashsalt": "bench", "font.size": 8})
    from matplotlib import pyplot as plt  # noqa: PLC0415 - after its backend is chosen

    # A row with two bounds has no part of one.
    bound = [row for row in rows if row["budget"] and row["value"] and not row["floor"]][::-1]
    used = [row["value"]["median"] / row["budget"] for row in bound]
    spread = [
        [(row["value"]["median"] - row["value"]["low"]) / row["budget"] for row in bound],
        [(row["value"]["high"] - row["value"]["median"]) / row["budget"] for row in bound],
    ]
    colours = ["#00a1d6" if part <= 1 else "#fb7299" for part in used]
    figure, axes = plt.subplots(figsize=(8, 0.28 * len(bound) + 0.8), layout="constrained")
    axes.barh(
        [row["what"] for row in bound],
        used,
        xerr=spread,
        color=colours,
        error_kw={"ecolor": "#555", "elinewidth": 0.8},
    )
    axes.axvline(1, color="#555", linewidth=1)
    axes.set_xlabel(
        "median / budget, with the smallest and the largest; the line is the budget"
    )
    axes.set_xlim(0, max(1.3, *(min(part * 1.05, 3) for part in used)))
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    figures, svg = map(Path, sys.argv[1:])
    draw(json.loads(figures.read_text(encoding="utf-8"))["rows"], svg)
