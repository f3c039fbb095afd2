"""Answers: what the fake server sends, well formed and otherwise."""

from __future__ import annotations

import enum
import gzip

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import attrs
import orjson


__all__ = ["BANS", "FAULTS", "JSON", "Answer", "Delivery", "envelope", "refusal", "throttled"]

JSON = "application/json; charset=utf-8"
_HTML = "text/html; charset=utf-8"
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class Delivery(enum.Enum):
    """How an answer is put on the wire."""

    WHOLE = "whole"
    HALF = "half"  # the length of the whole is announced, half of it comes
    CUT = "cut"  # half of it comes, and nothing says that there was more
    CLOSE = "close"  # the connection ends without an answer
    RESET = "reset"  # the same, by TCP reset
    HANG = "hang"  # no answer comes, and the connection stays


@attrs.frozen
class Answer:
    """
    One answer of the fake server.

    Attributes:
        kind: The name it has in the log.

        body: The bytes after the headers.

        status: The HTTP status.

        content_type: What the headers call the body.

        headers: Further headers.

        delivery: How it is put on the wire.
    """

    kind: str
    body: bytes = attrs.field(default=b"", repr=False)
    status: int = 200
    content_type: str = JSON
    headers: Mapping[str, str] = _NO_HEADERS
    delivery: Delivery = Delivery.WHOLE


def envelope(code: int, message: str, **more: Any) -> bytes:
    """Return the body around an answer, or around a refusal without *data*."""
    return orjson.dumps({"code": code, "message": message, "ttl": 1, **more})


def refusal(kind: str, code: int, message: str) -> Answer:
    """Return a refusal: HTTP 200 with a code other than 0."""
    return Answer(kind, envelope(code, message))


def throttled(code: int, status: int, retry_after: float | str | None) -> Answer:
    """Return a plea to slow down, with ``Retry-After`` where it is given."""
    headers = {} if retry_after is None else {"Retry-After": _seconds(retry_after)}
    message = "请求过于频繁，请稍后再试" if code == -799 else "请求过于频繁"  # noqa: PLR2004 - a code
    return Answer("throttle", envelope(code, message), status, JSON, headers)


def _seconds(value: float | str) -> str:
    """Return whole seconds as digits, since the header knows no fractions."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _page(title: str) -> bytes:
    return f"<!DOCTYPE html><html><head><title>{title}</title></head></html>".encode()


def _half_gzip(whole: Callable[[], bytes]) -> Answer:
    packed = gzip.compress(whole(), mtime=0)
    # The length is that of the half: at the HTTP level nothing is missing.
    return Answer(
        "truncated_gzip", packed[: len(packed) // 2], headers={"Content-Encoding": "gzip"}
    )


_BUSY = envelope(-503, "服务暂不可用")
_OFTEN = envelope(-509, "请求过于频繁")
_VOUCHER = {"v_voucher": "voucher_00000000-0000-0000-0000-000000000000"}

# Each takes a function that returns the body that was due.
FAULTS: Mapping[str, Callable[[Callable[[], bytes]], Answer]] = MappingProxyType(
    {
        "500": lambda _: Answer("500", _page("500"), 500, _HTML),
        "502": lambda _: Answer("502", _page("502 Bad Gateway"), 502, _HTML),
        "503": lambda _: Answer("503", _page("503"), 503, _HTML),
        "504": lambda _: Answer("504", _page("504 Gateway Time-out"), 504, _HTML),
        "bad_utf8": lambda whole: Answer("bad_utf8", whole().replace(b'"ttl"', b'"\xff\xfe"')),
        "bom": lambda whole: Answer("bom", b"\xef\xbb\xbf" + whole()),
        "busy": lambda _: Answer("busy", _BUSY),
        "close": lambda _: Answer("close", delivery=Delivery.CLOSE),
        "cut": lambda whole: Answer("cut", whole(), delivery=Delivery.CUT),
        "empty": lambda _: Answer("empty"),
        "html": lambda _: Answer("html", _page("出错啦!"), content_type=_HTML),
        "html404": lambda _: Answer("html404", _page("出错啦!"), 404, _HTML),
        "no_data": lambda _: Answer("no_data", envelope(0, "0")),
        "not_json": lambda _: Answer("not_json", b"upstream connect error", 200, JSON),
        "redirect": lambda _: Answer("redirect", status=302, headers={"Location": "/404"}),
        "reset": lambda _: Answer("reset", delivery=Delivery.RESET),
        "timeout": lambda _: Answer("timeout", delivery=Delivery.HANG),
        "truncate": lambda whole: Answer("truncate", whole(), delivery=Delivery.HALF),
        "truncated_gzip": _half_gzip,
        "two_documents": lambda whole: Answer("two_documents", _OFTEN + whole()),
    }
)
"""What `FakeBilibili.fail` can do, by name."""

BANS: Mapping[str, Answer] = MappingProxyType(
    {
        "-352": Answer("ban", envelope(-352, "-352", data=_VOUCHER)),
        "html412": Answer("ban", _page("412 Precondition Failed"), 412, _HTML),
        "json412": Answer("ban", envelope(-412, "请求被拦截"), 412),
        "voucher": Answer("ban", envelope(0, "0", data=_VOUCHER)),
    }
)
"""The forms that a ban takes, by name."""
