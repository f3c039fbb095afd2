"""The command in this process, and a fake server in a thread beside it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading

import pytest

from typer.testing import CliRunner

from bili_common.cli.app import app
from bili_common.testing import FakeBilibili

from .commandline import CANARY


# What the command reads of the environment, and what Rich does.
_VARIABLES = (
    "BILI_SESSDATA BILI_ACCESS_KEY BILI_ACCOUNT BILI_BASE_URL BILI_DEBUG "
    "LANG LANGUAGE LC_ALL LC_MESSAGES "
    "COLUMNS FORCE_COLOR NO_COLOR TTY_COMPATIBLE TTY_INTERACTIVE TERM"
)


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch, tmp_path):
    """No test sees the credential or the terminal of whoever runs it."""
    for name in _VARIABLES.split():
        monkeypatch.delenv(name, raising=False)
    # Where the pace lives that commands share.
    monkeypatch.setenv("XDG_CACHE_HOME", f"{tmp_path}-cache")
    monkeypatch.chdir(tmp_path)


class _Thread(threading.Thread):
    """Runs a fake server in a loop of its own."""

    def __init__(self):
        super().__init__(daemon=True)
        self.fake = None
        self.loop = asyncio.new_event_loop()
        self.started = threading.Event()
        self.ended = None

    def run(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self._serve())
        self.loop.close()

    async def _serve(self):
        self.ended = asyncio.Event()
        async with FakeBilibili() as self.fake:
            self.started.set()
            await self.ended.wait()


@pytest.fixture(scope="session")
def _server():
    thread = _Thread()
    thread.start()
    assert thread.started.wait(10)
    yield thread.fake
    thread.loop.call_soon_threadsafe(thread.ended.set)
    thread.join(10)


@pytest.fixture
def fake(_server):
    """A fake server without scenarios."""
    _server.reset()
    yield _server
    _server.reset()
    _server.latency = 0.0


@pytest.fixture
def cli(fake):
    """Run the command against the fake server, and look for the credential in what it says."""

    def run(*args, env=None, stdin=None, asking=True):
        variables = {"BILI_SESSDATA": CANARY, "BILI_BASE_URL": fake.base_url, **(env or {})}
        texts = [str(arg) for arg in args]
        if asking and "--rate" not in texts and "--demo" not in texts:
            texts += ["--rate", "1000"]
        done = CliRunner().invoke(app, texts, env=variables, input=stdin)
        for text in (done.stdout, done.stderr):
            assert "canary" not in text
            assert "Traceback" not in text
        return done

    return run


@pytest.fixture
def command(fake):
    """Return the arguments and environment that start the command as a process."""
    environment = {
        **os.environ,
        "BILI_SESSDATA": CANARY,
        "BILI_BASE_URL": fake.base_url,
        "PYTHONUNBUFFERED": "1",
    }
    return [sys.executable, "-m", "bili_common"], environment


@pytest.fixture
def process(command):
    """Run the command as a process to its end."""
    argv, environment = command

    def run(*args, **options):
        texts = [str(arg) for arg in args]
        return subprocess.run(  # noqa: S603 - our own interpreter
            [*argv, *texts],
            env=environment,
            capture_output=True,
            timeout=60,
            check=False,
            **options,
        )

    return run
