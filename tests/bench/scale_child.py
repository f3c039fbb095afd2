"""Measures one part of the scale table, in a process of its own."""

# ruff: noqa: S608 - the statements are made of our own numbers and path

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
import statistics
import sys
import time

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from itertools import chain, islice
from pathlib import Path
from typing import Any

import orjson

from bili_common import SAME_FOLLOWINGS, Following, Outcome, RunStore, Status
from bili_common.compare import StoredComparison, export
from bili_common.compare._store.database import Database
from bili_common.compare._store.rows import plain_report
from bili_common.testing import make_record

from ..compare.schema1 import write_schema1
from .measure import MIB, cpu, resident


ACCOUNTS, EACH = 2000, 36
BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
# The last outcomes are measured: the records of each are structured anew, as those of a
# page are, just before they are written. The others share theirs.
TIMED, AT_ONCE = 3000, 4
# Users whose neighbours are measured: each costs the same, whoever it is. Among more
# lists than so many, fewer.
ASKED, MANY, ASKED_OF_MANY = 2048, 100_000, 256
# Lists above which a part is left out: it would say the same, for long.
REPORTED, UPGRADED = 10_000, 100_000


def world(size: int) -> Iterator[tuple[int, list[int]]]:
    """Yield users in no order, and their lists: some accounts are in most of them."""
    draw = random.Random(size)
    vmids = draw.sample(range(10_000, 10_000 + 50 * size), size)
    weights = [1 / (place + 5) ** 0.8 for place in range(ACCOUNTS)]
    total = [sum(weights[: n + 1]) for n in range(ACCOUNTS)]
    for vmid in vmids:
        drawn: dict[int, None] = {}
        while len(drawn) < EACH:
            drawn.update(
                dict.fromkeys(draw.choices(range(ACCOUNTS), cum_weights=total, k=EACH))
            )
        yield vmid, list(drawn)[:EACH]


def outcomes(lists: Iterable[tuple[int, list[int]]], *, fresh: bool) -> Iterator[Outcome]:
    """Yield the outcomes of *lists*, with records of their own if *fresh*."""
    bodies = [orjson.dumps(make_record(mid, shape="2025")) for mid in range(1, ACCOUNTS + 1)]
    shared = [Following.from_wire(orjson.loads(body)) for body in bodies]
    for number, (vmid, places) in enumerate(lists):
        items = (
            tuple(Following.from_wire(orjson.loads(bodies[place])) for place in places)
            if fresh
            else tuple(shared[place] for place in places)
        )
        at = BEGIN + timedelta(seconds=number)
        report = plain_report(vmid, EACH, 1, 50)
        yield Outcome(vmid, Status.OK, items, report, None, at)


def write(size: int, folder: Path) -> dict[str, float]:
    """Write the store, and measure its last outcomes beside the bare statement."""
    path = folder / "run.sqlite"
    database = Database(path, create=True, busy_timeout=5, endpoint=SAME_FOLLOWINGS.path)
    run = database.begin_run("default", BEGIN)
    lists, written = world(size), -_written()
    for outcome in outcomes(islice(lists, max(size - TIMED, 0)), fresh=False):
        run.write(outcome)
    written += _written()
    bare, costs, floors = _Bare(path, folder / "bare.sqlite"), [], []
    timed = outcomes(lists, fresh=True)
    while few := list(islice(timed, AT_ONCE)):
        written -= _written()
        began = time.process_time()
        for outcome in few:
            run.write(outcome)
        costs.append((time.process_time() - began) / len(few))
        written += _written()
        floors.append(bare.write([outcome.vmid for outcome in few]))
    database.end_run()
    database.close()
    return {
        "write_us": statistics.median(costs) * 1e6,
        "write_mean": statistics.mean(costs) * 1e6,
        "write_floor": statistics.median(floors) * 1e6,
        "write_kib": written / size / 1024,
        "bytes": path.stat().st_size / size / EACH,
    }


class _Bare:
    """Takes rows of a store into a copy of it, by the statement alone."""

    def __init__(self, path: Path, copy: Path) -> None:
        self._store = sqlite3.connect(path)
        self._store.execute("VACUUM INTO ?", (str(copy),))
        self._copy = sqlite3.connect(copy, isolation_level=None)
        self._copy.execute("PRAGMA journal_mode = WAL")
        self._copy.execute("PRAGMA synchronous = NORMAL")

    def write(self, vmids: list[int]) -> float:
        """Return the CPU seconds for the row of each of *vmids*, which the store has."""
        marks = ", ".join("?" * len(vmids))
        found = f"SELECT * FROM outcomes WHERE vmid IN ({marks})"
        rows = self._store.execute(found, vmids).fetchall()
        put = f"INSERT OR IGNORE INTO outcomes VALUES ({', '.join('?' * len(rows[0]))})"
        began = time.process_time()
        for row in rows:
            self._copy.execute(put, row)
        return (time.process_time() - began) / len(rows)


def ask(size: int, folder: Path) -> dict[str, float]:
    """Ask and export the store, and ask others about its Parquet export."""
    mids = range(1, 21)
    parquet = folder / "edges.parquet"
    with StoredComparison(folder / "run.sqlite") as stored:
        found = {
            "parquet": cpu(lambda: export(stored, parquet, edges=True)),
            "csv": cpu(lambda: export(stored, folder / "out.csv")),
            "jsonl": cpu(lambda: export(stored, folder / "out.jsonl")),
        }
        for each in ("out.csv", "out.jsonl"):
            (folder / each).unlink()
        works: dict[str, Callable[[], Any]] = {
            "shared": lambda: stored.most_shared(20),
            "against": lambda: sum(1 for _ in stored.against(mids).values()),
            **_polars(parquet, mids),
            **_duckdb(parquet, mids),
        }
        rounds = {name: [cpu(work) for _ in range(3)] for name, work in works.items()}
        if size <= REPORTED:
            report = import_module("bili_common.report")
            target = folder / "report.html"
            found["report"] = cpu(lambda: report.write_report(stored, target))
    return found | {name: statistics.median(costs) for name, costs in rounds.items()}


