"""Rules: small state machines that say which request meets which scenario."""

from __future__ import annotations

import math

from collections import Counter, deque
from collections.abc import Callable, Collection, Sequence
from typing import Protocol

import attrs

from .answers import Answer
from .users import Item, mid_in


__all__ = ["Ban", "Lie", "Monotonic", "Rule", "Shift"]


class Monotonic(Protocol):
    """The part of a clock that the fake server reads."""

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        ...


@attrs.define(eq=False)
class Rule:
    """
    One fault: *after* matching requests pass, the next *times* meet it.

    Attributes:
        make: Returns the answer, given a function for the body that was due.

        times: How many requests, or None for all from then on.

        after: How many matching requests pass before.

        vmid: The only user that it concerns, or None for all.

        pn: The only page that it concerns, or None for all.
    """

    make: Callable[[Callable[[], bytes]], Answer]
    times: int | None
    after: int
    vmid: int | None
    pn: int | None

    @property
    def is_spent(self) -> bool:
        """Whether it will answer no more."""
        return self.times == 0

    def meets(self, vmid: int | None, pn: int | None) -> bool:
        """Count a request and return whether this is its answer."""
        if self.is_spent or self.vmid not in {None, vmid} or self.pn not in {None, pn}:
            return False
        if self.after:
            self.after -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True


@attrs.define(eq=False)
class Ban:
    """
    A ban for *seconds* from the request after *after* within *window* seconds.

    With *extend* every request during the ban starts its time again.
    """

    answer: Answer
    clock: Monotonic
    seconds: float
    after: int
    window: float
    extend: bool
    until: float = -math.inf
    seen: deque[float] = attrs.field(factory=deque[float])

    @property
    def left(self) -> float:
        """The seconds that it still lasts, 0.0 outside."""
        return max(0.0, self.until - self.clock.monotonic())

    def meets(self) -> bool:
        """Count a request and return whether it is refused."""
        now = self.clock.monotonic()
        if now >= self.until and not self._is_too_many(now):
            return False
        if self.extend or now >= self.until:
            self.until = now + self.seconds
        return True

    def _is_too_many(self, now: float) -> bool:
        """Return whether this request is one too many for the window."""
        while self.seen and self.seen[0] <= now - self.window:
            self.seen.popleft()
        self.seen.append(now)
        if len(self.seen) <= self.after:
            return False
        # After the ban the window starts empty.
        self.seen.clear()
        return True


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


@attrs.define(eq=False)
class Lie:
    """How the pages of one user differ from what is true."""

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
