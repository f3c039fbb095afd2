"""`bili-common compare`, `export` and `report`."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import signal
import sqlite3
import subprocess

from pathlib import Path

import pytest

from bili_common.testing import DEMO_CIRCLES, DEMO_VMIDS

from .commandline import CANARY, on_terminal, started


PRIVATE, GONE, EMPTY = (DEMO_VMIDS[name] for name in ("private", "gone", "empty"))
CIRCLE = DEMO_CIRCLES["音乐"]


def _pages(fake, vmid):
    return max(1, math.ceil(len(fake.user(vmid).followings) / 50))


def test_demo_writes_nothing_unasked(cli, tmp_path):
    """The demo needs nothing, compares some circles, and leaves every file alone."""
    (tmp_path / "report.html").write_text("mine")
    done = cli("compare", "--demo", env={"BILI_SESSDATA": ""})

    assert done.exit_code == 0
    assert "28 UIDs: 26 ok, 1 private, 1 not found" in done.stderr
    assert "of 2 UIDs the whole list is not known" in done.stderr
    assert "14        3000000000  星灯抽屉电台" in done.stdout
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]


def test_demo_takes_other_users_and_files(cli, tmp_path):
    """The demo's users, store and report can be chosen."""
    done = cli("compare", *CIRCLE, "--demo", "--store", "run.sqlite", "-o", "page.html")

    assert done.exit_code == 0
    assert "4 UIDs: 4 ok" in done.stderr
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["page.html", "run.sqlite", "run.sqlite-lock"]


def test_most_shared_is_counted_right(cli, fake):
    """What is written is what the server's own lists say."""
    done = cli("compare", *CIRCLE, "--store", "run.sqlite")

    lists = [frozenset(fake.user(vmid).mids) for vmid in CIRCLE]
    shown = re.findall(r"^ +(\d+) +(\d+) ", done.stdout, re.MULTILINE)
    assert len(shown) == 10
    for count, mid in shown:
        assert sum(int(mid) in one for one in lists) == int(count)
    assert [int(count) for count, _ in shown] == sorted(
        (int(c) for c, _ in shown), reverse=True
    )


def test_same_command_goes_on(cli, fake):
    """What is in the store is not asked for again, and counts all the same."""
    first = cli("compare", *CIRCLE[:2], PRIVATE, "--store", "run.sqlite")
    before = fake.requests
    second = cli("compare", *CIRCLE, PRIVATE, "--store", "run.sqlite")

    assert (first.exit_code, second.exit_code) == (0, 0)
    # One more asks whose store it is.
    assert fake.requests - before == 1 + sum(_pages(fake, vmid) for vmid in CIRCLE[2:])
    assert "5 UIDs, 3 of them from run.sqlite: 4 ok, 1 private" in second.stderr


def test_failures_are_counted_and_fetched_again(cli, fake):
    """One user's failure is exit code 7, and is mended by the same command."""
    fake.fail(None, how="html404", vmid=CIRCLE[0])
    fake.lie(CIRCLE[1], ignore_pn=True, clamp=1)
    first = cli("compare", *CIRCLE, "--store", "run.sqlite")
    fake.reset()
    second = cli("compare", *CIRCLE, "--store", "run.sqlite")

    assert first.exit_code == 7
    assert "2 ok, 1 incomplete, 1 failed" in first.stderr
    assert "of 2 UIDs the whole list is not known" in first.stderr
    assert second.exit_code == 0
    assert "2 of them from run.sqlite: 4 ok" in second.stderr


def test_risk_control_ends_it_with_the_store_intact(cli, fake):
    """A ban in the middle is exit code 5, and says how far it came and how to go on."""
    fake.ban(after=3)
    done = cli("compare", *range(1001, 1031), "--store", "run.sqlite")

    assert done.exit_code == 5
    assert re.search(r"\d of 30 UIDs are in run.sqlite; the same command goes on", done.stderr)
    with sqlite3.connect("run.sqlite") as store:
        statuses = {
            row[0]
            for row in store.execute(
                "SELECT CASE status WHEN 0 THEN 'ok' ELSE status END FROM outcomes"
            )
        }
    store.close()
    assert statuses <= {"ok"}


