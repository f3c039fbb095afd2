"""`bili-common diff`, and the labels that a store keeps."""

from __future__ import annotations

import csv
import io
import json

import pytest

from bili_common.testing import DEMO_LABELS, make_record

from ..report.page import Page


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
    """The table has a sign for each change, and names a list by its label and only once."""
    done = cli("diff", store, asking=False)

    lines = done.stdout.splitlines()
    assert len([line for line in lines if " + " in line]) == 1
    assert len([line for line in lines if " - " in line]) == 1
    assert done.stdout.count("my friend") == 1
    assert "1 came and 1 went, in 1 list\n" in done.stderr


def test_since_the_last_run(cli, fake, store):
    """--since last is what the last run found, which may be nothing."""
    again = ("compare", "--uids", "uids.txt", "--store", store, "--refresh-after", "0")
    assert cli(*again).exit_code == 0
    unchanged = cli("diff", store, "--since", "last", asking=False)
    fake.add_user(7, followings=[make_record(3), make_record(4)])
    assert cli(*again).exit_code == 0
    done = cli("diff", store, "--since", "last", "--format", "jsonl", asking=False)
    rows = [json.loads(line) for line in done.stdout.splitlines()]

    assert unchanged.stdout == ""
    assert "nothing changed since 20" in unchanged.stderr
    assert {(row["change"], row["mid"]) for row in rows} == {("added", 4), ("removed", 1)}


def test_report_since(cli, store, tmp_path):
    """With --since a report shows the changes since then, else those of the last fetch."""
    told = {}
    for since in ([], ["--since", "last"], ["--since", "2999-01-01"]):
        assert cli("report", store, "-o", "r.html", *since, asking=False).exit_code == 0
        page = Page((tmp_path / "r.html").read_text("utf-8"))
        told[tuple(since)] = {change["user"] for change in page.data["changes"]}

    assert list(told.values()) == [{"7"}, {"7"}, set()]
    assert cli("report", store, "-o", "r.html", "--since", "x", asking=False).exit_code == 2


def test_the_demo_has_a_second_day(cli):
    """Two days of the demo in one store are a story: who came, who went, and by whom."""
    run = ("compare", "--demo", "--store", "demo.sqlite")
    first = cli(*run)
    none = cli("diff", "demo.sqlite", asking=False)
    assert cli(*run, "--day", 2, "--refresh-after", 0).exit_code == 0
    done = cli("diff", "demo.sqlite", "--format", "jsonl", asking=False)
    rows = [json.loads(line) for line in done.stdout.splitlines()]

    assert first.exit_code == 0
    assert "no change is known: lists are compared when they are fetched again" in none.stderr
    assert {row["by"] for row in rows} == {"user", "account", "unknown"}
    assert {row["change"] for row in rows} == {"added", "removed"}
    assert all(row["label"] == DEMO_LABELS[row["vmid"]] for row in rows)


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
