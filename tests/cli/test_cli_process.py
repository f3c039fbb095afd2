"""The command as a process: terminals, pipes, signals, and the missing extra."""

from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
import sys

import pytest

from rich.cells import cell_len

from bili_common.testing import DEMO_VMIDS

from .commandline import GOLDEN, on_terminal, started


DEMO = str(DEMO_VMIDS["demo"])
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.slow
@pytest.mark.parametrize("columns", [60, 80, 140])
def test_table_fits_the_terminal(command, columns):
    """On a terminal no line is wider than it, counting Chinese as two, and no MID is cut."""
    argv, environment = command
    code, shown = on_terminal(
        [*argv, "list", DEMO, "--demo"],
        env={**environment, "TERM": "xterm-256color"},
        columns=columns,
        stderr=subprocess.DEVNULL,
    )

    plain = ESCAPE.sub("", shown)
    assert code == 0
    assert "\x1b[1m" in shown
    assert "\x1b" not in plain
    assert max(map(cell_len, plain.splitlines())) <= columns
    golden = (GOLDEN / "list.jsonl.txt").read_text("utf-8")
    assert re.findall(r"^ *(\d+)  ", plain, re.MULTILINE) == re.findall(r'"mid":(\d+)', golden)


@pytest.mark.slow
def test_no_color(command):
    """NO_COLOR and a dumb terminal are respected."""
    argv, environment = command
    for extra in ({"NO_COLOR": "1", "TERM": "dumb"}, {"TERM": "dumb"}):
        _, shown = on_terminal(
            [*argv, "list", DEMO, "--demo"],
            env={**environment, **extra},
            columns=80,
            stderr=subprocess.DEVNULL,
        )
        assert "\x1b" not in shown


def test_pipe_gets_the_golden(process):
    """A pipe gets the table as wide as it needs to be, in UTF-8, without colours."""
    done = process("list", DEMO, "--demo")

    assert done.returncode == 0
    assert done.stdout.decode() == (GOLDEN / "list.table.txt").read_text("utf-8")


def test_latin_locale_gets_utf_8(command):
    """Data is UTF-8 whatever the locale is."""
    argv, environment = command
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [*argv, "list", DEMO, "--demo", "--format", "jsonl"],
        env={**environment, "PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        check=True,
    )

    assert done.stdout.decode() == (GOLDEN / "list.jsonl.txt").read_text("utf-8")


def test_head_ends_it_quietly(command):
    """A reader that has had enough ends the command without a word, and without fault."""
    argv, environment = command
    with started(
        [*argv, "list", str(DEMO_VMIDS["1000"]), "--format", "jsonl", "--rate", "1000"],
        env=environment,
    ) as child:
        child.stdout.readline()
        child.stdout.close()
        said = child.stderr.read().decode()

    assert child.returncode == 0
    assert said == ""


@pytest.mark.slow
def test_full_standard_output(command):
    """A full disk behind standard output is exit code 8."""
    argv, environment = command
    for form in ("table", "jsonl"):
        with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device
            done = subprocess.run(  # noqa: S603 - our own interpreter
                [*argv, "list", DEMO, "--demo", "--format", form],
                env=environment,
                stdout=full,
                stderr=subprocess.PIPE,
                check=False,
            )
        assert done.returncode == 8
        assert b"cannot write to standard output: No space left" in done.stderr
        assert b"Traceback" not in done.stderr


def test_standard_output_by_its_name(command):
    """-o /dev/stdout writes there, also where standard output is a pipe."""
    argv, environment = command
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [*argv, "list", DEMO, "--demo", "--format", "jsonl", "-o", "/dev/stdout"],
        env=environment,
        capture_output=True,
        check=False,
    )

    assert done.returncode == 0
    assert done.stdout == (GOLDEN / "list.jsonl.txt").read_bytes()


def test_ctrl_c_says_how_to_go_on(command, fake):
    """Ctrl-C is exit code 130; what came is out, and the option for the rest is named."""
    argv, environment = command
    fake.fail(None, how="timeout", pn=2)
    with started(
        [*argv, "list", DEMO, "--format", "jsonl", "--rate", "1000"], env=environment
    ) as child:
        lines = [child.stdout.readline() for _ in range(50)]
        child.send_signal(signal.SIGINT)
        rest, said = child.communicate(timeout=30)

    assert child.returncode == 130
    assert all(lines)
    assert rest == b""
    assert said.decode().startswith(
        "interrupted: 50 same followings were read; go on with --start 2.0.50.73"
    )
    assert b"Traceback" not in said


@pytest.mark.parametrize("missing", ["typer", "rich"])
def test_missing_extra_is_named(missing):
    """Without the extra the command says what to install: exit code 2, no traceback."""
    code = (
        f"import sys; sys.modules[{missing!r}] = None\n"
        "import sys; sys.argv[1:] = ['list', '1', '--demo']\n"
        "from bili_common.__main__ import main; main()"
    )
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert 'pip install "bili-common[cli]"' in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.slow
def test_serve_until_ctrl_c(command):
    """Serve prints its address, answers there, and ends by Ctrl-C with 130."""
    argv, environment = command
    environment.pop("BILI_BASE_URL")
    with started([*argv, "serve"], env=environment) as server:
        base_url = server.stdout.readline().decode().strip()
        done = subprocess.run(  # noqa: S603 - our own interpreter
            [
                *argv,
                "list",
                DEMO,
                "--base-url",
                base_url,
                "--rate",
                "1000",
                "--format",
                "jsonl",
            ],
            env=environment,
            capture_output=True,
            check=True,
        )
        server.send_signal(signal.SIGINT)
        _, said = server.communicate(timeout=30)

    assert done.stdout.decode() == (GOLDEN / "list.jsonl.txt").read_text("utf-8")
    assert server.returncode == 130
    assert f"--base-url {base_url}" in said.decode()
    assert b"Traceback" not in said


