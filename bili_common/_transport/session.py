"""The session manager: one request out, one whole answer back."""

from __future__ import annotations

import asyncio
import warnings

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final
from urllib.parse import quote

import aiohttp

from multidict import CIMultiDict
from yarl import URL

from .._util.clock import Clock
from .._util.secret import Secret
from .._version import __version__
from .._wire.request import Request
from .._wire.response import RawResponse
from ..errors import BiliCommonError, ClientClosedError, TransportError, UsageError
from .address import check_headers, check_proxy, environment_proxy, quote_value, sent_secrets
from .body import ResponseReader
from .failures import translate
from .login import Login
from .middlewares import SingleSendMiddleware, drop_idle, middlewares_of, seal_idle


__all__ = ["Session"]

_HEADERS: Final = {
    "Accept": "application/json",
    # The public description of the sibling lists asks for a referer on
    # bilibili.com and for a user agent that does not name Python.
    "Referer": "https://www.bilibili.com/",
    "User-Agent": f"bili-common/{__version__}",
}
_IDENTITY: Final = {"Accept-Encoding": "identity"}
# The server is done with the connection that these came by.
_LEAVE: Final = (408, 425)


class Session:
    """
    Owns or borrows an `aiohttp.ClientSession`, and sends requests by it.

    The aiohttp session is made on first use, since it belongs to the loop that
    runs then.

    Args:
        login: Who asks.

        base_url: The server, checked. Nothing goes anywhere else.

        borrowed: A session of the user's own, which is never closed here.

        headers: Headers that replace or join the usual ones.

        proxy: The URL of a proxy.

        trust_env: Whether to take the proxy that the environment names.

        clock: What time it is, to read a date by.
    """

    def __init__(
        self,
        login: Login,
        *,
        base_url: str,
        borrowed: aiohttp.ClientSession | None = None,
        headers: Mapping[str, str] | None = None,
        proxy: str | None = None,
        trust_env: bool = False,
        clock: Clock,
    ) -> None:
        self._base_url = base_url
        self._host = URL(base_url).host or ""
        self._borrowed = borrowed
        self._owned: aiohttp.ClientSession | None = None
        self._middlewares = () if borrowed is None else middlewares_of(borrowed)
        # Names are equal in any case: a user's own replaces the usual one.
        self._headers = CIMultiDict(_HEADERS)
        self._headers.update(check_headers(headers))
        self.login = login
        self._clock = clock
        self._reader = ResponseReader(login)
        if proxy is None and trust_env:
            proxy = environment_proxy(base_url)
        proxy = check_proxy(proxy)
        # A proxy's URL may hold a password.
        self._proxy = None if proxy is None else Secret(proxy)
        theirs: Mapping[str, str] = {} if borrowed is None else borrowed.headers
        login.guard(sent_secrets(proxy, self._headers, theirs))
        self._loop: asyncio.AbstractEventLoop | None = None
        self.is_closed = False
        # Requests sent, whatever became of them.
        self.requests = 0

    def __del__(self, _warn: Callable[..., None] = warnings.warn) -> None:
        # The getattr is for an object whose __init__ failed.
        owned = getattr(self, "_owned", None)
        if owned is not None and not owned.closed:
            _warn(
                "a Client was dropped open; use `async with` or `aclose()`", ResourceWarning, 2
            )

    @property
    def bytes(self) -> int:
        """How many bytes of bodies were read, after decompression."""
        return self._reader.bytes

    async def aclose(self) -> None:
        """Close what is owned. May be called again."""
        self.is_closed = True
        owned, self._owned = self._owned, None
        if owned is not None:
            await owned.close()

    def bind(self) -> None:
        """
        Belong to the event loop that runs now, from the first call on.

        Raises:
            UsageError: The session, or the one that it borrowed, belongs to another.
        """
        loop = asyncio.get_running_loop()
        if self._loop is None:
            self._loop = loop
        if self._loop is not loop:
            raise UsageError("the client belongs to another event loop; make one per loop")

        # aiohttp names it nowhere in public, and fails at it in its own words.
        if getattr(self._borrowed, "_loop", loop) is not loop:
            raise UsageError(
                "the session that the client borrowed belongs to another event loop"
            )

    async def exchange(self, request: Request, *, timeout: float | None) -> RawResponse:
        """
        Send *request* once and read the whole answer.

        Args:
            request: What to ask.

            timeout: Seconds for all of it, None for any time.

        Raises:
            TransportError: No whole answer came.

            ResponseError: The answer is malformed or above 8 MiB.

            UsageError: The client is closed, or belongs to another event loop.
        """
        session = self._opened()
        # Out of the handler: an error of the user's own clock is no answer.
        now = self._clock.time()
        # Not in a middleware: a mocked session may call none.
        self.requests += 1
        try:
            return await self._exchange(session, request, timeout, now)
        except asyncio.CancelledError as exc:
            # The frames of aiohttp hold the request: a traceback that shows
            # locals would show the credential.
            raise exc.with_traceback(None) from None
        except BiliCommonError as exc:
            failure = exc.with_traceback(None)
            failure.__context__ = None
        except Exception as exc:  # noqa: BLE001 - the translator knows them all
            failure = translate(exc, host=self._host, timeout=timeout)
        # A connection that our own `aclose` took away is no fault of the server.
        if self.is_closed and isinstance(failure, TransportError):
            raise ClientClosedError("the client was closed during the request")
        # Outside the handler: the foreign error would stay as the context.
        raise failure

    def redact(self, answer: RawResponse) -> RawResponse:
        """Return *answer* without the credential, should the server have echoed it."""
        return self.login.redactor.redact(answer)

    async def _exchange(
        self,
        session: aiohttp.ClientSession,
        request: Request,
        timeout: float | None,
        now: float,
    ) -> RawResponse:
        once = SingleSendMiddleware(session, self.login.cookie)
        # What aiohttp is not to unpack must not come packed.
        packed = session.auto_decompress
        async with session.get(
            self._url(request),
            headers=self._headers if packed else {**self._headers, **_IDENTITY},
            allow_redirects=False,
            raise_for_status=False,
            proxy=None if self._proxy is None else self._proxy.reveal(),
            timeout=aiohttp.ClientTimeout(total=timeout),
            middlewares=(*self._middlewares, once),
        ) as response:
            answer = await self._reader.read(response, now=now)

        if answer.status in _LEAVE:
            drop_idle(session, host=self._host)
        seal_idle(session)
        return answer

    def _url(self, request: Request) -> URL:
        pairs = [
            f"{_quoted(name)}={quote(value, safe=',') if isinstance(value, str) else value}"
            for name, value in request.params.items()
        ]
        credential = self.login.known
        if credential is not None and credential.access_key is not None:
            pairs.append(f"access_key={quote_value(credential.access_key.reveal())}")
        query = f"?{'&'.join(pairs)}" if pairs else ""
        return URL(f"{self._base_url}{request.path}{query}", encoded=True)

    def _opened(self) -> aiohttp.ClientSession:
        """Return the aiohttp session, made on first use."""
        if self.is_closed:
            raise ClientClosedError("the client is closed")

        session = self._borrowed or self._owned
        if session is None:
            session = self._owned = _open_session()
        if session.closed:
            raise ClientClosedError("the session that the client borrowed is closed")

        return session


@lru_cache(maxsize=64)
def _quoted(name: str) -> str:
    # Names are few, and nobody's secret.
    return quote_value(name)


def _open_session() -> aiohttp.ClientSession:
    try:
        # Tasks are bounded by their owners, and a wait for a free connection would
        # count as a timeout.
        connector = aiohttp.TCPConnector(limit=0)
    except RuntimeError:
        # The resolver of aiodns refuses the usual event loop of Windows.
        connector = aiohttp.TCPConnector(limit=0, resolver=aiohttp.ThreadedResolver())
    return aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), connector=connector)
