"""The connection: a client of the server that the options name, at the pace they name."""

from __future__ import annotations

import os

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Final

import attrs

from ..._transport.policy import RateLimit
from ...client import Client
from ...credentials import Credential
from ...errors import PaceError, UsageError
from ...pace import LocalPace, PaceStore
from ..language import tr
from ..speech.console import Messages
from .access import Access
from .cookies import read_cookie_file


__all__ = ["open_client"]

_NO_CREDENTIAL: Final = (
    "no credential: set BILI_SESSDATA or BILI_ACCESS_KEY, or give --cookie-file FILE; "
    "--demo needs none"
)
_SCHEMES: Final = ("redis://", "rediss://", "unix://")


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
    from ...testing import FakeBilibili  # noqa: PLC0415 - see above

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
    return Client(credential, pace=_open_pace(access.pace, access.messages), **options)


def _credential(access: Access) -> Credential:
    if access.cookie_file is not None:
        return read_cookie_file(access.cookie_file, account=access.account)
    if not (os.environ.get("BILI_SESSDATA") or os.environ.get("BILI_ACCESS_KEY")):
        raise UsageError(tr(_NO_CREDENTIAL))

    return attrs.evolve(Credential.from_env(), account=access.account)


def _open_pace(place: str | None, messages: Messages) -> PaceStore:
    """
    Return the store of the pace.

    Args:
        place: ``local``, ``file``, or the URL of a Redis server. None is ``file``
            where that can be used, else ``local``.

        messages: Where it is said that the file cannot be used.

    Raises:
        UsageError: *place* is none of these, or an extra is missing.

        PaceError: The file was asked for and cannot be used.
    """
    if place == "local":
        return LocalPace()
    if place is None:
        return _file_or_local(messages)
    if place == "file":
        return _file()
    if place.startswith(_SCHEMES):
        return _redis(place)

    # What was typed is not shown: a URL may hold a password.
    raise UsageError(tr("--pace takes local, file, or a URL such as redis://localhost:6379/0"))


def _file_or_local(messages: Messages) -> PaceStore:
    try:
        return _file()
    except PaceError as exc:
        messages.warn(tr("{reason}; this command keeps a pace of its own", reason=exc))
        return LocalPace()


def _file() -> PaceStore:
    # A database is loaded only where one is used.
    from ...pace import FilePace  # noqa: PLC0415 - see above

    pace = FilePace()
    pace.check()
    return pace


def _redis(url: str) -> PaceStore:
    try:
        from ...pace import RedisPace  # noqa: PLC0415 - needs an extra
    except ModuleNotFoundError:
        raise UsageError(
            tr('--pace needs the extra redis: pip install "bili-common[redis]"')
        ) from None

    try:
        return RedisPace(url)
    except UsageError as exc:
        raise UsageError(f"--pace: {exc}") from None