@pytest.mark.slow
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize(("typed", "wanted"), [("sh", "show"), ("list --res", "--resume")])
def test_completion(command, shell, typed, wanted):
    """Each shell is told the verbs, and the options of the verb that stands there."""
    argv, environment = command
    words = f"bili-common {typed}"
    asked = {
        "_BILI_COMMON_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(typed.split())),
        "_TYPER_COMPLETE_ARGS": words,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    done = subprocess.run(argv, env=environment | asked, capture_output=True, check=True)  # noqa: S603 - our own interpreter

    assert re.findall(r"--resume|\bshow\b", done.stdout.decode())[:1] == [wanted]


def test_serve_says_why_it_cannot(process, fake):
    """A port that is taken is told in one line."""
    port = fake.base_url.rpartition(":")[2]
    done = process("serve", "--port", port)

    assert done.returncode == 6
    assert b"Traceback" not in done.stderr
    assert done.stderr.startswith(f"error: cannot listen on 127.0.0.1, port {port}".encode())
    assert len(done.stderr.splitlines()) == 1


_COMPARE = ("compare", "--demo", "--store", "run.sqlite")
# Each verb with the exit code of its answer; the store is made by the first.
_ANSWERS = (
    ((*_COMPARE, "-o", "first.html"), 0),
    ((*_COMPARE, "--budget", "0", "--refresh-after", "0"), 7),
    (("list", DEMO, "--demo", "--limit", "2", "-o", "some.jsonl"), 0),
    (("list", str(DEMO_VMIDS["private"]), "--demo"), 4),
    (("check", DEMO, "5", "--demo", "--assume-followed"), 1),
    (("check", DEMO, "5", "--demo"), 7),
    (("whoami", "--demo"), 0),
    (("relations", "5", "--demo"), 0),
    (("show", "run.sqlite"), 0),
    (("diff", "run.sqlite"), 0),
    (("diff", "run.sqlite", "--since", "word"), 2),
    (("report", "run.sqlite"), 0),
    (("export", "run.sqlite", "-o", "out.csv", "--edges"), 0),
    (("upgrade", "run.sqlite"), 0),
    (("upgrade", "missing.sqlite"), 8),
    (("nonsense",), 2),
)


# A fork of it for each verb: it has loaded already what all of them need.
_FORKING = """if True:
    import gc, importlib, json, os, pkgutil, sys
    import bili_common.cli, bili_common.report.writer, bili_common.testing, jinja2
    from bili_common.__main__ import main
    for module in pkgutil.walk_packages(bili_common.cli.__path__, "bili_common.cli."):
        importlib.import_module(module.name)
    gc.freeze()
    codes = []
    for args in json.loads(sys.argv[1]):
        if not (child := os.fork()):
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            os.dup2(os.open("/dev/full", os.O_WRONLY), 2)
            sys.argv[1:] = args
            sys.exit(main())
        codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    print(codes)
"""


@pytest.mark.slow
def test_exit_code_of_every_verb_where_nobody_hears(command):
    """A full standard error changes the answer of no verb."""
    _, environment = command
    environment.pop("PYTHONUNBUFFERED")
    answers = json.dumps([args for args, _ in _ANSWERS])
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", _FORKING, answers],
        env=environment,
        capture_output=True,
        check=True,
    )

    assert json.loads(done.stdout) == [code for _, code in _ANSWERS]


@pytest.mark.slow
def test_exit_code_of_closed_streams(command):
    """Neither do closed streams, whatever the verb reads or writes."""
    argv, environment = command
    lines = [
        f"{shlex.join([*argv, *args])} >/dev/null <&- 2>&-; echo $?"
        for args in (_COMPARE, ("export", "run.sqlite", "-o", "out.csv"), ("upgrade", "none"))
    ]
    done = subprocess.run(  # noqa: S602 - our own interpreter
        "\n".join(lines), shell=True, env=environment, capture_output=True, check=False
    )

    assert done.stdout.split() == [b"0", b"0", b"8"]


@pytest.mark.parametrize(
    ("redirection", "code"),
    [
        ("2>/dev/full", 0),
        ("2>&-", 0),
        ("<&-", 0),
        ("2>/dev/full >/dev/full", 8),
        (">&- 2>&-", 8),
    ],
)
def test_exit_code_is_the_answer_whatever_the_streams(command, redirection, code):
    """A stream that is full or closed never turns a YES into a NO."""
    argv, environment = command
    environment.pop("PYTHONUNBUFFERED")
    mid = 3024169094
    text = f"{shlex.join(argv)} check {DEMO} {mid} --demo {redirection}"
    done = subprocess.run(  # noqa: S602 - our own interpreter
        text, shell=True, env=environment, stdout=subprocess.DEVNULL, check=False
    )

    assert done.returncode == code
