"""The envelope: an HTTP answer becomes its data, or the right error.

This is the one place that knows Bilibili's codes. The status is read before the
body, since a ban comes as HTTP 412 with HTML as often as with JSON.
"""

from __future__ import annotations

import json
import math

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, NoReturn

import attrs
import orjson

from ..errors import (
    ApiError,
    BadRequestError,
    NotLoggedInError,
    PrivacyError,
    ResponseError,
    RiskControlError,
    SchemaError,
    ServerBusyError,
    ServerError,
    ThrottledError,
    TransportError,
    UserNotFoundError,
)


__all__ = ["CODES", "Answer", "parse", "parse_exactly", "parse_retry_after", "read_data"]

# What a code means, from the endpoint's description (-101, -400), the general
# list of codes, and programs that met the others on this endpoint.
CODES: Final[dict[int, type[ApiError]]] = {
    -101: NotLoggedInError,
    -352: RiskControlError,
    -400: BadRequestError,
    -404: UserNotFoundError,
    -412: RiskControlError,
    -500: ServerBusyError,
    -503: ServerBusyError,
    -504: ServerBusyError,
    -509: ThrottledError,
    -626: UserNotFoundError,
    -799: ThrottledError,
    22115: PrivacyError,
    22118: PrivacyError,
}

_STATUSES: Final[dict[int, type[ApiError]]] = {412: RiskControlError, 429: ThrottledError}
_BOM: Final = b"\xef\xbb\xbf"


@attrs.frozen
class Answer:
    """
    One HTTP answer, read whole.

    Attributes:
        status: The HTTP status.

        body: The bytes after decompression.

        retry_after: Seconds that the server asked to wait, or None.

        location: The host of a redirect's target, or None.
    """

    status: int
    body: bytes = attrs.field(repr=False)
    retry_after: float | None = None
    location: str | None = None


def read_data(answer: Answer) -> dict[str, Any]:
    """
    Return the ``data`` object of *answer*.

    Raises:
        ApiError: The server answered with a code, or with a ban.

        ResponseError: The answer is no envelope.

        SchemaError: The envelope has not the shape that it should have.

        TransportError: The body was cut.
    """
    if answer.status != 200:  # noqa: PLR2004 - HTTP's own number
        _raise_for_status(answer)

    envelope = parse(answer.body, answer)
    code = _read_code(envelope, answer)
    if code != 0:
        raise _api_error(CODES.get(code, ApiError), code, envelope, answer)

    data = envelope.get("data")
    if type(data) is not dict:
        raise _schema_error("$.data", answer)
    # Risk control can look like success: code 0 and a voucher for a captcha.
    if "v_voucher" in data:
        raise _api_error(RiskControlError, code, envelope, answer)

    return data


def parse(body: bytes, answer: Answer) -> dict[str, Any]:
    """
    Return the JSON object in *body*; of two documents, the first.

    Raises:
        ResponseError: It is something else.

        TransportError: It begins as an object and was cut.
    """
    try:
        root = orjson.loads(body)
    except orjson.JSONDecodeError:
        root = _parse_carefully(body, answer)
    if type(root) is not dict:
        raise _response_error(f"JSON that is no object but {_kind(root)}", answer)

    return root


def _parse_carefully(body: bytes, answer: Answer) -> Any:
    """Return what the fast parser refused, where that can be trusted."""
    text = _text(body.removeprefix(_BOM), answer)
    try:
        _, end = _STRICT.raw_decode(text)
        # The server has answered a throttle and a success in one body.
        _ = end == len(text) or _STRICT.decode(text[end:])
        return orjson.loads(text[:end])
    except RecursionError:
        what, cut = "JSON that is nested too deep", False
    except ValueError as exc:
        what, cut = _describe(text), _is_cut(text, exc)

    if cut:
        raise TransportError("the answer was cut before its end")
    raise _response_error(what, answer)


