"""
Scale: what a store takes and answers from a thousand lists to a million.

python -m tests.bench --scale [--full] prints it: a table of growth, and the budgets
that hold at a hundred thousand lists. Each size and question has a process of its own.
"""

from __future__ import annotations

import json
import subprocess
import tempfile

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..checkout import ROOT, program
from .table import Row, plain


# The budgets are of so many lists, each of 36 out of 2,000 accounts.
BUDGETED = 100_000
# What the figures depend on.
PACKAGES = ("bili-common", "orjson", "attrs", "numpy", "polars", "duckdb", "scipy")
HEAD = ("what", "of 10^3 lists", "10^4", "10^5", "10^6")

# What is printed of what was measured: its name, its figure, and how it is written.
_LINES = (
    ("store, bytes per (vmid, mid)", "bytes", "{:.2f}"),
    ("CPU us per outcome written", "write_us", "{:.0f}"),
    ("- the mean, with SQLite's checkpoints", "write_mean", "{:.0f}"),
    ("- SQLite's part: the bare INSERT", "write_floor", "{:.0f}"),
    ("KiB written per outcome", "write_kib", "{:.1f}"),
    ("most_shared(20), s", "shared", "{:.3f}"),
    ("- DuckDB on Parquet", "duckdb_shared", "{:.3f}"),
    ("- Polars on Parquet", "polars_shared", "{:.3f}"),
    ("against(20 accounts), s", "against", "{:.3f}"),
    ("- DuckDB on Parquet", "duckdb_against", "{:.3f}"),
    ("- Polars on Parquet", "polars_against", "{:.3f}"),
    ("neighbours(20), ms per user", "near_ms", "{:.2f}"),
    ("- SciPy, X @ X.T and argpartition", "scipy_ms", "{:.2f}"),
    ("- getting ready, s", "ready", "{:.2f}"),
    ("- peak beyond the start, MiB", "near_mib", "{:.0f}"),
    ("neighbours(20) of all users, s", "all", "{:.1f}"),
    ("- peak beyond the start, MiB", "all_mib", "{:.0f}"),
    ("most_like(one user), s", "like", "{:.3f}"),
    ("export, CSV, s", "csv", "{:.2f}"),
    ("export, JSON Lines, s", "jsonl", "{:.2f}"),
    ("export, Parquet, s", "parquet", "{:.2f}"),
    ("report, s", "report", "{:.2f}"),
    ("upgrade from schema 1, s", "upgrade", "{:.2f}"),
    ("- bytes per (vmid, mid) before", "old_bytes", "{:.1f}"),
)


def measure(*, full: bool) -> Iterator[tuple[int, dict[str, float]]]:
    """
    Yield numbers of lists, and what was measured with so many.

    With *full* also of a million, and the neighbours of all of a hundred thousand.
    """
    whole = BUDGETED if full else BUDGETED // 10
    for size in (1000, 10_000, 100_000, *((1_000_000,) if full else ())):
        yield size, _measure(size, is_whole=size <= whole)


def rows(found: dict[int, dict[str, float]]) -> Iterator[Row]:
    """Yield the rows of the budgets, out of what `measure` yielded."""
    of = found[BUDGETED]
    bare = f"{of['write_floor']:.0f} us (the INSERT)"
    bounds = (
        ("store, bytes per (vmid, mid)", of["bytes"], "-", 5),
        ("CPU us per outcome written", of["write_us"], bare, 120),
        ("KiB written per outcome", of["write_kib"], "-", 16),
        ("neighbours(20), peak in MiB", of.get("all_mib", of["near_mib"]), "-", 200),
    )
    for what, value, other, budget in bounds:
        yield Row(f"{what}, 10^5 lists", f"{value:.1f}", other, plain(value), budget)

    versus = (
        ("most_shared(20)", "shared", "duckdb_shared", "s", "DuckDB", 8),
        ("neighbours(20)", "near_ms", "scipy_ms", "ms a user", "SciPy", 0.35),
    )
    for what, ours, other, unit, name, budget in versus:
        if other in of:
            ratio = plain(of[ours] / of[other])
            theirs = f"{of[other]:.3f} {unit} ({name})"
            yield Row(f"{what}, 10^5 lists", f"{of[ours]:.3f} {unit}", theirs, ratio, budget)


def lines(found: dict[int, dict[str, float]]) -> list[tuple[str, ...]]:
    """Return the table of growth, a line for each question."""
    sizes = (10**3, 10**4, 10**5, 10**6)
    return [
        (what, *(_text(found.get(size, {}).get(name), form) for size in sizes))
        for what, name, form in _LINES
    ]


def _text(value: float | None, form: str) -> str:
    return "-" if value is None else form.format(value)


def _measure(size: int, *, is_whole: bool) -> dict[str, float]:
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for part in ("write", "ask", "near", *(("all",) if is_whole else ()), "upgrade"):
            command = program("tests.bench.scale_child", part, size, Path(folder))
            done = subprocess.run(  # noqa: S603 - a module of ours
                command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
            )
            part_found: dict[str, Any] = json.loads(done.stdout)
            found |= part_found
    return found
