"""Once: the promise that one attempt is one request."""

from __future__ import annotations

from collections.abc import Callable

import aiohttp

from ..errors import TransportError


__all__ = ["Once", "middlewares_of"]


class Once:
    """
    Lets one request through.

    aiohttp repeats a GET by itself when the connection is lost. The second try
    would pay no pace and count nowhere, so it is left to our own retry.
    """

    def __init__(self, on_send: Callable[[], None]) -> None:
        self._on_send = on_send
        self._sent = False

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        if self._sent:
            raise TransportError("the connection was lost")

        self._sent = True
        self._on_send()
        return await handler(request)


def middlewares_of(session: aiohttp.ClientSession) -> tuple[aiohttp.ClientMiddlewareType, ...]:
    """Return the middlewares of *session*, to be kept beside our own."""
    # Those of a request replace those of a borrowed session, which has no
    # public name for them.
    return tuple(getattr(session, "_middlewares", ()))
