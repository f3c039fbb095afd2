"""The envelope: an HTTP answer becomes its data, or the right error.

This is the one place that knows Bilibili's codes. Headers and status are read
before the body, since a ban comes as HTTP 412 with HTML as often as with JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NoReturn, cast

from .._util.arguments import MAX_ID
from ..errors import (
    AccountBlockedError,
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


__all__ = ["CODES", "is_told_by_head", "read_data"]

# What a code means, from the endpoint's description (-101, -400), the general
# list of codes, and programs that met the others.
CODES: Final[Mapping[int, type[ApiError]]] = MappingProxyType(
    {
        -2: NotLoggedInError,
        -6: NotLoggedInError,
        -101: NotLoggedInError,
        -102: AccountBlockedError,
        -352: RiskControlError,
        -400: BadRequestError,
        -404: UserNotFoundError,
        -412: RiskControlError,
        -500: ServerBusyError,
        -503: ServerBusyError,
        -504: ServerBusyError,
        -509: ThrottledError,
        -626: UserNotFoundError,
        -658: NotLoggedInError,
        -663: NotLoggedInError,
        -799: ThrottledError,
        22115: PrivacyError,
        22118: PrivacyError,
    }
)
_NO_CODES: Final[Mapping[int, type[ApiError]]] = MappingProxyType({})
# These concern the account or the client: no endpoint may read its code otherwise.
_ACCOUNT_WIDE: Final = (AccountBlockedError, NotLoggedInError, RiskControlError, ThrottledError)
_CAPTCHA: Final = -401

# What an error says beside the server's own words, which are often only a code.
_MEANINGS: Final[dict[type[ApiError], str]] = {
    NotLoggedInError: "the account is not logged in, or no longer",
    AccountBlockedError: "the account is blocked",
    BadRequestError: "the server refused the parameters",
    PrivacyError: "the user hides the list",
    UserNotFoundError: "there is no such user, or no longer",
    ServerBusyError: "the server could not answer now",
    ThrottledError: "too many requests",
    RiskControlError: "risk control: the server wants this account or address to stop",
    ApiError: "the server refused, for a reason that this version does not know",
}
_STATUSES: Final[dict[int, type[ApiError]]] = {
    408: ServerBusyError,
    412: RiskControlError,
    425: ServerBusyError,
    429: ThrottledError,
}


def read_data(
    response: RawResponse, codes: Mapping[int, type[ApiError]] = _NO_CODES
) -> dict[str, Any]:
    """
    Return the ``data`` object of *response*.

    Args:
        response: What the server sent.

        codes: What further codes mean at this endpoint, beside the common ones. It
            may read a common code otherwise, but none that concerns the account.

    Raises:
        ApiError: The server answered with a code, or with a ban.

        ResponseError: The answer is no envelope.

        SchemaError: The envelope has not the shape that it should have.

        TransportError: The body was cut.
    """
    if response.has_voucher:
        raise _api_error(RiskControlError, _try_envelope(response), response)
    if response.status != 200:  # noqa: PLR2004 - HTTP's own number
        _raise_for_status(response, codes)

    envelope = parse(response)
    code = envelope.get("code")
    if type(code) is not int or abs(code) > MAX_ID:
        raise _schema_error("$.code", response)
    if code != 0:
        raise _api_error(_class_of(code, envelope, codes), envelope, response)

    data = envelope.get("data")
    if type(data) is not dict:
        raise _schema_error("$.data", response)
    # Risk control can look like success: code 0 and a voucher for a captcha.
    if "v_voucher" in data:
        raise _api_error(RiskControlError, envelope, response)

    return cast("dict[str, Any]", data)


def is_told_by_head(status: int, *, has_voucher: bool) -> bool:
    """Tell whether an answer's class hangs on its status and its headers alone."""
    return has_voucher or status in _STATUSES or 300 <= status < 400 or status >= 500  # noqa: PLR2004 - HTTP's own numbers


def _raise_for_status(response: RawResponse, codes: Mapping[int, type[ApiError]]) -> NoReturn:
    status = response.status
    if 300 <= status < 400:  # noqa: PLR2004 - HTTP's own numbers
        to = f" to {response.location}" if response.location else ""
        raise no_envelope(f"a redirect{to}, which is not followed", response)
    if status >= 500:  # noqa: PLR2004 - HTTP's own number
        failure = ServerError(
            f"the server failed with HTTP {status}", http_status=status, body=response.body
        )
        failure.retry_after = response.retry_after
        raise failure

    envelope = _try_envelope(response)
    cls = _STATUSES.get(status)
    if cls is None:
        code = envelope.get("code")
        if type(code) is not int or code == 0:
            raise no_envelope(f"HTTP {status}", response)
        cls = _class_of(code, envelope, codes)
    raise _api_error(cls, envelope, response)


def _try_envelope(response: RawResponse) -> dict[str, Any]:
    try:
        return parse(response)
    except (ResponseError, TransportError):
        return {}


def _class_of(
    code: int, envelope: dict[str, Any], codes: Mapping[int, type[ApiError]]
) -> type[ApiError]:
    # Without the captcha, -401 is a refusal like any other.
    data = envelope.get("data")
    if code == _CAPTCHA and type(data) is dict and "ga_data" in data:
        return RiskControlError

    common = CODES.get(code, ApiError)
    return common if issubclass(common, _ACCOUNT_WIDE) else codes.get(code, common)


def _api_error(
    cls: type[ApiError], envelope: dict[str, Any], response: RawResponse
) -> ApiError:
    code = envelope.get("code")
    if type(code) is not int or code == 0:
        code = 0 if response.status == 200 else response.status  # noqa: PLR2004 - HTTP's own number
    # The server's words may be any length; a log line is not.
    message = str(envelope.get("message") or envelope.get("msg") or "")[:200]
    text = f"{_meaning(cls)} (code {code} {message!r}, HTTP {response.status})"
    error = cls(text, code=code, message=message, http_status=response.status)
    error.retry_after = response.retry_after
    return error


def _meaning(cls: type[ApiError]) -> str:
    # An endpoint's own class says what the class says that it was made from.
    return next(_MEANINGS[base] for base in cls.__mro__ if base in _MEANINGS)


def _schema_error(path: str, response: RawResponse) -> SchemaError:
    return SchemaError(
        f"the server sent an unexpected value at {path}",
        paths=(path,),
        http_status=response.status,
        body=response.body,
    )
