"""Everything that this library raises.

The tree is sorted by what you can do about it:

    BiliCommonError
    ├─ UsageError (also ValueError)     mend the call
    │  └─ ClientClosedError
    ├─ TransportError                   try again later
    │  └─ RequestTimeoutError
    ├─ ResponseError                    report it: the answer is no envelope
    │  ├─ ServerError
    │  └─ SchemaError
    ├─ ApiError                         the server said no
    │  ├─ NotLoggedInError              bring a new cookie
    │  ├─ AccountBlockedError           look at the account with the app
    │  ├─ BadRequestError
    │  ├─ PrivacyError                  a result: the list is hidden
    │  ├─ UserNotFoundError             a result: the account is gone
    │  ├─ ServerBusyError               try again later
    │  ├─ ThrottledError                slow down
    │  └─ RiskControlError              stop
    ├─ IncompleteWalkError              resume from its cursor
    ├─ BudgetSpentError                 resume with a new budget
    ├─ PaceError                        look at the shared pace
    ├─ RunStoppedError                  look at why users fail alike, then resume
    └─ StoreError                       look at the file

Every error can be pickled, and none holds a secret: neither the credential nor
the request's headers nor its URL.

This module imports nothing of the package, so that every floor can raise.
"""

from __future__ import annotations

from typing import Any


__all__ = [
    "AccountBlockedError",
    "ApiError",
    "BadRequestError",
    "BiliCommonError",
    "BudgetSpentError",
    "ClientClosedError",
    "IncompleteWalkError",
    "NotLoggedInError",
    "PaceError",
    "PrivacyError",
    "RequestTimeoutError",
    "ResponseError",
    "RiskControlError",
    "RunStoppedError",
    "SchemaError",
    "ServerBusyError",
    "ServerError",
    "StoreError",
    "ThrottledError",
    "TransportError",
    "UsageError",
    "UserNotFoundError",
]


class BiliCommonError(Exception):
    """
    The base of everything that this library raises on purpose.

    Attributes:
        vmid: The user whose list was asked for, or None outside a request.

        pn: The page that was asked for, counted from 1, or None.

        cursor: Where to go on: give it to ``start=``. None outside a walk.

        items: The records that `Pager.collect` had gathered, else empty.

        retryable: Whether asking the same again, later, can help.

        retry_after: Seconds to wait, where the server named any.
    """

    retryable: bool = False
    retry_after: float | None = None
    vmid: int | None = None
    pn: int | None = None
    # Any, since a cursor is defined on a floor above this one.
    cursor: Any = None
    items: tuple[Any, ...] = ()

    def __init__(self, message: str = "") -> None:
        # One positional argument and all else in attributes: this is what
        # lets the default pickling of exceptions bring every class back.
        super().__init__(message)


class UsageError(BiliCommonError, ValueError):
    """
    A wrong argument, an insecure *base_url* or a foreign event loop.

    Raised at the call, before anything is sent.
    """


class ClientClosedError(UsageError):
    """The client was closed before this call."""


class TransportError(BiliCommonError):
    """
    No whole answer came: connect, TLS, reset or a body that was cut.

    Attributes:
        errno: The system's number for it, such as `errno.EMFILE` where this process
            has no file descriptor left; None if there is none.
    """

    retryable = True
    errno: int | None = None


class RequestTimeoutError(TransportError):
    """No whole answer came within ``timeout`` seconds."""


class ResponseError(BiliCommonError):
    """
    An answer came that is no envelope: HTML, not JSON, too large, a redirect.

    Attributes:
        http_status: The HTTP status of the answer.

        body: At most the first 2 KiB of what came, for a bug report.
    """

    http_status: int | None
    body: bytes

    def __init__(
        self, message: str = "", *, http_status: int | None = None, body: bytes = b""
    ) -> None:
        super().__init__(message)
        self.http_status = http_status
        self.body = body[:2048]


class ServerError(ResponseError):
    """The server failed with an HTTP status of 500 or above."""

    retryable = True


