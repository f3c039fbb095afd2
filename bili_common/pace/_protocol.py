"""The protocol: where the state of one account's pace lives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from ._state import PaceState


__all__ = ["PaceStore"]

R = TypeVar("R")


class PaceStore(Protocol):
    """
    Keeps one `PaceState` per name, for all who share it.

    A store knows nothing of pace: what changes a state is given to it as a
    function.
    """

    async def change(
        self, name: str, step: Callable[[PaceState | None, int], tuple[PaceState, R]]
    ) -> R:
        """
        Replace the state called *name* by what *step* makes of it, at once for all.

        Args:
            name: The account's name.

            step: Called with the state, None if there is none, and the store's
                own time in integer microseconds, which is the same for all who
                share the store. Returns the new state and a result. It neither
                waits nor has effects, and so may be called again where another
                change came between. A state that is the same object need not
                be written.

        Returns:
            The result of the call of *step* whose state was kept.

        Raises:
            PaceError: The store cannot be asked. The change was made or not.
        """
        raise NotImplementedError

    async def aclose(self) -> None:
        """
        Let go of connections and files; states stay where they are.

        May be called again. A later `change` opens the store anew, so that one
        client may close what another still uses.
        """
