"""The failures of aiohttp, translated into the errors of this library.

This is the one border where foreign errors become ours. An aiohttp error shows
the request with its Cookie header and its URL: none is kept as a cause.
"""

from __future__ import annotations

import ssl

from typing import Final

import aiohttp

from aiohttp.http_exceptions import ContentEncodingError

from ..errors import BiliCommonError, RequestTimeoutError, ResponseError, TransportError


__all__ = ["translate"]

_PERMANENT: Final = (
    aiohttp.ClientConnectorCertificateError,
    aiohttp.ClientSSLError,
    ssl.SSLError,
)
_PROXY: Final = (aiohttp.ClientProxyConnectionError, aiohttp.ClientHttpProxyError)
_CUT: Final = "the answer of {host} was cut or cannot be decompressed"
# Of a proxy's refusals, these alone may pass.
_PASSING: Final = (408, 425, 429)


# The order matters: some classes are several of these at once, and on Python
# 3.11 a TimeoutError is also an OSError.
_TABLE: Final[tuple[tuple[tuple[type[Exception], ...], type[BiliCommonError], str], ...]] = (
    ((TimeoutError,), RequestTimeoutError, "no whole answer from {host} within {timeout} s"),
    (_PERMANENT, TransportError, "no trusted TLS connection to {host}"),
    (_PROXY, TransportError, "the proxy did not lead to {host}{status}"),
    ((aiohttp.ClientConnectorError,), TransportError, "no connection to {host}: {reason}"),
    ((aiohttp.ClientPayloadError, ContentEncodingError), TransportError, _CUT),
    # aiohttp makes up a status for these: there was none.
    ((aiohttp.ClientResponseError,), ResponseError, "{host} sent a malformed HTTP answer"),
    ((aiohttp.ClientError, OSError), TransportError, "the connection to {host} was lost"),
    # Resolvers raise it: aiodns on an event loop of Windows, say.
    ((RuntimeError,), TransportError, "no connection to {host} could be opened ({kind})"),
)
# Whatever it was, a middleware of the user may have raised it before anything was sent.
_OTHERWISE: Final = (ResponseError, "no answer of {host} could be read ({kind})")


def translate(exc: Exception, *, host: str, timeout: float | None) -> BiliCommonError:
    """
    Return our error for *exc*, without it as a cause.

    Args:
        exc: What aiohttp or the system raised during one exchange.

        host: The server, for the message.

        timeout: The limit of the exchange in seconds, for the message.
    """
    root = _root(exc)
    cls, text = _told(root)
    reason = exc.strerror if isinstance(exc, OSError) and exc.strerror else "refused"
    refusal = exc.status if isinstance(exc, aiohttp.ClientHttpProxyError) else 0
    status = f": it said HTTP {refusal}" if refusal else ""
    kind = type(exc).__name__
    error = cls(
        text.format(host=host, timeout=timeout, reason=reason, kind=kind, status=status)
    )
    if isinstance(error, TransportError) and isinstance(exc, OSError):
        error.errno = exc.errno
    # No retry mends a certificate, nor a proxy that says no.
    if isinstance(exc, _PERMANENT) or (400 <= refusal < 500 and refusal not in _PASSING):  # noqa: PLR2004 - HTTP's own numbers
        error.retryable = False
    return error


def _root(exc: Exception) -> Exception:
    """Return *exc*, or what it was made of where aiohttp calls a cut malformed HTTP."""
    cause: BaseException | None = exc
    while cause is not None and not isinstance(cause, ContentEncodingError):
        cause = cause.__cause__
    return cause or exc


def _told(exc: Exception) -> tuple[type[BiliCommonError], str]:
    """Return the class and the text of our error for *exc*."""
    rows = ((ours, text) for theirs, ours, text in _TABLE if isinstance(exc, theirs))
    return next(rows, _OTHERWISE)