class SchemaError(ResponseError):
    """
    JSON came, but not in the shape that the endpoint has.

    Attributes:
        paths: Where, as JSON paths such as ``$.data.list[3].vip.vipType``.
    """

    paths: tuple[str, ...]

    def __init__(
        self,
        message: str = "",
        *,
        paths: tuple[str, ...] = (),
        http_status: int | None = None,
        body: bytes = b"",
    ) -> None:
        super().__init__(message, http_status=http_status, body=body)
        self.paths = paths


class ApiError(BiliCommonError):
    """
    The server answered with a code other than 0.

    Attributes:
        code: Bilibili's code, or the HTTP status where the answer had none.

        message: The server's own words, often Chinese, sometimes only the code.

        http_status: The HTTP status of the answer.
    """

    code: int
    message: str
    http_status: int | None

    def __init__(
        self,
        text: str = "",
        *,
        code: int = 0,
        message: str = "",
        http_status: int | None = None,
    ) -> None:
        super().__init__(text)
        self.code = code
        self.message = message
        self.http_status = http_status


class NotLoggedInError(ApiError):
    """
    Code -101: the cookie or the access_key is missing or has expired.

    Codes -2, -6, -658 and -663 say the same of an access_key.
    """


class AccountBlockedError(ApiError):
    """Code -102: the account itself is blocked. No other user's list will come."""


class BadRequestError(ApiError):
    """Code -400: the server refused the parameters, such as *vmid*, *pn* or *ps*."""


class PrivacyError(ApiError):
    """Codes 22115 and 22118: the user hides the list. Nothing is known of it."""


class UserNotFoundError(ApiError):
    """Codes -404 and -626: there is no such user, or no longer."""


class ServerBusyError(ApiError):
    """Codes -500, -503 and -504: the server could not answer now."""

    retryable = True


class ThrottledError(ApiError):
    """
    Codes -799 and -509, or HTTP 429: too many requests.

    Attributes:
        retry_after: Seconds to wait, where known.
    """

    retryable = True

    def __init__(
        self,
        text: str = "",
        *,
        code: int = 0,
        message: str = "",
        http_status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(text, code=code, message=message, http_status=http_status)
        self.retry_after = retry_after


class RiskControlError(ApiError):
    """
    Codes -352 and -412, HTTP 412, or a captcha (a ``v_voucher``) instead of data.

    A captcha also comes as code -401 with ``ga_data``, or is announced by the header
    ``x-bili-gaia-vvoucher``.

    The server wants this account or address to stop. The client sends nothing
    more until *retry_after* has passed.

    Attributes:
        retry_after: Seconds until the client would ask again.
    """

    def __init__(
        self,
        text: str = "",
        *,
        code: int = 0,
        message: str = "",
        http_status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(text, code=code, message=message, http_status=http_status)
        self.retry_after = retry_after


class IncompleteWalkError(BiliCommonError):
    """
    A walk ended before the list did, after all that came was delivered.

    Attributes:
        report: The `WalkReport`: what was seen, and why it stopped.
    """

    report: Any

    def __init__(self, message: str = "", *, report: Any = None, cursor: Any = None) -> None:
        super().__init__(message)
        self.report = report
        self.cursor = cursor


class BudgetSpentError(BiliCommonError):
    """
    A run used up its ``budget`` of requests.

    Attributes:
        budget: How many requests it was.
    """

    budget: int | None

    def __init__(self, message: str = "", *, budget: int | None = None) -> None:
        super().__init__(message)
        self.budget = budget


class PaceError(BiliCommonError):
    """The pace that several processes share cannot be asked. Nothing was sent."""


class RunStoppedError(BiliCommonError):
    """
    A run stopped since ``give_up_after`` users in a row failed alike.

    Or four times as many in more than one way.

    Attributes:
        outcomes: The `Outcome` of each of these users.
    """

    outcomes: tuple[Any, ...]

    def __init__(self, message: str = "", *, outcomes: tuple[Any, ...] = ()) -> None:
        super().__init__(message)
        self.outcomes = outcomes


class StoreError(BiliCommonError):
    """A store that is locked, of another account or schema, or no store."""
