"""The catalogue: each fault with how it is played, what it ends in and what the error says."""

# ruff: noqa: E501 - a fault is a line of a table, in the docs as here

from __future__ import annotations

import enum
import functools
import gzip
import zlib

from collections.abc import Callable
from typing import Any

import attrs
import brotli
import orjson

from bili_common import (
    ApiError,
    BadRequestError,
    BiliCommonError,
    NotLoggedInError,
    PrivacyError,
    RequestTimeoutError,
    ResponseError,
    RiskControlError,
    SchemaError,
    ServerBusyError,
    ServerError,
    ThrottledError,
    TransportError,
    UserNotFoundError,
)

from .servers import Act, Line, hangs, http, repeats, resets, says


__all__ = ["FAULTS", "TAKEN", "Door", "Fault", "brotli_bomb", "gzip_bomb"]


class Door(enum.Enum):
    """How the client comes to the server."""

    HTTP = "http"
    REFUSED = "refused"  # nobody listens
    NAMELESS = "nameless"  # the name has no address
    UNTRUSTED = "untrusted"  # https, and the certificate is of nobody we know
    EXPIRED = "expired"  # https, and the certificate has run out
    WRONG_HOST = "wrong host"  # https, and the certificate is for another name
    RAW = "raw"  # https, and the act is played in place of the TLS handshake
    TLS = "tls"  # http, and the server speaks TLS


@attrs.frozen
class Fault:
    """
    One fault.

    Attributes:
        group: The heading that it stands under.

        comes: What the server does, in words.

        error: The class that is raised, exactly.

        says: What the error's message holds.

        act: What is played in place of page 2.

        hangs: Whether only the client's own timeout ends it.

        door: How the client comes to the server.

        again: Whether the client asks again by itself, while it has attempts left.
    """

    group: str
    comes: str
    error: type[BiliCommonError]
    says: str
    act: Act
    hangs: bool = False
    door: Door = Door.HTTP
    again: bool = attrs.field()

    @again.default
    def _again(self) -> bool:
        return self.error.retryable

    @property
    def name(self) -> str:
        """The name of its test."""
        return self.comes.replace("`", "").replace(" ", "-")


FAULTS: list[Fault] = []


def fault(
    group: str, comes: str, error: type[BiliCommonError], said: str, act: Act, **more: Any
) -> None:
    FAULTS.append(Fault(group, comes, error, said, act, **more))


def body(raw: bytes = b"", *headers: str, **more: Any) -> Act:
    return says(http(raw, *headers, **more))


def coded(code: Any, message: str = "", status: str = "200 OK", **more: Any) -> Act:
    envelope = {"code": code, "message": message or str(code), "ttl": 1, **more}
    return body(orjson.dumps(envelope), status=status)


def edited(change: Callable[[dict[str, Any]], object]) -> Act:
    """Answer with the honest envelope after *change*."""

    def make(raw: bytes) -> bytes:
        envelope = orjson.loads(raw)
        change(envelope)
        return http(orjson.dumps(envelope))

    return says(make)


def swapped(old: bytes, new: bytes) -> Act:
    """Answer with the honest bytes, in which *old* is replaced."""

    def make(raw: bytes) -> bytes:
        assert old in raw
        return http(raw.replace(old, new, 1))

    return says(make)


def in_data(**values: Any) -> Act:
    return edited(lambda envelope: envelope["data"].update(values))


def in_record(**values: Any) -> Act:
    return edited(lambda envelope: envelope["data"]["list"][1].update(values))


def without(*path: str | int) -> Act:
    def change(envelope: Any) -> None:
        *parents, last = path
        del functools.reduce(lambda node, key: node[key], parents, envelope)[last]

    return edited(change)


def packed(pack: Callable[[bytes], bytes], coding: str) -> Act:
    return says(lambda raw: http(pack(raw), f"Content-Encoding: {coding}"))


