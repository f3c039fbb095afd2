"""The change: what a user's list gained or lost between two fetches."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import attrs


__all__ = ["Cause", "Change"]

Cause = Literal["user", "account", "unknown"]


@attrs.frozen
class Change:
    """
    What a user's list gained or lost between two fetches that both knew all of it.

    A list holds the accounts that the user and the logged-in account both follow.
    So it changes when either of the two follows somebody or ceases to.

    Attributes:
        vmid: The user.

        before: When the list was fetched before, in UTC.

        after: When it was fetched again, in UTC.

        added: The accounts that are in it now and were not before.

        removed: The accounts that were in it and are no more. `Comparison.users` of
            the store knows them still.

        by: Whose doing it is. ``"account"``: the logged-in account followed the
            accounts after *before*, or ceased to follow them, as they left every
            list they stood in. ``"unknown"``: they left the only list they stood
            in, which either of the two may have caused. ``"user"``: all else.
    """

    vmid: int
    before: datetime
    after: datetime
    added: frozenset[int]
    removed: frozenset[int]
    by: Cause
