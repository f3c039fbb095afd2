"""The turns: one queue for all requests of a client, and what it learns from answers."""

from __future__ import annotations

import asyncio

from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Final, TypeVar

import attrs

from .._util.clock import Clock
from ..errors import BiliCommonError, RiskControlError, ThrottledError
from ._alarm import Alarm
from ._breaker import STRIKES
from ._decisions import Asker, Grant, Refused, Reply, Wait, ask, settle, take_retry
from ._local import LocalPace
from ._protocol import PaceStore
from ._settings import MICROSECONDS, PaceSettings
from ._settlement import Settlement, refused, settlement_of
from ._state import FULL_SPEED, PaceState


__all__ = ["Pace", "Turn"]

S = TypeVar("S", bound=Reply)
_Step = Callable[[PaceState | None, int], tuple[PaceState, Reply]]

_MILLION: Final = 1_000_000


class Pace:
    """
    Decides when a request may go out. One per client, shared by all its tasks.

    Each attempt is one block, and what leaves the block says what became of it:

        async with pace.turn():
            ...

    Turns are first come, first served. A throttle halves the pace and lets all
    tasks rest; then one request, the probe, finds out whether the server has
    had enough of a rest. Risk control does the same, but calls fail meanwhile
    unless the user chose to wait.

    Args:
        store: Where the state lives.

        settings: How fast to ask, how long to rest.

        clock: What time it is, and how to wait.

        name: The state's name in the store.
    """

    def __init__(
        self, store: PaceStore, settings: PaceSettings, clock: Clock, *, name: str = "default"
    ) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock
        self._name = name
        if isinstance(store, LocalPace):
            store.use(clock)
        self._own = store if isinstance(store, LocalPace) else None
        # A store in memory answers at once; most calls wait for nothing there.
        asker = Asker()
        self._first: _Step = lambda state, now: ask(state, now, settings, asker)
        # Held by the head of the line, the only one who watches the clock. A lock is
        # fair, and one whose holder or waiter is cancelled goes to the next at once.
        self._queue = asyncio.Lock()
        # How many are in it, its head included.
        self._in_line = 0
        self._alarm = Alarm(clock)
        # The state as it was last seen.
        self._known = PaceState()
        # When the rest in it ends, in monotonic seconds. None while there is none.
        self._rest_ends: float | None = None
        # Seconds that calls have waited for their turns.
        self._waited = 0.0

    def __repr__(self) -> str:
        return f"<Pace per_second={self.per_second} seconds_left={self.seconds_left:.3f}>"

    @property
    def per_second(self) -> float | None:
        """The pace now in requests per second, None for no limit."""
        if not self._settings.interval:
            return None

        return MICROSECONDS / self._settings.interval * self._known.speed / FULL_SPEED

    @property
    def waited(self) -> float:
        """The seconds that calls waited for their turns, summed over the calls."""
        return self._waited

    @property
    def seconds_left(self) -> float:
        """The seconds until the server may be asked again, 0.0 if it may be now."""
        if self._rest_ends is None:
            return 0.0

        # Rounded, or the sum of floats may tell more seconds than were asked for.
        return round(max(self._rest_ends - self._clock.monotonic(), 0.0), 6)

    def turn(self) -> Turn:
        """
        Return a block to make one attempt in, which waits for a turn.

        A throttle or risk control that leaves it is told for how long to rest.

        Raises:
            ThrottledError: On entering: the server asked for a longer rest than
                ``max_wait``.

            ServerBusyError: The same, by a server in trouble.

            RiskControlError: The breaker is open. All have ``retry_after``.
        """
        return Turn(self)

    async def aclose(self) -> None:
        """Let go of what the store holds open. Its states stay."""
        await self._store.aclose()

    def may_retry(self, error: BiliCommonError) -> bool:
        """Tell whether a call that just failed with *error* is to be repeated."""
        breaker = self._known.breaker
        if breaker.refusal is not None:
            return False

        if isinstance(error, ThrottledError):
            return breaker.strikes < STRIKES

        if isinstance(error, RiskControlError):
            return bool(self._settings.risk_control_waits)

        return error.retryable

    async def take_retry(self) -> bool:
        """
        Take one of the retries that the account has left; False if there is none.

        Answers win them back. A thousand calls to a dead server cost 1,100 requests.
        """
        step = partial(take_retry, settings=self._settings, asker=Asker())
        return await self._store.change(self._name, step)

    async def acquire(self) -> Grant:
        """Wait for a turn, which is to be given to `settle`. Else as `turn`."""
        if self._own is not None and not self._in_line:
            reply = self._noted(self._own.replace(self._name, self._first))
            if isinstance(reply, Grant):
                return reply

        called = self._clock.monotonic()
        self._in_line += 1
        try:
            async with self._queue:
                return await self._wait_in_line()
        finally:
            self._in_line -= 1
            self._waited += self._clock.monotonic() - called

    async def settle(self, grant: Grant, error: BaseException | None) -> None:
        """Note what became of a turn, and tell *error* for how long to rest."""
        told = settlement_of(error)
        if told.kind == "released" and not grant.is_probe:
            return

        reply = await self._tell(grant, told)
        left = max((reply.until or reply.now) - reply.now, 0) / MICROSECONDS
        is_shorter = isinstance(error, ThrottledError) and error.retry_after is not None
        if isinstance(error, RiskControlError | ThrottledError) and not is_shorter:
            error.retry_after = left
        self._alarm.ring()

    async def _wait_in_line(self) -> Grant:
        """Ask until there is a turn, with waits between."""
        planned = spread = 0
        while True:
            reply = await self._ask(planned, spread)
            if isinstance(reply, Grant):
                return reply

            if isinstance(reply, Refused):
                raise refused(reply.refusal, reply.left)

            until = reply.until
            # A turn that need not wait is not delayed; one that must is spread
            # once, however often its wait changes.
            if not spread and until is not None:
                spread = int(self._settings.jitter * self._clock.random() * _MILLION)
                until += spread * reply.interval // _MILLION

            await self._alarm.sleep(None if until is None else until - reply.now)
            planned = until or 0

    async def _ask(self, planned: int, spread: int) -> Reply:
        asker = Asker(planned=planned, spread=spread)
        step = partial(ask, settings=self._settings, asker=asker)
        return self._noted(await self._store.change(self._name, step))

    async def _tell(self, grant: Grant, told: Settlement) -> Wait:
        step = partial(
            settle,
            settings=self._settings,
            asker=Asker(),
            ticket=grant.ticket,
            told=told,
        )
        return self._noted(await self._store.change(self._name, step))

    def _noted(self, reply: S) -> S:
        self._known = state = reply.state
        until = state.breaker.until
        if until is None:
            self._rest_ends = None
        else:
            left = (until - reply.now) / MICROSECONDS
            self._rest_ends = self._clock.monotonic() + left
        return reply


@attrs.define(eq=False)
class Turn:
    """One attempt's block, see `Pace.turn`."""

    _pace: Pace
    _grant: Grant | None = attrs.field(default=None, init=False)

    async def __aenter__(self) -> None:
        self._grant = await self._pace.acquire()

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        grant = self._grant
        # Most turns change nothing: no store need hear of them.
        if grant is not None and (error is not None or not grant.is_calm):
            await self._pace.settle(grant, error)
