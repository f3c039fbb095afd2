"""Access: who asks which server how fast, as the options and the environment say."""

from __future__ import annotations

import os

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

import attrs

from .._transport.policy import RateLimit
from ..client import Client
from ..credentials import Credential
from ..errors import UsageError
from .cookies import account_label, read_cookie_file
from .messages import say


__all__ = ["Access", "open_client"]

_NO_CREDENTIAL: Final = (
    "no credential: set BILI_SESSDATA or BILI_ACCESS_KEY, or give --cookie-file FILE; "
    "--demo needs none"
)
_DEMO: Final = "synthetic users of an embedded server; no account, no network"


@attrs.frozen
class Access:
    """
    The options that every asking command takes.

    Attributes:
        demo: Whether to ask an embedded server of synthetic users.

        base_url: The server, else ``BILI_BASE_URL``, else Bilibili.

        rate: Requests per second, None for the library's own pace; the demo
            then has no limit.

        cookie_file: Where the credential is, else the environment has it.
    """

    demo: bool = False
    base_url: str | None = None
    rate: float | None = None
    cookie_file: Path | None = None

    @property
    def account(self) -> str:
        """The label of the account that asks."""
        return "demo" if self.demo else account_label()

    def credential(self) -> Credential:
        """
        Return the credential.

        Raises:
            UsageError: There is none, or it is wrong.
        """
        if self.cookie_file is not None:
            return read_cookie_file(self.cookie_file)
        if not (os.environ.get("BILI_SESSDATA") or os.environ.get("BILI_ACCESS_KEY")):
            raise UsageError(_NO_CREDENTIAL)

        return Credential.from_env()

    def client(self) -> Client:
        """
        Return a client of a real server.

        Raises:
            UsageError: An option is wrong, or there is no credential.
        """
        limit = RateLimit() if self.rate is None else RateLimit(per_second=self.rate)
        client = partial(Client, self.credential(), rate_limit=limit)
        base_url = self.base_url or os.environ.get("BILI_BASE_URL")
        return client(base_url=base_url) if base_url else client()


@asynccontextmanager
async def open_client(access: Access) -> AsyncGenerator[Client]:
    """
    Open the client that *access* describes, the demo's server with it.

    Raises:
        UsageError: An option is wrong, or there is no credential.
    """
    if not access.demo:
        async with access.client() as client:
            yield client
        return

    if access.base_url is not None or access.cookie_file is not None:
        raise UsageError("--demo brings its own server: leave out --base-url and --cookie-file")

    # A web server is loaded only where one runs.
    from ..testing import FakeBilibili  # noqa: PLC0415 - see above

    pace = "no rate limit" if access.rate is None else f"{access.rate:g} per second"
    say(f"{_DEMO}, {pace}", label="demo")
    async with (
        FakeBilibili() as fake,
        Client(
            Credential(sessdata="demo", account=access.account),
            base_url=fake.base_url,
            rate_limit=RateLimit(per_second=access.rate),
        ) as client,
    ):
        yield client
