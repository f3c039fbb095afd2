"""FakeBilibili: the endpoint on a loopback port, with synthetic users."""

from __future__ import annotations

import asyncio
import socket
import struct

from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

from aiohttp import hdrs, web

from ..errors import UsageError
from .answers import Answer, Delivery
from .backend import Backend
from .checks import at_least
from .records import Shape
from .rules import Monotonic


__all__ = ["FakeBilibili"]

_RESET = struct.pack("ii", 1, 0)


class _Door(web.Server):
    """Tells of the connections that come in, and knows those that are open."""

    def __init__(
        self,
        handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]],
        *,
        on_accept: Callable[[], None],
    ) -> None:
        # A client that gives up ends its handler too, so that no task is left.
        super().__init__(
            handler, handler_cancellation=True, access_log=None, keepalive_timeout=3600.0
        )
        self._on_accept = on_accept
        self._transports: dict[web.RequestHandler, asyncio.Transport] = {}

    def connection_made(
        self, handler: web.RequestHandler, transport: asyncio.Transport
    ) -> None:
        self._on_accept()
        self._transports[handler] = transport
        super().connection_made(handler, transport)

    def connection_lost(
        self, handler: web.RequestHandler, exc: BaseException | None = None
    ) -> None:
        self._transports.pop(handler, None)
        super().connection_lost(handler, exc)

    async def close(self) -> None:
        """End every connection; none is left when this returns."""
        self.pre_shutdown()
        await self.shutdown(timeout=0.1)
        for transport in self._transports.values():
            transport.abort()
        # An aborted transport closes its socket in the loop's next round.
        await asyncio.sleep(0)


class FakeBilibili(Backend):
    """
    A server that answers like Bilibili's same followings, for tests and demos.

    Every user is synthetic and the same in every process. Use it as
    ``async with FakeBilibili() as fake`` and give ``fake.base_url`` to the client;
    any SESSDATA or access_key will do, and none is kept.

    Args:
        shape: Which year's records: "2020", "2021", "2025" or "mixed".

        latency: Seconds between a request and its answer.

        clock: Times the log and the bans; the machine's own by default.

        log_size: How many requests `log` holds at most.

    Attributes:
        connections: How many TCP connections were accepted since it was made or
            `reset`.

        latency: May be changed at any time.
    """

    connections: int
    latency: float

    def __init__(
        self,
        *,
        shape: Shape = "mixed",
        latency: float = 0.0,
        clock: Monotonic | None = None,
        log_size: int = 10_000,
    ) -> None:
        at_least(0, latency=latency)
        super().__init__(shape=shape, clock=clock, log_size=log_size)
        self.latency = latency
        self.connections = 0
        self._door: _Door | None = None
        self._listener: asyncio.Server | None = None
        self._base_url: str | None = None
        self._busy: set[asyncio.Task[object]] = set()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    @property
    def base_url(self) -> str:
        """Where it listens, such as ``http://127.0.0.1:8080``."""
        if self._base_url is None:
            raise UsageError("the fake server is not started: use async with, or start()")
        return self._base_url

    async def start(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        """
        Begin to listen.

        Args:
            host: The address to listen on.

            port: 0 for a free one.
        """
        if self._listener is not None:
            raise UsageError("the fake server is started already")
        door = _Door(self._handle, on_accept=self._count_connection)
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(door, host, port, backlog=1024)
        self._door = door
        bound = self._listener.sockets[0].getsockname()[1]
        self._base_url = f"http://[{host}]:{bound}" if ":" in host else f"http://{host}:{bound}"

    async def stop(self) -> None:
        """End every connection and free the port; doing it twice does no harm."""
        if self._listener is None or self._door is None:
            return
        listener, door = self._listener, self._door
        self._listener = self._door = self._base_url = None
        listener.close()
        # Requests under way are dropped: who stops the server has seen enough.
        for task in self._busy:
            task.cancel()
        await asyncio.gather(*self._busy, return_exceptions=True)
        await door.close()
        await listener.wait_closed()

    def reset(self) -> None:
        """End every scenario, undo the shifts and count from 0; added users stay."""
        super().reset()
        self.connections = 0

    def _count_connection(self) -> None:
        self.connections += 1

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request, or leave it as its scenario wants."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine that runs is in a task
        self._busy.add(task)
        try:
            # Only GET is known, on that one path.
            path = request.path if request.method == hdrs.METH_GET else ""
            answer = self.answer(path, request.query, has_credential=_has_credential(request))
            if self.latency > 0:
                await asyncio.sleep(self.latency)
            return await _deliver(request, answer)
        finally:
            self._busy.discard(task)


def _has_credential(request: web.BaseRequest) -> bool:
    """Return whether a SESSDATA or an access_key came, and forget which."""
    if request.query.get("access_key"):
        return True
    # The header is read as it came: cookie parsers drop values with commas.
    pairs = (
        pair.strip().partition("=")
        for header in request.headers.getall(hdrs.COOKIE, ())
        for pair in header.split(";")
    )
    return any(name == "SESSDATA" and value for name, _, value in pairs)


async def _deliver(request: web.BaseRequest, answer: Answer) -> web.StreamResponse:
    """Put *answer* on the wire; what ends without an answer ends by cancellation."""
    transport = request.transport
    if answer.delivery is Delivery.WHOLE or transport is None:
        return web.Response(
            body=answer.body,
            status=answer.status,
            headers={**answer.headers, hdrs.CONTENT_TYPE: answer.content_type},
        )
    if answer.delivery in {Delivery.HALF, Delivery.CUT}:
        transport.write(_half(answer))
    if answer.delivery is Delivery.RESET:
        # Lingering for no time makes the kernel send a reset for the close.
        raw = transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        transport.abort()
    elif answer.delivery is not Delivery.HANG:
        transport.close()
    # The handler ends when its connection does.
    await asyncio.get_running_loop().create_future()
    raise AssertionError("unreachable: nobody sets that future")


def _half(answer: Answer) -> bytes:
    """Return headers and half the body; only some say how long the whole is."""
    lines = [f"HTTP/1.1 {answer.status} OK", f"Content-Type: {answer.content_type}"]
    if answer.delivery is Delivery.HALF:
        lines.append(f"Content-Length: {len(answer.body)}")
    lines.append("Connection: close\r\n\r\n")
    return "\r\n".join(lines).encode() + answer.body[: len(answer.body) // 2]
