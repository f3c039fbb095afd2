"""Together: what four processes on one account reach by a shared pace, and by none."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import subprocess
import tempfile

from collections.abc import Iterator
from pathlib import Path

from bili_common.testing import FakeBilibili

from ..pace.test_processes import PROCESSES, achieved, beyond, finish, spawn
from .table import Row, missing, plain


RATE = 20


def rows(seconds: int) -> Iterator[Row]:
    """Yield the rows of each store, and of none."""
    what = f"pace of {PROCESSES} processes x 4 tasks at {RATE} per second, "
    with tempfile.TemporaryDirectory() as folder:
        times = asyncio.run(_turns("file", str(Path(folder, "pace.sqlite")), seconds))
        yield from _rows(f"{what}FilePace", times)
    if shutil.which("redis-server"):
        with _redis() as url:
            times = asyncio.run(_turns("redis", url, seconds))
        yield from _rows(f"{what}RedisPace", times)
    else:
        yield missing(f"{what}RedisPace", "redis-server")
    part = achieved(asyncio.run(_turns("alone", "", seconds)), RATE)
    yield Row(f"{what}nothing shared", f"{part * RATE:.1f} /s", f"{RATE} /s", plain(part))


def _rows(what: str, times: list[float]) -> Iterator[Row]:
    part, excess = achieved(times, RATE), beyond(times, RATE)
    ours = f"{part * RATE:.1f} /s"
    yield Row(f"{what}: achieved / configured", ours, f"{RATE} /s", plain(part), 1.0, 0.93)
    yield Row(f"{what}: grants beyond the bound", f"{excess:.2f}", "0", plain(excess), 0.1)


async def _turns(kind: str, place: str, seconds: int) -> list[float]:
    async with FakeBilibili() as fake:
        workers = [
            await spawn(fake, kind, place, RATE, seconds, 2 + n) for n in range(PROCESSES)
        ]
        times = await finish(workers)
        return times if kind != "alone" else [seen.at for seen in fake.log]


@contextlib.contextmanager
def _redis() -> Iterator[str]:
    """Run a Redis server on loopback for as long as the context is open."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = ["redis-server", "--port", str(port), "--save", "", "--bind", "127.0.0.1"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 - by its name
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            asyncio.run(asyncio.sleep(0.02))
        yield f"redis://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()
