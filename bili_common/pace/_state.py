"""The state of one account's pace, which all clients of the account share."""

from __future__ import annotations

import json

from typing import Any, Final, Literal

import attrs


__all__ = ["FULL_SPEED", "QUOTA", "Breaker", "PaceState", "Refusal"]

# The speed at which the user's own pace is kept.
FULL_SPEED: Final = 1_000_000

# Retries that may be made without one success.
QUOTA: Final = 100


@attrs.frozen
class Refusal:
    """
    Why calls fail during a rest rather than wait.

    Attributes:
        kind: What the server said: a throttle, risk control, or that it is busy.

        code: Its code.

        message: Its words.
    """

    kind: Literal["throttle", "risk", "busy"]
    code: int
    message: str


@attrs.frozen
class Breaker:
    """
    A circuit breaker: closed; open until a moment; then half open for one probe.

    Attributes:
        until: When the rest ends. None while the breaker is closed and requests
            go out.

        refusal: What calls are told meanwhile, None if they are to wait.

        probe: The ticket whose answer ends the rest, 0 while none is out.

        lease: Until when the probe's answer is waited for.

        strikes: Throttles since the breaker last closed.

        blocks: Risk controls since the breaker last closed.

        throttles_from: The first ticket whose throttle is news: those before it
            were under way when the breaker opened.

        blocks_from: The same for risk control.
    """

    until: int | None = None
    refusal: Refusal | None = None
    probe: int = 0
    lease: int = 0
    strikes: int = 0
    blocks: int = 0
    throttles_from: int = 0
    blocks_from: int = 0


@attrs.frozen
class PaceState:
    """
    All that is known of one account's pace. A new one knows of no request.

    A store keeps it as the text that `dumps` returns. Moments are integer
    microseconds of the store's own time.

    Attributes:
        paid: When all turns taken so far are paid for.

        tickets: How many turns were taken.

        seen: When the state last changed.

        born: When it was begun, 0 if it never was in a store that can lose it.

        speed: The pace in millionths of the user's own.

        quota: How many retries may be made.

        waiting: The clients that were told to wait, first come first, and until
            when each keeps its place.

        breaker: Whether the server wants to be left alone.
    """

    paid: int = 0
    tickets: int = 0
    seen: int = 0
    born: int = 0
    speed: int = FULL_SPEED
    quota: int = QUOTA
    waiting: tuple[tuple[int, int], ...] = ()
    breaker: Breaker = Breaker()

    def dumps(self) -> str:
        """Return the state as a text."""
        return json.dumps(attrs.astuple(self), separators=(",", ":"))

    @classmethod
    def loads(cls, text: str | bytes) -> PaceState | None:
        """Return the state that `dumps` wrote, None if *text* is no such state."""
        try:
            return _read(json.loads(text))
        except (ValueError, TypeError, RecursionError):
            return None


def _read(values: Any) -> PaceState:
    paid, tickets, seen, born, speed, quota, waiting, breaker = values
    return PaceState(
        paid=_int(paid),
        tickets=_int(tickets),
        seen=_int(seen),
        born=_int(born),
        speed=_int(speed),
        quota=_int(quota),
        waiting=tuple((_int(client), _int(until)) for client, until in waiting),
        breaker=_read_breaker(breaker),
    )


def _read_breaker(values: Any) -> Breaker:
    until, refusal, *counts = values
    return Breaker(
        None if until is None else _int(until),
        None if refusal is None else Refusal(*refusal),
        *map(_int, counts),
    )


def _int(value: Any) -> int:
    if type(value) is not int:
        raise TypeError

    return value
