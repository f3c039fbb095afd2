"""The planner: from the pages seen, the next page to ask for, or the end.

Nothing here waits, sends or knows a loop: a walk asks the planner for each step.

What the server is known to do, and what follows:

- It may cut ``ps``, or filter records out of a page after cutting it. So a short
  page is no end, and the step is by page number, never by records.
- An empty page may be a hole, with records on the next one.
- ``total`` may lie in both directions: 148993 beside empty pages, or 0 beside
  records. So it ends a walk only together with what was seen.
- The list may change between two pages. A removed record moves all later ones
  up, so that one of them slips past: the walk goes back for it.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import attrs

from .cursor import Cursor
from .walk_report import StopReason


__all__ = ["PagePlanner", "Step"]

# Copies of the server that disagree about the total look like a list that
# shrinks for ever: so often in a row is it believed without finding a record.
_IN_VAIN = 3


@attrs.frozen
class Step:
    """
    What to do next: ask for page *pn*, or stop for a *reason*.

    Attributes:
        pn: The page to ask for, or the one where a later walk would go on.

        reason: None while there is a page to ask for.

        verifying: Whether the page is asked for only to compare it.
    """

    pn: int
    reason: StopReason | None = None
    verifying: bool = False


@attrs.define
class PagePlanner:
    """
    The state of one walk over one list.

    Args:
        start: Where to begin: the end of an earlier part of the walk, if there was one.

        max_pages: How many pages may be read; None for any number.

        verify: Whether to read page 1 again at the end.

        known: What tells the records of that part apart, in their order, where
            it is at hand.
    """

    start: Cursor
    max_pages: int | None = None
    verify: bool = False
    known: Sequence[Hashable] = ()

    # Whether an empty page was passed, by an earlier part too.
    gap: bool = attrs.field(init=False)
    step: Step = attrs.field(init=False)
    pages_read: int = attrs.field(default=0, init=False)
    duplicates: int = attrs.field(default=0, init=False)
    bad_records: int = attrs.field(default=0, init=False)
    # How many records at the head of the last page an earlier part delivered.
    skipped: int = attrs.field(default=0, init=False)
    total_first: int | None = attrs.field(init=False)
    total_last: int | None = attrs.field(init=False)

    # How many of the next page's records an earlier part delivered, and how many
    # distinct ones in all, where they are not known.
    _index: int = attrs.field(init=False)
    _held: int = attrs.field(init=False)
    # What this walk has met.
    _keys: set[Hashable] = attrs.field(factory=set[Hashable], init=False)
    # The longest page so far: what the server really gives for one ``ps``.
    _longest: int = attrs.field(default=0, init=False)
    # Hash of a page's keys -> its number, for as long as the list stood still.
    _pages: dict[int, int] = attrs.field(factory=dict[int, int], init=False)
    # The empty page that was asked for once more.
    _asked_again: int | None = attrs.field(default=None, init=False)
    # The keys of page 1, hashed, to compare with at the end.
    _first_page: int | None = attrs.field(default=None, init=False)
    # The last empty page behind which the walk looked.
    _hole: int | None = attrs.field(default=None, init=False)
    # Where a later walk would go on, while page 1 is read again.
    _end_at: int = attrs.field(default=1, init=False)
    # Whether the total moved at any time, even if it came back.
    _moved: bool = attrs.field(default=False, init=False)
    # How many records were held when the walk last went back, and how often in
    # a row nothing was found between two such times.
    _held_before: int | None = attrs.field(default=None, init=False)
    _in_vain: int = attrs.field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        start = self.start
        self.total_first = self.total_last = start.total
        self.gap, self._index = start.gap, start.index
        self._held = 0 if self.known else start.seen
        self._keys.update(self.known)
        self.step = self._ask(start.pn)

    @property
    def resume_at(self) -> int:
        """The page with which a later walk would go on."""
        return self._end_at if self.step.verifying else self.step.pn

    @property
    def goes_on(self) -> bool:
        """Whether more records may come: the list's end was not reached."""
        return not self.step.verifying and self.step.reason is not StopReason.END

    @property
    def distinct(self) -> int:
        """How many distinct records this walk and its earlier parts hold."""
        return self._held + len(self._keys)

    @property
    def complete(self) -> bool:
        """Whether the walk ended and nothing speaks against its completeness."""
        return (
            self.step.reason is StopReason.END
            and not self._moved
            and not self.duplicates
            and not self.bad_records
            and not self.gap
            and self.total_last in (None, self.distinct)
        )

    def see(
        self,
        keys: Sequence[Hashable],
        *,
        total: int | None,
        has_more: bool | None = None,
        bad_records: int = 0,
    ) -> Sequence[bool] | None:
        """
        Take in the page that was asked for, and decide the next step.

        Args:
            keys: What tells the page's records apart, in the server's order.

            total: The list's length that the server said with it, None if it
                names none.

            has_more: Then: whether the server said that more pages follow.

            bad_records: How many of its records were skipped.

        Returns:
            For each record whether it is new, or None if the page is not to be
            delivered: empty and asked for again, a repeated one, or one that
            was read only to compare.
        """
        pn, length = self.step.pn, len(keys) + bad_records
        if self.step.verifying:
            self._compare(keys, total)
            return None

        shrunk_by = self._note_total(total, length)
        more = bool(has_more) if total is None else pn * self.start.page_size < total
        if shrunk_by:
            # Which records an earlier part delivered of this page is not known.
            self._index = 0
        elif not length and more and pn not in (self._asked_again, self._behind_hole):
            self._asked_again = pn
            return None

        self.pages_read += 1
        if self._is_repeated(pn, keys):
            self.step = Step(pn, StopReason.REPEATED_PAGE)
            return None

        self.bad_records += bad_records
        self._longest = max(self._longest, length)
        fresh = self._take(keys)
        self.step = self._next(pn, length, shrunk_by, more=more)
        return fresh

    def ahead(self, count: int, *, records: int | None = None) -> range:
        """
        Return the pages to have under way, the one asked for now among them.

        Args:
            count: How many pages at the most.

            records: How many records are still wanted; None for all.
        """
        pn = self.step.pn
        if count == 1 or self.step.verifying:
            return range(pn, pn + 1)

        last = min(self._last_page(), pn + count - 1)
        if self.max_pages is not None:
            last = min(last, pn + self.max_pages - self.pages_read - 1)
        if records is not None:
            last = min(last, pn - 1 + -(-records // max(1, self._longest)))
        return range(pn, max(last, pn) + 1)

    def _last_page(self) -> int:
        # A total below what is held already is not trusted, as in `_next`.
        if self.total_last is None or self.total_last < self.distinct or not self._longest:
            return 0

        return -(-self.total_last // self._longest)

    def _ask(self, pn: int) -> Step:
        if self.max_pages is not None and self.pages_read >= self.max_pages:
            return Step(pn, StopReason.MAX_PAGES)

        return Step(pn)

    def _next(self, pn: int, length: int, shrunk_by: int, *, more: bool) -> Step:
        if shrunk_by and pn > 1 and self._may_go_back():
            # What stood on later pages moved up by as many places: go back.
            pages = -(-shrunk_by // (self._longest or self.start.page_size))
            return self._ask(max(1, pn - pages))
        if not length:
            return self._meet_empty(pn, more=more)
        total = self.total_last
        if total is not None:
            more = not (self.distinct <= total <= pn * self._longest or self._holds_all)
        return self._ask(pn + 1) if more else self._end(pn + 1)

    def _meet_empty(self, pn: int, *, more: bool) -> Step:
        """Look behind the empty page *pn* once; stop at it, or at the list's end."""
        if self._hole is not None and pn == self._behind_hole:
            # Nothing was passed after all: a later walk begins at the hole.
            self.gap = False
            return Step(self._hole, StopReason.EMPTY_PAGE)
        if not more:
            return self._end(pn)

        self._hole, self.gap = pn, True
        return self._ask(pn + 1)

    @property
    def _behind_hole(self) -> int | None:
        return None if self._hole is None else self._hole + 1

    @property
    def _holds_all(self) -> bool:
        # A resumed walk may have met the short last page alone, which does not
        # tell how long the others are.
        return self.distinct == self.total_last and not self._moved

    def _may_go_back(self) -> bool:
        """Tell whether going back is any use, and count the times it was none."""
        self._in_vain = self._in_vain + 1 if self.distinct == self._held_before else 0
        self._held_before = self.distinct
        return self._in_vain <= _IN_VAIN

    def _end(self, pn: int) -> Step:
        self._end_at = pn
        return Step(1, verifying=True) if self.verify else Step(pn, StopReason.END)

    def _compare(self, keys: Sequence[Hashable], total: int | None) -> None:
        first = self._first_page
        if first is None and self.known:
            first = hash(tuple(self.known[: len(keys)]))
        # Without either, only the total can tell: an earlier part read page 1.
        drifted = first not in (None, hash(tuple(keys))) or total != self.total_last
        self.total_last = total
        self.step = Step(self._end_at, StopReason.DRIFT if drifted else StopReason.END)

    def _note_total(self, total: int | None, length: int) -> int:
        """Remember *total*, and return by how much the list shrank."""
        before = self.total_last
        if self.total_first is None:
            self.total_first = total
        self.total_last = total
        if before is None or total is None or before == total:
            return 0

        self._moved = True
        # Pages read before the list moved say nothing about repeats any more.
        self._pages.clear()
        # Fewer than came with it: that is no length, so it did not shrink.
        return max(0, before - total) if total >= length else 0

    def _is_repeated(self, pn: int, keys: Sequence[Hashable]) -> bool:
        page = hash(tuple(keys))
        if pn == 1:
            self._first_page = page
        return bool(keys) and self._pages.setdefault(page, pn) != pn

    def _take(self, keys: Sequence[Hashable]) -> Sequence[bool]:
        delivered = keys[: self._index]
        if delivered:
            # An earlier part delivered and counted these: known, not new.
            self._held -= len(set(delivered) - self._keys)
            self._keys.update(delivered)
        self._index, self.skipped = 0, len(delivered)

        # Mostly all are new, and two sets tell that at once.
        if self._keys.isdisjoint(keys) and len(set(keys)) == len(keys):
            self._keys.update(keys)
            return [True] * len(keys)

        fresh = [True] * len(keys)
        for place, key in enumerate(keys):
            if key in self._keys:
                fresh[place] = False
            self._keys.add(key)
        self.duplicates += fresh.count(False) - len(delivered)
        return fresh
