"""Each example runs as a user would run it, against a fake server."""

from __future__ import annotations

import ast
import asyncio
import contextlib
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import time

from pathlib import Path

import aiohttp
import pytest

from bili_common.testing import DEMO_VMIDS

from .pages import blocks


pytestmark = pytest.mark.slow


EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


def _run(*command):
    return subprocess.run(  # noqa: S603 - our own examples
        [sys.executable, *map(str, command)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def _load(name, file):
    spec = importlib.util.spec_from_file_location(name, file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_notebook(account):
    """The notebook's cells await at their top level, and end with all records in a table."""
    source = (EXAMPLES / "notebook.py").read_text(encoding="utf-8")
    code = compile(source, "notebook.py", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    names = {}

    asyncio.run(eval(code, names))  # noqa: S307 - our own example

    truth = [(record["mid"], record["uname"]) for record in account.truth(293793435)]
    assert truth == [(row["mid"], row["name"]) for row in names["table"]]
    assert "closed" in repr(names["client"])


def _gate(*args):
    done = _run(EXAMPLES / "group_gate.py", *args)
    return done.returncode, done.stdout.strip()


def test_gate_says_yes(account):
    """An applicant who follows one of ours gets a yes with its name."""
    record = account.truth(293793435)[5]

    assert _gate(293793435, "--ours", 1, record["mid"]) == (0, f"yes: {record['uname']}")


def test_gate_says_no(account):
    """An applicant whose whole list has none of ours gets a no."""
    assert _gate(293793435, "--ours", 1, 2) == (1, "no: none of 2 accounts")


def test_gate_does_not_guess(account):
    """A hidden list, a missing user and a list that is cut short are unknown, never a no."""
    account.lie(42, empty_pages={1})

    codes = [
        _gate(vmid, "--ours", 1)[0] for vmid in (DEMO_VMIDS["private"], DEMO_VMIDS["gone"], 42)
    ]

    assert codes == [7, 7, 7]


def test_spider(account, tmp_path):
    """The spider feeds the records of all users that can be seen, without private data."""
    pytest.importorskip("scrapy", reason="Scrapy is not installed: see the examples group")
    account.add_user(42, followings=3)
    account.add_user(43, private=True)
    account.add_user(44, followings=2)

    done = _run(
        *("-m", "scrapy", "runspider", EXAMPLES / "scrapy_spider.py"),
        *("-a", "vmids=42,43,44", "-O", "out.jsonl"),
    )

    assert done.returncode == 0, done.stderr
    lines = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    fed = [json.loads(line) for line in lines]
    truth = account.truth(42) + account.truth(44)
    assert [record["mid"] for record in truth] == [item["mid"] for item in fed]
    assert {frozenset(item) for item in fed} == {frozenset(("mid", "uname", "sign", "face"))}
    assert "nothing is known of 43" in done.stderr


@contextlib.asynccontextmanager
async def _serve(name, file):
    """Serve the application in *file* on a free port."""
    pytest.importorskip("fastapi", reason="FastAPI is not installed: see the examples group")
    uvicorn = pytest.importorskip("uvicorn", reason="uvicorn is not installed: see examples")
    config = uvicorn.Config(_load(name, file).app, port=0, log_level="warning")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - it has no event to wait for
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await serving


@pytest.fixture
async def served(account):
    """Serve the streaming example."""
    async with _serve("fastapi_stream", EXAMPLES / "fastapi_stream.py") as address:
        yield f"{address}/same-followings/"
    # The server waited for its answers: an abandoned walk would have gone through 20 pages.
    assert account.requests < 20


async def test_stream(served, account):
    """The endpoint streams a line for each record, and one that says it is complete."""
    account.add_user(42, followings=3)

    async with aiohttp.ClientSession() as session, session.get(f"{served}42") as answer:
        lines = [json.loads(line) async for line in answer.content]

    assert [record["mid"] for record in account.truth(42)] == [ln["mid"] for ln in lines[:-1]]
    assert lines[-1] == {"complete": True}


async def test_stream_says_no(served, account):
    """What cannot be known has a status of its own, and no empty stream."""
    account.add_user(43, private=True)
    statuses = []
    async with aiohttp.ClientSession() as session:
        for vmid in (43, 0, DEMO_VMIDS["gone"]):
            async with session.get(f"{served}{vmid}") as answer:
                statuses.append(answer.status)
        account.ban(60)
        async with session.get(f"{served}42") as answer:
            statuses.append(answer.status)
            assert answer.headers["Retry-After"] == "90"

    assert statuses == [404, 422, 404, 503]


async def test_stream_tells_where_it_broke(served, account):
    """A walk that breaks ends the stream with a line to resume from."""
    account.add_user(42, followings=60)
    account.fail(1, how="not_json", pn=2)

    async with aiohttp.ClientSession() as session, session.get(f"{served}42") as answer:
        lines = [json.loads(line) async for line in answer.content]

    assert len(lines) == 51
    assert json.loads(lines[-1]["resume"])["seen"] == 50


async def test_stream_ends_when_its_reader_leaves(served, account):
    """When the reader leaves, the walk ends: what the fixture checks at its end."""
    async with aiohttp.ClientSession() as session:
        answer = await session.get(f"{served}{DEMO_VMIDS['1000']}")
        await answer.content.readline()
        answer.close()


@pytest.fixture
def service(tmp_path):
    """Return a file with the service of its page."""
    page = EXAMPLES.parent / "jobs" / "web-service.md"
    [block] = [block for block in blocks(page.read_text(encoding="utf-8")) if block.caption]
    file = tmp_path / block.caption
    file.write_text(block.text, encoding="utf-8")
    return file


@pytest.fixture
async def workers(account, service):
    """Run the service by uvicorn with two workers, in their folder, and return its address."""
    pytest.importorskip("fastapi", reason="FastAPI is not installed: see the examples group")
    pytest.importorskip("uvicorn", reason="uvicorn is not installed: see examples")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "service:app", "--workers", "2"]
    process = await asyncio.create_subprocess_exec(
        *command, "--port", str(port), "--log-level", "error", start_new_session=True
    )
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), 20)
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


async def _get(session, path, *, patience=0.0):
    """Ask, again while nobody listens yet."""
    deadline = time.monotonic() + patience
    while True:
        try:
            async with session.get(path) as answer:
                return answer.status, await answer.json()
        except aiohttp.ClientConnectorError:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)