class TestUids:
    def test_file(self, cli, tmp_path):
        """UIDs come from arguments and a file, links too, each once."""
        path = tmp_path / "uids.txt"
        path.write_text(f"# mine\n{CIRCLE[0]}\n\nhttps://space.bilibili.com/{CIRCLE[1]}\n")
        done = cli("compare", CIRCLE[0], "--uids", path, "--store", "run.sqlite")

        assert done.exit_code == 0
        assert "left out, as it was named before: 1 UID\n" in done.stderr
        assert "2 UIDs: 2 ok" in done.stderr

    def test_standard_input(self, cli):
        """- reads the UIDs from standard input."""
        done = cli("compare", "--uids", "-", "--store", "run.sqlite", stdin=f"{CIRCLE[0]}\n")

        assert "1 UID: 1 ok (1 request, " in done.stderr

    def test_wrong_lines_start_nothing(self, cli, fake, tmp_path):
        """A wrong line is named, nothing is asked, and no store is made."""
        path = tmp_path / "uids.txt"
        path.write_text("3\nword\n-7\n")
        done = cli("compare", "--uids", path, "--store", "run.sqlite")

        assert done.exit_code == 2
        assert "line 2: 'word', line 3: '-7'; nothing was started" in done.stderr
        assert fake.requests == 0
        assert not (tmp_path / "run.sqlite").exists()

    @pytest.mark.parametrize(
        "args", [[], ["3"], ["--store", "run.sqlite"], ["--uids", "no.txt", "--store", "x"]]
    )
    def test_too_little(self, cli, fake, args):
        """Without users or a store there is nothing to do."""
        done = cli("compare", *args)

        assert done.exit_code == 2
        assert fake.requests == 0
        assert len(done.stderr.splitlines()) == 1


class TestFiles:
    @pytest.mark.parametrize("path", ["no/report.html", "folder.html"])
    def test_report_is_tried_first(self, cli, fake, path):
        """A report that cannot be written is told before a request."""
        Path("folder.html").mkdir()
        done = cli("compare", *CIRCLE, "--store", "run.sqlite", "-o", path)

        assert done.exit_code == 8
        assert fake.requests == 0

    @pytest.mark.parametrize("store", ["no/run.sqlite", "text.sqlite", "."])
    def test_store_that_is_none(self, cli, fake, tmp_path, store):
        """A store that cannot be opened is exit code 8, before a request."""
        (tmp_path / "text.sqlite").write_text("this is no store, but a text " * 100)
        done = cli("compare", *CIRCLE, "--store", store)

        assert done.exit_code == 8
        assert fake.requests == 0
        assert len(done.stderr.splitlines()) <= 2

    @pytest.mark.parametrize("args", [("export", "out.csv"), ("report", "out.html")])
    def test_nothing_to_read(self, cli, tmp_path, args):
        """A missing store is told, and not made."""
        done = cli(args[0], "no.sqlite", "-o", args[1], asking=False)

        assert done.exit_code == 8
        assert list(tmp_path.iterdir()) == []


@pytest.fixture
def store(cli):
    """Make a store of one circle, a hidden user, one who is gone, and one who follows none."""
    done = cli("compare", *CIRCLE, PRIVATE, GONE, EMPTY, "--store", "run.sqlite")
    assert done.exit_code == 0
    return "run.sqlite"