def _is_cut(text: str, exc: ValueError) -> bool:
    """Tell whether an object began in *text* and its end is missing."""
    ran_out = isinstance(exc, json.JSONDecodeError) and exc.pos >= len(text)
    return text.startswith("{") and (ran_out or not text.endswith("}"))


def _text(body: bytes, answer: Answer) -> str:
    try:
        return body.decode().strip()
    except UnicodeDecodeError:
        pass
    raise _response_error("bytes that are not UTF-8", answer)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


# The standard library's parser keeps integers of any size exact.
_STRICT: Final = json.JSONDecoder(parse_constant=_refuse_constant)


def parse_exactly(body: bytes) -> dict[str, Any]:
    """Return the object in *body*, which `parse` has taken, with all integers exact."""
    text = body.removeprefix(_BOM).decode().strip()
    root, _ = _STRICT.raw_decode(text)
    return dict(root)


def _describe(text: str) -> str:
    if not text:
        return "an empty body"
    if text.startswith("<"):
        return "HTML"
    return "a body that is not JSON"


def _kind(value: Any) -> str:
    names = {list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def _raise_for_status(answer: Answer) -> NoReturn:
    status = answer.status
    if 300 <= status < 400:  # noqa: PLR2004 - HTTP's own numbers
        to = f" to {answer.location}" if answer.location else ""
        raise _response_error(f"a redirect{to}, which is not followed", answer)
    if status >= 500:  # noqa: PLR2004 - HTTP's own number
        raise ServerError(
            f"the server failed with HTTP {status}", http_status=status, body=answer.body
        )

    envelope = _try_envelope(answer)
    code = envelope.get("code") if type(envelope.get("code")) is int else None
    cls = _STATUSES.get(status) or (CODES.get(code, ApiError) if code else None)
    if cls is None:
        raise _response_error(f"HTTP {status}", answer)
    raise _api_error(cls, code or status, envelope, answer)


def _try_envelope(answer: Answer) -> dict[str, Any]:
    try:
        return parse(answer.body, answer)
    except (ResponseError, TransportError):
        return {}


def _read_code(envelope: dict[str, Any], answer: Answer) -> int:
    code = envelope.get("code")
    if type(code) is not int:
        raise _schema_error("$.code", answer)

    return code


def _api_error(
    cls: type[ApiError], code: int, envelope: dict[str, Any], answer: Answer
) -> ApiError:
    # The server's words may be any length; a log line is not.
    message = str(envelope.get("message", ""))[:200]
    meaning = (cls.__doc__ or "").strip().splitlines()[0]
    text = f"code {code} {message!r} with HTTP {answer.status}: {meaning}"
    error = cls(text, code=code, message=message, http_status=answer.status)
    if isinstance(error, (ThrottledError, RiskControlError)):
        error.retry_after = answer.retry_after
    return error


def _response_error(what: str, answer: Answer) -> ResponseError:
    text = f"the server sent {what} (HTTP {answer.status}, {len(answer.body)} bytes)"
    return ResponseError(text, http_status=answer.status, body=answer.body)


def _schema_error(path: str, answer: Answer) -> SchemaError:
    return SchemaError(
        f"the server sent an unexpected value at {path}",
        paths=(path,),
        http_status=answer.status,
        body=answer.body,
    )


def parse_retry_after(value: str | None, *, now: float) -> float | None:
    """
    Return the seconds that a Retry-After header asks for, or None.

    Args:
        value: The header: seconds, or a date. What is neither counts as absent.

        now: Seconds since 1970 UTC, to which a date is compared.
    """
    if value is None:
        return None

    try:
        seconds = float(value)
    except ValueError:
        seconds = _seconds_until(value, now)
    return seconds if seconds >= 0 and math.isfinite(seconds) else None


def _seconds_until(date: str, now: float) -> float:
    try:
        moment = parsedate_to_datetime(date)
        # A date without a zone is in UTC, as HTTP has no other.
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(0.0, (moment - datetime.fromtimestamp(now, UTC)).total_seconds())
    except (ValueError, OverflowError):
        return math.nan
