"""`bili-common show`."""

from __future__ import annotations

import csv
import io
import json

import pytest

from bili_common.testing import DEMO_CIRCLES, DEMO_GROUPS, DEMO_VMIDS


CIRCLE = DEMO_CIRCLES["音乐"]
PRIVATE = DEMO_VMIDS["private"]


@pytest.fixture
def store(cli):
    """Make a store of one circle and a hidden user."""
    done = cli("compare", *CIRCLE, PRIVATE, "--store", "run.sqlite")
    assert done.exit_code == 0
    return "run.sqlite"


def _lines(done):
    assert done.exit_code == 0
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_user(cli, fake, store):
    """--uid shows the list of a user, each account with how many lists it is in."""
    rows = _lines(cli("show", store, "--uid", CIRCLE[0], "--format", "jsonl", asking=False))

    lists = [fake.user(vmid).mids for vmid in CIRCLE]
    assert [row["mid"] for row in rows] == lists[0]
    assert all(row["lists"] == sum(row["mid"] in one for one in lists) for row in rows)


def test_sharers(cli, fake, store):
    """--mid shows who has an account in the list, and what is not known."""
    mid = fake.user(CIRCLE[0]).mids[0]
    done = cli("show", store, "--mid", mid, "--format", "jsonl", asking=False)

    sharers = [vmid for vmid in CIRCLE if mid in fake.user(vmid).mids]
    assert [row["vmid"] for row in _lines(done)] == sharers
    assert "of 1 UID the whole list is not known" in done.stderr


def test_group(cli, fake, store, tmp_path):
    """--against says of each user which of the group was found, and calls no guess a miss."""
    known, strange = fake.user(CIRCLE[0]).mids[0], 12345
    path = tmp_path / "group.txt"
    path.write_text(f"# mine\n{known},the first\n{strange} # nobody's\n", encoding="utf-8")
    rows = _lines(cli("show", store, "--against", path, "--format", "jsonl", asking=False))

    found = {row["vmid"]: row["names"] for row in rows}
    for vmid in CIRCLE:
        assert found[vmid] == (["the first"] if known in fake.user(vmid).mids else [])
    assert found[PRIVATE] == []
    assert all(row["share"] is None for row in rows)
    assert {row["vmid"]: row["unknown"] for row in rows}[PRIVATE] == 2


def test_group_that_is_followed(cli, store):
    """--assume-followed makes a miss of a complete list a miss; a hidden list stays unknown."""
    args = ("--against", "12345,UID:54321", "--assume-followed", "--format", "csv")
    done = cli("show", store, *args, asking=False)

    rows = {int(row["vmid"]): row for row in csv.DictReader(io.StringIO(done.stdout))}
    assert all(rows[vmid]["missing"] == "2" for vmid in CIRCLE)
    assert rows[PRIVATE]["unknown"] == "2"


def test_group_that_was_asked_about(cli, tmp_path):
    """After compare --ask-followed a miss of whom the account follows is missing."""
    group = f"{next(iter(DEMO_GROUPS['山雀电台']))},12345"
    run = ("compare", *CIRCLE, "--demo", "--store", "run.sqlite")
    assert cli(*run, "--ask-followed", group).exit_code == 0
    ask = ("show", "run.sqlite", "--against", group, "--format", "jsonl")
    rows = _lines(cli(*ask, asking=False))

    assert all(row["found"] + row["missing"] == 1 for row in rows)
    assert all(row["unknown"] == 1 for row in rows)


@pytest.mark.slow
@pytest.mark.parametrize(("group", "unknown"), [("山雀电台", 0), ("萤火放映室", 1)])
def test_groups_of_the_demo(cli, group, unknown):
    """One group of the demo has a share for each known list; in the other one UP is unknown."""
    assert cli("compare", "--demo", "--store", "demo.sqlite").exit_code == 0
    ask = ("show", "demo.sqlite", "--against", group, "--format", "jsonl")
    rows = [row for row in _lines(cli(*ask, asking=False)) if row["found"] + row["missing"]]

    assert len(rows) > len(CIRCLE)
    for row in rows:
        shares = {0: round(row["found"] / 12, 4), 1: None}
        assert (row["unknown"], row["share"]) == (unknown, shares[unknown])
    assert 9 <= rows[0]["found"] < 12


def test_group_as_a_table(cli, store):
    """The table says how many of how many were found, and which."""
    group = DEMO_GROUPS["山雀电台"]
    done = cli("show", store, "--against", "山雀电台", asking=False)

    row = next(line for line in done.stdout.splitlines() if str(CIRCLE[3]) in line)
    assert f"10/{len(group)}" in row
    assert next(iter(group.values())) in row


def test_overview(cli, store):
    """Without a question the store's counts and its most shared accounts are shown."""
    done = cli("show", store, asking=False)

    assert done.exit_code == 0
    assert "run.sqlite holds 4 ok, 1 private" in done.stderr
    assert done.stdout.split()[:3] == ["Lists", "MID", "Name"]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--uid", 5), "holds no list of 5"),
        (("--uid", 5, "--mid", 6), "take one of"),
        (("--against", "nowhere.txt"), "is no file, no list of MIDs"),
        (("--against", "1,x"), "is no UID"),
    ],
)
def test_what_cannot_be_asked(cli, store, args, words):
    """A question that has no answer is exit code 2, and says why."""
    done = cli("show", store, *args, asking=False)

    assert done.exit_code == 2
    assert words in done.stderr
    assert done.stdout == ""
