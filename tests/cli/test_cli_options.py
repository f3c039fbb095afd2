"""The options: which verb takes which, and what those do that many verbs share."""

from __future__ import annotations

import json
import re

import pytest
import typer

from bili_common.cli.app import app
from bili_common.cli.commands import VERBS
from bili_common.cli.speech.console import write_line
from bili_common.testing import DEMO_CIRCLES, DEMO_VMIDS

from ..checkout import isolated


DEMO = DEMO_VMIDS["demo"]
CIRCLE = DEMO_CIRCLES["音乐"]

SPEAK = {"--quiet", "--verbose", "--help"}
ASK = SPEAK | {
    "--demo",
    "--day",
    "--cookie-file",
    "--account",
    "--base-url",
    "--proxy",
    "--timeout",
    "--rate",
    "--pace",
}
OPTIONS = {
    "list": ASK
    | {"--format", "--limit", "--output", "--resume", "--start"}
    | {"--bom", "--excel", "--include-private"},
    "check": ASK | {"--require", "--assume-followed", "--ask-followed", "--format"},
    "whoami": ASK | {"--format"},
    "relations": ASK | {"--format"},
    "compare": ASK
    | {
        "--uids",
        "--store",
        "--report",
        "--max-concurrency",
        "--budget",
        "--refresh-after",
        "--verify",
        "--ask-followed",
        "--top",
        "--format",
        "--include-private",
    },
    "show": SPEAK
    | {"--uid", "--mid", "--against", "--assume-followed", "--format", "--account"},
    "diff": SPEAK | {"--since", "--format", "--account"},
    "report": SPEAK | {"--output", "--since", "--account", "--include-private"},
    "export": SPEAK
    | {"--output", "--format", "--edges", "--bom", "--excel", "--account", "--include-private"},
    "upgrade": SPEAK,
    "serve": SPEAK | {"--host", "--port"},
}


