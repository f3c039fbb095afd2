"""The redactor: strikes the credential out of what a server echoes."""

from __future__ import annotations

import json

from collections.abc import Iterable, Iterator
from urllib.parse import quote, unquote

import attrs

from .._util.secret import Secret
from .._wire.response import RawResponse


__all__ = ["Redactor"]

# A shorter value is no secret, and may be part of any word.
_SHORTEST = 4


class Redactor:
    """
    Knows the secrets of one credential, in each spelling that an echo may have.

    Error pages quote headers and URLs. An error keeps the first bytes of the
    body and the server's message, so these are cleaned before there is an error.

    Args:
        secrets: What is never to be shown.
    """

    __slots__ = ("_spellings",)

    def __init__(self, secrets: Iterable[Secret]) -> None:
        values = {text for secret in secrets for text in _spellings(secret.reveal())}
        # The longest first: one may be a part of another.
        ordered = sorted(values, key=lambda text: (-len(text), text))
        self._spellings = tuple(Secret(text) for text in ordered)

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
        for spelling in self._spellings:
            value = spelling.reveal().encode()
            if value in body:
                # A number stays one: else the body would no longer be JSON.
                body = body.replace(value, (b"1" if value.isdigit() else b"*") * len(value))

        return body

    def _is_in_host(self, host: str) -> bool:
        return any(secret.reveal().lower() in host.lower() for secret in self._spellings)


def _spellings(value: str) -> Iterator[str]:
    for text in (value, quote(value, safe=""), unquote(value)):
        if len(text) >= _SHORTEST:
            escaped = json.dumps(text)[1:-1]
            yield from (text, escaped, escaped.replace("/", "\\/"))
