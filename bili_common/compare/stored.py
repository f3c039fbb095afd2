"""The stored comparison: a comparison that reads a store as it is asked."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any, Self

from ..endpoints import SAME_FOLLOWINGS
from .comparison import Comparison
from .stored_run import StoredRun


__all__ = ["StoredComparison"]


class StoredComparison(Comparison):
    """
    A `Comparison` of what a store holds, with the same answers.

    Nothing is held in memory but the answer: a store may have millions of users.
    `outcomes`, `users` and what `against` returns are read as you iterate or look
    up, and each list as it stands then: a run may be writing to the store.

    Questions block while they read the file. In an event loop ask a large store
    in a thread: ``await asyncio.to_thread(comparison.most_shared, 10)``.

    Args:
        path: The store file, which is not changed.

        account: The label of the account whose results are compared.

    Raises:
        StoreError: The file is no store, or has results of other accounts only.
            Any method raises it when the file cannot be read.
    """

    def __init__(self, path: str | PathLike[str], account: str = "default") -> None:
        # sqlite3 is loaded with the first store, not with the package.
        from ._store.database import open_reader  # noqa: PLC0415

        self._arguments = (path, account)
        self._reader: Any = open_reader(Path(path), account, SAME_FOLLOWINGS.path)
        super().__init__(self._reader)

    def __reduce__(self) -> tuple[Any, ...]:
        return StoredComparison, self._arguments

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def runs(self) -> list[StoredRun]:
        """
        Return when runs wrote to the store, the last one at the end.

        Those of an older version of the library are not known.
        """
        runs: list[StoredRun] = self._reader.runs()
        return runs

    def close(self) -> None:
        """Close the file. It is closed, too, when the comparison is dropped."""
        self._reader.close()
