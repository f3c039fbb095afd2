"""The shared pace: turns that several clients agree on, and what to do where they cannot."""

from __future__ import annotations

import asyncio
import os
import secrets

from collections.abc import Callable
from functools import partial
from typing import Any, Final, Literal, TypeVar
from urllib.parse import urlsplit

from .._util.arguments import check_int, shown
from .._util.clock import Clock
from ..errors import PaceError, UsageError
from ._decisions import Asker, Grant, Reply, Wait, ask, settle, take_retry
from ._local import LocalPace
from ._protocol import PaceStore
from ._settings import MICROSECONDS, PaceSettings
from ._settlement import Settlement
from ._state import PaceState
from ._turns import Pace


__all__ = ["OnPaceLoss", "SharedPace", "make_pace", "usual_name"]

R = TypeVar("R")
S = TypeVar("S", bound=Reply)

OnPaceLoss = Literal["stop", "slow"]

# Seconds for which a store that cannot be asked is asked again.
_PATIENCE: Final = 3.0
_BETWEEN: Final = 0.2

_RELEASED: Final = Settlement("released")

_USUAL_HOST: Final = "api.bilibili.com"


class SharedPace(Pace):
    """
    The turns of one client among several that share a store.

    Args:
        store: Where the state lives.

        settings: How fast to ask, how long to rest; the same for all clients.

        clock: How to wait.

        name: The state's name in the store.

        share: How many clients there are. Each goes on at that part of the
            pace by itself while the store cannot be asked. None means that
            nothing is sent meanwhile.
    """

    def __init__(
        self,
        store: PaceStore,
        settings: PaceSettings,
        clock: Clock,
        *,
        name: str,
        share: int | None = None,
    ) -> None:
        super().__init__(store, settings, clock, name=name)
        # Even a store in memory has others who change it.
        self._own = None
        self._token = secrets.randbits(48)
        # Whether a state was ever seen, so that its loss is one.
        self._has_seen = False
        # Since when the store cannot be asked, in monotonic seconds.
        self._lost_at: float | None = None
        # Until when the store is not asked again.
        self._alone_until = 0.0
        # What goes on without it: the pace by itself, or only what is to be told.
        self._alone = LocalPace()
        self._alone.use(clock)
        self._slow = None if share is None else settings.shared_by(share)
        # Changes under way, which no cancellation cuts in two.
        self._tasks: set[asyncio.Task[Any]] = set()

    async def aclose(self) -> None:
        """Wait for what is under way, and let go of what the store holds open."""
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await super().aclose()

    async def take_retry(self) -> bool:
        """Take one of the retries that all clients of the account have left."""
        step = partial(take_retry, settings=self._settings, asker=self._asker())
        try:
            return await self._changed(step)
        except PaceError:
            return self._alone.replace(self._name, step)

    async def _ask(self, planned: int, spread: int) -> Reply:
        while True:
            asker = self._asker(planned, spread)
            if self._slow is not None and self._is_alone():
                step = partial(ask, settings=self._slow, asker=asker)
                return self._noted(self._alone.replace(self._name, step))

            step = partial(ask, settings=self._settings, asker=asker)
            try:
                return self._noted(await self._changed(step, self._give_back))
            except PaceError as error:
                await self._note_loss(error)

    async def _tell(self, grant: Grant, told: Settlement) -> Wait:
        asker = self._asker()
        of_ticket = partial(settle, asker=asker, ticket=grant.ticket, told=told)
        # Only what was granted without the store was never born in one.
        if grant.state.born or isinstance(self._store, LocalPace):
            try:
                step = partial(of_ticket, settings=self._settings)
                return self._noted(await self._changed(step))
            except PaceError:
                # What cannot be told is kept here, and told with the next ask.
                pass
        step = partial(of_ticket, settings=self._slow or self._settings)
        return self._noted(self._alone.replace(self._name, step))

    def _asker(self, planned: int = 0, spread: int = 0) -> Asker:
        # A client that was made before a fork is another one after it.
        return Asker(
            client=(self._token ^ os.getpid()) + 1,
            planned=planned,
            spread=spread,
            known=self._known if self._has_seen else None,
            left=round(self.seconds_left * MICROSECONDS),
        )

    def _noted(self, reply: S) -> S:
        self._has_seen = True
        return super()._noted(reply)

    def _is_alone(self) -> bool:
        """Tell whether to go on without the store, and not to look for it again yet."""
        return self._clock.monotonic() < self._alone_until

    def _is_patience_over(self) -> bool:
        lost_at = self._lost_at
        return lost_at is not None and self._clock.monotonic() - lost_at >= _PATIENCE

    async def _note_loss(self, error: PaceError) -> None:
        now = self._clock.monotonic()
        if self._lost_at is None:
            self._lost_at = now
        if not self._is_patience_over():
            await self._clock.sleep(_BETWEEN)
        elif self._slow is None:
            raise PaceError(f"nothing is sent, as the shared pace is out of reach: {error}")
        else:
            # Each look at the store may take as long as its timeout.
            self._alone_until = now + _PATIENCE

    def _give_back(self, task: asyncio.Task[Reply]) -> None:
        """Release a probe that was granted to a task which was cancelled meanwhile."""
        if task.cancelled() or task.exception() is not None:
            return

        reply = task.result()
        if isinstance(reply, Grant) and reply.is_probe:
            telling = asyncio.ensure_future(self._tell(reply, _RELEASED))
            self._tasks.add(telling)
            telling.add_done_callback(self._tasks.discard)

    async def _changed(
        self,
        step: Callable[[PaceState | None, int], tuple[PaceState, R]],
        give_back: Callable[[asyncio.Task[R]], None] | None = None,
    ) -> R:
        """Change the state, wholly or not at all, whoever is cancelled meanwhile."""
        task = asyncio.ensure_future(self._store.change(self._name, step))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            result = await asyncio.shield(task)
        except asyncio.CancelledError:
            if give_back is not None:
                task.add_done_callback(give_back)
            raise

        self._lost_at = None
        return result


def usual_name(account: str, base_url: str) -> str:
    """
    Return the name of *account*'s pace at the server of *base_url*.

    Two servers know nothing of each other's requests, so neither do their paces.
    """
    host = urlsplit(base_url).netloc
    return account if host == _USUAL_HOST else f"{account}@{host}"


def make_pace(
    store: PaceStore | None,
    settings: PaceSettings,
    clock: Clock,
    *,
    name: str,
    on_loss: OnPaceLoss,
    share: int | None,
) -> Pace:
    """
    Return the pace of a client: its own, or one that lives in *store*.

    Raises:
        UsageError: An argument is wrong; named as `Client` does.
    """
    if store is not None and not callable(getattr(store, "change", None)):
        raise UsageError(f"pace must be a PaceStore or None, not {shown(store)}")
    if not isinstance(name, str) or not name:  # pyright: ignore[reportUnnecessaryIsInstance] - users give other things too
        raise UsageError(f"pace_name must be a text, not {shown(name)}")
    if on_loss not in ("stop", "slow"):
        raise UsageError(f"on_pace_loss must be 'stop' or 'slow', not {shown(on_loss)}")
    if share is not None:
        check_int("pace_share", share, 1)
    if (on_loss == "slow") != (share is not None):
        raise UsageError("on_pace_loss='slow' and pace_share belong together")

    if store is None:
        return Pace(LocalPace(), settings, clock, name=name)

    return SharedPace(store, settings, clock, name=name, share=share)
