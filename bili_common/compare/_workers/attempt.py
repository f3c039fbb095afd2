"""The attempt: how a page was asked for that did not come."""

from __future__ import annotations

import attrs


__all__ = ["Attempt"]


@attrs.frozen
class Attempt:
    """
    How a page was asked for that did not come.

    Attributes:
        vmid: Whose page it is.

        rests: What `RunHistory.rests` was when it was asked for.

        failed_at: What `RunHistory.successes` was when the user failed first; None
            for one who did not.

        is_probe: Whether it was asked for only once, since the run was in doubt.

        is_few: Whether fewer users are under way than `RunHistory.give_up_after`.

        is_over: Whether no new user is left.

        is_check: Whether the user's list came before, so that it is not the user.
    """

    vmid: int
    rests: int
    failed_at: int | None = None
    is_probe: bool = False
    is_few: bool = False
    is_over: bool = False
    is_check: bool = False

    @property
    def is_tail(self) -> bool:
        """Whether only these few users are left."""
        return self.is_few and self.is_over
