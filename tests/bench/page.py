"""
Puts the figures of runs into the page: python -m tests.bench.page PAGE FIGURES...

Each run is a JSON file that `python -m tests.bench --json` wrote, one for each Python, and
one with `--scale`. What stands between two markers of the page is replaced; all else is
written by hand.
"""

from __future__ import annotations

import json
import re
import sys

from pathlib import Path
from typing import Any

from . import scale


MARKED = re.compile(r"(<!-- (\w+) begins -->\n).*?(<!-- \2 ends -->)", re.DOTALL)


def fill(page: str, runs: list[dict[str, Any]]) -> str:
    """Return *page* with the tables of *runs* between its markers."""
    walks = [run for run in runs if "growth" in run]
    stores = [run for run in runs if "scale" in run]
    tables = {
        "machine": _machine(walks),
        "budgets": _budgets(walks),
        "lies": _table(walks[0]["lies"]),
        "growth": _table(walks[0]["growth"]),
    }
    if stores:
        tables |= {
            "store_machine": _machine(stores),
            "store_budgets": _budgets(stores),
            "store": _stores(stores[0]["scale"]),
        }
    return MARKED.sub(lambda found: f"{found[1]}{tables[found[2]]}{found[3]}", page)


def _machine(runs: list[dict[str, Any]]) -> str:
    lines = []
    for run in runs:
        facts = {key: value for key, value in run["machine"].items() if key != "date"}
        told = ", ".join(f"{key} {value}" for key, value in facts.items())
        lines.append(f"- {run['machine']['date']}: {told}.\n")
    return "".join(lines)


def _budgets(runs: list[dict[str, Any]]) -> str:
    pythons = [run["machine"]["python"].split()[-1] for run in runs]
    lines = _head(["What", "Ours", "The other", *pythons, "Budget"])
    for rows in zip(*(run["rows"] for run in runs), strict=True):
        cells = [rows[0]["what"], rows[0]["ours"], rows[0]["other"], *map(_ratio, rows)]
        lines += _line([*cells, _bound(rows[0])])
    return lines


def _ratio(row: dict[str, Any]) -> str:
    value = row["value"]
    if value is None:
        return "-"
    text = f"{value['median']:.3g}"
    if value["low"] != value["high"]:
        text += f" ({value['low']:.3g} to {value['high']:.3g})"
    return f"**{text}**, {row['verdict']}" if row["verdict"].startswith("missed") else text


def _bound(row: dict[str, Any]) -> str:
    if row["budget"] is None:
        return "-"
    return f"{row['floor']:g} to {row['budget']:g}" if row["floor"] else f"{row['budget']:g}"


def _stores(found: dict[str, dict[str, float]]) -> str:
    lines = scale.lines({int(size): figures for size, figures in found.items()})
    return _head([*scale.HEAD]) + "".join(_line([*line]) for line in lines)


def _table(lines: list[dict[str, str]]) -> str:
    return _head([*lines[0]]) + "".join(_line([*line.values()]) for line in lines)


def _head(cells: list[str]) -> str:
    return _line(cells) + _line(["---"] * len(cells))


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |\n"


if __name__ == "__main__":
    page, *figures = map(Path, sys.argv[1:])
    found = [json.loads(path.read_text(encoding="utf-8")) for path in figures]
    page.write_text(fill(page.read_text(encoding="utf-8"), found), encoding="utf-8")
