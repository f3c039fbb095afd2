"""The middlewares of aiohttp: an attempt sends one request, and reads no other's answer."""

from __future__ import annotations

import select

from collections.abc import Collection, Iterator
from typing import Any

import aiohttp
import attrs

from .._util.secret import Secret
from ..errors import TransportError


__all__ = [
    "SingleSendMiddleware",
    "drop_idle",
    "middlewares_of",
    "seal_idle",
]


@attrs.define(eq=False, repr=False)
class SingleSendMiddleware:
    """
    Lets one request through, and no answer but its own.

    aiohttp repeats a GET by itself when the connection is lost. The second try
    would pay no pace and count nowhere, so it is left to our own retry.

    Args:
        session: What sends the request.

        cookie: The Cookie header. It is in no jar, which would send it to every
            host.
    """

    _session: aiohttp.ClientSession
    _cookie: Secret | None
    _is_sent: bool = attrs.field(default=False, init=False)

    def __deepcopy__(self, _memo: object) -> SingleSendMiddleware:
        # aioresponses keeps a deep copy of each request's arguments. One of
        # this would be one of the client and its event loop.
        return self

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        if self._is_sent:
            raise TransportError("the connection was lost")

        self._is_sent = True
        if self._cookie is not None:
            # Joined this late, since aiohttp rewrites the header where a
            # borrowed session has cookies of its own: a comma gets quotes.
            ours, others = self._cookie.reveal(), request.headers.get("Cookie")
            request.headers["Cookie"] = _join_cookies(ours, others) if others else ours
        # No await from here to the connection's choice.
        _drop_unread(self._session)
        return await handler(request)


def _drop_unread(session: aiohttp.ClientSession) -> None:
    """
    Close the idle connections on which bytes came that nobody asked for.

    A server may say 408 on a connection that it is tired of, or send one answer too
    many. aiohttp would take that for the answer to the next request, and each later
    answer for the one before it.
    """
    sockets: dict[int, Any] = {}
    for _, protocol in _idle(session):
        transport = protocol.transport
        sock = None if transport is None else transport.get_extra_info("socket")
        if protocol.should_close:
            # The loop has read the bytes.
            protocol.close()
        elif sock is not None and sock.fileno() >= 0:
            sockets[sock.fileno()] = protocol
    # The loop has not read them yet.
    for descriptor in _readable(sockets):
        sockets[descriptor].close()


def _readable(sockets: Collection[int]) -> Collection[int]:
    """Return those of *sockets* that hold bytes."""
    if not hasattr(select, "poll"):
        # As on Windows.
        return select.select([*sockets], [], [], 0)[0] if sockets else ()

    # Unlike the call above it knows no highest descriptor.
    poll = select.poll()
    for descriptor in sockets:
        poll.register(descriptor, select.POLLIN)
    return [descriptor for descriptor, _ in poll.poll(0)]


def _join_cookies(ours: str, others: str) -> str:
    """Return one Cookie header: *ours* verbatim, then what *others* has beside it."""
    names = {pair.partition("=")[0] for pair in ours.split("; ")}
    pairs = [pair.strip() for pair in others.split(";")]
    return "; ".join([ours, *(it for it in pairs if it and it.partition("=")[0] not in names)])


def middlewares_of(session: aiohttp.ClientSession) -> tuple[aiohttp.ClientMiddlewareType, ...]:
    """Return the middlewares of *session*, to be kept beside our own."""
    # Those of a request replace those of a borrowed session, which has no
    # public name for them.
    return tuple(getattr(session, "_middlewares", ()))


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