def half(raw: bytes) -> bytes:
    return raw[: len(raw) // 2]


def chunk(raw: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(raw), raw)


HTML = b"<!DOCTYPE html><html><head><title>oops</title></head><body></body></html>"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
BOMB_SIZE = 64 * 2**20


def redirect(to: str | None, status: str = "302 Found") -> Act:
    return body(HTML, *(() if to is None else (f"Location: {to}",)), status=status)


@functools.cache
def gzip_bomb(size: int = BOMB_SIZE) -> bytes:
    """Return *size* spaces as gzip: a thousandth of that."""
    return gzip.compress(b" " * size, mtime=0)


@functools.cache
def brotli_bomb(size: int = BOMB_SIZE) -> bytes:
    """Return *size* spaces as brotli: some hundred bytes."""
    return brotli.compress(b" " * size, quality=1)


def bomb(make: Callable[[], bytes], coding: str) -> Act:
    async def act(line: Line) -> None:
        await line.send(http(make(), f"Content-Encoding: {coding}"))

    return act


# fmt: off

# The connection never comes about.
connect = functools.partial(fault, "Connecting")
nothing = says(b"")
connect("nobody listens", TransportError, "no connection to", nothing, door=Door.REFUSED)
connect("the name has no address", TransportError, "no connection to", nothing, door=Door.NAMELESS)
_TLS = "no trusted TLS connection to"
connect("a certificate of an unknown issuer", TransportError, _TLS, nothing, door=Door.UNTRUSTED, again=False)
connect("a certificate that has run out", TransportError, _TLS, nothing, door=Door.EXPIRED, again=False)
connect("a certificate for another host", TransportError, _TLS, nothing, door=Door.WRONG_HOST, again=False)
connect("plain HTTP in place of a TLS handshake", TransportError, _TLS, body(HTML, status="400 Bad Request"), door=Door.RAW, again=False)
connect("the end in place of a TLS handshake", TransportError, "no connection to", nothing, door=Door.RAW)
connect("silence in place of a TLS handshake", RequestTimeoutError, "no whole answer", hangs(), door=Door.RAW, hangs=True)
connect("a TLS server behind http", TransportError, "connection", nothing, door=Door.TLS)

# The connection ends early.
ending = functools.partial(fault, "Endings")
_LOST = "was lost"
_CUT = "cut"
ending("the end, and no answer", TransportError, _LOST, nothing)
ending("a reset, and no answer", TransportError, _LOST, resets())
ending("the end within the status line", TransportError, _LOST, says(b"HTTP/1.1 20"))
ending("the end within the headers", TransportError, _LOST, says(b"HTTP/1.1 200 OK\r\nContent-Le"))
ending("the end after the headers", TransportError, _CUT, says(lambda raw: http(b"", length=len(raw))))
ending("the end within the body", TransportError, _CUT, says(lambda raw: http(half(raw), length=len(raw))))
ending("a reset within the body", TransportError, _CUT, resets(lambda raw: http(half(raw), length=len(raw))))
ending("the end one byte before the last", TransportError, _CUT, says(lambda raw: http(raw[:-1], length=len(raw))))
ending("the end within a chunked body", TransportError, _CUT, says(lambda raw: CHUNKED + chunk(half(raw))))
ending("the end before the last chunk", TransportError, _CUT, says(lambda raw: CHUNKED + chunk(raw)))
ending("half a body whose length nobody said", TransportError, _CUT, says(lambda raw: http(half(raw), length=None)))
ending("half a body, with the half's length", TransportError, _CUT, says(lambda raw: http(half(raw))))

# Time runs out.
slow = functools.partial(fault, "Time", hangs=True)
_LATE = "no whole answer from"
slow("no answer for ever", RequestTimeoutError, _LATE, hangs())
slow("half the headers, then silence", RequestTimeoutError, _LATE, hangs(b"HTTP/1.1 200 OK\r\nContent-"))
slow("the headers, then silence", RequestTimeoutError, _LATE, hangs(lambda raw: http(b"", length=len(raw))))
slow("half the body, then silence", RequestTimeoutError, _LATE, hangs(lambda raw: http(half(raw), length=len(raw))))
slow("a chunk, then silence", RequestTimeoutError, _LATE, hangs(lambda raw: CHUNKED + chunk(half(raw))))
slow("a header each 10 ms, without end", RequestTimeoutError, _LATE, repeats(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", every=0.01))
slow("a byte of the body each 10 ms", RequestTimeoutError, _LATE, repeats(http(b"", length=5000), b" ", every=0.01))
slow("`103 Early Hints`, then silence", RequestTimeoutError, _LATE, hangs(b"HTTP/1.1 103 Early Hints\r\n\r\n"))

# It is not HTTP.
form = functools.partial(fault, "HTTP's form")
_FORM = "malformed HTTP answer"
form("a greeting of another protocol", ResponseError, _FORM, says(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"))
form("a body without headers", ResponseError, _FORM, says(lambda raw: raw))
form("a status that is no number", ResponseError, _FORM, says(b"HTTP/1.1 OK 200\r\n\r\n"))
form("an HTTP version that is none", ResponseError, _FORM, says(b"HTTP/banana 200 OK\r\n\r\n"))
form("a header without a colon", ResponseError, _FORM, says(b"HTTP/1.1 200 OK\r\nbanana\r\n\r\n"))
form("a NUL in a header", ResponseError, _FORM, says(b"HTTP/1.1 200 OK\r\nX: a\x00b\r\n\r\n"))
form("a header of 9 KB", ResponseError, _FORM, body(b"{}", "X: " + "y" * 9000))
form("200 headers", ResponseError, _FORM, body(b"{}", *(f"X-{n}: y" for n in range(200))))
form("a length that is no number", ResponseError, _FORM, body(b"{}", "Content-Length: two", length=None))
form("two lengths that differ", ResponseError, _FORM, body(b"{}", "Content-Length: 3"))
form("a length beside chunks", ResponseError, _FORM, body(chunk(b"{}"), "Transfer-Encoding: chunked"))
form("a chunk whose size is no number", ResponseError, _FORM, says(CHUNKED + b"banana\r\n{}\r\n"))
form("more than the length said", ResponseError, "", says(lambda raw: http(raw, length=len(raw) // 2)))
form("`101 Switching Protocols`", ResponseError, "HTTP 101", body(status="101 Switching Protocols"))

# Compression and size.
size = functools.partial(fault, "Compression and size")
_BIG = "more than 8388608 bytes"
size("gzip, cut in the middle, with status 200", TransportError, _CUT, packed(lambda raw: half(gzip.compress(raw)), "gzip"))
size("gzip with a wrong checksum", TransportError, _CUT, packed(lambda raw: gzip.compress(raw)[:-8] + b"\0" * 8, "gzip"))
size("bytes that are called gzip and are not", TransportError, _CUT, packed(lambda raw: raw, "gzip"))
size("bytes that are called deflate and are not", TransportError, _CUT, packed(lambda _: b"\xff" * 99, "deflate"))
size("bytes that are called brotli and are not", TransportError, _CUT, packed(lambda raw: raw, "br"))
size("brotli, cut in the middle, with status 200", TransportError, _CUT, packed(lambda raw: half(brotli.compress(raw)), "br"))
size("gzip that nobody calls so", ResponseError, "not UTF-8", packed(gzip.compress, "identity"))
size("gzip within gzip", ResponseError, "not UTF-8", packed(lambda raw: gzip.compress(gzip.compress(raw)), "gzip"))
size("two codings at once", ResponseError, "not UTF-8", packed(lambda raw: gzip.compress(gzip.compress(raw)), "gzip, gzip"))
size("a coding that nobody knows", ResponseError, "not UTF-8", packed(zlib.compress, "x-banana"))
size("a gzip bomb (64 MiB in 64 KiB)", ResponseError, _BIG, bomb(gzip_bomb, "gzip"))
size("a brotli bomb (64 MiB in 100 bytes)", ResponseError, _BIG, bomb(brotli_bomb, "br"))
size("a body without end", ResponseError, _BIG, repeats(http(length=None), b" " * 2**16))
size("a chunked body without end", ResponseError, _BIG, repeats(CHUNKED, chunk(b" " * 2**16)))
size("a body of 9 MB", ResponseError, _BIG, body(b" " * 9_000_000))

# The status speaks before the body.
status = functools.partial(fault, "Status")
for number, words, error in [
    ("400", "Bad Request", ResponseError),
    ("401", "Unauthorized", ResponseError),
    ("403", "Forbidden", ResponseError),
    ("404", "Not Found", ResponseError),
    ("500", "Internal Server Error", ServerError),
    ("502", "Bad Gateway", ServerError),
    ("503", "Service Unavailable", ServerError),
    ("504", "Gateway Time-out", ServerError),
    ("599", "Whatever", ServerError),
    ("412", "Precondition Failed", RiskControlError),
    ("429", "Too Many Requests", ThrottledError),
]:
    status(f"HTTP {number} with HTML", error, f"HTTP {number}", body(HTML, status=f"{number} {words}"))
status("HTTP 412 with code -412", RiskControlError, "code -412", coded(-412, "请求被拦截", "412 Precondition Failed"))
status("HTTP 412 with an empty body", RiskControlError, "HTTP 412", body(status="412 Precondition Failed"))
status("HTTP 429 with code -799", ThrottledError, "code -799", coded(-799, "请求过于频繁", "429 Too Many Requests"))
status("HTTP 403 with code -101", NotLoggedInError, "code -101", coded(-101, "账号未登录", "403 Forbidden"))
status("HTTP 503 with a page that looks right", ServerError, "HTTP 503", says(lambda raw: http(raw, status="503 Service Unavailable")))
status("HTTP 404 with a page that looks right", ResponseError, "HTTP 404", says(lambda raw: http(raw, status="404 Not Found")))
status("HTTP 200 and an empty body", ResponseError, "an empty body", body())
status("HTTP 204", ResponseError, "HTTP 204", body(status="204 No Content"))
status("HTTP 206 with half a page", ResponseError, "HTTP 206", says(lambda raw: http(half(raw), status="206 Partial Content")))
status("HTTP 304", ResponseError, "a redirect, which is not followed", body(status="304 Not Modified"))

# Redirects are not followed, wherever they lead.
moved = functools.partial(fault, "Redirects")
for number in ("301", "302", "303", "307", "308"):
    moved(f"HTTP {number} to another host", ResponseError, "a redirect to elsewhere.example", redirect("https://elsewhere.example/x", f"{number} Moved"))
moved("HTTP 302 from here to here", ResponseError, "a redirect, which is not followed", redirect("?pn=2"))
moved("HTTP 302 without a target", ResponseError, "a redirect, which is not followed", redirect(None))
moved("HTTP 302 to a file", ResponseError, "a redirect", redirect("file:///etc/passwd"))
moved("HTTP 302 to another host, without a scheme", ResponseError, "a redirect to elsewhere.example", redirect("//elsewhere.example/x"))
moved("HTTP 302 to what is no URL", ResponseError, "a redirect, which is not followed", redirect("http://[::1"))

# The body is not JSON, or not only.
text = functools.partial(fault, "The body's text")
text("HTML with HTTP 200", ResponseError, "HTML", body(HTML, "Content-Type: text/html"))
text("HTML that is called JSON", ResponseError, "HTML", body(HTML, "Content-Type: application/json"))
text("plain words", ResponseError, "not JSON", body(b"upstream connect error", "Content-Type: text/plain"))
text("a page as JSONP", ResponseError, "not JSON", says(lambda raw: http(b"callback(" + raw + b")")))
text("`null`", ResponseError, "no object but null", body(b"null"))
text("a list", ResponseError, "no object but a list", says(lambda raw: http(b"[" + raw + b"]")))
text("a text", ResponseError, "no object but a text", body(b'"0"'))
text("a number", ResponseError, "no object but a number", body(b"0"))
text("`true`", ResponseError, "no object but true or false", body(b"true"))
text("a BOM and nothing else", ResponseError, "an empty body", body(b"\xef\xbb\xbf"))
text("bytes that are not UTF-8", ResponseError, "not UTF-8", swapped(b'"uname":"', b'"uname":"\xff\xfe'))
text("a page in GBK", ResponseError, "not UTF-8", says(lambda raw: http(raw.decode().encode("gbk", "replace"), "Content-Type: application/json; charset=gbk")))
text("a page in UTF-16", ResponseError, "not UTF-8", says(lambda raw: http(raw.decode().encode("utf-16"), "Content-Type: application/json; charset=utf-16")))
text("`NaN`", ResponseError, "not JSON", swapped(b'"ttl":1', b'"ttl":NaN'))
text("`Infinity`", ResponseError, "not JSON", swapped(b'"ttl":1', b'"ttl":-Infinity'))
text("a number of 5,000 digits", ResponseError, "a number of 5000 digits", swapped(b'"ttl":1', b'"ttl":' + b"9" * 5000))
text("100,000 lists in one another", ResponseError, "nested too deep", swapped(b'"ttl":1', b'"ttl":' + b"[" * 100_000 + b"]" * 100_000))
text("a comma too many", ResponseError, "not JSON", says(lambda raw: http(raw[:-1] + b",}")))
text("words after a page", ResponseError, "something else behind it", says(lambda raw: http(raw + b" and so on}")))
text("two documents, a throttle first", ThrottledError, "code -509", says(lambda raw: http(b'{"code":-509}' + raw)))
text("two documents, a ban first", RiskControlError, "code -412", says(lambda raw: http(b'{"code":-412}' + raw)))

# The envelope has not the shape it should have.
shape = functools.partial(fault, "The envelope's shape")
for words, value in [("a text", "0"), ("a bool", False), ("a fraction", 0.5), ("null", None), ("a list", [0])]:
    shape(f"`code` as {words}", SchemaError, "$.code", coded(value, data={"list": [], "total": 0}))
shape("no `code`", SchemaError, "$.code", without("code"))
shape("code 0 without `data`", SchemaError, "$.data", without("data"))
shape("code 0 with `data` null", SchemaError, "$.data", edited(lambda it: it.update(data=None)))
shape("code 0 with `data` as a list", SchemaError, "$.data", edited(lambda it: it.update(data=[])))
shape("no `list`", SchemaError, "$.data.list", without("data", "list"))
shape("`list` as an object", SchemaError, "$.data.list", in_data(list={}))
shape("no `total`", SchemaError, "$.data.total", without("data", "total"))
shape("`total` as a text", SchemaError, "$.data.total", in_data(total="4"))
shape("`total` below zero", SchemaError, "$.data.total", in_data(total=-1))
shape("`total` as a fraction", SchemaError, "$.data.total", in_data(total=1.5))
shape("a record that is null", SchemaError, "$.data.list[1]", edited(lambda it: it["data"]["list"].__setitem__(1, None)))
shape("a record without a `mid`", SchemaError, "$.data.list[1].mid", without("data", "list", 1, "mid"))
shape("a `mid` of 0", SchemaError, "$.data.list[1].mid", in_record(mid=0))
shape("a `mid` as a bool", SchemaError, "$.data.list[1].mid", in_record(mid=True))
shape("a `mid` above 63 bits", SchemaError, "$.data.list[1].mid", in_record(mid=2**63))
shape("a `mid` with 30 digits", SchemaError, "$.data.list[1].mid", says(lambda raw: http(raw.replace(b'"mid":10003', b'"mid":' + b"9" * 30))))

# The server says no.
said_no = functools.partial(fault, "Codes")
for code, error in [
    (-101, NotLoggedInError),
    (-352, RiskControlError),
    (-400, BadRequestError),
    (-404, UserNotFoundError),
    (-412, RiskControlError),
    (-500, ServerBusyError),
    (-503, ServerBusyError),
    (-504, ServerBusyError),
    (-509, ThrottledError),
    (-626, UserNotFoundError),
    (-799, ThrottledError),
    (22115, PrivacyError),
    (22118, PrivacyError),
    (12345, ApiError),
]:
    said_no(f"code {code}", error, f"code {code}", coded(code, "原因"))
said_no("code 0 with a `v_voucher`", RiskControlError, "code 0", coded(0, data={"v_voucher": "voucher_0"}))
said_no("a refusal whose message is 1 MB", ApiError, "code 7", coded(7, "很" * 350_000))
said_no("a refusal without a message", ApiError, "code 7", body(b'{"code":7}'))
said_no("a refusal whose message is an object", ApiError, "code 7", body(b'{"code":7,"message":{"a":[]}}'))

# Odd, and good all the same: the walk goes on as if nothing were.
TAKEN: dict[str, Act] = {
    "a BOM before the page": says(lambda raw: http(b"\xef\xbb\xbf" + raw)),
    "spaces and line breaks around the page": says(lambda raw: http(b"\r\n " + raw + b"\n\n")),
    "a page that is called HTML": says(lambda raw: http(raw, "Content-Type: text/html")),
    "a page with a charset that nobody knows": says(lambda raw: http(raw, "Content-Type: application/json; charset=banana")),
    "gzip": packed(gzip.compress, "gzip"),
    "brotli": packed(brotli.compress, "br"),
    "deflate": packed(zlib.compress, "deflate"),
    "gzip whose checksum is missing": packed(lambda raw: gzip.compress(raw)[:-8], "gzip"),
    "chunks": says(lambda raw: CHUNKED + chunk(half(raw)) + chunk(raw[len(raw) // 2 :]) + b"0\r\n\r\n"),
    "a body whose length nobody said": says(lambda raw: http(raw, length=None)),
    "`103 Early Hints` first": says(lambda raw: b"HTTP/1.1 103 Early Hints\r\n\r\n" + http(raw)),
    "HTTP/1.0": says(lambda raw: b"HTTP/1.0 200 OK\r\n\r\n" + raw),
    "the page, and a throttle after it": says(lambda raw: http(raw + b'{"code":-509}')),
    "a key twice, of which the last counts": swapped(b'"ttl":1', b'"ttl":1,"code":-1,"code":0'),
    "half a surrogate pair in a name": swapped(b'"uname":"', b'"uname":"\\ud800'),
    "an integer above 64 bits where nobody looks": swapped(b'"ttl":1', b'"ttl":1' + b"0" * 30),
    "keys that nobody knows": in_record(novelty={"a": [1, None]}),
    "fields of other types": in_record(uname=7, tag="12", vip={"vipType": "abc"}, face_nft=True),
    "a record's fields null": in_record(tag=None, sign=None, vip=None, official_verify=None),
}
