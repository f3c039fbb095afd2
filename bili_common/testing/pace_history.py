"""The history: random clients of one account, who ask and settle by a clock of their own."""

from __future__ import annotations

import random

from collections.abc import Callable
from functools import partial
from typing import Final

from ..pace import PaceState
from ..pace._decisions import Asker, Grant, Refused, Wait, ask, settle, take_retry
from ..pace._settings import MICROSECONDS, PaceSettings
from ..pace._settlement import Settlement


__all__ = ["PaceHistory", "Reply"]

Reply = Grant | Wait | Refused | bool

_CLIENTS: Final = 3
# Microseconds that may pass between two moves.
_PAUSES: Final = (0, 0, 1_000, 100_000, 250_000, 500_000, MICROSECONDS, 5 * MICROSECONDS)
_LONG_PAUSE: Final = 60 * MICROSECONDS
_ACTS: Final = (*["ask"] * 9, *["succeeded"] * 6, "throttled", "blocked", "held", "released")
_RETRY_AFTER: Final = (None, None, 3 * MICROSECONDS, 40 * MICROSECONDS)


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
