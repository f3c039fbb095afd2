"""Stores of the first schema: read as they are, upgraded whole or not at all."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time

from pathlib import Path

import attrs
import pytest

from bili_common import PrivacyError, RunStore, Status, StoreError
from bili_common.compare._store.lock import RunLock
from bili_common.compare._store.rows import plain_report
from bili_common.compare.stored import StoredComparison

from .outcomes import make_outcome
from .runs import is_sound, rows
from .schema1 import write_schema1


LISTS = 100_000 if os.environ.get("BILI_FULL") else 600


def some_outcomes(count):
    """Return lists of 36 out of 500, one user who hides it and one read in part."""
    draw = random.Random(3)
    outcomes = [make_outcome(1, Status.PRIVATE), make_outcome(2, Status.INCOMPLETE, [5, 6])]
    object.__setattr__(outcomes[0], "error", PrivacyError("hidden", code=22115))
    for vmid in range(3, count + 3):
        outcome = make_outcome(vmid, Status.OK, sorted(draw.sample(range(1, 500), 36)))
        object.__setattr__(outcome, "report", plain_report(vmid, 36, 1, 50))
        outcomes.append(outcome)
    return outcomes


def same(comparison, outcomes):
    """Tell whether *comparison* holds *outcomes*, errors by their texts."""
    found = list(comparison.outcomes.values())
    keys = [(o.vmid, o.status, o.items, o.report, str(o.error), o.fetched_at) for o in found]
    return keys == [
        (o.vmid, o.status, o.items, o.report, str(o.error), o.fetched_at) for o in outcomes
    ]


def test_a_store_of_the_first_schema_is_read_as_it_is(tmp_path):
    """Reading it gives every outcome, and changes no byte of it."""
    outcomes = some_outcomes(20)
    path = write_schema1(tmp_path / "run.sqlite", outcomes)
    before = path.read_bytes()

    with StoredComparison(path) as comparison:
        assert same(comparison, outcomes)
        assert comparison.counts().total() == 20 * 36 + 2

    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


async def test_a_store_of_the_first_schema_is_upgraded_when_written_to(tmp_path):
    """The first write turns it into one of this schema, smaller and with all it held."""
    outcomes = some_outcomes(200)
    path = write_schema1(tmp_path / "run.sqlite", outcomes)
    size = path.stat().st_size

    async with RunStore(path) as store:
        # Read before, as it is, by the connection that then upgrades it.
        assert (await store.summary()).ok == 200
        await store.set_labels({3: "three"})
        assert await store.labels() == {3: "three"}
        assert (await store.summary()).ok == 200

    assert rows(path, "PRAGMA user_version") == [(2,)]
    assert path.stat().st_size < size
    assert path.stat().st_mode & 0o777 == 0o600
    assert is_sound(path)
    with StoredComparison(path) as comparison:
        assert same(comparison, outcomes)


async def test_an_upgrade_says_what_it_did(tmp_path):
    """Schemas, users, rows and sizes are those of the file; a second one has nothing to do."""
    outcomes = some_outcomes(200)
    path = write_schema1(tmp_path / "run.sqlite", outcomes)
    size = path.stat().st_size

    async with RunStore(path, create=False) as store:
        report = await store.upgrade()

        assert report.is_upgraded
        assert (report.schema_before, report.schema_after) == (1, 2)
        assert (report.accounts, report.outcomes) == (1, len(outcomes))
        assert report.rows == sum(len(outcome.items) for outcome in outcomes)
        # Not only once the store is closed.
        assert (report.bytes_before, report.bytes_after) == (size, path.stat().st_size)
        assert report.bytes_after < size

        again = await store.upgrade()

    assert not again.is_upgraded
    assert again == attrs.evolve(report, schema_before=2, bytes_before=report.bytes_after)
    with StoredComparison(path) as comparison:
        assert same(comparison, outcomes)


async def test_a_store_that_a_run_uses_is_not_upgraded(tmp_path):
    """The StoreError says so, and the file stays of its schema."""
    path = write_schema1(tmp_path / "run.sqlite", some_outcomes(3))
    lock = RunLock(path)

    async with RunStore(path, create=False) as store:
        with pytest.raises(StoreError, match="in use by another run"):
            await store.upgrade()

    lock.release()
    assert rows(path, "PRAGMA user_version") == [(1,)]


@pytest.mark.slow
def test_an_upgrade_that_is_killed_loses_nothing(tmp_path):
    """After each of 20 SIGKILLs the store is whole, of the one schema or of the other."""
    outcomes = some_outcomes(LISTS)
    original = write_schema1(tmp_path / "original.sqlite", outcomes).read_bytes()
    child = Path(__file__).with_name("upgrade_child.py")

    def upgrade(path, seconds):
        """Let a process upgrade a store for so long, None for as long as it takes."""
        path.write_bytes(original)
        with subprocess.Popen(  # noqa: S603 - our own interpreter and script
            [sys.executable, child, path], stdout=subprocess.PIPE
        ) as process:
            assert process.stdout.readline() == b"open\n"
            began = time.monotonic()
            if seconds is not None:
                time.sleep(seconds)
                process.send_signal(signal.SIGKILL)
            process.wait()
        return time.monotonic() - began

    whole = upgrade(tmp_path / "whole.sqlite", None)
    assert rows(tmp_path / "whole.sqlite", "PRAGMA user_version") == [(2,)]
    delays = random.Random(4)
    seen = set()
    for number in range(20):
        path = tmp_path / f"{number}.sqlite"
        upgrade(path, delays.uniform(0, 1.1 * whole))

        assert is_sound(path)
        seen.update(rows(path, "PRAGMA user_version"))
        with StoredComparison(path) as comparison:
            assert same(comparison, outcomes)
        path.unlink()
    assert (1,) in seen


def test_the_generator_writes_what_the_first_edition_read(tmp_path):
    """A store of the first schema has one row for each account in each list."""
    path = write_schema1(tmp_path / "run.sqlite", some_outcomes(3))

    with sqlite3.connect(path) as file:
        assert file.execute("SELECT count(*) FROM lists").fetchone() == (3 * 36 + 2,)
    file.close()
