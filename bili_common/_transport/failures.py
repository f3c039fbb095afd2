"""Failures of aiohttp, told in our own words.

This is the one border where foreign errors become ours. An aiohttp error shows
the request with its Cookie header and its URL: none is kept as a cause.
"""

from __future__ import annotations

import ssl

from typing import Final

import aiohttp

from ..errors import BiliCommonError, RequestTimeoutError, ResponseError, TransportError


__all__ = ["translate"]

_PERMANENT: Final = (
    aiohttp.ClientConnectorCertificateError,
    aiohttp.ClientSSLError,
    ssl.SSLError,
)
_PROXY: Final = (aiohttp.ClientProxyConnectionError, aiohttp.ClientHttpProxyError)


# The order matters: some classes are several of these at once, and on Python
# 3.11 a TimeoutError is also an OSError.
_TABLE: Final[tuple[tuple[tuple[type[Exception], ...], type[BiliCommonError], str], ...]] = (
    ((TimeoutError,), RequestTimeoutError, "no whole answer from {host} within {timeout} s"),
    (_PERMANENT, TransportError, "no trusted TLS connection to {host}"),
    (_PROXY, TransportError, "the proxy did not lead to {host}"),
    ((aiohttp.ClientConnectorError,), TransportError, "no connection to {host}: {reason}"),
    (
        (aiohttp.ClientPayloadError,),
        TransportError,
        "the answer of {host} was cut or cannot be decompressed",
    ),
    # aiohttp makes up a status for these: there was none.
    ((aiohttp.ClientResponseError,), ResponseError, "{host} sent a malformed HTTP answer"),
    ((aiohttp.ClientError, OSError), TransportError, "the connection to {host} was lost"),
)
_OTHERWISE: Final = (ResponseError, "{host} sent what cannot be read ({kind})")


def translate(exc: Exception, *, host: str, timeout: float | None) -> BiliCommonError:
    """
    Return our error for *exc*, without it as a cause.

    Args:
        exc: What aiohttp or the system raised during one exchange.

        host: The server, for the message.

        timeout: The limit of the exchange in seconds, for the message.
    """
    cls, text = _told(exc)
    reason = exc.strerror if isinstance(exc, OSError) and exc.strerror else "refused"
    error = cls(text.format(host=host, timeout=timeout, reason=reason, kind=type(exc).__name__))
    if isinstance(exc, _PERMANENT):
        # No retry mends a certificate.
        error.retryable = False
    return error


def _told(exc: Exception) -> tuple[type[BiliCommonError], str]:
    """Return the class and the text of our error for *exc*."""
    rows = ((ours, text) for theirs, ours, text in _TABLE if isinstance(exc, theirs))
    return next(rows, _OTHERWISE)
