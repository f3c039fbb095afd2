"""`bili-common list`."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import stat

import orjson
import pytest

from bili_common.testing import DEMO_VMIDS, make_record

from .commandline import CANARY, GOLDEN


DEMO = DEMO_VMIDS["demo"]
PRIVATE = {"attribute", "mtime", "tag", "special"}
FORMATS = ("table", "json", "jsonl", "csv")


@pytest.mark.parametrize("form", FORMATS)
def test_demo_is_what_it_always_was(cli, form):
    """The demo's list is the same in every run and on every machine, in each format."""
    done = cli("list", DEMO, "--demo", "--format", form)

    path = GOLDEN / f"list.{form}.txt"
    if os.environ.get("BILI_WRITE_GOLDEN"):
        path.write_text(done.stdout, encoding="utf-8")
    assert done.exit_code == 0
    assert done.stdout == path.read_text(encoding="utf-8")
    assert "73 of 73 same followings with 293793435: complete (2 requests)" in done.stderr


def test_demo_needs_no_account(cli):
    """The demo works without a credential, and asks nobody but itself."""
    done = cli(
        "list", DEMO, "--demo", env={"BILI_SESSDATA": "", "BILI_BASE_URL": "http://no.host"}
    )

    assert done.exit_code == 0
    assert "no account, no network, no rate limit" in done.stderr


def test_json_is_exact(cli, fake):
    """JSON has the server's own keys and values, all but those that tell of the caller."""
    done = cli("list", DEMO, "--format", "json")

    wanted = [
        {key: record[key] for key in record if key not in PRIVATE}
        for record in fake.truth(DEMO)
    ]
    assert json.loads(done.stdout) == wanted


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_private_fields_come_when_asked_for(cli, fake, form):
    """With --include-private the records are the server's, key for key."""
    done = cli("list", DEMO, "--format", form, "--include-private")

    lines = done.stdout.strip().strip("[]").strip().splitlines()
    assert [json.loads(line.rstrip(",")) for line in lines] == fake.truth(DEMO)


@pytest.mark.parametrize("form", FORMATS)
def test_private_fields_do_not_come_unasked(cli, form):
    """No format shows whom the caller is mutual with, or since when."""
    open_ = cli("list", DEMO, "--format", form).stdout
    private = cli("list", DEMO, "--format", form, "--include-private").stdout

    words = ["mutual", "2023-07-04"] if form == "table" else ["mtime", "attribute", "special"]
    for word in words:
        assert word not in open_
        assert word in private


def test_csv_reads_back(cli, fake):
    """CSV has one line for each account; only what a spreadsheet would run is changed."""
    done = cli("list", DEMO, "--format", "csv")

    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    truth = fake.truth(DEMO)
    assert [int(row["mid"]) for row in rows] == [record["mid"] for record in truth]
    names = {record["mid"]: record["uname"] for record in truth}
    changed = {row["uname"] for row in rows if row["uname"] != names[int(row["mid"])]}
    assert changed == {"'=萤火旅店工坊", '\'+"萤火旅店频道",-1'}


NASTY = "\x1b]0;pwned\x07a\nb\tc\u202egnp\x9b2J[red]x[/red]"


def test_excel_keeps_each_digit(cli, fake):
    """With --excel a MID of over 15 digits is a text behind a tab, and nothing else is lost."""
    fake.add_user(6, followings=[10**15 - 1, 10**15])
    for name, more in (("plain", ()), ("excel", ("--excel",))):
        assert cli("list", 6, "-o", f"{name}.csv", *more).exit_code == 0
    with open("excel.csv", encoding="utf-8-sig", newline="") as file:  # noqa: PTH123 - short
        rows = list(csv.DictReader(file))
    with open("plain.csv", encoding="utf-8", newline="") as file:  # noqa: PTH123 - short
        plain = list(csv.DictReader(file))

    assert [row["mid"] for row in rows] == ["999999999999999", "\t1000000000000000"]
    assert [{name: cell.lstrip("\t") for name, cell in row.items()} for row in rows] == plain


@pytest.mark.parametrize("args", [(), ("-o", "out.jsonl"), ("--format", "json")])
def test_excel_is_csv(cli, fake, tmp_path, args):
    """Another format is refused before anything is asked or written."""
    done = cli("list", 6, "--excel", *args)

    assert done.exit_code == 2
    assert "--excel is for CSV, not for " in done.stderr
    assert fake.requests == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", FORMATS)
