"""The exit codes: one table, and a scenario for each of its rows."""

from __future__ import annotations

import socket

import pytest

from bili_common import errors
from bili_common.cli.exit_rules import exit_for
from bili_common.cli.exits import EXIT_CODES, Exit
from bili_common.testing import DEMO_VMIDS


DEMO, PRIVATE, GONE = DEMO_VMIDS["demo"], DEMO_VMIDS["private"], DEMO_VMIDS["gone"]
FIRST = 7000003012084547


def test_table():
    """The codes are those of the contract."""
    assert {code.name: code.value for code in Exit} == {
        "OK": 0,
        "NO": 1,
        "USAGE": 2,
        "NOT_LOGGED_IN": 3,
        "HIDDEN": 4,
        "THROTTLED": 5,
        "NETWORK": 6,
        "INCOMPLETE": 7,
        "OUTPUT": 8,
        "INTERRUPTED": 130,
    }
    assert set(EXIT_CODES) == set(Exit)


@pytest.mark.parametrize("name", errors.__all__)
def test_every_error_has_a_code(name):
    """No error of the library ends as success or as check's NO."""
    assert exit_for(getattr(errors, name)()) >= 2


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["list", DEMO], 0),
        (["check", DEMO, FIRST], 0),
        (["check", DEMO, 5, "--assume-followed"], 1),
        (["check", DEMO, 5], 7),
        (["list", "word"], 2),
        (["list", 0], 2),
        (["list", 2**63], 2),
        (["list", "--", -5], 2),
        (["list"], 2),
        (["list", DEMO, "--limit", -1], 2),
        (["list", DEMO, "--format", "xml"], 2),
        (["list", DEMO, "--rate", 0], 2),
        (["list", DEMO, "--rate", "nan"], 2),
        (["list", DEMO, "--start", "nonsense"], 2),
        (["list", DEMO, "--base-url", "http://example.org"], 2),
        (["list", DEMO, "--demo", "--base-url", "http://127.0.0.1:1"], 2),
        (["list", DEMO, "--cookie-file", "missing.txt"], 2),
        (["check", DEMO, FIRST, "--require", "both"], 2),
        (["check", DEMO], 2),
        (["nonsense"], 2),
        (["list", PRIVATE], 4),
        (["list", GONE], 4),
        (["check", PRIVATE, FIRST], 4),
    ],
)
def test_code(cli, args, code):
    """Each way to ask ends with its own code, and an error with one or two lines."""
    done = cli(*args)

    assert done.exit_code == code
    if code not in {0, 1, 7}:
        assert done.stdout == ""
        assert done.stderr.startswith("error: ")
        assert len(done.stderr.splitlines()) <= 2


@pytest.mark.parametrize(
    ("scenario", "options", "code"),
    [
        ("ban", {"form": "json412"}, 5),
        ("ban", {"form": "voucher"}, 5),
        ("throttle", {"times": None, "retry_after": 3600}, 5),
        ("fail", {"times": None, "how": "html404"}, 6),
        ("fail", {"times": None, "how": "not_json"}, 6),
        ("fail", {"times": None, "how": "no_data"}, 6),
        ("fail", {"times": None, "how": "redirect"}, 6),
    ],
)
def test_code_of_trouble(cli, fake, scenario, options, code):
    """What the server does decides between throttled and broken."""
    getattr(fake, scenario)(**options)
    done = cli("list", DEMO)

    assert done.exit_code == code
    assert done.stdout == ""
    assert "error: " in done.stderr