async def _one_session_each(stack, address):
    """Return a session for each of two workers; its one connection stays with its worker."""
    found = {}
    deadline = time.monotonic() + 60
    while len(found) < 2:
        assert time.monotonic() < deadline, "the second worker never answered"
        sessions = [
            await stack.enter_async_context(
                aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1))
            )
            for _ in range(8)
        ]
        asked = (_get(session, f"{address}/health", patience=60) for session in sessions)
        for session, (_, health) in zip(sessions, await asyncio.gather(*asked), strict=True):
            found.setdefault(health["worker"], session)
    return list(found.values())


async def test_workers_share_one_pace(workers, account):
    """Two workers of the page's service ask together as fast as one would."""

    async def six(session):
        asked = [await _get(session, f"{workers}/shared/293793435") for _ in range(6)]
        return asked, (await _get(session, f"{workers}/health"))[1]["requests"]

    async with contextlib.AsyncExitStack() as stack:
        sessions = await _one_session_each(stack, workers)
        begun = time.monotonic()
        told = await asyncio.gather(*map(six, sessions))
        seconds = time.monotonic() - begun

    assert told == [([(200, {"total": 73})] * 6, 6)] * 2
    assert account.requests == 12
    # A burst of one, then five a second: twelve take 2.2 s, and by two paces 1.0 s.
    assert seconds >= 11 / 5 * 0.9


async def test_service_says_no(service, account):
    """What cannot be known, a wrong UID and a block have statuses of their own."""
    account.add_user(43, private=True)
    async with _serve("service", service) as address, aiohttp.ClientSession() as session:
        path = f"{address}/shared/"
        statuses = [(await _get(session, f"{path}{vmid}"))[0] for vmid in (43, 0)]
        account.ban(60)
        statuses.append((await _get(session, f"{path}42"))[0])

    assert statuses == [404, 422, 503]
