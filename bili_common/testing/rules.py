"""Rules: small state machines that say which request meets which scenario."""

from __future__ import annotations

import math
import random

from collections import deque
from collections.abc import Callable, Mapping
from typing import Protocol, TypedDict

import attrs

from .answers import Answer


__all__ = ["Asked", "Ban", "Make", "Rule", "ServerClock", "When"]

# Returns an answer, given a function for the body that was due.
Make = Callable[[Callable[[], bytes]], Answer]


class ServerClock(Protocol):
    """The part of a clock that the fake server reads."""

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        ...

    def time(self) -> float:
        """Return seconds since 1970 in UTC."""
        ...


class When(TypedDict, total=False):
    """
    Which requests meet a scenario; without any of these, the next ones.

    Attributes:
        after: How many matching requests pass before.

        seconds: It lasts so long, by the server's clock, from the first request
            that comes to it on.

        every: With *seconds*: it comes again each so many seconds.

        share: Only this part of the requests meets it, drawn by chance.

        burst: With *share*: how many in a row meet it; the part stays the same.

        seed: With *share*: of the chance, the same draws in every run.

        vmid: Only requests for this user.

        pn: Only requests for this page.

        path: Only requests for this path.
    """

    after: int
    seconds: float
    every: float
    share: float
    burst: int
    seed: int
    vmid: int
    pn: int
    path: str


@attrs.frozen
class Asked:
    """What a request asks for; numbers that are none are None."""

    path: str
    query: Mapping[str, str] = attrs.field(factory=dict[str, str], repr=False)
    vmid: int | None = None
    pn: int | None = None
    ps: int | None = None


@attrs.define(eq=False)
class Rule:
    """
    One fault: *after* matching requests pass, the next *times* meet it.

    Attributes:
        make: Returns the answer.

        clock: Times *seconds*.

        times: How many requests, or None for all from then on.

        since: When the first request came to it.

        left: How many more requests the burst takes that was drawn.

    The others are those of `When`.
    """

    make: Make
    clock: ServerClock
    times: int | None
    after: int = 0
    seconds: float | None = None
    every: float | None = None
    share: float | None = None
    burst: int = 1
    seed: int = 0
    vmid: int | None = None
    pn: int | None = None
    path: str | None = None
    since: float | None = None
    left: int = 0
    chance: random.Random = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.chance = random.Random(self.seed)  # noqa: S311 - chance, not secrecy

    def meets(self, asked: Asked) -> bool:
        """Count a request and return whether this is its answer."""
        if self.times == 0 or not self._concerns(asked):
            return False
        if self.after:
            self.after -= 1
            return False
        if not (self._is_on() and self._is_drawn()):
            return False
        if self.times is not None:
            self.times -= 1
        return True

    def _concerns(self, asked: Asked) -> bool:
        pairs = ((self.path, asked.path), (self.vmid, asked.vmid), (self.pn, asked.pn))
        return all(mine in {None, its} for mine, its in pairs)

    def _is_on(self) -> bool:
        if self.seconds is None:
            return True
        now = self.clock.monotonic()
        if self.since is None:
            self.since = now
        passed = now - self.since
        return (passed if self.every is None else passed % self.every) < self.seconds

    def _is_drawn(self) -> bool:
        if self.share is None:
            return True
        # A request outside a burst begins one with this chance: then the part
        # of all requests that are in bursts is *share*.
        gap = self.burst * (1 - self.share)
        if not self.left and self.chance.random() < self.share / (self.share + gap):
            self.left = self.burst
        if not self.left:
            return False
        self.left -= 1
        return True


@attrs.define(eq=False)
class Ban:
    """
    A ban for *seconds* from the request after *after* within *window* seconds.

    With *extend* every request during the ban starts its time again.
    """

    answer: Answer
    clock: ServerClock
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
