"""The two policies that a user may set: how fast, and how stubbornly."""

from __future__ import annotations

import math
import sys

from collections.abc import Iterable
from typing import Any, Final

import attrs

from .._util.arguments import shown
from ..errors import UsageError
from ..pace._settings import MICROSECONDS, PaceSettings


__all__ = ["RateLimit", "RetryPolicy", "pace_settings"]

# Numbers beyond this, and rates below one in so many seconds, are mistakes, and would
# leave the range of a float in the sums that are made of them.
_LARGEST: Final = 1e9
# Below this a float loses its digits.
_SMALLEST: Final = sys.float_info.min


def _is_number(value: Any) -> bool:
    """Tell whether *value* is 0 or a number that is neither too small nor too large."""
    # bool is an int to Python, but never a number of seconds to its writer.
    # An int of 400 digits compares, though it is no float.
    return type(value) in (int, float) and (value == 0 or _SMALLEST <= value <= _LARGEST)


def _from_zero(_: object, field: attrs.Attribute[Any], value: Any) -> None:
    if not _is_number(value):
        raise UsageError(f"{field.name} must be a number from 0, not {shown(value)}")


def _from_zero_or_none(owner: object, field: attrs.Attribute[Any], value: Any) -> None:
    if value is None:
        return

    try:
        _from_zero(owner, field, value)
    except UsageError as error:
        raise UsageError(f"{error} (None means no limit)") from None


def _rate(_: object, field: attrs.Attribute[Any], value: Any) -> None:
    if value is not None and not (_is_number(value) and value >= 1 / _LARGEST):
        raise UsageError(
            f"{field.name} must be a number above 0, not {shown(value)} (None means no limit)"
        )


def _part(_: object, field: attrs.Attribute[Any], value: Any) -> None:
    if not _is_number(value) or value > 1:
        raise UsageError(f"{field.name} must be a number from 0 to 1, not {shown(value)}")


def _count(_: object, field: attrs.Attribute[Any], value: Any) -> None:
    if type(value) is not int or not 1 <= value <= _LARGEST:
        raise UsageError(f"{field.name} must be a whole number from 1, not {shown(value)}")


def _count_or_none(owner: object, field: attrs.Attribute[Any], value: Any) -> None:
    if value is not None:
        _count(owner, field, value)


def _waits(_: object, field: attrs.Attribute[Any], value: tuple[Any, ...]) -> None:
    if not isinstance(value, tuple) or any(not _is_number(x) for x in value):  # pyright: ignore[reportUnnecessaryIsInstance] - users give other things too
        raise UsageError(f"{field.name} must be a tuple of numbers from 0, not {shown(value)}")


def _as_tuple(value: Iterable[float]) -> tuple[float, ...]:
    # Only a list is taken for a tuple: a set has no order, a str is a mistake.
    # All else goes on to the validator, which names it.
    return tuple(value) if isinstance(value, list) else value  # type: ignore[return-value]  # see above


@attrs.frozen
class RateLimit:
    """
    How fast a client may ask. It counts for all its tasks together.

    Any window of *w* seconds holds at most ``burst + per_second * w`` requests,
    retries included. After a throttle the client goes slower by itself, and
    comes back to this pace with each clean answer.

    Args:
        per_second: Requests per second. None means no limit.

        burst: How many requests may go out at once after a pause.

        jitter: Up to this part of an interval, chosen by chance, is added to
            each wait, so that the requests of many clients do not march in
            step. It never breaks the bound above, but costs speed: with a
            *burst* of 1, *jitter* / 2 more time per request on average. 0
            keeps the exact pace.

    Raises:
        UsageError: A value is out of its range, or of a wrong type.
    """

    per_second: float | None = attrs.field(default=1.0, validator=_rate)
    burst: int = attrs.field(default=1, validator=_count)
    jitter: float = attrs.field(default=0.2, validator=_part)


@attrs.frozen
class RetryPolicy:
    """
    What a client does after a failure that may pass.

    *cool_down*, *breaker*, *risk_control_waits* and the rule for Retry-After
    concern the client as a whole, and so does *outage_waits*: copies made by
    ``with_options`` keep those that the client was made with.

    Args:
        attempts: How often one request is sent at most, the first time
            included: 1 means no retry, None no limit.

        base: Seconds that the wait before the first retry has at most. It
            doubles with each retry; the wait itself is chosen by chance
            between 0 and that (full jitter). 0 means no wait.

        max_wait: Seconds that one such wait has at most, None for no limit.
            Also the longest Retry-After that is waited for: beyond it the
            error is raised at once, with the seconds.

        max_elapsed: No retry is begun whose wait would end later than this
            many seconds after the first attempt. None means no limit.

        cool_down: Seconds for which the whole client rests after a throttle
            that came without Retry-After. Doubles with the second and again
            with the third throttle in a row.

        breaker: Seconds for which a client sends nothing after risk control.
            Doubles with each risk control in a row, up to an hour: a ban that
            each request extends ends only for who waits longer than it.

        risk_control_waits: Seconds to wait after the first risk control in a
            row, the second, and so on, instead of raising the error. They
            count as *attempts*, but not against *max_elapsed*. Empty means
            that risk control is always raised at once.

        outage_waits: Seconds for which a run over many users rests while the
            network or the server is down: after the first failure in a row that
            is no one user's own, the second, and so on. When the last rest was
            in vain, the run ends with the error. Empty means that it ends at
            once.

    Raises:
        UsageError: A value is out of its range, or of a wrong type.
    """

    attempts: int | None = attrs.field(default=4, validator=_count_or_none)
    base: float = attrs.field(default=0.5, validator=_from_zero)
    max_wait: float | None = attrs.field(default=30.0, validator=_from_zero_or_none)
    max_elapsed: float | None = attrs.field(default=120.0, validator=_from_zero_or_none)
    cool_down: float = attrs.field(default=10.0, validator=_from_zero)
    breaker: float = attrs.field(default=90.0, validator=_from_zero)
    risk_control_waits: tuple[float, ...] = attrs.field(
        default=(), converter=_as_tuple, validator=_waits
    )
    outage_waits: tuple[float, ...] = attrs.field(
        default=(5.0, 10.0, 20.0, 40.0, 80.0, 160.0), converter=_as_tuple, validator=_waits
    )


def pace_settings(
    limit: RateLimit, policy: RetryPolicy, *, lease: float | None = None
) -> PaceSettings:
    """
    Return what the user chose, as the rules of the pace count it.

    Args:
        limit: How fast to ask.

        policy: How long to rest.

        lease: For how many seconds a probe holds up other processes, None where
            there are none.
    """
    rate = limit.per_second
    return PaceSettings(
        # Rounded up, so that the bound holds.
        interval=0 if rate is None else math.ceil(MICROSECONDS / rate),
        burst=limit.burst,
        jitter=limit.jitter,
        cool_down=_whole(policy.cool_down),
        breaker=_whole(policy.breaker),
        risk_control_waits=tuple(map(_whole, policy.risk_control_waits)),
        max_wait=None if policy.max_wait is None else _whole(policy.max_wait),
        lease=None if lease is None else _whole(lease),
    )


def _whole(seconds: float) -> int:
    return round(seconds * MICROSECONDS)
