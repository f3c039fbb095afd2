"""The spellings of a secret: one pattern for all ways in which a server may echo it."""

from __future__ import annotations

import html.entities

from collections.abc import Iterator
from functools import lru_cache
from typing import Final
from urllib.parse import unquote_to_bytes


__all__ = ["pattern_of", "plain"]

# Bounded, since a longer run is no echo: else each byte of a body of nothing but
# backslashes would be looked at once for each backslash before it.
_SLASHES: Final = r"\\\\{0,7}"
_ZEROS: Final = "0{0,5}"
# A percent sign may itself be percent-encoded, and so on: %252C.
_MORE: Final = "(?:25){0,3}"


def plain(secret: str) -> str:
    """Return *secret* without any percent-encoding."""
    raw = secret.encode(errors="surrogatepass")
    while (decoded := unquote_to_bytes(raw)) != raw:
        raw = decoded
    return raw.decode(errors="surrogateescape")


def pattern_of(text: str) -> bytes:
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
