"""Raw servers on loopback: what goes wrong below HTTP, in a few lines each."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct

from collections.abc import Awaitable, Callable
from typing import Self
from urllib.parse import parse_qs, urlsplit

import orjson

from bili_common.testing import make_record


PAGE_SIZE = 2
TOTAL = 4
VMID = 293793435

_LINGER_FOR_NO_TIME = struct.pack("ii", 1, 0)


def page_body(pn: int) -> bytes:
    """Return the honest body of page *pn* of the short list that every stage has."""
    first = 10_000 + (pn - 1) * PAGE_SIZE
    last = min(first + PAGE_SIZE, 10_000 + TOTAL)
    data = {"list": [make_record(mid) for mid in range(first, last)], "total": TOTAL}
    return orjson.dumps({"code": 0, "message": "0", "ttl": 1, "data": data})


def http(body: bytes = b"", *headers: str, status: str = "200 OK", length: int = -1) -> bytes:
    """Return a whole HTTP answer; *length* in place of the true one, None for none."""
    lines = [f"HTTP/1.1 {status}", *headers]
    if not any(header.startswith("Connection:") for header in headers):
        lines.append("Connection: close")
    if length is not None and not status.startswith(("1", "204", "304")):
        lines.append(f"Content-Length: {len(body) if length < 0 else length}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Line:
    """
    One connection, at the point where a request was read and waits for its answer.

    Attributes:
        body: What would be the honest answer's body.

        head: The request, up to its empty line.
    """

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        body: bytes = b"",
        head: bytes = b"",
    ) -> None:
        self.reader = reader
        self.writer = writer
        self.body = body
        self.head = head

    async def send(self, raw: bytes) -> None:
        self.writer.write(raw)
        await self.writer.drain()

    async def until_left(self) -> None:
        """Wait until the client ends the connection."""
        while await self.reader.read(4096):
            pass

    def reset(self) -> None:
        """End the connection by a TCP reset."""
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_FOR_NO_TIME)
        self.writer.transport.abort()


# What happens in place of an answer. The connection is closed when it returns.
Act = Callable[[Line], Awaitable[None]]


def says(make: bytes | Callable[[bytes], bytes]) -> Act:
    """Send raw bytes, which may be made of the honest body, and close."""

    async def act(line: Line) -> None:
        await line.send(make if isinstance(make, bytes) else make(line.body))

    return act


def resets(make: bytes | Callable[[bytes], bytes] = b"") -> Act:
    """Send raw bytes, then reset the connection."""

    async def act(line: Line) -> None:
        await line.send(make if isinstance(make, bytes) else make(line.body))
        line.reset()

    return act


def hangs(make: bytes | Callable[[bytes], bytes] = b"") -> Act:
    """Send raw bytes, then nothing more for as long as the client stays."""

    async def act(line: Line) -> None:
        await line.send(make if isinstance(make, bytes) else make(line.body))
        await line.until_left()

    return act


def repeats(start: bytes, again: bytes, *, every: float = 0.0) -> Act:
    """Send *start*, then *again* each *every* seconds for as long as the client stays."""

    async def act(line: Line) -> None:
        await line.send(start)
        while True:
            await line.send(again)
            await asyncio.sleep(every)

    return act


class Stage:
    """
    A server that gives page 1, plays one act in place of page 2, and then goes on.

    Args:
        act: Played once, for the first request for page *at*.

        at: The page that is spoilt first; 0 to play it on each connection, before all else.

        keep_alive: Whether honest answers leave the connection open.

        tls: The server's side of TLS, if it speaks that.

    Attributes:
        asked: How often each page was asked for.

        last_head: The latest request, up to its empty line.

        has_credential: Whether every request brought a Cookie header.
    """

    def __init__(
        self,
        act: Act,
        *,
        at: int = 2,
        keep_alive: bool = False,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._act: Act | None = act
        self._at = at
        self._keep_alive = keep_alive
        self._tls = tls
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._empty = asyncio.Event()
        self._empty.set()
        self.asked: dict[int, int] = {}
        self.last_head = b""
        self.has_credential = True

    @property
    def port(self) -> int:
        assert self._server is not None
        return self._server.sockets[0].getsockname()[1]

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        return self

    async def __aexit__(self, *_exc_info: object) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.gather(*self._tasks)

    async def until_empty(self, *, within: float = 2.0) -> None:
        """Return once the last connection has ended."""
        async with asyncio.timeout(within):
            await self._empty.wait()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self._writers.add(writer)
        self._empty.clear()
        try:
            if self._at == 0 and self._act is not None:
                await self._act(Line(reader, writer))
            else:
                while await self._answer(reader, writer):
                    pass
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            self._writers.discard(writer)
            if not self._writers:
                self._empty.set()
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        self.last_head = await reader.readuntil(b"\r\n\r\n")
        head = self.last_head.decode("latin-1")
        query = parse_qs(urlsplit(head.split()[1]).query)
        pn = int(query["pn"][0])
        self.asked[pn] = self.asked.get(pn, 0) + 1
        self.has_credential &= "\r\nCookie: " in head or "access_key" in query
        if self._act is not None and pn == self._at:
            act, self._act = self._act, None
            await act(Line(reader, writer, page_body(pn), self.last_head))
            return False

        ending = "keep-alive" if self._keep_alive else "close"
        writer.write(http(page_body(pn), f"Connection: {ending}"))
        await writer.drain()
        return self._keep_alive
