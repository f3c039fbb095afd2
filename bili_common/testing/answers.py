"""Answers: what the fake server sends, well formed and otherwise."""

from __future__ import annotations

import enum
import gzip

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import attrs
import orjson


__all__ = [
    "BANS",
    "FAULTS",
    "JSON",
    "Answer",
    "Delivery",
    "envelope",
    "later",
    "refusal",
    "throttled",
]

JSON = "application/json; charset=utf-8"
_HTML = "text/html; charset=utf-8"
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})

# What the server says beside a code.
_MESSAGES: Mapping[int, str] = MappingProxyType(
    {
        -2: "Access Key错误",
        -6: "登录已过期",
        -101: "账号未登录",
        -102: "账号被封停",
        -352: "-352",
        -400: "请求错误",
        -401: "非法访问",
        -403: "访问权限不足",
        -404: "啥都木有",
        -412: "请求被拦截",
        -500: "服务器错误",
        -503: "服务暂不可用",
        -504: "服务调用超时",
        -509: "请求过于频繁",
        -626: "用户不存在",
        -658: "Token 过期",
        -663: "Token 无效",
        -799: "请求过于频繁，请稍后再试",
        22115: "用户已设置隐私，无法查看",
        22118: "用户已设置隐私，无法查看",
    }
)


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


def refusal(kind: str, code: int, message: str | None = None, **more: Any) -> Answer:
    """Return a refusal: HTTP 200 with a code other than 0, in the server's words."""
    text = _MESSAGES.get(code, str(code)) if message is None else message
    return Answer(kind, envelope(code, text, **more))


def later(answer: Answer, retry_after: float | str) -> Answer:
    """Return *answer* with a ``Retry-After``."""
    return attrs.evolve(
        answer, headers={**answer.headers, "Retry-After": _seconds(retry_after)}
    )


def throttled(code: int, status: int, retry_after: float | str | None) -> Answer:
    """Return a plea to slow down, with ``Retry-After`` where it is given."""
    answer = attrs.evolve(refusal("throttle", code), status=status)
    return answer if retry_after is None else later(answer, retry_after)


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


_OFTEN = refusal("throttle", -509).body
_VOUCHER = "voucher_00000000-0000-0000-0000-000000000000"
_GA_DATA: Mapping[str, Any] = {
    "decisions": ["verify_captcha_level2"],
    "risk_level": 1,
    "grisk_id": "00000000000000000000000000000000",
    "decision_ctx": {},
}
_CAPTCHA = refusal("ga_data", -401, data={"ga_data": _GA_DATA})

# Each takes a function that returns the body that was due.
FAULTS: Mapping[str, Callable[[Callable[[], bytes]], Answer]] = MappingProxyType(
    {
        "403": lambda _: Answer("403", _page("403 Forbidden"), 403, _HTML),
        "408": lambda _: Answer("408", _page("408 Request Timeout"), 408, _HTML),
        "412": lambda _: Answer("412", _page("412 Precondition Failed"), 412, _HTML),
        "425": lambda _: Answer("425", _page("425 Too Early"), 425, _HTML),
        "500": lambda _: Answer("500", _page("500"), 500, _HTML),
        "502": lambda _: Answer("502", _page("502 Bad Gateway"), 502, _HTML),
        "503": lambda _: Answer("503", _page("503"), 503, _HTML),
        "504": lambda _: Answer("504", _page("504 Gateway Time-out"), 504, _HTML),
        "bad_utf8": lambda whole: Answer("bad_utf8", whole().replace(b'"ttl"', b'"\xff\xfe"')),
        "bom": lambda whole: Answer("bom", b"\xef\xbb\xbf" + whole()),
        "busy": lambda _: refusal("busy", -503),
        "close": lambda _: Answer("close", delivery=Delivery.CLOSE),
        "cut": lambda whole: Answer("cut", whole(), delivery=Delivery.CUT),
        "empty": lambda _: Answer("empty"),
        "ga_data": lambda _: _CAPTCHA,
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
        "-352": refusal("ban", -352, data={"v_voucher": _VOUCHER}),
        "ga_data": attrs.evolve(_CAPTCHA, kind="ban"),
        "gaia": attrs.evolve(refusal("ban", -403), headers={"x-bili-gaia-vvoucher": _VOUCHER}),
        "html412": Answer("ban", _page("412 Precondition Failed"), 412, _HTML),
        "json412": attrs.evolve(refusal("ban", -412), status=412),
        "voucher": Answer("ban", envelope(0, "0", data={"v_voucher": _VOUCHER})),
    }
)
"""The forms that a ban takes, by name."""
