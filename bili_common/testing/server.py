"""FakeBilibili: the endpoint on a loopback port, with synthetic users."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import socket
import struct

from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Self

from aiohttp import hdrs, web

from ..errors import UsageError
from .answers import Answer, Delivery
from .backend import Backend
from .checks import at_least
from .door import Door
from .instant_clock import InstantClock
from .records import Shape
from .rules import ServerClock


__all__ = ["FakeBilibili"]

_RESET = struct.pack("ii", 1, 0)


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

        day: Of the demo world: 1, or 2 when some users follow others, one has
            closed the list, and the account has followed one UP and unfollowed
            another.

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
        clock: ServerClock | None = None,
        log_size: int = 10_000,
        day: int = 1,
    ) -> None:
        at_least(0, latency=latency)
        super().__init__(shape=shape, clock=clock, log_size=log_size, day=day)
        self.latency = latency
        self.connections = 0
        self._door = Door(self._handle, on_accept=self._count_connection)
        self._base_url: str | None = None
        # Logins are told apart by digests that mean nothing anywhere else.
        self._salt = secrets.token_bytes(16)
        self._outages = 0
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
        if self._base_url is not None:
            raise UsageError("the fake server is started already")
        bound = await self._door.open(host, port)
        self._base_url = f"http://[{host}]:{bound}" if ":" in host else f"http://{host}:{bound}"

    async def stop(self) -> None:
        """End every connection and free the port; doing it twice does no harm."""
        if self._base_url is None:
            return
        self._base_url = None
        self._outages += 1
        self._door.shut()
        # Requests under way are dropped: who stops the server has seen enough.
        for task in self._busy:
            task.cancel()
        await asyncio.gather(*self._busy, return_exceptions=True)
        await self._door.close()

    def refuse(self, seconds: float | None = None, *, after: int = 0) -> None:
        """
        Drop every connection and refuse new ones, as if no server were there.

        Args:
            seconds: How long, by the server's clock; None until the `reset`.

            after: How many requests pass before; by default it begins at once.
        """
        at_least(0, seconds=seconds, after=after)
        if not after:
            self._refuse(seconds)
            return

        def make(_whole: Callable[[], bytes]) -> Answer:
            self._refuse(seconds)
            return Answer("refused", delivery=Delivery.RESET)

        self._add_rule(make, 1, {"after": after})

    def _refuse(self, seconds: float | None) -> None:
        _ = self.base_url  # a server that is not started refuses by itself
        self._outages += 1
        self._door.shut()
        if seconds is not None:
            self._wait(seconds, partial(self._accept, self._outages))

    def _accept(self, outage: int) -> None:
        """Let connections in again, unless this outage is over anyway."""
        if outage == self._outages:
            self._door.reopen()

    def _wait(self, seconds: float, callback: Callable[[], None]) -> None:
        """Call *callback* after *seconds* of the server's clock."""
        clock = self._clock
        if isinstance(clock, InstantClock):
            clock.call_at(clock.monotonic() + seconds, callback)
        else:
            asyncio.get_running_loop().call_later(seconds, callback)

    def reset(self) -> None:
        """End every scenario, undo the shifts and count from 0; added users stay."""
        super().reset()
        self._outages += 1
        self._door.reopen()
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
            answer = self.answer(path, request.query, login=self._login(request))
            if self.latency > 0:
                await asyncio.sleep(self.latency)
            return await _deliver(request, answer)
        finally:
            self._busy.discard(task)

    def _login(self, request: web.BaseRequest) -> bytes | None:
        """Return what tells this credential from others, and forget it."""
        credential = _credential(request)
        if not credential:
            return None
        return hashlib.blake2b(credential.encode(), key=self._salt).digest()


def _credential(request: web.BaseRequest) -> str:
    """Return the access_key or the SESSDATA that came, or nothing."""
    if key := request.query.get("access_key"):
        return f"access_key={key}"
    # The header is read as it came: cookie parsers drop values with commas.
    pairs = (
        pair.strip().partition("=")
        for header in request.headers.getall(hdrs.COOKIE, ())
        for pair in header.split(";")
    )
    return next((value for name, _, value in pairs if name == "SESSDATA" and value), "")


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
