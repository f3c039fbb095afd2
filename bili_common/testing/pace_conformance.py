"""The conformance suite: what every `PaceStore` has to hold."""

from __future__ import annotations

import asyncio

from collections.abc import Callable
from typing import Final

import attrs

from ..pace import LocalPace, PaceState, PaceStore
from .pace_history import PaceHistory


__all__ = ["check_pace_store"]

_AT_ONCE: Final = 20
_MOMENT: Final = 0.01


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
