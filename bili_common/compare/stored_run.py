"""The stored run: when a run wrote to a store."""

from __future__ import annotations

from datetime import datetime

import attrs


__all__ = ["StoredRun"]


@attrs.frozen
class StoredRun:
    """
    A run that wrote to a store.

    Attributes:
        began_at: When it began, in UTC.

        ended_at: When it ended, in UTC; None for one that is under way, and for one
            whose process was killed.
    """

    began_at: datetime
    ended_at: datetime | None
