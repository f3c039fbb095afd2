"""`bili-common upgrade`, and what other commands say of an older store."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bili_common import Following, Outcome, PrivacyError, Status
from bili_common.testing import make_record

from ..compare.schema1 import write_schema1


NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def old(tmp_path):
    """Write a store as the first edition did."""
    items = tuple(Following.from_wire(make_record(mid)) for mid in (1, 2, 3))
    outcomes = [
        Outcome(1, Status.OK, items, None, None, NOW),
        Outcome(2, Status.PRIVATE, (), None, PrivacyError("hidden"), NOW),
    ]
    return write_schema1(tmp_path / "old.sqlite", outcomes)


def test_upgrade(cli, old):
    """An old store is upgraded, which is told with figures; then there is nothing to do."""
    before = cli("show", old, "--uid", 1, "--format", "jsonl", asking=False)
    done = cli("upgrade", old, asking=False)
    again = cli("upgrade", old, asking=False)
    after = cli("show", old, "--uid", 1, "--format", "jsonl", asking=False)

    assert (done.exit_code, again.exit_code) == (0, 0)
    assert f"{old} went from schema 1 to 2: 2 UIDs, " in done.stderr
    assert again.stderr == f"{old} is up to date: schema 2\n"
    assert before.stdout == after.stdout != ""


def test_reading_upgrades_nothing(cli, old, tmp_path):
    """Commands that read leave the file as it is."""
    before = old.read_bytes()
    for args in (("show",), ("diff",), ("export", "-o", "out.csv"), ("report",)):
        assert cli(args[0], old, *args[1:], asking=False).exit_code == 0

    assert old.read_bytes() == before


def test_no_store(cli, tmp_path):
    """What is no store is exit code 8, and is not made one."""
    (tmp_path / "text.sqlite").write_text("no store")

    assert cli("upgrade", "no.sqlite", asking=False).exit_code == 8
    assert cli("upgrade", "text.sqlite", asking=False).exit_code == 8
    assert (tmp_path / "text.sqlite").read_text() == "no store"
    assert not (tmp_path / "no.sqlite").exists()
