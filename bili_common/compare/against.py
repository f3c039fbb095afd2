"""The answer to "which of these accounts does each user follow", for one user."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from .outcome import Status


__all__ = ["Against", "Chosen", "place"]

_NONE: frozenset[int] = frozenset()


@attrs.frozen
class Against:
    """
    What is known of one user about some accounts.

    Attributes:
        found: The accounts that are in the user's list.

        missing: The accounts that the user does not follow: they are not in the
            list, the whole list is known, and the logged-in account is known to
            follow them, so that they would be in it.

        unknown: The accounts that were not seen, and of which nothing follows:
            the list is known in part or not at all, or the logged-in account may
            not follow them itself, and then they are in no list.

        share: The part of the accounts that was found, from 0 to 1; None while
            any is *unknown*.
    """

    found: frozenset[int]
    missing: frozenset[int]
    unknown: frozenset[int]
    share: float | None


def place(
    wanted: frozenset[int], found: frozenset[int], status: Status, followed: frozenset[int]
) -> Against:
    """
    Return what a list says of *wanted*.

    Args:
        wanted: The accounts that were asked for, at least one.

        found: Those of them that were seen in the list.

        status: How much of the list is known.

        followed: Accounts that the logged-in account is known to follow.
    """
    rest = wanted - found
    missing = rest & followed if status is Status.OK else _NONE
    unknown = rest - missing
    share = None if unknown else len(found) / len(wanted)
    return Against(found=found, missing=missing, unknown=unknown, share=share)


class Chosen:
    """
    Some accounts, to be found in lists of ids.

    Args:
        wanted: The accounts.

        mids: The mid of each id. It may grow, as a store does.
    """

    def __init__(self, wanted: frozenset[int], mids: Sequence[int]) -> None:
        self._wanted = wanted
        self._mids = mids
        self._looked_at = 0
        self._numbers: dict[int, int] = {}

    def among(self, ids: Sequence[int]) -> frozenset[int]:
        """Return the mids of those that are in a list."""
        if len(self._mids) > self._looked_at:
            first, self._looked_at = self._looked_at, len(self._mids)
            for number, mid in enumerate(self._mids[first:], first):
                if mid in self._wanted:
                    self._numbers[number] = mid
        return frozenset(map(self._numbers.__getitem__, self._numbers.keys() & ids))
