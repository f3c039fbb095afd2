"""The settlement: what an answer says of the server, as a value and as an error."""

from __future__ import annotations

from typing import Any, Final, Literal

import attrs

from ..errors import (
    ApiError,
    BiliCommonError,
    RiskControlError,
    ServerBusyError,
    ThrottledError,
)
from ._settings import MICROSECONDS, microseconds
from ._state import Refusal


__all__ = ["SUCCEEDED", "Settlement", "refused", "settlement_of"]

# The server's words are shown to people, and kept in a store: not a whole page.
_LONGEST_MESSAGE: Final = 200


@attrs.frozen
class Settlement:
    """
    What became of a turn.

    Attributes:
        kind: The server answered (``succeeded``); it is too much for it
            (``throttled``); it suspects a machine (``blocked``); it is in trouble
            and named a time (``held``); or nothing was learnt (``released``).

        retry_after: Microseconds that the server asked to wait, None if it did not.

        code: Its code, or the HTTP status.

        message: Its words.
    """

    kind: Literal["succeeded", "throttled", "blocked", "held", "released"]
    retry_after: int | None = None
    code: int = 0
    message: str = ""

    @property
    def refusal(self) -> Refusal:
        """What calls are told during a rest that is too long to be waited for."""
        kind = _KINDS[self.kind]
        return Refusal(kind, self.code, self.message)


_KINDS: Final[dict[str, Literal["throttle", "risk", "busy"]]] = {
    "throttled": "throttle",
    "blocked": "risk",
    "held": "busy",
}

SUCCEEDED: Final = Settlement("succeeded")
_RELEASED: Final = Settlement("released")


def settlement_of(error: BaseException | None) -> Settlement:
    """Return what *error*, or none, says of the server."""
    if error is None:
        return SUCCEEDED

    if isinstance(error, ThrottledError):
        return _told("throttled", error)

    if isinstance(error, RiskControlError):
        return _told("blocked", error)

    if isinstance(error, BiliCommonError) and error.retry_after:
        return _told("held", error)

    # A refusal of this one request says that the server is well. All else is a
    # failure, a cancellation or an error of the user's own: nobody knows.
    is_well = isinstance(error, ApiError) and not error.retryable
    return SUCCEEDED if is_well else _RELEASED


def refused(refusal: Refusal, left: int) -> BiliCommonError:
    """Return the error of a call that is refused with *left* microseconds to go."""
    kind, reason = _REFUSALS[refusal.kind]
    error = kind(
        f"nothing is sent for {left / MICROSECONDS:.1f} s more, after {reason} "
        f"(code {refusal.code})",
        code=refusal.code,
        message=refusal.message,
    )
    error.retry_after = left / MICROSECONDS
    return error


_REFUSALS: Final[dict[str, tuple[type[ApiError], str]]] = {
    "throttle": (ThrottledError, "a throttle"),
    "risk": (RiskControlError, "risk control"),
    "busy": (ServerBusyError, "the server asked for it"),
}


def _told(kind: Literal["throttled", "blocked", "held"], error: Any) -> Settlement:
    seconds = error.retry_after
    code = getattr(error, "code", None) or getattr(error, "http_status", None) or 0
    return Settlement(
        kind,
        None if seconds is None else microseconds(seconds),
        code,
        getattr(error, "message", "")[:_LONGEST_MESSAGE],
    )