def test_names_do_not_command_the_terminal(cli, fake, form):
    """No control character of a name comes out, and markup in it is only text."""
    fake.add_user(7, followings=[make_record(1, uname=NASTY, sign=NASTY)])
    done = cli("list", 7, "--format", form)

    assert done.exit_code == 0
    assert not set(done.stdout) & set("\x1b\x07\x9b\u202e\t\r")
    assert "[red]x[/red]" in done.stdout
    if "json" in form:
        assert orjson.loads(done.stdout.strip("[]\n"))["uname"] == NASTY


def test_words_of_the_server_do_not_command_the_terminal(cli, fake):
    """What the server says in an error is made printable too."""
    fake.add_user(7, followings=[{"mid": "\x1b[31m"}])
    done = cli("list", 7)

    assert done.exit_code == 6
    assert "\x1b" not in done.stderr


def test_empty_list(cli):
    """Nobody in common is an answer: an empty array, a header alone, no table."""
    empty = DEMO_VMIDS["empty"]
    shown = {form: cli("list", empty, "--format", form).stdout for form in FORMATS}

    assert shown["json"] == "[]\n"
    assert shown["jsonl"] == ""
    assert shown["table"] == ""
    assert shown["csv"].startswith("mid,uname,")
    assert len(shown["csv"].splitlines()) == 1


@pytest.mark.parametrize("form", FORMATS)
def test_an_error_is_not_an_empty_list(cli, form):
    """Where nothing came, nothing is written: not even an empty array."""
    done = cli("list", DEMO_VMIDS["private"], "--format", form)

    assert done.exit_code == 4
    assert done.stdout == ""


def test_limit_is_no_lack(cli):
    """What --limit asked for is there: exit code 0, and how to go on."""
    done = cli("list", DEMO, "--limit", 3, "--format", "jsonl")

    assert done.exit_code == 0
    assert len(done.stdout.splitlines()) == 3
    assert "3 of 73" in done.stderr
    assert "stopped at --limit" in done.stderr


def _start_in(text):
    """Return the option that a message names, as a shell would read it."""
    return re.search(r"--start (\S+)", text)[1]


def test_list_goes_on_after_an_error(cli, fake):
    """After an error what came is written, and the named option brings the rest."""
    fake.fail(None, how="html404", pn=2)
    first = cli("list", DEMO, "--format", "jsonl")
    fake.reset()
    second = cli("list", DEMO, "--format", "jsonl", "--start", _start_in(first.stderr))

    assert (first.exit_code, second.exit_code) == (6, 0)
    assert "50 same followings were read; go on with --start 2.0.50.73" in first.stderr
    mids = [json.loads(line)["mid"] for line in (first.stdout + second.stdout).splitlines()]
    assert mids == [record["mid"] for record in fake.truth(DEMO)]


def test_what_goes_on_is_the_same_in_any_shell(cli, fake):
    """What is named to go on has no quotes or signs of cmd.exe or another shell."""
    fake.fail(None, how="html404", pn=2)
    told = cli("list", DEMO, "--format", "jsonl").stderr

    option = re.search(r"go on with (.*)$", told, re.MULTILINE)[1]
    assert re.fullmatch(r"--start [0-9.]+", option)
    fake.reset()
    assert cli("list", DEMO, "--format", "jsonl", *option.split(" ")).exit_code == 0


def test_json_stays_json_after_an_error(cli, fake):
    """An array that an error cut short is closed."""
    fake.fail(None, how="html404", pn=2)
    done = cli("list", DEMO, "--format", "json")

    assert done.exit_code == 6
    assert len(json.loads(done.stdout)) == 50


@pytest.mark.parametrize(
    ("lie", "words"),
    [
        ({"empty_pages": [2, 3]}, "empty page before the end"),
        ({"ignore_pn": True}, "the same page twice"),
        ({"total": 110}, "there are more and gave no more"),
    ],
)
def test_incomplete_list_says_why(cli, fake, lie, words):
    """A walk that did not see everything says so, with exit code 7 and all that came."""
    vmid = DEMO_VMIDS["101"]
    fake.lie(vmid, **lie)
    done = cli("list", vmid, "--format", "jsonl")

    assert done.exit_code == 7
    assert len(done.stdout.splitlines()) >= 50
    assert words in done.stderr
    # Said once: the library's own warning is in the verdict.
    assert done.stderr.count("incomplete") == 1


