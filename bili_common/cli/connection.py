"""The connection: a client of the server that the options name."""

from __future__ import annotations

import os

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Final

import attrs

from .._transport.policy import RateLimit
from ..client import Client
from ..credentials import Credential
from ..errors import UsageError
from .access import Access
from .cookies import read_cookie_file
from .language import tr
from .pacing import open_pace


__all__ = ["open_client"]

_NO_CREDENTIAL: Final = (
    "no credential: set BILI_SESSDATA or BILI_ACCESS_KEY, or give --cookie-file FILE; "
    "--demo needs none"
)


@asynccontextmanager
async def open_client(access: Access) -> AsyncGenerator[Client]:
    """
    Open the client that *access* describes, the demo's server with it.

    Raises:
        UsageError: An option is wrong, or there is no credential.
    """
    if not access.demo:
        if access.day is not None:
            raise UsageError(tr("--day is one of the demo's: it needs --demo"))

        async with _client(access) as client:
            yield client
        return

    given = {
        "--base-url": access.base_url,
        "--cookie-file": access.cookie_file,
        "--pace": access.pace,
        "--proxy": access.proxy,
    }
    if named := ", ".join(name for name, value in given.items() if value is not None):
        raise UsageError(tr("--demo brings its own server: leave out {options}", options=named))

    # A web server is loaded only where one runs.
    from ..testing import FakeBilibili  # noqa: PLC0415 - see above

    access.messages.say(_demo_line(access))
    async with (
        FakeBilibili(day=access.day or 1) as fake,
        Client(
            Credential(sessdata="demo", account=access.account),
            base_url=fake.base_url,
            rate_limit=RateLimit(per_second=access.rate),
        ) as client,
    ):
        yield client


def _demo_line(access: Access) -> str:
    if access.rate is None:
        return tr(
            "demo: synthetic users of an embedded server; no account, no network, no rate limit"
        )
    return tr(
        "demo: synthetic users of an embedded server; no account, no network, "
        "{rate:g} per second",
        rate=access.rate,
    )


def _client(access: Access) -> Client:
    """Return a client of a real server."""
    options: dict[str, Any] = {"proxy": access.proxy}
    if access.rate is not None:
        options["rate_limit"] = RateLimit(per_second=access.rate)
    if access.timeout is not None:
        options["timeout"] = access.timeout
    if base_url := access.base_url or os.environ.get("BILI_BASE_URL"):
        options["base_url"] = base_url
    credential = _credential(access)
    return Client(credential, pace=open_pace(access.pace, access.messages), **options)


def _credential(access: Access) -> Credential:
    if access.cookie_file is not None:
        return read_cookie_file(access.cookie_file, account=access.account)
    if not (os.environ.get("BILI_SESSDATA") or os.environ.get("BILI_ACCESS_KEY")):
        raise UsageError(tr(_NO_CREDENTIAL))

    return attrs.evolve(Credential.from_env(), account=access.account)
