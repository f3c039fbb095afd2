"""The page buffer: the records of one page that are still to be delivered."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress
from typing import Generic, TypeVar

import attrs

from ..models import Page


__all__ = ["PageBuffer", "choose"]

T = TypeVar("T")


@attrs.define
class PageBuffer(Generic[T]):
    """
    The records of one page that are to be delivered, and how many were.

    Attributes:
        pn: The page's number.

        items: The records to deliver.

        fresh: For each place on the page, whether its record was new.

        places: For each of *items* its place on the page. One more, if *limit*
            cut the page: there a later walk begins.

        at: How many of *items* were delivered.
    """

    pn: int
    items: Sequence[T] = ()
    fresh: Sequence[bool] = ()
    places: Sequence[int] = ()
    at: int = 0

    @property
    def is_over(self) -> bool:
        """Whether all records were delivered."""
        return self.at >= len(self.items)

    @property
    def index(self) -> int | None:
        """The place of the next record on the page; None behind the last."""
        return self.places[self.at] if self.at < len(self.places) else None

    def unseen_from(self, index: int) -> int:
        """Return how many new records stand on the page from place *index* on."""
        return sum(self.fresh[index:])

    def take_rest(self) -> tuple[T, ...]:
        """Return the records that were not delivered yet, and count them as delivered."""
        rest = tuple(self.items[self.at :])
        self.at = len(self.items)
        return rest

    @property
    def is_cut(self) -> bool:
        """Whether *limit* left records of the page undelivered."""
        return len(self.places) > len(self.items)


def choose(
    page: Page[T], fresh: Sequence[bool], *, skip: int, dedupe: bool, limit: int | None
) -> PageBuffer[T]:
    """
    Return the records of *page* that are to be delivered, as a buffer.

    Args:
        page: The page.

        fresh: For each of its records whether it is new.

        skip: How many an earlier walk delivered.

        dedupe: Whether to deliver the new ones only.

        limit: How many to deliver at the most; None for all.
    """
    everywhere = range(len(page.items))
    places = list(compress(everywhere, fresh)) if dedupe else everywhere[skip:]
    items = [page.items[place] for place in places[:limit]]
    return PageBuffer(page.pn, items, fresh, places if limit is None else places[: limit + 1])
