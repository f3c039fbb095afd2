"""The response: what one HTTP exchange brought back."""

from __future__ import annotations

import logging
import math

from datetime import MAXYEAR, UTC, datetime
from email.utils import parsedate_to_datetime, parsedate_tz
from typing import Final

import attrs

from ..errors import ResponseError


__all__ = ["RawResponse", "no_envelope", "parse_retry_after"]

_log = logging.getLogger("bili_common")

_DAY: Final = 86_400.0


@attrs.frozen
class RawResponse:
    """
    One HTTP answer, read whole.

    Attributes:
        status: The HTTP status.

        body: The bytes after decompression.

        retry_after: Seconds that the server asked to wait, or None.

        location: The host of a redirect's target, or None.

        has_voucher: Whether a header announced a captcha.

        compressed: Whether the body came compressed.
    """

    status: int
    body: bytes = attrs.field(repr=False)
    retry_after: float | None = None
    location: str | None = None
    has_voucher: bool = False
    compressed: bool = False


def no_envelope(what: str, response: RawResponse) -> ResponseError:
    """Return the error for *response*, which is *what* and no envelope."""
    text = f"the server sent {what} (HTTP {response.status}, {len(response.body)} bytes)"
    return ResponseError(text, http_status=response.status, body=response.body)


def parse_retry_after(value: str, *, now: float) -> float | None:
    """
    Return the seconds that a Retry-After header asks for, a day at most, or None.

    Args:
        value: The header: seconds, or a date. What is neither counts as absent.

        now: Seconds since 1970 UTC, to which a date is compared.
    """
    try:
        seconds = float(value)
    except ValueError:
        seconds = _seconds_until(value, now)
    if not seconds >= 0:
        return None
    if seconds <= _DAY:
        return seconds

    # Not the header itself: what a server echoes may be secret.
    _log.warning("the server asked to wait for more than a day: a day is what counts")
    return _DAY


def _seconds_until(date: str, now: float) -> float:
    try:
        moment = parsedate_to_datetime(date)
        # A date without a zone is in UTC, as HTTP has no other.
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(0.0, (moment - datetime.fromtimestamp(now, UTC)).total_seconds())
    except (ValueError, OverflowError):
        parts = parsedate_tz(date)
        return math.inf if parts and parts[0] > MAXYEAR else math.nan