class TestExport:
    @pytest.mark.parametrize("form", ["csv", "jsonl"])
    def test_rows(self, cli, fake, store, tmp_path, form):
        """An export has a row for each account in each list, and one for each user without."""
        done = cli("export", store, "-o", f"out.{form}", asking=False)

        text = (tmp_path / f"out.{form}").read_text("utf-8")
        lines = map(json.loads, text.splitlines())
        rows = list(csv.DictReader(io.StringIO(text)) if form == "csv" else lines)
        pairs = {(int(row["vmid"]), int(row["mid"])) for row in rows if row["mid"]}
        assert done.exit_code == 0
        assert f"{len(rows)} rows written to out.{form}" in done.stderr
        assert pairs == {(vmid, mid) for vmid in CIRCLE for mid in fake.user(vmid).mids}
        assert {row["status"] for row in rows if not row["mid"]} == {
            "ok",
            "private",
            "not_found",
        }

    @pytest.mark.parametrize("form", ["csv", "jsonl"])
    def test_edges(self, cli, fake, store, form):
        """With --edges each row is a user and an account, and nobody stands there alone."""
        done = cli("export", store, "-o", "-", "--format", form, "--edges", asking=False)

        lines = done.stdout.splitlines()
        rows = csv.DictReader(lines) if form == "csv" else map(json.loads, lines)
        pairs = {(int(row["vmid"]), int(row["mid"])) for row in rows}
        assert done.exit_code == 0
        assert pairs == {(vmid, mid) for vmid in CIRCLE for mid in fake.user(vmid).mids}

    def test_parquet(self, cli, store):
        """The same goes into a Parquet file."""
        polars = pytest.importorskip("polars")
        done = cli("export", store, "-o", "out.parquet", asking=False)

        assert done.exit_code == 0
        assert set(polars.read_parquet("out.parquet")["vmid"]) >= set(CIRCLE)

    def test_private_fields_only_when_asked_for(self, cli, store, tmp_path):
        """The caller's own relation is in no export that did not ask for it."""
        cli("export", store, "-o", "open.csv", asking=False)
        cli("export", store, "-o", "private.csv", "--include-private", asking=False)

        private = {"attribute", "mtime", "tag", "special"}
        heads = {
            name: set((tmp_path / name).read_text("utf-8").splitlines()[0].split(","))
            for name in ("open.csv", "private.csv")
        }
        assert not heads["open.csv"] & private
        assert heads["private.csv"] >= private

    def test_labels(self, cli, tmp_path):
        """What a file of UIDs calls them is in the export."""
        (tmp_path / "uids.txt").write_text(f"{CIRCLE[0]},小满\n{CIRCLE[1]}\n", "utf-8")
        assert cli("compare", "--uids", "uids.txt", "--store", "named.sqlite").exit_code == 0
        done = cli("export", "named.sqlite", "-o", "-", "--format", "csv", asking=False)

        rows = csv.DictReader(io.StringIO(done.stdout))
        pairs = {(row["vmid"], row["label"]) for row in rows}
        assert pairs == {(str(CIRCLE[0]), "小满"), (str(CIRCLE[1]), "")}

    def test_excel(self, cli, fake, store, tmp_path):
        """With --excel long MIDs are texts, in CSV alone; another format is refused."""
        done = cli("export", store, "-o", "out.csv", "--excel", asking=False)
        other = cli("export", store, "-o", "out.jsonl", "--excel", asking=False)

        text = (tmp_path / "out.csv").read_text("utf-8")
        long = {mid for vmid in CIRCLE for mid in fake.user(vmid).mids if mid >= 10**15}
        assert done.exit_code == 0
        assert text.startswith("\ufeff")
        assert long
        assert all(f'"\t{mid}"' in text and f",{mid}," not in text for mid in long)
        assert other.exit_code == 2
        assert "--excel is for CSV, not for jsonl" in other.stderr
        assert not (tmp_path / "out.jsonl").exists()

    def test_unknown_format(self, cli, store):
        """A name that says no format is refused."""
        assert cli("export", store, "-o", "out.xlsx", asking=False).exit_code == 2

    def test_several_accounts(self, cli, store, tmp_path):
        """Where a store holds several accounts, the one that is meant is named."""
        cli("compare", CIRCLE[0], "--store", store, env={"BILI_ACCOUNT": "second"})
        unnamed = cli("export", store, "-o", "out.csv", asking=False)
        wrong = cli("export", store, "-o", "out.csv", "--account", "third", asking=False)
        done = cli("export", store, "-o", "out.csv", "--account", "second", asking=False)

        assert unnamed.exit_code == 2
        assert "holds the accounts 'default', 'second'" in unnamed.stderr
        assert wrong.exit_code == 8
        assert "holds the accounts 'default', 'second', not 'third'" in wrong.stderr
        assert done.exit_code == 0
        text = (tmp_path / "out.csv").read_text("utf-8")
        vmids = {row["vmid"] for row in csv.DictReader(io.StringIO(text))}
        assert vmids == {str(CIRCLE[0])}