@pytest.mark.slow
def test_code_of_no_server(cli):
    """Where nobody listens the network is at fault."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    done = cli("list", DEMO, "--base-url", f"http://127.0.0.1:{port}")

    assert done.exit_code == 6


def test_code_of_no_credential(cli, fake):
    """Without a credential nothing is asked, and all ways to bring one are named."""
    done = cli("list", DEMO, env={"BILI_SESSDATA": ""})

    assert done.exit_code == 2
    assert fake.requests == 0
    for way in ("BILI_SESSDATA", "BILI_ACCESS_KEY", "--cookie-file", "--demo"):
        assert way in done.stderr


def test_code_of_not_logged_in(cli, fake):
    """A credential that the server does not know is told from none at all."""
    fake.log_out()
    done = cli("list", DEMO)

    assert done.exit_code == 3
    assert "-101" in done.stderr


def test_no_command_shows_the_help_and_no_empty_error(cli):
    """Nothing at all is exit code 2 with the help, and no error is named that has no text."""
    done = cli(asking=False)

    assert done.exit_code == 2
    assert "Commands" in done.stdout
    assert done.stderr == ""


def test_a_fault_of_our_own_is_not_no(cli, monkeypatch):
    """An error that nobody thought of is one line, and not exit code 1."""
    monkeypatch.setattr("bili_common.cli.actions.listing.verdict", None)
    done = cli("list", DEMO)

    assert done.exit_code == 7
    assert "this should not happen: TypeError" in done.stderr


def test_a_fault_of_our_own_shows_where_on_demand(cli, monkeypatch):
    """With BILI_DEBUG the error itself comes out, with its traceback."""
    monkeypatch.setattr("bili_common.cli.actions.listing.verdict", None)
    done = cli("list", DEMO, env={"BILI_DEBUG": "1"})

    assert isinstance(done.exception, TypeError)


def test_help_shows_the_codes(cli):
    """--help names every code, and each command's own help exists."""
    done = cli("--help", asking=False)

    shown = " ".join(done.stdout.split())
    assert done.exit_code == 0
    for code in Exit:
        assert f"{code.value} {EXIT_CODES[code]}" in shown
    for command in ("list", "check", "compare", "export", "report", "serve"):
        assert cli(command, "--help", asking=False).exit_code == 0


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["lst"], "there is no command 'lst'; did you mean list?"),
        (["nonsense"], "there is no command 'nonsense'; bili-common --help names them"),
        ([DEMO], f"there is no command '{DEMO}'; did you mean list {DEMO}?"),
        (["list"], "VMID is missing"),
        (["export", "x.sqlite"], "-o, --output is missing"),
        (["list", DEMO, "--limt", 5], "there is no option --limt; did you mean --limit"),
        (["list", DEMO, "--limit"], "--limit needs a value"),
        (["list", DEMO, "--demo=3"], "--demo takes no value"),
        (["list", DEMO, "--limit", "x"], "--limit takes a whole number, not 'x'"),
        (["list", DEMO, "--limit", -1], "--limit takes a number from 0, not '-1'"),
        (["serve", "--port", 99999], "--port takes a number up to 65535, not '99999'"),
        (["list", DEMO, "--rate", "x"], "--rate takes a number, not 'x'"),
        (["list", DEMO, "--rate", 0], "--rate: 0.0 is not a number above 0"),
        (["list", DEMO, "--format", "x"], "--format takes table, json, jsonl, csv, not 'x'"),
        (["list", DEMO, 6, 7], "too much was given: 6 7"),
        (["list", DEMO, "--day", 2], "--day is one of the demo's: it needs --demo"),
        (["compare"], "no UIDs: name some, or give --uids FILE; --demo has its own"),
    ],
)
def test_wrong_usage_is_told_plainly(cli, args, told):
    """A wrong command line is told by option and value, with a guess where one is near."""
    done = cli(*args, asking=False)

    assert done.exit_code == 2
    assert done.stderr.startswith(f"error: {told}")


def test_help_speaks_of_csv(cli):
    """The help says which cells of a CSV file are changed."""
    shown = cli("list", "--help", asking=False, env={"COLUMNS": "200"}).stdout

    assert "= + - @" in shown


def test_version(cli):
    """--version names the version alone."""
    from bili_common import __version__  # noqa: PLC0415 - the public way

    assert cli("--version", asking=False).stdout == f"bili-common {__version__}\n"
