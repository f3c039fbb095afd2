"""The address: which server may be asked, and how."""

from __future__ import annotations

import ipaddress
import urllib.request

from urllib.parse import quote

from yarl import URL

from ..errors import UsageError


__all__ = ["check_base_url", "environment_proxy", "quote_value"]


def check_base_url(base_url: str) -> str:
    """
    Return *base_url* without a trailing slash.

    Raises:
        UsageError: It is no https URL of a host, and not http on loopback. A
            cookie sent in the clear is everybody's.
    """
    try:
        url = URL(base_url)
    except (TypeError, ValueError):
        raise UsageError(f"base_url is no URL: {base_url!r}") from None

    if url.scheme not in {"http", "https"} or not url.host:
        raise UsageError(f"base_url must be like https://host, not {base_url!r}")
    if url.user or url.password or url.query_string or url.fragment:
        # Not shown: there may be a password in it.
        raise UsageError("base_url must hold no user, password, query or fragment")
    if url.scheme == "http" and not _is_loopback(url.host):
        raise UsageError(f"base_url must be https, or http on loopback, not {base_url!r}")

    return str(url).rstrip("/")


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
