"""Once: the promise that one attempt is one request, with the cookie as it is."""

from __future__ import annotations

import aiohttp

from .._util.secret import Secret
from ..errors import TransportError


__all__ = ["SingleSendMiddleware", "middlewares_of"]


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
