"""Where the pace of a command lives."""

from __future__ import annotations

import os

from pathlib import Path

import pytest

from bili_common.testing import DEMO_VMIDS


DEMO = DEMO_VMIDS["demo"]
FILE = "bili-common/pace.sqlite"


@pytest.fixture
def cache():
    """Return the folder of the user's caches."""
    return Path(os.environ["XDG_CACHE_HOME"])


@pytest.mark.parametrize(
    ("options", "is_shared"),
    [((), True), (("--pace", "file"), True), (("--pace", "local"), False)],
)
def test_pace_is_in_the_users_file(cli, cache, options, is_shared):
    """Commands share the user's file of the pace, unless one is told to keep its own."""
    done = cli("list", DEMO, *options)

    assert done.exit_code == 0
    assert (cache / FILE).is_file() is is_shared


def test_demo_leaves_the_file_alone(cli, cache):
    """The demo asks a server of its own, whose pace is nobody else's."""
    assert cli("list", DEMO, "--demo").exit_code == 0
    assert not cache.exists()


def test_file_that_cannot_be_used(cli, cache):
    """Without a usable file a command keeps its own pace, and says so."""
    cache.write_text("no folder")
    done = cli("list", DEMO, "--limit", 2, "--format", "jsonl")

    assert done.exit_code == 0
    assert len(done.stdout.splitlines()) == 2
    assert "this command keeps a pace of its own" in done.stderr


def test_file_that_was_asked_for(cli, cache, fake):
    """A file that was asked for and cannot be used is exit code 8, and nothing is sent."""
    cache.write_text("no folder")
    done = cli("list", DEMO, "--pace", "file")

    assert done.exit_code == 8
    assert "--pace local" in done.stderr
    assert fake.requests == 0


@pytest.mark.parametrize(
    "place", ["nowhere", "redis://:hunter2@host:no-port/0", "http://hunter2@h"]
)
def test_place_that_is_none(cli, place):
    """A wrong place is exit code 2, and no password in it is shown."""
    done = cli("list", DEMO, "--pace", place)

    assert done.exit_code == 2
    assert "--pace" in done.stderr
    assert "hunter2" not in done.stderr
