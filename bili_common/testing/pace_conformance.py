"""The conformance suite: what every `PaceStore` has to hold, in random histories too."""

from __future__ import annotations

import asyncio
import random

from collections.abc import Callable
from functools import partial
from typing import Final

import attrs

from ..pace import LocalPace, PaceState, PaceStore
from ..pace._decisions import Asker, Grant, Refused, Wait, ask, settle, take_retry
from ..pace._settings import MICROSECONDS, PaceSettings
from ..pace._settlement import Settlement


__all__ = ["PaceHistory", "Reply", "check_pace_store"]

Reply = Grant | Wait | Refused | bool

_AT_ONCE: Final = 20
_MOMENT: Final = 0.01

_CLIENTS: Final = 3
# Microseconds that may pass between two moves.
_PAUSES: Final = (0, 0, 1_000, 100_000, 250_000, 500_000, MICROSECONDS, 5 * MICROSECONDS)
_LONG_PAUSE: Final = 60 * MICROSECONDS
_ACTS: Final = (*["ask"] * 9, *["succeeded"] * 6, "throttled", "blocked", "held", "released")
_RETRY_AFTER: Final = (None, None, 3 * MICROSECONDS, 40 * MICROSECONDS)


async def check_pace_store(
    open_store: Callable[[], PaceStore], *, steps: int = 200, seed: int = 0
) -> None:
    """
    Check that a store of your own is one that clients can share.

    Args:
        open_store: Opens the place, each time the same one. It should be empty.

        steps: How long a random history of clients is, whose decisions must be
            those that are made in memory.

        seed: Of the history.

    Raises:
        AssertionError: The store breaks the rule that the error names.
    """
    one, two = open_store(), open_store()
    try:
        await _check_changes(one, two)
        await _check_time(one, two)
        await _check_errors(one)
        await _check_cancellation(one)
        await _check_decisions(one, two, steps, seed)
        await _check_closing(one)
    finally:
        await one.aclose()
        await two.aclose()


