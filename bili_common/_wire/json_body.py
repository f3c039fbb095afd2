"""The JSON body: the object in it, or why there is none."""

from __future__ import annotations

import json
import math

from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Final, NoReturn, cast

import orjson

from ..errors import TransportError
from .response import RawResponse, no_envelope


__all__ = ["parse", "parse_exactly"]

_BOM: Final = b"\xef\xbb\xbf"
_REFUSED: Final = object()
_TOO_DEEP: Final = "JSON that is nested too deep"
# As deep as the fast parser reads.
_DEEPEST: Final = 1024


class _NumberError(ValueError):
    """A number that Python does not read."""


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _read_int(digits: str) -> int:
    try:
        return int(digits)
    except ValueError:
        # By default Python reads no more than 4,300 digits, nor writes them.
        message = f"JSON with a number of {len(digits)} digits"
    raise _NumberError(message)


def _read_float(text: str) -> float:
    if math.isinf(number := float(text)):
        raise _NumberError("JSON with a number that is too large")

    return number


# The standard library's parser keeps integers of any size exact.
_STRICT: Final = json.JSONDecoder(
    parse_constant=_refuse_constant, parse_int=_read_int, parse_float=_read_float
)


def parse(response: RawResponse) -> dict[str, Any]:
    """
    Return the JSON object in the body; of two documents, the first.

    Raises:
        ResponseError: It is something else.

        TransportError: It begins as an object and was cut.
    """
    root: Any = _REFUSED
    # The parser's error holds the body: nothing is raised while it is handled.
    with suppress(orjson.JSONDecodeError):
        root = orjson.loads(response.body)
    if root is _REFUSED:
        root = _parse_carefully(response)
    if type(root) is not dict:
        raise no_envelope(f"JSON that is no object but {_kind(root)}", response)

    return cast("dict[str, Any]", root)


def _parse_carefully(response: RawResponse) -> Any:
    """Return what the fast parser refused, where that can be trusted."""
    text = _text(response)
    if not text and response.compressed:
        # Of a short cut nothing comes out of a decompressor, and it is no error to it.
        raise _cut()

    root, cut = None, False
    try:
        root, end = _STRICT.raw_decode(text)
        what = _TOO_DEEP if _is_deep(root) else _flaw_behind(root, text, end)
        root = _mend(root)
    except RecursionError:
        what = _TOO_DEEP
    except _NumberError as exc:
        what = str(exc)
    except ValueError as exc:
        what, cut = _describe(text), _is_cut(text, exc)

    if cut:
        raise _cut()
    if what is not None:
        raise no_envelope(what, response)
    return root


def _flaw_behind(root: Any, text: str, end: int) -> str | None:
    """Return what is wrong with *text*, which is *root* up to *end*, if anything."""
    try:
        # The server has answered a throttle and a success in one body.
        _ = end == len(text) or _STRICT.decode(text[end:])
    except (ValueError, RecursionError):
        is_object = type(root) is dict
        return "a JSON object and something else behind it" if is_object else _describe(text)

    return None


def _is_deep(root: Any) -> bool:
    """Tell whether *root* is nested deeper than the fast parser reads."""
    level: list[Any] = [root]
    for _ in range(_DEEPEST):
        level = [child for value in level for child in _children(value)]
        if not level:
            return False
    return True


def _children(value: Any) -> Iterable[Any]:
    if type(value) is dict:
        return cast("dict[str, Any]", value).values()

    return value if type(value) is list else ()  # pyright: ignore[reportUnknownVariableType] - JSON


def _mend(root: Any) -> Any:
    """Return *root* with U+FFFD in the place of each half of a surrogate pair."""
    # A name that was cut in the middle of an emoji ends with one. It must not
    # cost the page, nor break whoever prints the name or stores it.
    text = json.dumps(root, ensure_ascii=False, allow_nan=False)
    return _STRICT.decode(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def _cut() -> TransportError:
    return TransportError("the answer was cut before its end")


def _is_cut(text: str, exc: ValueError) -> bool:
    """Tell whether an object began in *text* and its end is missing."""
    ran_out = isinstance(exc, json.JSONDecodeError) and (
        exc.pos >= len(text) or exc.msg.startswith("Unterminated string")
    )
    return text.startswith("{") and (ran_out or not text.endswith("}"))


def _text(response: RawResponse) -> str:
    body = response.body.removeprefix(_BOM)
    try:
        return body.decode().strip()
    except UnicodeDecodeError as exc:
        # A cut may go through a character of several bytes.
        cut = exc.reason == "unexpected end of data" and body.startswith(b"{")

    if cut:
        raise _cut()
    raise no_envelope("bytes that are not UTF-8", response)


def parse_exactly(response: RawResponse) -> dict[str, Any]:
    """Return what `parse` did, with integers above 64 bits exact."""
    root, _ = _STRICT.raw_decode(_text(response))
    return dict(_mend(root))


def _describe(text: str) -> str:
    if not text:
        return "an empty body"
    if text.startswith("<"):
        return "HTML"
    return "a body that is not JSON"


def _kind(value: object) -> str:
    names: dict[type[object], str] = {
        list: "a list",
        str: "a text",
        bool: "true or false",
        type(None): "null",
    }
    return names.get(type(value), "a number")
