"""Door: the port of the fake server, which can be shut and opened again."""

from __future__ import annotations

import asyncio
import socket

from collections.abc import Awaitable, Callable

from aiohttp import web


__all__ = ["Door"]

_BACKLOG = 1024


class _Connections(web.Server):
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

    def abort(self) -> None:
        """Break every connection."""
        for transport in self._transports.values():
            transport.abort()

    async def close(self) -> None:
        """End every connection; none is left when this returns."""
        self.pre_shutdown()
        await self.shutdown(timeout=0.1)
        self.abort()
        # An aborted transport closes its socket in the loop's next round.
        await asyncio.sleep(0)


class Door:
    """
    The listening socket: open, shut for a while, open again.

    Args:
        handler: Answers a request.

        on_accept: Called for each connection that comes in.
    """

    def __init__(
        self,
        handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]],
        *,
        on_accept: Callable[[], None],
    ) -> None:
        self._handler = handler
        self._on_accept = on_accept
        self._connections: _Connections | None = None
        self._listener: asyncio.Server | None = None
        # Keeps the port while the door is shut: bound, it does not listen.
        self._placeholder: socket.socket | None = None
        self._opening: asyncio.Task[None] | None = None

    async def open(self, host: str, port: int) -> int:
        """Listen on *host*, and return the port."""
        self._connections = _Connections(self._handler, on_accept=self._on_accept)
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(
            self._connections, host, port, backlog=_BACKLOG
        )
        return int(self._listener.sockets[0].getsockname()[1])

    def shut(self) -> None:
        """Break every connection, and let none in."""
        if self._connections is None or self._listener is None:
            return
        listening = self._listener.sockets[0]
        address, family = listening.getsockname(), listening.family
        self._listener.close()
        self._listener = None
        self._connections.abort()
        self._placeholder = socket.socket(family, socket.SOCK_STREAM)
        self._placeholder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._placeholder.bind(address)

    def reopen(self) -> None:
        """Let connections in again; a door that is open stays so."""
        if self._placeholder is None:
            return
        # From here on they wait in the socket's own queue, until the loop looks.
        listening, self._placeholder = self._placeholder, None
        listening.listen(_BACKLOG)
        self._opening = asyncio.get_running_loop().create_task(self._listen(listening))

    async def _listen(self, listening: socket.socket) -> None:
        assert self._connections is not None  # noqa: S101 - it was open before
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(
            self._connections, sock=listening, backlog=_BACKLOG
        )

    async def close(self) -> None:
        """End every connection and free the port."""
        if self._opening is not None:
            await self._opening
            self._opening = None
        self.shut()
        if self._placeholder is not None:
            self._placeholder.close()
            self._placeholder = None
        if self._connections is not None:
            await self._connections.close()
            self._connections = None