def test_every_verb_has_a_row():
    """The table is that of the command."""
    assert list(OPTIONS) == list(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_takes_its_options(verb):
    """A verb takes the options of the contract, and no others."""
    command = typer.main.get_command(app).get_command(None, verb)
    context = typer.Context(command)

    taken = {
        max(param.opts, key=len)
        for param in command.get_params(context)
        if param.param_type_name == "option"
    }
    assert taken == OPTIONS[verb]


def test_budget(cli, fake, tmp_path):
    """A run stops after so many requests with exit code 7, and the same command goes on."""
    lines = "".join(f"{vmid},friend {vmid}\n" for vmid in CIRCLE)
    (tmp_path / "uids.txt").write_text(lines, encoding="utf-8")
    run = ("compare", "--uids", "uids.txt", "--store", "run.sqlite", "--max-concurrency", 1)
    first = cli(*run, "--budget", 2)
    spent = sum(1 for entry in fake.log if "same/followings" in entry.path)
    labelled = cli("show", "run.sqlite", "--uid", CIRCLE[0], asking=False)
    done = cli(*run)

    # What came has its label already.
    assert f"{CIRCLE[0]} friend {CIRCLE[0]}: ok" in labelled.stderr
    assert first.exit_code == 7
    assert spent == 2
    assert "error: the budget" in first.stderr
    assert "UIDs are in run.sqlite; the same command goes on" in first.stderr
    assert done.exit_code == 0
    assert "4 UIDs, " in done.stderr


@pytest.mark.parametrize("top", [0, 3])
def test_top_and_format(cli, top):
    """--top says how many accounts are named at the end, --format how."""
    done = cli("compare", *CIRCLE, "--demo", "--top", top, "--format", "jsonl")

    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(rows) == top
    assert all(row.keys() == {"lists", "mid", "uname"} for row in rows)


def test_account_labels_what_is_kept(cli):
    """--account goes before BILI_ACCOUNT, and a store keeps accounts apart by it."""
    run = ("compare", CIRCLE[0], "--store", "run.sqlite", "--account", "second")
    assert cli(*run, env={"BILI_ACCOUNT": "first"}).exit_code == 0
    shown = cli("show", "run.sqlite", "--account", "second", asking=False)
    other = cli("show", "run.sqlite", "--account", "first", asking=False)

    assert "run.sqlite holds 1 ok" in shown.stderr
    assert other.exit_code == 8


def test_bom(cli, tmp_path):
    """--bom begins CSV, and nothing else, with the mark that Excel wants."""
    assert cli("list", DEMO, "-o", "bom.csv", "--bom").exit_code == 0
    assert cli("list", DEMO, "-o", "bom.jsonl", "--bom").exit_code == 0
    cli("compare", *CIRCLE, "--store", "run.sqlite")
    assert cli("export", "run.sqlite", "-o", "out.csv", "--bom", asking=False).exit_code == 0
    begins = {path.name: path.read_bytes()[:3] for path in tmp_path.glob("*.[cj]s*")}

    assert begins.pop("bom.jsonl") == b'{"m'
    assert begins == {"bom.csv": b"\xef\xbb\xbf", "out.csv": b"\xef\xbb\xbf"}


def test_help_loads_words_alone():
    """No page of help needs HTTP, a database or tables: that is what the work is for."""
    code = """if True:
        import contextlib, io, sys
        from bili_common.cli.app import app
        from bili_common.cli.commands import VERBS
        for verb in VERBS:
            with contextlib.redirect_stdout(io.StringIO()) as page:
                app([verb, "--help"], standalone_mode=False)
            assert verb in page.getvalue()
        heavy = {"aiohttp", "cattrs", "jinja2", "orjson", "polars", "rich", "sqlite3"}
        print(sorted(heavy & set(sys.modules)))
    """

    assert isolated(code) == "[]\n"


def test_quiet(cli):
    """--quiet says nothing but errors."""
    assert cli("list", DEMO, "--demo", "--limit", 2, "--quiet").stderr == ""
    assert cli("compare", *CIRCLE, "--demo", "-q").stderr == ""
    error = cli("list", DEMO_VMIDS["private"], "--demo", "--quiet").stderr
    assert error.startswith("error: the user hides the list")


def test_verbose(cli, fake):
    """--verbose says every retry, also where nobody watches; without it a pipe hears none."""
    fake.fail(1, how="500")
    silent = cli("list", DEMO, "--limit", 1)
    fake.fail(1, how="500")
    told = cli("list", DEMO, "--limit", 1, "--verbose")

    assert "trying again" not in silent.stderr
    retry = r"^trying again in \d\.\d s: the server has a fault"
    assert re.search(retry, told.stderr, re.MULTILINE)


def test_proxy(cli, fake):
    """--proxy asks through it: the server itself is not there, and is not looked for."""
    gone = "http://127.0.0.1:9"
    done = cli("list", DEMO, "--base-url", gone, "--proxy", fake.base_url, "--limit", 1)

    assert done.exit_code == 0
    assert fake.requests == 1


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["--base-url", "http://example.org"], "--base-url must"),
        (["--proxy", "nonsense"], "--proxy must"),
        (["--start", "nonsense"], "--start takes the place that a list named, not 'nonsense'"),
        (["--timeout", 0], "--timeout: 0.0 is not"),
    ],
)
def test_errors_name_options(cli, fake, args, told):
    """What is wrong is told by the option that was typed, and nothing is asked."""
    done = cli("list", DEMO, *args)

    assert done.exit_code == 2
    assert done.stderr.startswith(f"error: {told}")
    assert "base_url" not in done.stderr
    assert fake.requests == 0


@pytest.mark.parametrize("width", [24, 60])
def test_a_message_breaks_between_words(monkeypatch, capsys, width):
    """A narrow terminal breaks no word, and no option from its value."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", str(width))
    text = "50 same followings were read; go on with --start 2.0.50.73"
    write_line(text, label="interrupted")

    plain = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().err)
    assert " ".join(plain.split()) == f"interrupted: {text}"
    assert max(map(len, plain.splitlines())) <= width
    assert "--start 2.0.50.73" in plain


def test_a_command_to_copy_stays_whole(monkeypatch, capsys):
    """What is to be copied is one line, however narrow the terminal."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "20")
    write_line("  bili-common diff run.sqlite --since last", whole=True)

    assert capsys.readouterr().err == "  bili-common diff run.sqlite --since last\n"
