"""
The server, in a process of its own: pages rendered beforehand, latency, and counts.

``vmid`` says what is asked for: ``user * 10**7 + length`` is the list of *length* records of
that user. Run as a program it prints its port, and ends when its standard input does.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import gzip
import http.client
import json
import random
import subprocess
import sys

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import attrs

from ..checkout import ROOT, program


RECORDS = 5000
FIRST_MID = 3_000_000_000
PATH = "/x/relation/same/followings"


def latency_of(least: float, most: float, pn: int) -> float:
    """Return the latency of page *pn*, drawn evenly between two: the same in each round."""
    return random.Random(pn).uniform(least, most)


def vmid_of(length: int, user: int = 1) -> int:
    """Return the id of a user whose list has *length* records."""
    return user * 10**7 + length


@attrs.frozen
class Served:
    """
    A running server.

    Attributes:
        url: Its base URL.
    """

    url: str

    def take_counts(self) -> dict[str, int]:
        """Return the requests and connections since the last call."""
        connection = http.client.HTTPConnection(self.url.removeprefix("http://"))
        connection.request("GET", "/counts")
        counts = json.loads(connection.getresponse().read())
        connection.close()
        return counts


@contextmanager
def serving(
    *,
    latency: float = 0.0,
    most: float | None = None,
    shape: str = "2021",
    zipped: bool = False,
) -> Iterator[Served]:
    """Run a server for as long as the context is open; *latency* to *most* are seconds."""
    command = program("tests.bench.server", f"--latency={latency}", f"--shape={shape}")
    if most is not None:
        command.append(f"--most={most}")
    if zipped:
        command.append("--zipped")
    process = subprocess.Popen(  # noqa: S603 - this very file
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        port = process.stdout.readline().strip()
        yield Served(f"http://127.0.0.1:{port}")
    finally:
        process.communicate()


class Pages:
    """
    Bodies for any list, of a stock of different records with mids of their own.

    Args:
        shape: Which year's keys the records have.

        zipped: Whether bodies are compressed, as the real server does.
    """

    def __init__(self, shape: str, *, zipped: bool) -> None:
        # Here, since the process that measures imports this module too.
        from bili_common.testing.records import make_record, mid_of  # noqa: PLC0415

        self._zipped = zipped
        # Each record in two halves, between which its mid belongs.
        self._halves = []
        for index in range(RECORDS):
            record = make_record(mid_of(index), shape=shape)
            text = json.dumps({**record, "mid": 0}, ensure_ascii=False, separators=(",", ":"))
            before, after = text.split('"mid":0', 1)
            self._halves.append((f'{before}"mid":', after))

        # The pages that one round of measuring asks for cost nothing twice.
        self.body = functools.lru_cache(maxsize=256)(self._render)

    def _render(self, vmid: int, pn: int, ps: int) -> bytes:
        user, length = divmod(vmid, 10**7)
        start = (pn - 1) * ps
        records = ",".join(
            f"{before}{FIRST_MID + place}{after}"
            for place in range(start, min(start + ps, length))
            for before, after in (self._halves[(place + user * 37) % RECORDS],)
        )
        data = f'{{"list":[{records}],"re_version":2147483647,"total":{length}}}'
        text = f'{{"code":0,"message":"0","ttl":1,"data":{data}}}'
        return gzip.compress(text.encode(), 6) if self._zipped else text.encode()


class Server(asyncio.Protocol):
    """One connection: HTTP/1.1 as far as a well-behaved GET needs it."""

    def __init__(
        self,
        pages: Pages,
        counts: dict[str, int],
        latency: tuple[float, float],
        *,
        zipped: bool,
    ) -> None:
        self._pages = pages
        self._counts = counts
        self._latency = latency
        self._encoding = "Content-Encoding: gzip\r\n" if zipped else ""
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._is_counted = False

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            head, self._buffer = self._buffer.split(b"\r\n\r\n", 1)
            self._answer(urlsplit(head.split(b" ", 2)[1].decode()))

    def _answer(self, target) -> None:
        if target.path == "/counts":
            body = json.dumps(self._counts).encode()
            self._counts.update(requests=0, connections=0)
            self._write(body, "")
            return

        if target.path == "/x/web-interface/nav":
            data = {"isLogin": True, "mid": 1, "uname": "bench"}
            self._write(json.dumps({"code": 0, "message": "0", "data": data}).encode(), "")
            return

        self._counts["requests"] += 1
        self._counts["connections"] += not self._is_counted
        self._is_counted = True
        query = {key: int(values[0]) for key, values in parse_qs(target.query).items()}
        body = self._pages.body(query["vmid"], query["pn"], query["ps"])
        if self._latency[1]:
            loop = asyncio.get_running_loop()
            latency = latency_of(*self._latency, query["pn"])
            loop.call_later(latency, self._write, body, self._encoding)
        else:
            self._write(body, self._encoding)

    def _write(self, body: bytes, encoding: str) -> None:
        head = (
            "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\n"
            f"{encoding}Content-Length: {len(body)}\r\n\r\n"
        )
        self._transport.write(head.encode() + body)


async def serve(latency: tuple[float, float], shape: str, *, zipped: bool) -> None:
    """Serve until standard input ends."""
    pages, counts = Pages(shape, zipped=zipped), {"requests": 0, "connections": 0}
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Server(pages, counts, latency, zipped=zipped), "127.0.0.1", 0, backlog=1024
    )
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 - the parent reads it
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--most", type=float)
    parser.add_argument("--shape", default="2021")
    parser.add_argument("--zipped", action="store_true")
    given = parser.parse_args()
    most = given.latency if given.most is None else given.most
    asyncio.run(serve((given.latency, most), given.shape, zipped=given.zipped))