def test_report(cli, store, tmp_path):
    """A report is one page, of what the store holds."""
    done = cli("report", store, "-o", "page.html", asking=False)

    assert done.exit_code == 0
    assert str(CIRCLE[0]) in (tmp_path / "page.html").read_text("utf-8")


def test_no_secret_in_any_file(cli, store, tmp_path):
    """The credential is in no store, export, report or shared pace."""
    for args in (("export", "-o", "out.csv"), ("export", "-o", "o.jsonl"), ("report",)):
        cli(args[0], store, *args[1:], "--include-private", asking=False)

    paces = list(Path(f"{tmp_path}-cache").rglob("*.sqlite"))
    assert paces
    files = [*tmp_path.iterdir(), *paces]
    assert len(files) >= 5
    for path in files:
        # Not the word alone: Plotly's script knows it.
        text = path.read_bytes()
        assert not any(spelling in text for spelling in (b"canary%2C", b"canary,", b"abc*f1"))


def test_progress_in_lines(cli, monkeypatch):
    """Where there is no terminal, progress is a line now and then, if it is asked for."""
    monkeypatch.setattr("bili_common.cli.speech.progress._PAUSE", 0.0)
    silent = cli("compare", *CIRCLE[:2], "--store", "run.sqlite")
    done = cli("compare", *CIRCLE, "--store", "run.sqlite", "--verbose")

    assert "/2" not in silent.stderr
    assert re.search(r"^\S* ?\d/4 · ", done.stderr, re.MULTILINE)


@pytest.mark.slow
def test_progress_on_a_terminal(command, fake):
    """A terminal shows a bar, which makes room for warnings and is gone at the end."""
    argv, environment = command
    fake.throttle(retry_after=0)
    fake.latency = 0.3
    argv = [*argv, "compare", *map(str, CIRCLE), "--store", "run.sqlite", "--rate", "100"]
    code, shown = on_terminal(argv, env={**environment, "TERM": "xterm-256color"}, columns=80)

    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown)
    assert code == 0
    assert re.search(r"\d/4 · \d ok · [\d.]+/s, 0:00:\d\d left", text)
    assert "warning: the server asked to slow down" in text
    # The last word about the cursor is that it is shown.
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")
    assert "4 UIDs: 4 ok" in text


@pytest.mark.slow
def test_ctrl_c_leaves_a_store_to_go_on_with(command, fake):
    """Ctrl-C is exit code 130; the same command fetches only what is not in the store."""
    argv, environment = command
    vmids = list(range(1001, 1041))
    fake.latency = 0.02
    argv = [*argv, "compare", *map(str, vmids), "--store", "run.sqlite", "--rate", "10000"]
    with started(argv, env=environment) as child:
        while fake.requests < 20:
            assert child.poll() is None
        child.send_signal(signal.SIGINT)
        data, said = child.communicate(timeout=30)
    before = fake.requests
    done = subprocess.run(  # noqa: S603 - our own interpreter
        argv, env=environment, capture_output=True, check=False
    )

    text = said.decode()
    assert child.returncode == 130
    assert data == b""
    assert "Traceback" not in text
    kept = int(re.search(r"interrupted: (\d+) of 40 UIDs are in run.sqlite", text)[1])
    assert 0 < kept < 40
    assert done.returncode == 0
    stored = re.search(r"40 UIDs, (\d+) of them from run.sqlite: 40 ok", done.stderr.decode())
    assert kept == int(stored[1])
    # No more than what was not in the store, at most all pages of it.
    assert fake.requests - before < sum(_pages(fake, vmid) for vmid in vmids)
    assert CANARY not in text
