"""The circuit breaker: how the server's answers open it, and what closes it again."""

from __future__ import annotations

from typing import Final

import attrs

from ._settings import MICROSECONDS, PaceSettings
from ._settlement import Settlement
from ._state import Breaker


__all__ = ["STRIKES", "block", "close", "hold", "is_news", "probe", "release", "throttle"]


# A throttle is raised to its caller from this many in a row on.
STRIKES: Final = 3

# The rest after risk control doubles up to this, unless the user chose a longer one.
_LONGEST_BREAKER: Final = 3600 * MICROSECONDS


def is_news(breaker: Breaker, ticket: int) -> bool:
    """Tell whether *ticket* was handed out after the breaker last opened."""
    return ticket >= breaker.throttles_from


def close(breaker: Breaker, ticket: int) -> Breaker:
    """End the rest if *ticket*, which succeeded, was a probe."""
    # Whatever is handed out during a rest is a probe, and one whose lease ran
    # out may be answered all the same.
    if breaker.until is None or not is_news(breaker, ticket):
        # Another answer lengthened the rest meanwhile: it needs a new probe.
        return release(breaker, ticket)

    return Breaker(throttles_from=breaker.throttles_from, blocks_from=breaker.blocks_from)


def release(breaker: Breaker, ticket: int) -> Breaker:
    """Let the next one be the probe if *ticket* was it."""
    return attrs.evolve(breaker, probe=0) if ticket == breaker.probe else breaker


def probe(breaker: Breaker, ticket: int, now: int, settings: PaceSettings) -> Breaker:
    """Make *ticket* the probe, which all others wait for."""
    lease = 0 if settings.lease is None else now + settings.lease
    return attrs.evolve(breaker, probe=ticket, lease=lease)


def throttle(
    breaker: Breaker,
    ticket: int,
    now: int,
    settings: PaceSettings,
    *,
    told: Settlement,
    upcoming: int,
) -> Breaker:
    """
    Rest for as long as the server asked, or for the cool-down.

    Args:
        breaker: As it is.

        ticket: Of the request that was answered so.

        now: The present.

        settings: How long to rest where the server named no time.

        told: The answer.

        upcoming: The next ticket, the first that will know of this answer.
    """
    breaker = release(breaker, ticket)
    if is_news(breaker, ticket):
        breaker = attrs.evolve(
            breaker, strikes=breaker.strikes + 1, throttles_from=upcoming, refusal=None
        )
    elif breaker.until is None and told.retry_after is None:
        # A probe was answered since: what this one met is over.
        return breaker

    if told.retry_after is None:
        doublings = min(max(breaker.strikes, 1), STRIKES) - 1
        return _open(breaker, now + settings.cool_down * 2**doublings)

    if settings.is_too_long(told.retry_after):
        breaker = attrs.evolve(breaker, refusal=told.refusal)
    return _open(breaker, now + told.retry_after)


def block(
    breaker: Breaker,
    ticket: int,
    now: int,
    settings: PaceSettings,
    *,
    told: Settlement,
    upcoming: int,
) -> Breaker:
    """Rest after risk control, each time for longer. The arguments are those of `throttle`."""
    breaker = release(breaker, ticket)
    if ticket >= breaker.blocks_from:
        breaker = attrs.evolve(
            breaker,
            blocks=breaker.blocks + 1,
            throttles_from=upcoming,
            blocks_from=upcoming,
            refusal=None,
        )
    elif breaker.until is None and told.retry_after is None:
        return breaker

    nth = max(breaker.blocks, 1)
    wait = _wait_after_block(nth, settings)
    longer = max(wait, told.retry_after or 0)
    is_waited_for = nth <= len(settings.risk_control_waits)
    if not is_waited_for or (longer > wait and settings.is_too_long(longer)):
        breaker = attrs.evolve(breaker, refusal=told.refusal)

    return _open(breaker, now + longer)


def hold(
    breaker: Breaker,
    ticket: int,
    now: int,
    settings: PaceSettings,
    *,
    told: Settlement,
    upcoming: int,
) -> Breaker:
    """Rest since a server in trouble asked for it. The arguments are those of `throttle`."""
    breaker = release(breaker, ticket)
    if is_news(breaker, ticket):
        breaker = attrs.evolve(breaker, throttles_from=upcoming, refusal=None)
    wait = told.retry_after or 0
    if settings.is_too_long(wait):
        breaker = attrs.evolve(breaker, refusal=breaker.refusal or told.refusal)

    return _open(breaker, now + wait)


def _wait_after_block(nth: int, settings: PaceSettings) -> int:
    if nth <= len(settings.risk_control_waits):
        return settings.risk_control_waits[nth - 1]

    # A ban that each probe extends ends only for who waits longer than it. 12
    # doublings make 1 s longer than an hour.
    doubled = settings.breaker << min(nth - 1, 12)
    return min(doubled, max(settings.breaker, _LONGEST_BREAKER))


def _open(breaker: Breaker, until: int) -> Breaker:
    # Answers of requests that were under way never shorten a rest.
    return attrs.evolve(breaker, until=max(breaker.until or until, until))
