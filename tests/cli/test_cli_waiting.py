"""What a command says while it waits: on a terminal the reason, in a pipe nothing."""

from __future__ import annotations

import errno
import re
import subprocess

from datetime import UTC, datetime, timedelta

import attrs
import pytest

from bili_common import (
    RequestTimeoutError,
    RunSummary,
    ServerError,
    ThrottledError,
    TransportError,
)
from bili_common.cli.speech.console import Messages
from bili_common.cli.speech.help_page import columns_of_text
from bili_common.cli.speech.progress import Standing, progress_line
from bili_common.cli.speech.verdict import rest_of
from bili_common.cli.speech.waiting import show_work
from bili_common.compare._workers.attempt import Attempt
from bili_common.compare._workers.judgement import Action, RunHistory
from bili_common.testing import DEMO_CIRCLES, DEMO_VMIDS

from .commandline import on_terminal, started


DEMO = str(DEMO_VMIDS["demo"])
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


def _watched(command, *args, columns=80):
    """Run the command on a terminal; return its exit code and what was shown, as text."""
    argv, environment = command
    env = {**environment, "TERM": "xterm-256color"}
    code, shown = on_terminal([*argv, *map(str, args)], env=env, columns=columns)
    return code, ESCAPE.sub("", shown)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("args", "server", "told"),
    [
        (("list", DEMO, "--rate", 100), {"latency": 2.6}, "no answer for 2 s"),
        (("list", DEMO, "--rate", 0.3), {}, "waiting for a turn for 2 s"),
        (("check", DEMO, 5, "--rate", 100), {"latency": 2.6}, "no answer for 2 s"),
        (("whoami", "--rate", 100), {"latency": 2.6}, "no answer for 2 s"),
    ],
)
def test_a_long_wait_is_told(command, fake, args, server, told):
    """After two seconds a terminal says what is waited for; the same in a pipe is silent."""
    for name, value in server.items():
        setattr(fake, name, value)
    code, text = _watched(command, *args, "--pace", "local")

    assert code in {0, 7}
    assert told in text


@pytest.mark.slow
def test_a_rest_is_told_in_the_line(command, fake):
    """While the server wants a rest, the line says so and for how long, beside the counts."""
    fake.throttle(times=1, retry_after=3)
    vmids = DEMO_CIRCLES["音乐"]
    args = ("compare", *vmids, "--store", "run.sqlite", "--rate", 100, "--pace", "local")
    code, text = _watched(command, *args)

    assert code == 0
    assert "warning: the server asked to slow down" in text
    assert re.search(r"\d/4 · resting, as the server asked, [23] s left", text)


@pytest.mark.slow
def test_a_pipe_hears_nothing_of_waits(command, fake):
    """Where nobody watches, a wait is silent: only the result is said."""
    argv, environment = command
    fake.throttle(times=1, retry_after=3)
    args = [*argv, "list", DEMO, "--rate", "100", "--pace", "local", "--limit", "3"]
    done = subprocess.run(args, env=environment, capture_output=True, check=False)  # noqa: S603 - our own interpreter

    assert done.returncode == 0
    said = done.stderr.decode().splitlines()
    assert said[0].startswith("3 of 73 same followings")
    assert len(said) == 2


@pytest.mark.slow
def test_the_rest_of_a_run_is_told(command, fake):
    """When a whole run rests, it says why and how long; with -v in a pipe too."""
    argv, environment = command
    fake.throttle(times=None, retry_after=3600)
    args = ("compare", *DEMO_CIRCLES["音乐"], "--store", "run.sqlite", "--pace", "local", "-v")
    with started([*argv, *map(str, args)], env=environment) as child:
        told = next(line for line in child.stderr if line.startswith(b"resting"))

    assert re.fullmatch(rb"resting, as the server asked, 3[56]\d\d s left\s*", told)


