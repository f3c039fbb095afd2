"""Lies: how one list moves while it is read, and how its pages differ from what is true."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence

import attrs

from .users import Item, mid_in


__all__ = ["Lie", "Shift"]


@attrs.define(eq=False)
class Shift:
    """Records that come and go in a list before one certain request for it."""

    insert: int | Sequence[Item]
    remove: int | Collection[int]
    at: int
    before_request: int | None
    pn: int | None

    def is_due(self, pn: int) -> bool:
        """Count a request for the list and return whether it shifts now."""
        if self.before_request is None:
            return self.pn in {None, pn}
        self.before_request -= 1
        return self.before_request == 0

    def move(self, records: Iterable[Item], new: Sequence[Item]) -> tuple[Item, ...]:
        """Return *records* with *new* ones put in and others taken out."""
        items = list(records)
        if isinstance(self.remove, int):
            del items[self.at : self.at + self.remove]
        else:
            lost = frozenset(self.remove)
            items = [item for item in items if mid_in(item) not in lost]
        items[self.at : self.at] = new
        return tuple(items)


@attrs.define(eq=False)
class Lie:
    """How the pages of one list differ from what is true."""

    total: int | None = None
    clamp: int | None = None
    ignore_pn: bool = False
    filter: Callable[[int], bool] | None = None
    empty_pages: Counter[int] = attrs.field(factory=Counter[int])
    null_list: bool = False

    def is_empty(self, pn: int) -> bool:
        """Count a request for page *pn* and return whether it comes out empty."""
        if not self.empty_pages.get(pn):
            return False
        # A page that is empty for good starts below zero and stays there.
        self.empty_pages[pn] -= 1
        return True

    def keeps(self, item: Item) -> bool:
        """Return whether *item* is sent."""
        return self.filter is None or self.filter(mid_in(item))
