"""Together: what four processes on one account reach by a shared pace, and by none."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import shutil
import socket
import statistics
import subprocess
import tempfile
import time

from collections.abc import Iterator
from pathlib import Path

from bili_common.pace import FilePace, LocalPace, PaceStore, RedisPace
from bili_common.pace._decisions import Asker, ask
from bili_common.pace._settings import PaceSettings
from bili_common.testing import FakeBilibili

from ..pace.test_processes import PROCESSES, achieved, beyond, finish, spawn
from .table import Row, missing, plain


RATE = 20


ASKS = 2000


def rows(seconds: int) -> Iterator[Row]:
    """Yield the rows of each store, and of none."""
    yield from _costs()
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


def _costs() -> Iterator[Row]:
    """Yield what one ask of each store takes, for nobody else asks."""
    what = "one ask of {}, the median"
    with tempfile.TemporaryDirectory() as folder:
        for store in (LocalPace(), FilePace(Path(folder, "pace.sqlite"))):
            yield _cost(what.format(type(store).__name__), store)
    if not shutil.which("redis-server"):
        yield missing(what.format("RedisPace"), "redis-server")
        return

    with _redis() as url:
        yield _cost(what.format("RedisPace"), RedisPace(url))


def _cost(what: str, store: PaceStore) -> Row:
    milliseconds = statistics.median(asyncio.run(_asked(store))) * 1000
    return Row(what, f"{milliseconds:.3f} ms", "-", plain(milliseconds), group="time")


async def _asked(store: PaceStore) -> list[float]:
    """Return the seconds of each of many turns that are given at once."""
    step = functools.partial(ask, settings=PaceSettings(interval=1), asker=Asker(client=1))
    took: list[float] = []
    for _ in range(ASKS):
        began = time.perf_counter()
        await store.change("bench", step)
        took.append(time.perf_counter() - began)
    await store.aclose()
    return took


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