def _rest(error):
    """Return what is said while a run rests because of *error*, which came again and again."""
    history = RunHistory(5, (1200.0,))
    decisions = [history.judge(error, Attempt(7, 0)) for _ in range(5)]
    code = next(each.code for each in decisions if each.action is Action.REST)
    until = datetime.now(UTC) + timedelta(seconds=1200)
    return rest_of(RunSummary(resting_until=until, resting_code=code))


def _full():
    error = TransportError("no")
    error.errno = errno.EMFILE
    return error


RESTS = [
    (ThrottledError(retry_after=1200), "as the server asked", "服务器要求"),
    (_full(), "too many open files", "打开的文件太多"),
    (ServerError("down"), "server or network down", "服务器或网络"),
    (RequestTimeoutError("late"), "server or network down", "服务器或网络"),
]


@pytest.mark.parametrize("locale", ["C.UTF-8", "zh_CN.UTF-8"])
@pytest.mark.parametrize(("error", "english", "chinese"), RESTS)
def test_each_rest_of_a_run_says_why(monkeypatch, error, english, chinese, locale):
    """The reason is told in the reader's language, at 60 columns too, and before all else."""
    monkeypatch.setenv("LC_ALL", locale)
    rest = _rest(error)
    line = progress_line(Standing(98765, 100000, ("98765 ok",), rest), "no answer", 59)

    assert (english if locale == "C.UTF-8" else chinese) in rest
    assert "1200" in rest
    assert columns_of_text(line) <= 59
    assert line.lstrip("━─ ").startswith(f"98765/100000 · {rest}")
    assert "no answer" not in line


@pytest.mark.parametrize("width", [59, 79, 119])
@pytest.mark.parametrize("wait", ["", "resting, as the server asked, 1200 s left"])
def test_the_line_keeps_its_meaning(width, wait):
    """However narrow, the counts and the wait are whole; what has no room is left out whole."""
    parts = ("98765 ok, 12 incomplete, 345 private, 67 not found", "12.3/s, 1:23:45 left")
    line = progress_line(Standing(98765, 100000, parts), wait, width)

    shown = line.lstrip("━─ ").split(" · ")
    assert len(line) <= width
    assert shown[0] == "98765/100000"
    assert "…" not in line
    assert [part for part in shown[1:] if part not in (wait, *parts)] == []
    assert wait in line


def test_a_rest_that_is_over_is_not_told():
    """Why a run rests is said only while it does, and nothing where nobody knows why."""
    until = datetime.now(UTC) + timedelta(seconds=30)
    summary = RunSummary(done=3, ok=3, resting_until=until)

    assert rest_of(summary) == "resting, 30 s left"
    assert rest_of(attrs.evolve(summary, resting_until=until - timedelta(minutes=1))) == ""
    assert rest_of(RunSummary(done=3)) == ""


def test_work_is_told_on_a_terminal_alone(monkeypatch, capsys):
    """What takes long by itself is named on a terminal, and nothing of it stays there."""
    with show_work(Messages(), "writing a.csv", after=0.0):
        pass
    assert capsys.readouterr().err == ""

    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    with show_work(Messages(), "writing a.csv", after=0.0):
        pass
    shown = capsys.readouterr().err
    assert "writing a.csv, 0 s so far" in shown
    # The line is erased, and the cursor shown.
    assert "\x1b[2K" in shown.rpartition("so far")[2]
    assert "\x1b[?25h" in shown


@pytest.mark.slow
def test_what_can_be_asked_next(command):
    """On a terminal a run ends with commands to copy; in a pipe it does not."""
    argv, environment = command
    run = ("compare", "--demo", "--store", "demo.sqlite", "--top", "3")
    _, first = _watched(command, *run)
    _, second = _watched(command, *run, "--day", 2, "--refresh-after", 0)
    done = subprocess.run([*argv, *run], env=environment, capture_output=True, check=False)  # noqa: S603 - our own interpreter

    again = "bili-common compare --demo --day 2 --store demo.sqlite --refresh-after 0"
    assert "next:\n" in first
    assert f"\n  {again}\n" in first
    assert "\n  bili-common diff demo.sqlite\n" in second
    assert b"next:" not in done.stderr
