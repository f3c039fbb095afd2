"""`bili-common list --resume`: one file, however often the list was interrupted."""

from __future__ import annotations

import signal
import subprocess

import pytest

from bili_common.testing import DEMO_VMIDS

from .commandline import GOLDEN, started


DEMO = DEMO_VMIDS["demo"]
FORMATS = ("json", "jsonl", "csv")


def _golden(form):
    return (GOLDEN / f"list.{form}.txt").read_text(encoding="utf-8")


def _names(folder):
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("form", FORMATS)
def test_after_a_limit(cli, tmp_path, form):
    """However often it stopped at a limit, the file holds at the end what one list would."""
    ask = ("list", DEMO, "-o", f"out.{form}", "--resume")
    for _ in range(3):
        assert cli(*ask, "--limit", 20).exit_code == 0
    done = cli(*ask)

    assert done.exit_code == 0
    assert "73 of 73 same followings with 293793435, 13 of them now: complete" in done.stderr
    assert (tmp_path / f"out.{form}").read_text(encoding="utf-8") == _golden(form)
    assert _names(tmp_path) == {f"out.{form}"}


@pytest.mark.parametrize("form", FORMATS)
def test_after_an_error(cli, fake, tmp_path, form):
    """After an error the rest comes behind what was kept, in one file, and no other stays."""
    fake.fail(None, how="html404", pn=2)
    first = cli("list", DEMO, "-o", f"out.{form}")
    fake.reset()
    done = cli("list", DEMO, "-o", f"out.{form}", "--resume")

    assert (first.exit_code, done.exit_code) == (6, 0)
    assert (tmp_path / f"out.{form}").read_text(encoding="utf-8") == _golden(form)
    assert _names(tmp_path) == {f"out.{form}"}


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMATS)
def test_after_ctrl_c(command, fake, tmp_path, form):
    """After Ctrl-C the same command with --resume makes one file of all records."""
    argv, environment = command
    fake.fail(None, how="timeout", pn=2)
    ask = [*argv, "list", str(DEMO), "-o", f"out.{form}", "--rate", "1000"]
    with started(ask, env=environment) as child:
        while fake.requests < 2:
            assert child.poll() is None
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=30)
    between = _names(tmp_path)
    fake.reset()
    done = subprocess.run([*ask, "--resume"], env=environment, capture_output=True, check=True)  # noqa: S603 - our own interpreter

    assert child.returncode == 130
    assert b"go on in the same file with --resume" in said
    assert between == {f"out.{form}.part", f"out.{form}.cursor"}
    assert b"73 of 73 same followings with 293793435, 23 of them now: complete" in done.stderr
    assert (tmp_path / f"out.{form}").read_text(encoding="utf-8") == _golden(form)
    assert _names(tmp_path) == {f"out.{form}"}


def test_nothing_to_go_on_with(cli, tmp_path):
    """Where there was no list, --resume begins one."""
    done = cli("list", DEMO, "-o", "out.csv", "--resume")

    assert done.exit_code == 0
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == _golden("csv")


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["list", DEMO_VMIDS["51"], "-o", "out.csv"], "it holds the list of 293793435"),
        (["list", DEMO, "-o", "out.csv", "--format", "json"], "it is written as csv"),
        (["list", DEMO, "-o", "out.csv", "--excel"], "it is written as csv"),
        (["list", DEMO, "-o", "out.csv", "--include-private"], "--include-private was another"),
        (["list", DEMO, "-o", "out.csv", "--start", "1.2.2.73"], "--resume needs -o FILE"),
        (["list", DEMO, "-o", "out.txt"], "--resume needs -o FILE"),
        (["list", DEMO], "--resume needs -o FILE"),
    ],
)
def test_what_does_not_fit(cli, fake, tmp_path, args, told):
    """What does not fit the file is refused before a request, and the file stays."""
    assert cli("list", DEMO, "-o", "out.csv", "--limit", 20).exit_code == 0
    before, asked = (tmp_path / "out.csv").read_bytes(), fake.requests
    done = cli(*args, "--resume")

    assert done.exit_code == 2
    assert told in done.stderr
    assert fake.requests == asked
    assert (tmp_path / "out.csv").read_bytes() == before


def test_a_list_for_excel_goes_on_as_one(cli, tmp_path):
    """What was begun with --excel goes on with it, and without it is refused."""
    whole, part = ("list", DEMO, "-o", "whole.csv"), ("list", DEMO, "-o", "part.csv")
    assert cli(*whole, "--excel").exit_code == 0
    assert cli(*part, "--excel", "--limit", 20).exit_code == 0
    refused = cli(*part, "--resume")
    assert cli(*part, "--excel", "--resume").exit_code == 0

    assert refused.exit_code == 2
    assert "it is written as csv --excel" in refused.stderr
    assert (tmp_path / "part.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


@pytest.mark.parametrize("name", ["out.csv", "out.csv.cursor"])
def test_what_was_changed_meanwhile(cli, tmp_path, name):
    """A file that was changed meanwhile, or a broken bookmark, is not gone on with."""
    assert cli("list", DEMO, "-o", "out.csv", "--limit", 20).exit_code == 0
    with (tmp_path / name).open("a", encoding="utf-8") as file:
        file.write("more")
    done = cli("list", DEMO, "-o", "out.csv", "--resume")

    assert done.exit_code == 2
    assert "remove" in done.stderr
    assert "to begin anew" in done.stderr