class TestFile:
    def test_appears_whole(self, cli, tmp_path):
        """-o writes the file and leaves standard output and the folder clean."""
        done = cli("list", DEMO, "-o", tmp_path / "out.csv", "--demo")

        assert done.stdout == ""
        golden = (GOLDEN / "list.csv.txt").read_text(encoding="utf-8")
        assert (tmp_path / "out.csv").read_text(encoding="utf-8") == golden
        assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]

    @pytest.mark.parametrize("form", FORMATS)
    def test_format_wins_over_the_name(self, cli, tmp_path, form):
        """The name of the file decides the format only where --format does not."""
        cli("list", DEMO, "-o", tmp_path / "out.json", "--format", form, "--demo")

        golden = (GOLDEN / f"list.{form}.txt").read_text(encoding="utf-8")
        assert (tmp_path / "out.json").read_text(encoding="utf-8") == golden

    def test_error_leaves_the_old_file(self, cli, fake, tmp_path):
        """After an error the old file stands, and what came is beside it."""
        path = tmp_path / "out.jsonl"
        path.write_text("old")
        fake.fail(None, how="html404", pn=2)
        done = cli("list", DEMO, "-o", path)

        assert done.exit_code == 6
        assert path.read_text() == "old"
        assert len((tmp_path / "out.jsonl.part").read_text("utf-8").splitlines()) == 50
        assert "kept in" in done.stderr
        assert "out.jsonl.part; go on in the same file with --resume" in done.stderr
        names = {"out.jsonl", "out.jsonl.part", "out.jsonl.cursor"}
        assert {path.name for path in tmp_path.iterdir()} == names

    @pytest.mark.parametrize("form", ["json", "jsonl", "csv"])
    def test_resume_makes_the_file_whole(self, cli, fake, tmp_path, form):
        """--resume goes on in the same file, which then is what it would have been at once."""
        path, whole = tmp_path / f"out.{form}", tmp_path / f"whole.{form}"
        cli("list", DEMO, "-o", whole)
        fake.fail(None, how="html404", pn=2)
        assert cli("list", DEMO, "-o", path).exit_code == 6
        assert not path.exists()
        fake.reset()
        done = cli("list", DEMO, "-o", path, "--resume")

        assert done.exit_code == 0
        assert path.read_bytes() == whole.read_bytes()
        assert {it.name for it in tmp_path.iterdir()} == {path.name, whole.name}

    @pytest.mark.parametrize("name", ["out.parquet", "out.xlsx", "out"])
    def test_an_ending_that_names_no_format_is_refused(self, cli, fake, tmp_path, name):
        """A file is never of another format than its name says."""
        done = cli("list", DEMO, "-o", tmp_path / name)
        assert done.exit_code == 2
        assert fake.requests == 0
        assert not list(tmp_path.iterdir())

    def test_error_at_once_leaves_nothing(self, cli, tmp_path):
        """Where nothing came, no file appears."""
        done = cli("list", DEMO_VMIDS["gone"], "-o", tmp_path / "out.jsonl")

        assert done.exit_code == 4
        assert list(tmp_path.iterdir()) == []

    def test_unwritable_file_is_told_before_a_request(self, cli, fake, tmp_path):
        """A file that cannot be written costs no request."""
        (tmp_path / "folder.csv").mkdir()
        for path in (tmp_path / "no" / "out.csv", tmp_path / "folder.csv"):
            done = cli("list", DEMO, "-o", path)
            assert done.exit_code == 8
            assert f"cannot write to {path}" in done.stderr
        assert fake.requests == 0

    def test_keeps_mode_and_link(self, cli, tmp_path):
        """A file that is replaced keeps its mode, and a link to it stays a link."""
        real, link = tmp_path / "real.csv", tmp_path / "link.csv"
        real.write_text("old")
        real.chmod(0o600)
        link.symlink_to(real)
        cli("list", DEMO, "-o", link, "--demo")

        assert link.is_symlink()
        assert stat.S_IMODE(real.stat().st_mode) == 0o600
        assert real.read_text("utf-8").startswith("mid,")

    def test_full_disk(self, cli):
        """A full disk is told as such."""
        for extra in (["--format", "jsonl"], ["--format", "table"]):
            done = cli("list", DEMO, "--demo", "-o", "/dev/full", *extra)
            assert done.exit_code == 8
            assert "No space left" in done.stderr


def test_link_names_the_user(cli):
    """A link to a space stands for its UID."""
    done = cli("list", f"https://space.bilibili.com/{DEMO}?from=search", "--demo")

    assert done.exit_code == 0


def test_access_key_comes_from_the_environment(cli, fake):
    """An access_key will do as well, and does not show."""
    done = cli("list", DEMO, env={"BILI_SESSDATA": "", "BILI_ACCESS_KEY": CANARY})

    assert done.exit_code == 0
    assert all(seen.has_credential for seen in fake.log)
