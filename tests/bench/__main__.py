"""
Prints the table of budgets, measured side by side in one run; a JSON file holds the same.

python -m tests.bench [--quick | --full] [--scale] [--json PATH]
"""

# ruff: noqa: T201 - what it prints is what it is for

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sqlite3
import time
import warnings

from collections.abc import Iterator
from pathlib import Path

from . import conversion, growth, peers, scale, sizes, startup, together, waiting, walks
from .measure import machine
from .table import HEAD, Row, as_json, render


def main() -> None:
    """Measure, print, write. Never fails for a figure: load and machines differ."""
    given = _arguments()
    logging.getLogger("bili_common").setLevel(logging.ERROR)
    # Not ours: what the others import says on its own account.
    warnings.simplefilter("ignore")
    if given.scale:
        _scale(given)
        return

    began = time.perf_counter()
    where = machine()
    print("\n".join(f"{key}: {value}" for key, value in where.items()), end="\n\n")

    rows = []
    for row in _rows(quick=given.quick):
        rows.append(row)
        print(f"{row.verdict:>16}  {row.what}", flush=True)
    print()
    lies = asyncio.run(peers.compare_lies())
    cost = growth.lines(full=given.full)

    lie_head = ("server", "ours", "coze-py's pager", "openai-python's pager")
    cost_head = ("of", "count", "CPU us each", "MiB grown")
    print(render("Budgets", HEAD, [row.cells for row in rows]))
    print(render("Requests and records where a server lies", lie_head, lies))
    print(render("How the cost grows", cost_head, cost))
    print(f"measured in {time.perf_counter() - began:.0f} s")
    found = {
        "machine": where,
        "rows": as_json(rows),
        "lies": [dict(zip(lie_head, line, strict=True)) for line in lies],
        "growth": [dict(zip(cost_head, line, strict=True)) for line in cost],
    }
    text = json.dumps(found, indent=2, ensure_ascii=False)
    given.json.write_text(text + "\n", encoding="utf-8")


def _scale(given: argparse.Namespace) -> None:
    where = machine(scale.PACKAGES) | {"sqlite": sqlite3.sqlite_version}
    print("\n".join(f"{key}: {value}" for key, value in where.items()), end="\n\n")
    found = {}
    for size, figures in scale.measure(full=given.full):
        found[size] = figures
        print(f"{size:,} lists are measured", flush=True)
        rows = list(scale.rows(found)) if scale.BUDGETED in found else []
        # After each, since the last takes longer than all the others.
        told = {"machine": where, "rows": as_json(rows), "scale": found}
        given.json.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    print()
    print(render("Budgets of a store", HEAD, [row.cells for row in rows]))
    print(render("What a store takes and answers", scale.HEAD, scale.lines(found)))


def _rows(*, quick: bool) -> Iterator[Row]:
    rounds = 3 if quick else 15
    yield from walks.rows(rounds)
    yield from conversion.rows(rounds)
    yield from startup.rows(rounds)
    yield from sizes.rows()
    yield from waiting.rows(rounds, 320 if quick else 1000)
    yield from together.rows(4 if quick else 12)
    yield from growth.rows(*(100_000, 1000) if quick else (1_000_000, 5000))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="fewer rounds: under a minute")
    size.add_argument("--full", action="store_true", help="also 10^6 records and 10^5 UIDs")
    scale_help = "stores of 10^3 to 10^5 lists instead, with --full of 10^6"
    parser.add_argument("--scale", action="store_true", help=scale_help)
    default = Path(__file__).with_name("results.json")
    parser.add_argument("--json", type=Path, default=default, help="where to write the figures")
    return parser.parse_args()


if __name__ == "__main__":
    main()