def near(size: int, folder: Path) -> dict[str, float]:
    """Look for neighbours, with the peak of memory, and let SciPy do so too."""
    import_module("numpy")
    with StoredComparison(folder / "run.sqlite") as stored:
        vmids = [vmid for vmid, _ in islice(stored.edges(), 0, None, EACH)]
        most = ASKED if size <= MANY else ASKED_OF_MANY
        asked = sorted(random.Random(1).sample(vmids, min(size, most)))
        peak = _Peak()
        one = cpu(lambda: stored.most_like(asked[0]))
        all_of_them = cpu(lambda: sum(1 for _ in stored.neighbours(20, vmids=asked)))
        grown = peak.mib()
        ready = cpu(lambda: next(stored.neighbours(1, vmids=asked[:1])))
        found = {
            "like": one,
            "ready": ready,
            "near_ms": (all_of_them - ready) / len(asked) * 1e3,
            "near_mib": grown,
        }
        return found | _scipy(stored, asked)


def near_all(size: int, folder: Path) -> dict[str, float]:
    """Look for the neighbours of each user."""
    import_module("numpy")
    with StoredComparison(folder / "run.sqlite") as stored:
        peak, found = _Peak(), Counter[int]()

        def whole() -> None:
            found.update(vmid for vmid, _, _ in stored.neighbours(20))

        took = cpu(whole)
        assert {*found.values()} == {20}
        assert len(found) == size
        return {"all": took, "all_mib": peak.mib()}


def upgrade(size: int, folder: Path) -> dict[str, float]:
    """Upgrade a store of the first schema with the same outcomes."""
    if size > UPGRADED:
        return {}

    path = write_schema1(folder / "old.sqlite", outcomes(world(size), fresh=False))
    before = path.stat().st_size

    async def upgraded() -> None:
        async with RunStore(path, create=False) as store:
            assert (await store.upgrade()).is_upgraded

    took = cpu(lambda: asyncio.run(upgraded()))
    return {"upgrade": took, "old_bytes": before / size / EACH}


def _polars(parquet: Path, mids: range) -> dict[str, Callable[[], Any]]:
    pl = import_module("polars")
    lazy = pl.scan_parquet(parquet)
    counted = lazy.group_by("mid").len().sort("len", "mid", descending=[True, False]).head(20)
    found = lazy.filter(pl.col("mid").is_in(list(mids))).group_by("vmid").len()
    return {"polars_shared": counted.collect, "polars_against": found.collect}


def _duckdb(parquet: Path, mids: range) -> dict[str, Callable[[], Any]]:
    try:
        duckdb = import_module("duckdb")
    except ModuleNotFoundError:
        return {}

    base = duckdb.connect(config={"threads": 1})
    counted = (
        f"SELECT mid, count(*) AS n FROM '{parquet}' GROUP BY mid ORDER BY n DESC, mid LIMIT 20"
    )
    inside = ", ".join(map(str, mids))
    found = f"SELECT vmid, count(*) FROM '{parquet}' WHERE mid IN ({inside}) GROUP BY vmid"
    return {
        "duckdb_shared": lambda: base.execute(counted).fetchall(),
        "duckdb_against": lambda: base.execute(found).fetchall(),
    }


def _scipy(stored: StoredComparison, asked: list[int]) -> dict[str, float]:
    try:
        sparse = import_module("scipy.sparse")
    except ModuleNotFoundError:
        return {}

    np = import_module("numpy")
    edges = np.fromiter(chain.from_iterable(stored.edges()), np.int64).reshape(-1, 2)
    vmids, places = np.unique(edges[:, 0], return_inverse=True)
    ones = np.ones(len(edges), np.float32)
    matrix = sparse.csr_array((ones, (places, edges[:, 1])))
    transposed = matrix.T.tocsr()
    sizes = np.diff(matrix.indptr).astype(np.float32)
    rows = np.searchsorted(vmids, asked)

    def product() -> None:
        # As many at a time as find room beside the matrix.
        for first in range(0, len(rows), 64):
            few = rows[first : first + 64]
            both = (matrix[few] @ transposed).toarray()
            score = both / (sizes[few][:, None] + sizes[None] - both)
            score[np.arange(len(few)), few] = -1
            k = min(20, len(vmids) - 1)
            best = np.argpartition(-score, k - 1, axis=1)[:, :k]
            np.take_along_axis(score, best, 1).sort(axis=1)

    return {"scipy_ms": cpu(product) / len(asked) * 1e3}


def _written() -> int:
    told = Path("/proc/self/io").read_text(encoding="ascii")
    return int(told.partition("wchar: ")[2].split()[0])


class _Peak:
    """The peak of memory from now on, beyond what there is now."""

    def __init__(self) -> None:
        self._before = resident()
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")

    def mib(self) -> float:
        """Return how much it is so far."""
        told = Path("/proc/self/status").read_text(encoding="ascii")
        peak = int(told.partition("VmHWM:")[2].split()[0]) * 1024
        return (peak - self._before) / MIB


if __name__ == "__main__":
    parts = {"write": write, "ask": ask, "near": near, "all": near_all, "upgrade": upgrade}
    told = parts[sys.argv[1]](int(sys.argv[2]), Path(sys.argv[3]))
    sys.stdout.write(json.dumps(told))
