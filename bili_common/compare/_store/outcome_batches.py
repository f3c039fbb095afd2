"""The batches: outcomes that wait for the thread of a store are written together."""

from __future__ import annotations

import asyncio
import threading

from collections.abc import Callable

from ..outcome import Outcome
from .thread import StoreThread


__all__ = ["OutcomeBatches"]


class OutcomeBatches:
    """
    Hands outcomes to the thread of a store: all that came while it was busy at once.

    The way to the thread and a transaction cost more than most outcomes do.

    Args:
        thread: Writes them.

        write: Writes some of them down, all or none.
    """

    def __init__(self, thread: StoreThread, write: Callable[..., None]) -> None:
        self._thread = thread
        self._write = write
        # Held by the loop and by the thread, for as long as a list takes to change.
        self._lock = threading.Lock()
        # What the thread has not taken yet, and what tells that it is written.
        self._waiting: list[Outcome] = []
        self._written: asyncio.Future[None] | None = None

    async def add(self, outcome: Outcome) -> None:
        """
        Return when *outcome* is written down. It is, also if nobody waits any more.

        Raises:
            StoreError: Neither it nor those that were to be written with it are.
        """
        with self._lock:
            self._waiting.append(outcome)
            if self._written is None:
                self._written = self._thread.begin(lambda _: self._write(*self._take()))
            written = self._written
        await asyncio.shield(written)

    def _take(self) -> list[Outcome]:
        with self._lock:
            batch, self._waiting, self._written = self._waiting, [], None
        return batch
