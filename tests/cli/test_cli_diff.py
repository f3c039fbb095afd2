"""`bili-common diff`, and the labels that a store keeps."""

from __future__ import annotations

import csv
import io
import json

import pytest

from bili_common.testing import make_record


@pytest.fixture
def store(cli, fake, tmp_path):
    """Make a store of a labelled user whose list was fetched twice and changed."""
    fake.add_user(7, followings=[make_record(1), make_record(2)])
    (tmp_path / "uids.txt").write_text("UID:7 # my friend\n", encoding="utf-8")
    args = ("compare", "--uids", "uids.txt", "--store", "run.sqlite", "--refresh-after", "0")
    assert cli(*args).exit_code == 0
    fake.add_user(7, followings=[make_record(3), make_record(1)])
    assert cli(*args, "--verify").exit_code == 0
    return "run.sqlite"


def test_changes(cli, store):
    """Each account that came or went has a row, with who caused it as far as is known."""
    done = cli("diff", store, "--format", "jsonl", asking=False)

    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.exit_code == 0
    assert {(row["vmid"], row["change"], row["mid"]) for row in rows} == {
        (7, "added", 3),
        (7, "removed", 2),
    }
    assert {row["by"] for row in rows} <= {"user", "account", "unknown"}
    assert all(row["before"] < row["after"] for row in rows)


def test_table(cli, store):
    """The table has a sign for each change."""
    lines = cli("diff", store, asking=False).stdout.splitlines()

    assert len([line for line in lines if " + " in line]) == 1
    assert len([line for line in lines if " - " in line]) == 1


def test_since(cli, store):
    """What was fetched before --since is left out; no change is said to be none."""
    done = cli("diff", store, "--since", "2999-01-01", "--format", "csv", asking=False)

    assert list(csv.DictReader(io.StringIO(done.stdout))) == []
    assert "nothing changed" in done.stderr
    assert cli("diff", store, "--since", "yesterday", asking=False).exit_code == 2


def test_labels_are_kept(cli, store):
    """What stands behind a UID in the file names the user in every answer."""
    shown = cli("show", store, "--mid", 1, "--format", "jsonl", asking=False)
    changed = cli("diff", store, "--format", "jsonl", asking=False)

    assert json.loads(shown.stdout) == {"vmid": 7, "label": "my friend"}
    assert json.loads(changed.stdout.splitlines()[0])["label"] == "my friend"
