"""The redactor: removes the credential from what a server echoes."""

from __future__ import annotations

import html.entities
import re

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, lru_cache
from typing import Final, NoReturn
from urllib.parse import unquote_to_bytes

import attrs

from .._util.secret import Secret
from .._wire.response import RawResponse


__all__ = ["Redactor"]

_Find = Callable[[bytes], re.Match[bytes] | None]
_Replace = Callable[[Callable[[re.Match[bytes]], bytes], bytes], bytes]

# Bytes: a shorter value is no secret, and may be part of any word.
_SHORTEST: Final = 4
# So much of a secret is looked for first: its whole pattern takes long to compile.
_HEAD: Final = 8

# Bounded, since a longer run is no echo: else each byte of a body of nothing but
# backslashes would be looked at once for each backslash before it.
_SLASHES: Final = r"\\\\{0,7}"
_ZEROS: Final = "0{0,5}"
# A percent sign may itself be percent-encoded, and so on: %252C.
_MORE: Final = "(?:25){0,3}"


class Redactor:
    """
    Knows the secrets of one credential, in each spelling that an echo may have.

    Error pages quote headers and URLs. An error keeps the first bytes of the
    body and the server's message, so these are cleaned before there is an error.

    Args:
        secrets: What is never to be shown.
    """

    def __init__(self, secrets: Iterable[Secret]) -> None:
        values = {_plain(secret.reveal()) for secret in secrets}
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
        heads = (_pattern_of(secret.reveal()[:_HEAD]) for secret in self._secrets)
        return re.compile(b"|".join(heads)).search

    @cached_property
    def _replacements(self) -> tuple[_Replace, ...]:
        return tuple(re.compile(_pattern_of(secret.reveal())).sub for secret in self._secrets)

    def _is_in_host(self, host: str) -> bool:
        # Names of hosts have no case.
        shown = _plain(host).lower()
        return any(secret.reveal().lower() in shown for secret in self._secrets)


def _size(text: str) -> int:
    return len(text.encode(errors="surrogateescape"))


def _blank(found: re.Match[bytes]) -> bytes:
    # A number stays one: else the body would no longer be JSON.
    echo = found[0]
    return (b"1" if echo.isdigit() else b"*") * len(echo)


def _plain(secret: str) -> str:
    """Return *secret* without any percent-encoding."""
    raw = secret.encode(errors="surrogatepass")
    while (decoded := unquote_to_bytes(raw)) != raw:
        raw = decoded
    return raw.decode(errors="surrogateescape")


def _pattern_of(text: str) -> bytes:
    """
    Return the pattern for bytes that holds *text* in every spelling.

    Each character may stand there as it is, percent-encoded (in any case, several
    times over), or escaped as HTML, JSON and JavaScript do it, whatever the others are.
    """
    return "".join(map(_spelled, text)).encode()


@lru_cache(maxsize=256)
def _spelled(character: str) -> str:
    code, raw = ord(character), character.encode(errors="surrogateescape")
    itself = "".join(f"(?:{_byte(byte)}|%{_MORE}{_hex(byte, 2)})" for byte in raw)
    encoded = f"{_MORE}{_hex(code, 2)}"
    names = "".join(f"|{name}" for name in _names().get(character, ()))
    # Behind the ampersand of an entity: the character's own, or one of a percent sign.
    entity = (
        f"(?:amp;){{0,3}}(?:(?:#{_ZEROS}{code}|#[xX]{_ZEROS}{_hex(code)}{names});?"
        f"|(?:#{_ZEROS}37|#[xX]{_ZEROS}25|percnt);{encoded})"
    )
    units = _SLASHES.join(f"u{_hex(unit, 4)}" for unit in _utf16(character))
    escaped = f"(?:{itself}|{units}|x{_hex(code, 2)}|u0025{encoded}|u0026{entity})"
    space = "|[+ ]|%(?:25){0,3}20" if character in "+ " else ""
    return f"(?:{itself}|{_SLASHES}{escaped}|&{entity}{space})"


def _utf16(character: str) -> Iterator[int]:
    raw = character.encode("utf-16-be", "surrogatepass")
    return (high << 8 | low for high, low in zip(raw[::2], raw[1::2], strict=True))


def _byte(byte: int) -> str:
    return f"\\x{byte:02x}"


def _hex(number: int, width: int = 1) -> str:
    """Return *number* in hexadecimal digits of either case."""
    return "".join(
        f"[{digit}{digit.upper()}]" if digit.isalpha() else digit
        for digit in f"{number:0{width}x}"
    )


@lru_cache(maxsize=1)
def _names() -> dict[str, set[str]]:
    """Return the names that HTML has for a character."""
    names: dict[str, set[str]] = {}
    for name, character in html.entities.html5.items():
        names.setdefault(character, set()).add(name.rstrip(";"))
    return names
