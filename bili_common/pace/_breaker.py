"""The circuit breaker: how the server's answers open it, and what closes it again."""

from __future__ import annotations

from typing import Final

import attrs

from ._settings import MICROSECONDS, PaceSettings
from ._settlement import Settlement
from ._state import Breaker


__all__ = ["STRIKES", "close", "is_news", "probe", "release", "rest"]


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


def rest(
    breaker: Breaker,
    ticket: int,
    now: int,
    settings: PaceSettings,
    *,
    told: Settlement,
    upcoming: int,
) -> Breaker:
    """
    Rest after a throttle, after risk control, or since a server in trouble asked for it.

    Args:
        breaker: As it is.

        ticket: Of the request that was answered so.

        now: The present.

        settings: How long to rest where the server named no time.

        told: The answer.

        upcoming: The next ticket, the first that will know of this answer.
    """
    is_block = told.kind == "blocked"
    breaker = release(breaker, ticket)
    if ticket >= (breaker.blocks_from if is_block else breaker.throttles_from):
        breaker = _counted(breaker, told, upcoming)
    elif breaker.until is None and told.retry_after is None:
        # A probe was answered since: what this one met is over.
        return breaker

    wait, is_waited_for = (_after_block if is_block else _after_throttle)(
        breaker, settings, told.retry_after
    )
    # Trouble of the server's is no reason to forget a graver one.
    if not is_waited_for and not (told.kind == "held" and breaker.refusal):
        breaker = attrs.evolve(breaker, refusal=told.refusal)
    return _open(breaker, now + wait)


def _open(breaker: Breaker, until: int) -> Breaker:
    # Answers of requests that were under way never shorten a rest.
    return attrs.evolve(breaker, until=max(breaker.until or until, until))


def _counted(breaker: Breaker, told: Settlement, upcoming: int) -> Breaker:
    """Count an answer that is news: tickets before *upcoming* know nothing new of it."""
    if told.kind == "blocked":
        breaker = attrs.evolve(breaker, blocks=breaker.blocks + 1, blocks_from=upcoming)
    elif told.kind == "throttled":
        breaker = attrs.evolve(breaker, strikes=breaker.strikes + 1)
    return attrs.evolve(breaker, throttles_from=upcoming, refusal=None)


def _after_throttle(
    breaker: Breaker, settings: PaceSettings, asked: int | None
) -> tuple[int, bool]:
    """Return how long to rest, and whether calls wait for the end of it."""
    if asked is not None:
        return asked, not settings.is_too_long(asked)

    doublings = min(max(breaker.strikes, 1), STRIKES) - 1
    return settings.cool_down * 2**doublings, True


def _after_block(
    breaker: Breaker, settings: PaceSettings, asked: int | None
) -> tuple[int, bool]:
    """Return the same after risk control, where each rest is longer than the one before."""
    nth = max(breaker.blocks, 1)
    if nth > len(settings.risk_control_waits):
        # A ban that each probe extends ends only for who waits longer than it. 12
        # doublings make 1 s longer than an hour.
        doubled = settings.breaker << min(nth - 1, 12)
        wait = min(doubled, max(settings.breaker, _LONGEST_BREAKER))
        return max(wait, asked or 0), False

    wait = settings.risk_control_waits[nth - 1]
    longer = max(wait, asked or 0)
    return longer, longer == wait or not settings.is_too_long(longer)
