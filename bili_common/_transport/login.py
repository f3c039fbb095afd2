"""The login: the credential that requests carry, and another one once it is dead."""

from __future__ import annotations

import asyncio

from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Final

from .._util.secret import Secret
from ..credentials import Credential
from ..errors import UsageError
from .redaction import Redactor


__all__ = ["CredentialSource", "Login"]

# As browsers show what a cookie's value may hold raw.
_SHOWN_ENCODED: Final = {",": "%2C", "*": "%2A"}

# Returns the credential to use from now on, read anew wherever it is kept.
CredentialSource = Callable[[], Awaitable[Credential]]


class Login:
    """
    Knows the credential, and asks its owner for another one after it died.

    Args:
        source: A credential for good, or a function to ask for one: before the
            first request, and once for each death. It may have an attribute
            *account*, the label of all credentials that it returns.

    Raises:
        UsageError: *source* is neither.
    """

    def __init__(self, source: Credential | CredentialSource) -> None:
        fixed = source if isinstance(source, Credential) else None
        if fixed is None and not callable(source):
            # Not the value: in place of a Credential it may well be a cookie.
            raise UsageError(
                "credential must be a Credential, or an async function that returns one, "
                f"not a {type(source).__name__}"
            )
        self._ask = None if isinstance(source, Credential) else source
        # What to send now; None before the first question to the owner.
        self.known: Credential | None = None
        # Its Cookie header, None where there is none.
        self.cookie: Secret | None = None
        self.account: str = getattr(source, "account", "default")
        # All that were ever in use: a server may echo an old one.
        self._secrets: tuple[Secret, ...] = ()
        self.redactor = Redactor(())
        if fixed is not None:
            self._take(fixed)
        # One question at a time, whose answer serves all who wait.
        self._lock = asyncio.Lock()

    async def credential(self) -> Credential:
        """
        Return the credential to send.

        Raises:
            UsageError: The function that was to return one returned something else.
        """
        async with self._lock:
            return self.known or self._take(await self._asked())

    async def renew(self, dead: Credential) -> bool:
        """Return whether there is another credential than *dead*, which was refused."""
        if self._ask is None:
            return False

        async with self._lock:
            # Of many requests that were refused together, the first one asks.
            if self.known is not dead:
                return True

            fresh = await self._asked()
            if fresh == dead:
                return False

            self._take(fresh)
            return True

    async def _asked(self) -> Credential:
        assert self._ask is not None  # noqa: S101 - both callers have looked
        credential = await self._ask()
        if not isinstance(credential, Credential):  # pyright: ignore[reportUnnecessaryIsInstance] - users return other things too
            raise UsageError(f"credential: the function returned a {type(credential).__name__}")
        if credential.account != self.account:
            raise UsageError(
                f"credential: the function returned one of account {credential.account!r}, "
                f"but its results belong to {self.account!r}: set its attribute `account`"
            )
        return credential

    def _take(self, credential: Credential) -> Credential:
        self.known, self.cookie = credential, credential.cookie_header()
        self.guard(_secrets_of(credential))
        return credential

    def guard(self, secrets: Iterable[Secret]) -> None:
        """Strike *secrets*, which are sent beside the credential, out of echoes too."""
        self._secrets += tuple(secrets)
        self.redactor = Redactor(self._secrets)

    def hints(self) -> Iterator[str]:
        """Yield what SESSDATA itself says about why it may be refused, without its value."""
        credential = self.known
        if credential is None or credential.sessdata is None:
            return

        if (expires_at := credential.expires_at) is not None:
            at = expires_at.strftime("%Y-%m-%d %H:%M UTC")
            yield f"by what SESSDATA says itself, it was to expire on {at} at the latest"
        raw = [it for it in _SHOWN_ENCODED if it in credential.sessdata.reveal()]
        if raw:
            shown = " and ".join(f"{_SHOWN_ENCODED[it]} for {it}" for it in raw)
            yield f"a browser shows {shown} in SESSDATA: copy the value as it is shown"


def _secrets_of(credential: Credential) -> tuple[Secret, ...]:
    given = (credential.sessdata, credential.access_key, *credential.cookies.values())
    return tuple(secret for secret in given if secret is not None)
