"""The decisions: who may ask now, and what an answer changes. They never wait."""

from __future__ import annotations

from typing import Final

import attrs

from . import _breaker, _speed
from ._breaker import probe
from ._places import ahead, living, queued, without
from ._recovery import current
from ._settings import PaceSettings
from ._settlement import Settlement
from ._state import FULL_SPEED, QUOTA, PaceState, Refusal


__all__ = ["Asker", "Grant", "Refused", "Reply", "Wait", "ask", "settle", "take_retry"]


# Microseconds by which a loop that is not busy wakes late: its timer counts in
# whole milliseconds. By so much may two requests stand closer than the pace says.
_TIMER_LAG: Final = 2_000

# How often those who wait for another process's probe look again.
_POLL: Final = 250_000

_MILLION: Final = 1_000_000


@attrs.frozen
class Asker:
    """
    Who asks for a turn, and what it remembers.

    Attributes:
        client: Tells the clients of a shared store apart. 0 where there is one.

        planned: The moment for which it was told to wait, 0 if it was not.

        spread: What chance adds to its wait, in millionths of an interval.

        known: The state that it last saw, None if it saw none.

        left: The microseconds left of the rest in *known*, by its own clock.
    """

    client: int = 0
    planned: int = 0
    spread: int = 0
    known: PaceState | None = None
    left: int = 0


@attrs.frozen
class Grant:
    """A turn: one request may go out now."""

    state: PaceState

    @property
    def ticket(self) -> int:
        """The number of the turn."""
        return self.state.tickets

    @property
    def now(self) -> int:
        """When it was given."""
        return self.state.seen

    @property
    def is_probe(self) -> bool:
        """Whether all others wait for what becomes of it."""
        return self.state.breaker.probe == self.ticket

    @property
    def is_calm(self) -> bool:
        """Whether its success would change nothing."""
        it = self.state
        return it.breaker.until is None and it.speed == FULL_SPEED and it.quota == QUOTA


@attrs.frozen
class Wait:
    """
    No turn yet.

    Attributes:
        state: As it is now.

        now: The present.

        until: When to ask again. None: when another turn of this client is settled.

        interval: What the asker's chance counts in, 0 where it adds nothing.
    """

    state: PaceState
    now: int
    until: int | None
    interval: int


@attrs.frozen
class Refused:
    """No turn during this rest, which is too long to be waited for."""

    state: PaceState
    now: int
    refusal: Refusal
    left: int


Reply = Grant | Wait | Refused


def ask(
    state: PaceState | None, now: int, settings: PaceSettings, asker: Asker
) -> tuple[PaceState, Reply]:
    """
    Give *asker* a turn, or say until when to wait.

    By the generic cell rate algorithm (GCRA): each turn costs one interval, and up to
    ``burst`` intervals may be owed. So no window of w holds more than ``burst + w /
    interval`` turns.
    """
    if state is None or asker.known is not None or now < state.seen:
        state = current(state, now, settings, asker.known, asker.left)
    breaker, speed = state.breaker, state.speed
    # The common case is not worth a call.
    interval = settings.interval if speed == FULL_SPEED else settings.interval_at(speed)
    due = state.paid + (1 - settings.burst) * interval
    waiting = state.waiting
    if breaker.until is not None:
        if reply := _rest(state, now, settings):
            return state, reply
        due = max(due, breaker.until)
    elif waiting:
        waiting = living(waiting, now)
        due += ahead(waiting, asker.client, now) * interval

    if asker.spread:
        due += asker.spread * interval // _MILLION
    if due > now:
        if asker.client and breaker.until is None:
            state = queued(state, now, waiting, asker.client, due + interval)
        return state, Wait(state, now, due, interval)

    state = PaceState(
        max(state.paid, _begun(now, interval, asker.planned) if asker.planned else now)
        + interval,
        state.tickets + 1,
        now,
        state.born,
        state.speed,
        state.quota,
        without(waiting, asker.client) if waiting else waiting,
        breaker if breaker.until is None else probe(breaker, state.tickets + 1, now, settings),
    )
    return state, Grant(state)


def _begun(now: int, interval: int, planned: int) -> int:
    """Return when a turn that is taken *now* was due."""
    # The loop's timer wakes a task a little late. The next turn counts from the
    # moment this one was due, or the pace would never be reached. A longer
    # delay is lost: making up for it would send more than the user allows.
    return now - min(max(now - planned, 0), _TIMER_LAG, interval // 2)


def _rest(state: PaceState, now: int, settings: PaceSettings) -> Wait | Refused | None:
    """Return the reply to all while a rest goes on, or while its probe is out."""
    breaker = state.breaker
    left = (breaker.until or now) - now
    if left > 0:
        if breaker.refusal is None:
            return None
        return Refused(state, now, breaker.refusal, left)

    if not breaker.probe:
        return None

    if settings.lease is None:
        return Wait(state, now, None, 0)

    # Its holder may have been killed.
    if breaker.lease <= now:
        return None

    return Wait(state, now, min(breaker.lease, now + _POLL), 0)


def settle(
    state: PaceState | None,
    now: int,
    settings: PaceSettings,
    asker: Asker,
    *,
    ticket: int,
    told: Settlement,
) -> tuple[PaceState, Wait]:
    """Note what became of a turn. The reply says until when the rest goes on."""
    state = current(state, now, settings, asker.known, asker.left)
    settled = _settled(state, now, settings, ticket, told)
    if settled != state:
        state = attrs.evolve(settled, seen=now)

    return state, Wait(state, now, state.breaker.until, 0)


def take_retry(
    state: PaceState | None, now: int, settings: PaceSettings, asker: Asker
) -> tuple[PaceState, bool]:
    """Take one retry from the quota, and tell whether there was one."""
    state = current(state, now, settings, asker.known, asker.left)
    if not state.quota:
        return state, False

    return attrs.evolve(state, quota=state.quota - 1, seen=now), True


def _settled(
    state: PaceState, now: int, settings: PaceSettings, ticket: int, told: Settlement
) -> PaceState:
    breaker = state.breaker
    if told.kind == "released":
        return attrs.evolve(state, breaker=_breaker.release(breaker, ticket))

    is_news = _breaker.is_news(breaker, ticket)
    if told.kind == "succeeded":
        # Older tickets were handed out at a pace that was too fast.
        if is_news:
            state = _speed.speed_up(state, settings, now)
        closed = _breaker.close(breaker, ticket)
        return attrs.evolve(state, quota=min(state.quota + 1, QUOTA), breaker=closed)

    # A server in trouble says nothing of the pace.
    if is_news and told.kind != "held":
        state = _speed.slow_down(state, settings, now)
    rested = _breaker.rest(
        breaker, ticket, now, settings, told=told, upcoming=state.tickets + 1
    )
    return attrs.evolve(state, breaker=rested)
