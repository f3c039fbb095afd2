"""The address: which server may be asked, and how."""

from __future__ import annotations

import base64
import ipaddress
import re
import urllib.request

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final, cast
from urllib.parse import quote

from multidict import CIMultiDict
from yarl import URL

from .._util.arguments import shown, shown_name
from .._util.secret import Secret
from ..errors import UsageError


__all__ = [
    "check_base_url",
    "check_headers",
    "check_proxy",
    "environment_proxy",
    "quote_value",
    "sent_secrets",
]

_HEADER_NAME: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
# Headers that every browser sends, and that hold nobody's secret.
_PLAIN: Final = frozenset(
    {
        "accept",
        "accept-charset",
        "accept-encoding",
        "accept-language",
        "cache-control",
        "connection",
        "content-type",
        "dnt",
        "host",
        "origin",
        "pragma",
        "referer",
        "user-agent",
    }
)
# A shorter value may be part of any word.
_SHORTEST_TOKEN: Final = 8
_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")


def check_base_url(base_url: Any) -> str:
    """
    Return *base_url* without a trailing slash.

    Raises:
        UsageError: It is no https URL of a host, and not http on loopback. A
            cookie sent in the clear is everybody's.
    """
    # There may be a password in it: what has one is not shown.
    is_text = isinstance(base_url, str)  # pyright: ignore[reportUnnecessaryIsInstance] - users pass what they have
    named = "what it is" if is_text and "@" in base_url else shown(base_url)
    try:
        url = URL(base_url)
    except (TypeError, ValueError):
        raise UsageError(f"base_url is no URL: {named}") from None

    # What parses a URL drops line breaks, and so would join two hosts to one.
    if url.scheme not in {"http", "https"} or not url.host or re.search(r"\s", base_url):
        raise UsageError(f"base_url must be like https://host, not {named}")
    if url.user or url.password or url.query_string or url.fragment:
        raise UsageError("base_url must hold no user, password, query or fragment")
    if url.scheme == "http" and not _is_loopback(url.host):
        raise UsageError(f"base_url must be https, or http on loopback, not {named}")

    return str(url).rstrip("/")


def check_proxy(proxy: Any) -> str | None:
    """
    Return *proxy*.

    Raises:
        UsageError: It is no URL of a proxy. It is not shown: there may be a
            password in it.
    """
    if proxy is None:
        return None

    if isinstance(proxy, str):
        with suppress(ValueError):
            url = URL(proxy)
            if url.scheme in {"http", "https"} and url.host:
                return proxy
    raise UsageError("proxy must be a text like http://host:port")


def check_headers(headers: Any) -> CIMultiDict[str]:
    """
    Return *headers*, whose names are equal in any case.

    Raises:
        UsageError: They are no mapping of texts, or hold what no header can. No
            value is shown, since one may be secret.
    """
    if headers is not None and not isinstance(headers, Mapping):
        raise UsageError(f"headers must be a mapping, not {type(headers).__name__}")

    checked: CIMultiDict[str] = CIMultiDict()
    for name, value in cast("Mapping[object, object]", headers or {}).items():
        if not isinstance(name, str) or not _HEADER_NAME.fullmatch(name):
            raise UsageError(f"headers has a name that no header can have: {shown_name(name)}")
        if not isinstance(value, str) or _CONTROL.search(value):
            raise UsageError(f"headers[{shown(name)}] is no text that a header can carry")
        if name.lower() == "cookie":
            raise UsageError("headers holds Cookie; pass cookies to the Credential")
        checked[name] = value
    return checked


def sent_secrets(proxy: str | None, *headers: Mapping[str, str]) -> Iterator[Secret]:
    """
    Yield what is sent beside the credential and not to be shown.

    The password of *proxy*, and the values of *headers*: a token may stand in any
    but those that every browser sends.
    """
    url = URL(proxy or "")
    if url.password:
        # As it is, and as the proxy is told it.
        pair = f"{url.user or ''}:{url.password}".encode()
        yield from (Secret(url.password), Secret(base64.b64encode(pair).decode()))
    for name, value in (pair for each in headers for pair in each.items()):
        if name.lower() not in _PLAIN and len(value) >= _SHORTEST_TOKEN:
            # Of "Bearer ..." a server may echo the last word alone.
            yield from map(Secret, {value, value.rpartition(" ")[2]})


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def environment_proxy(base_url: str) -> str | None:
    """
    Return the proxy that the environment names for *base_url*, or None.

    aiohttp's own ``trust_env`` would also send the netrc file's password.
    """
    url = URL(base_url)
    if url.host is None or urllib.request.proxy_bypass(url.host):
        return None

    return urllib.request.getproxies().get(url.scheme)


def quote_value(value: str) -> str:
    """Return *value* as a query string carries it."""
    return quote(value, safe="")