async def _check_changes(one: PaceStore, two: PaceStore) -> None:
    stores = (one, two) * (_AT_ONCE // 2)
    seen = await asyncio.gather(*(store.change("changes", _add_one) for store in stores))
    _hold(
        sorted(seen) == list(range(1, _AT_ONCE + 1)),
        "changes at the same time are one after the other, for all who share the place",
    )
    _hold(await one.change("other", _add_one) == 1, "each name has a state of its own")


async def _check_time(one: PaceStore, two: PaceStore) -> None:
    before = await one.change("time", _look)
    await asyncio.sleep(_MOMENT)
    after = await two.change("time", _look)
    _hold(
        _MOMENT / 2 <= (after - before) / 1_000_000 <= 60,  # noqa: PLR2004 - a slow machine
        "the time is in microseconds, goes on, and is the same for all who share the place",
    )


async def _check_errors(store: PaceStore) -> None:
    before = await store.change("errors", _add_one)
    try:
        await store.change("errors", _fail)
    except ZeroDivisionError:
        pass
    else:
        _hold(False, "an error of the step comes through")
    _hold(
        await store.change("errors", _add_one) == before + 1,
        "an error of the step changes nothing",
    )


async def _check_cancellation(store: PaceStore) -> None:
    tasks = [
        asyncio.ensure_future(store.change("cancelled", _add_one)) for _ in range(_AT_ONCE)
    ]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    done = await asyncio.gather(*tasks, return_exceptions=True)
    whole = [number for number in done if isinstance(number, int)]
    _hold(
        len(set(whole)) == len(whole) >= _AT_ONCE // 2,
        "a change that is cancelled is made or not, and the others are",
    )


async def _check_decisions(one: PaceStore, two: PaceStore, steps: int, seed: int) -> None:
    history, expected = PaceHistory(seed), PaceHistory(seed)
    memory = LocalPace()
    await memory.change("history", _begin)
    await one.change("history", _begin)
    for number in range(steps):
        store = (one, two)[number % 2]
        reply = await store.change("history", history.move())
        right = await memory.change("history", expected.move())
        _hold(reply == right, f"a state comes back as it was written (step {number}, {seed=})")
        history.note(reply)
        expected.note(right)


async def _check_closing(store: PaceStore) -> None:
    before = await store.change("closed", _add_one)
    await store.aclose()
    await store.aclose()
    _hold(
        await store.change("closed", _add_one) == before + 1,
        "a store that was closed opens again, and its states are there",
    )


def _hold(is_held: bool, rule: str) -> None:
    if not is_held:
        raise AssertionError(f"a PaceStore must hold: {rule}")


def _begin(_state: PaceState | None, _now: int) -> tuple[PaceState, None]:
    return PaceState(), None


def _look(state: PaceState | None, now: int) -> tuple[PaceState, int]:
    return state or PaceState(), now


def _add_one(state: PaceState | None, now: int) -> tuple[PaceState, int]:
    state = state or PaceState()
    return attrs.evolve(state, tickets=state.tickets + 1, seen=now), state.tickets + 1


def _fail(_state: PaceState | None, _now: int) -> tuple[PaceState, None]:
    raise ZeroDivisionError


class PaceHistory:
    """
    Draws one move after the other; the same seed and replies give the same moves.

    Args:
        seed: Of the dice.

        steady: Whether the clock never goes back and no store forgets.
    """

    def __init__(self, seed: int, *, steady: bool = False) -> None:
        self._dice = dice = random.Random(seed)  # noqa: S311 - no secret
        self._steady = steady
        self._tickets: list[int] = []
        self._known: dict[int, PaceState] = {}
        self._client = 1
        self.now = 1_000 * MICROSECONDS
        self.settings = PaceSettings(
            interval=dice.choice((100_000, 250_000, MICROSECONDS)),
            burst=dice.choice((1, 1, 3)),
            lease=dice.choice((2, 20)) * MICROSECONDS,
            risk_control_waits=dice.choice(((), (20 * MICROSECONDS,))),
        )
        # The last move: what was done, with which turn, and what was told of it.
        self.act = ""
        self.ticket = 0
        self.told = Settlement("released")

    def move(self) -> Callable[[PaceState | None, int], tuple[PaceState, Reply]]:
        """Return the next change of the state. It has its own idea of the time."""
        dice = self._dice
        self._client = dice.randint(1, _CLIENTS)
        self.now += _LONG_PAUSE if dice.random() < 0.02 else dice.choice(_PAUSES)  # noqa: PLR2004 - one in fifty
        if not self._steady and dice.random() < 0.01:  # noqa: PLR2004 - one in a hundred
            self.now -= dice.choice((1_000, MICROSECONDS, _LONG_PAUSE))
        self.act = dice.choice((*_ACTS, "retry")) if self._tickets else "ask"
        decide = self._decide()
        forgets = not self._steady and dice.random() < 0.01  # noqa: PLR2004 - one in a hundred
        now = self.now
        return lambda state, _: decide(None if forgets else state, now)

    def note(self, reply: Reply) -> None:
        """Remember what the last move led to."""
        if isinstance(reply, bool):
            return

        self._known[self._client] = reply.state
        if isinstance(reply, Grant):
            self._tickets.append(reply.ticket)
            self.ticket = reply.ticket

    def _decide(self) -> Callable[[PaceState | None, int], tuple[PaceState, Reply]]:
        asker = self._asker()
        if self.act == "ask":
            return partial(ask, settings=self.settings, asker=asker)
        if self.act == "retry":
            return partial(take_retry, settings=self.settings, asker=asker)

        dice = self._dice
        self.ticket = self._tickets.pop(dice.randrange(len(self._tickets)))
        kind = self.act
        wait = dice.choice(_RETRY_AFTER) if kind in {"throttled", "blocked"} else None
        if kind == "held":
            wait = 3 * MICROSECONDS
        # The words are kept as they are, in every script.
        self.told = Settlement(kind, wait, -412, "请求被拦截 \N{NO ENTRY}")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - one of the kinds
        return partial(
            settle, settings=self.settings, asker=asker, ticket=self.ticket, told=self.told
        )

    def _asker(self) -> Asker:
        known = None if self._steady else self._known.get(self._client)
        left = 0
        if known is not None and known.breaker.until is not None:
            left = max(known.breaker.until - self.now, 0)
        return Asker(client=self._client, known=known, left=left)
