"""The redactor: removes the credential from what a server echoes."""

from __future__ import annotations

import re

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Final, NoReturn

import attrs

from .._util.secret import Secret
from .._wire.response import RawResponse
from .spellings import pattern_of, plain


__all__ = ["Redactor"]

_Find = Callable[[bytes], re.Match[bytes] | None]
_Replace = Callable[[Callable[[re.Match[bytes]], bytes], bytes], bytes]

# Bytes: a shorter value is no secret, and may be part of any word.
_SHORTEST: Final = 4
# So much of a secret is looked for first: its whole pattern takes long to compile.
_HEAD: Final = 8


class Redactor:
    """
    Knows the secrets of one credential, in each spelling that an echo may have.

    Error pages quote headers and URLs. An error keeps the first bytes of the
    body and the server's message, so these are cleaned before there is an error.

    Args:
        secrets: What is never to be shown.
    """

    def __init__(self, secrets: Iterable[Secret]) -> None:
        values = {plain(secret.reveal()) for secret in secrets}
        # The longest first: one may be a part of another.
        ordered = sorted(values, key=lambda text: (-len(text), text))
        self._secrets = tuple(Secret(text) for text in ordered if _size(text) >= _SHORTEST)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a redactor is not pickled: it knows the secrets")

    def redact(self, answer: RawResponse) -> RawResponse:
        """Return *answer* without the secrets: itself, if it holds none."""
        body, location = self.redact_bytes(answer.body), answer.location
        if location is not None and self._is_in_host(location):
            location = None
        if body == answer.body and location == answer.location:
            return answer

        return attrs.evolve(answer, body=body, location=location)

    def redact_bytes(self, body: bytes) -> bytes:
        """Return *body* without the secrets, as long as it was."""
        if not self._secrets or self._find_head(body) is None:
            return body

        for replace in self._replacements:
            body = replace(_blank, body)
        return body

    # Most answers are no errors, so that nothing is compiled before it is needed.
    # Methods of the patterns are kept, since a pattern shows itself in its repr.
    @cached_property
    def _find_head(self) -> _Find:
        heads = (pattern_of(secret.reveal()[:_HEAD]) for secret in self._secrets)
        return re.compile(b"|".join(heads)).search

    @cached_property
    def _replacements(self) -> tuple[_Replace, ...]:
        return tuple(re.compile(pattern_of(secret.reveal())).sub for secret in self._secrets)

    def _is_in_host(self, host: str) -> bool:
        # Names of hosts have no case.
        shown = plain(host).lower()
        return any(secret.reveal().lower() in shown for secret in self._secrets)


def _size(text: str) -> int:
    return len(text.encode(errors="surrogateescape"))


def _blank(found: re.Match[bytes]) -> bytes:
    # A number stays one: else the body would no longer be JSON.
    echo = found[0]
    return (b"1" if echo.isdigit() else b"*") * len(echo)
