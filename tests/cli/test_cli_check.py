"""`bili-common check`."""

from __future__ import annotations

import json

import pytest

from bili_common.testing import DEMO_VMIDS, make_record


DEMO = DEMO_VMIDS["demo"]


def test_yes_stops_early(cli, fake):
    """The first hit is the answer: later pages are not asked for."""
    first, last = fake.truth(DEMO)[0], fake.truth(DEMO)[-1]
    done = cli("check", DEMO, first["mid"], last["mid"])

    assert done.exit_code == 0
    assert (
        done.stdout
        == f"YES\nfound    {first['mid']}  {first['uname']}\nmissing  {last['mid']}\n"
    )
    assert fake.requests == 1


def test_all_takes_all(cli, fake):
    """With --require all each must be there."""
    mids = [record["mid"] for record in (fake.truth(DEMO)[0], fake.truth(DEMO)[-1])]

    assert cli("check", DEMO, *mids, "--require", "all").stdout.startswith("YES\n")
    done = cli("check", DEMO, *mids, 5, "--require", "all", "--assume-followed")
    assert done.exit_code == 1
    assert done.stdout.startswith("NO\nfound ")
    assert done.stdout.endswith("missing  5\n")


def test_unknown_says_what_would_settle_it(cli):
    """A miss is UNKNOWN unless the account follows the MID, and the option is named."""
    done = cli("check", DEMO, 5)

    assert done.exit_code == 7
    assert done.stdout == "UNKNOWN\nmissing  5\n"
    assert "--assume-followed" in done.stderr


def test_an_incomplete_list_is_no_no(cli, fake):
    """What was not seen in a list that is not complete is UNKNOWN, whatever is assumed."""
    vmid = DEMO_VMIDS["101"]
    fake.lie(vmid, empty_pages=[2, 3])
    done = cli("check", vmid, 5, "--assume-followed")

    assert done.exit_code == 7
    assert done.stdout.startswith("UNKNOWN\n")
    assert "empty page" in done.stderr


def test_names_are_printable(cli, fake):
    """A found name does not command the terminal."""
    fake.add_user(7, followings=[make_record(1, uname="a\x1b[2Jb\nYES")])
    done = cli("check", 7, 1)

    assert done.stdout == "YES\nfound    1  a\ufffd[2Jb YES\n"


def test_demo(cli):
    """The demo answers without an account."""
    done = cli("check", DEMO, 3000000000, "--demo", env={"BILI_SESSDATA": ""})

    assert done.exit_code == 0
    assert done.stdout == "YES\nfound    3000000000  星灯抽屉电台\n"


@pytest.mark.parametrize(
    ("mids", "verdict", "code"), [([5], "UNKNOWN", 7), ([5, 3000000000, 5], "YES", 0)]
)
def test_json(cli, fake, mids, verdict, code):
    """--format json is one object: the verdict, what was found and missing, how it was read."""
    done = cli("check", DEMO, *mids, "--format", "json")

    record = next(one for one in fake.truth(DEMO) if one["mid"] == 3000000000)
    private = ("attribute", "mtime", "tag", "special")
    public = {key: value for key, value in record.items() if key not in private}
    found = [public] if 3000000000 in mids else []
    requests = sum("same/followings" in entry.path for entry in fake.log)
    assert done.exit_code == code
    assert done.stdout.count("\n") == 1
    assert json.loads(done.stdout) == {
        "vmid": DEMO,
        "verdict": verdict,
        "require": "any",
        "found": found,
        "missing": [5],
        "complete": verdict == "UNKNOWN",
        "requests": requests,
    }


def test_json_holds_no_control(cli, fake):
    """A found name is escaped in JSON, and means the same."""
    fake.add_user(7, followings=[make_record(1, uname="a\x1b[2J\u202eb")])
    done = cli("check", 7, 1, "--format", "json")

    assert "\u202e" not in done.stdout
    assert "\x1b" not in done.stdout
    assert json.loads(done.stdout)["found"][0]["uname"] == "a\x1b[2J\u202eb"
