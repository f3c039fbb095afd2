"""The middlewares of aiohttp: an attempt sends one request, and reads no other's answer."""

from __future__ import annotations

import selectors

from collections.abc import Iterable, Iterator
from typing import Any, Final

import aiohttp

from .._util.secret import Secret
from ..errors import TransportError


__all__ = [
    "SingleSendMiddleware",
    "UnreadMiddleware",
    "drop_idle",
    "middlewares_of",
    "seal_idle",
]


# It needs no file descriptor of its own, and knows no highest one.
_Selector: Final[type[selectors.BaseSelector]] = getattr(
    selectors, "PollSelector", selectors.SelectSelector
)


class SingleSendMiddleware:
    """
    Lets one request through.

    aiohttp repeats a GET by itself when the connection is lost. The second try
    would pay no pace and count nowhere, so it is left to our own retry.

    Args:
        cookie: The Cookie header. It is in no jar, which would send it to every
            host.
    """

    def __init__(self, cookie: Secret | None) -> None:
        self._cookie = cookie
        self._sent = False

    def __deepcopy__(self, _memo: object) -> SingleSendMiddleware:
        # aioresponses keeps a deep copy of each request's arguments. One of
        # this would be one of the client and its event loop.
        return self

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        if self._sent:
            raise TransportError("the connection was lost")

        self._sent = True
        if self._cookie is not None:
            # Joined this late, since aiohttp rewrites the header where a
            # borrowed session has cookies of its own: a comma gets quotes.
            others = request.headers.get("Cookie", "")
            request.headers["Cookie"] = _join_cookies(self._cookie.reveal(), others)
        return await handler(request)


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
        # No await from here to the connection's choice.
        idle = [protocol for _, protocol in _idle(self._session)]
        for protocol in (*filter(_has_read, idle), *_readable(idle)):
            protocol.close()
        return await handler(request)


def _has_read(protocol: Any) -> bool:
    """Tell whether the loop has read bytes since the last answer."""
    return bool(protocol.should_close)


def _readable(protocols: Iterable[Any]) -> list[Any]:
    """Return those of *protocols* whose sockets hold bytes that the loop has not read yet."""
    with _Selector() as selector:
        for protocol in protocols:
            transport = protocol.transport
            sock = None if transport is None else transport.get_extra_info("socket")
            if sock is not None and sock.fileno() >= 0:
                selector.register(sock, selectors.EVENT_READ, protocol)
        return [key.data for key, _ in selector.select(0)] if selector.get_map() else []


def _join_cookies(ours: str, others: str) -> str:
    """Return one Cookie header: *ours* verbatim, then what *others* has beside it."""
    if not others:
        return ours

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
