"""The idle connections of an aiohttp session: what came on one is no answer of ours."""

from __future__ import annotations

import asyncio

from collections.abc import Iterator
from typing import Any

import aiohttp


__all__ = ["UnreadMiddleware", "drop_idle", "seal_idle"]


class UnreadMiddleware:
    """
    Drops idle connections on which bytes came that nobody asked for.

    A server may say 408 on a connection that it is tired of, or send one answer too
    many. aiohttp would take that for the answer to the next request, and each later
    answer for the one before it.

    Args:
        session: The session whose connections are looked at.
    """

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    def __deepcopy__(self, _memo: object) -> UnreadMiddleware:
        # As for `SingleSendMiddleware`: a copy would be one of the event loop.
        return self

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        # The first turn of the loop finds the bytes that have arrived, the second
        # comes after they were read. No await from here to the connection's choice.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        for _, protocol in _idle(self._session):
            if protocol.should_close:
                protocol.close()
        return await handler(request)


def seal_idle(session: aiohttp.ClientSession) -> None:
    """Let any byte that comes on an idle connection of *session* be seen as unread."""
    for _, protocol in _idle(session):
        # With the last answer's parser, half a head would wait inside it, unseen.
        # Without one it is kept as unread. The next request brings its own.
        protocol._parser = None  # noqa: SLF001 - aiohttp has no public name for it


def drop_idle(session: aiohttp.ClientSession, *, host: str) -> None:
    """Close the idle connections of *session* to *host*: the next request opens its own."""
    for to, protocol in _idle(session):
        if to == host:
            protocol.close()


def _idle(session: aiohttp.ClientSession) -> Iterator[tuple[str, Any]]:
    """Yield host and protocol of each idle connection."""
    # aiohttp has no public name for them, and a mocked session may have none.
    pool: dict[Any, Any] = getattr(session.connector, "_conns", {})
    for key, connections in pool.items():
        for protocol, _ in connections:
            yield key.host, protocol
