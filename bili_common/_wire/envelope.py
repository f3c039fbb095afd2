"""The envelope: an HTTP answer becomes its data, or the right error.

This is the one place that knows Bilibili's codes. The status is read before the
body, since a ban comes as HTTP 412 with HTML as often as with JSON.
"""

from __future__ import annotations

from typing import Any, Final, NoReturn, cast

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
from .json_body import parse
from .response import RawResponse, no_envelope


__all__ = ["CODES", "is_told_by_status", "read_data"]

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

# What an error says beside the server's own words, which are often only a code.
_MEANINGS: Final[dict[type[ApiError], str]] = {
    NotLoggedInError: "the account is not logged in, or no longer",
    BadRequestError: "the server refused vmid, pn or ps",
    PrivacyError: "the user hides the list",
    UserNotFoundError: "there is no such user, or no longer",
    ServerBusyError: "the server could not answer now",
    ThrottledError: "too many requests",
    RiskControlError: "risk control: the server wants this account or address to stop",
    ApiError: "the server refused, for a reason that this version does not know",
}
_STATUSES: Final[dict[int, type[ApiError]]] = {412: RiskControlError, 429: ThrottledError}


def read_data(answer: RawResponse) -> dict[str, Any]:
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

    envelope = parse(answer)
    code = _read_code(envelope, answer)
    if code != 0:
        raise _api_error(CODES.get(code, ApiError), code, envelope, answer)

    data = envelope.get("data")
    if type(data) is not dict:
        raise _schema_error("$.data", answer)
    # Risk control can look like success: code 0 and a voucher for a captcha.
    if "v_voucher" in data:
        raise _api_error(RiskControlError, code, envelope, answer)

    return cast("dict[str, Any]", data)


def is_told_by_status(status: int) -> bool:
    """Tell whether an answer's class hangs on its HTTP status alone."""
    return status in _STATUSES or 300 <= status < 400 or status >= 500  # noqa: PLR2004 - HTTP's own numbers


def _raise_for_status(answer: RawResponse) -> NoReturn:
    status = answer.status
    if 300 <= status < 400:  # noqa: PLR2004 - HTTP's own numbers
        to = f" to {answer.location}" if answer.location else ""
        raise no_envelope(f"a redirect{to}, which is not followed", answer)
    if status >= 500:  # noqa: PLR2004 - HTTP's own number
        failure = ServerError(
            f"the server failed with HTTP {status}", http_status=status, body=answer.body
        )
        failure.retry_after = answer.retry_after
        raise failure

    envelope = _try_envelope(answer)
    code = envelope.get("code") if type(envelope.get("code")) is int else None
    cls = _STATUSES.get(status) or (CODES.get(code, ApiError) if code else None)
    if cls is None:
        raise no_envelope(f"HTTP {status}", answer)
    raise _api_error(cls, code or status, envelope, answer)


def _try_envelope(answer: RawResponse) -> dict[str, Any]:
    try:
        return parse(answer)
    except (ResponseError, TransportError):
        return {}


def _read_code(envelope: dict[str, Any], answer: RawResponse) -> int:
    code = envelope.get("code")
    if type(code) is not int:
        raise _schema_error("$.code", answer)

    return code


def _api_error(
    cls: type[ApiError], code: int, envelope: dict[str, Any], answer: RawResponse
) -> ApiError:
    # The server's words may be any length; a log line is not.
    message = str(envelope.get("message", ""))[:200]
    text = f"{_MEANINGS[cls]} (code {code} {message!r}, HTTP {answer.status})"
    error = cls(text, code=code, message=message, http_status=answer.status)
    error.retry_after = answer.retry_after
    return error


def _schema_error(path: str, answer: RawResponse) -> SchemaError:
    return SchemaError(
        f"the server sent an unexpected value at {path}",
        paths=(path,),
        http_status=answer.status,
        body=answer.body,
    )
