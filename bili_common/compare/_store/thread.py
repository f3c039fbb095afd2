"""The thread of a store: where its file is opened, used and closed."""

from __future__ import annotations

import asyncio

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from ...endpoints import SAME_FOLLOWINGS


__all__ = ["StoreThread"]

T = TypeVar("T")


class StoreThread:
    """
    A thread that owns a `Database`: SQLite waits for disks and locks.

    What is submitted is done in its order, also if nobody waits for it any more.

    Args:
        path: The file.

        create: Whether to make it if it is not there.

        busy_timeout: Seconds to wait for a lock of another program.
    """

    def __init__(self, path: Path, *, create: bool, busy_timeout: float) -> None:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="bili_common-store")
        # Any, since its class is known only once sqlite3 is loaded.
        self._opening: Future[Any] = self._executor.submit(
            _open, path, create=create, busy_timeout=busy_timeout
        )

    async def opened(self) -> None:
        """
        Wait until the file is open.

        Raises:
            StoreError: It cannot be used.
        """
        await asyncio.shield(asyncio.wrap_future(self._opening))

    async def do(self, task: Callable[[Any], T]) -> T:
        """
        Return what *task* makes of the database.

        Raises:
            StoreError: As the database's methods.
        """
        return await asyncio.shield(self.begin(task))

    def begin(self, task: Callable[[Any], T]) -> asyncio.Future[T]:
        """Let *task* be done behind all that was begun before, and return what tells when."""
        doing = self._executor.submit(lambda: task(self._opening.result()))
        return asyncio.wrap_future(doing)

    async def aclose(self) -> None:
        """Close the file behind all that is under way, and end the thread."""
        # Submitted before the first await: a cancellation does not keep it open.
        closing = self._executor.submit(self._close)
        self._executor.shutdown(wait=False)
        await asyncio.shield(asyncio.wrap_future(closing))

    def _close(self) -> None:
        # A file that could not be opened was told of already.
        if self._opening.exception() is None:
            self._opening.result().close()


def _open(path: Path, *, create: bool, busy_timeout: float) -> Any:
    # Here, since importing the library must not load SQLite.
    from .database import Database  # noqa: PLC0415

    return Database(
        path, create=create, busy_timeout=busy_timeout, endpoint=SAME_FOLLOWINGS.path
    )
