"""Synthetic users: whom each of them follows, of the UPs that the caller follows too."""

from __future__ import annotations

import random

from collections.abc import Mapping, Sequence
from typing import Any, overload

import attrs

from .names import CIRCLES
from .records import mid_of


__all__ = [
    "POOL",
    "FakeUser",
    "Item",
    "Numbered",
    "circle_of",
    "make_user",
    "mid_in",
]

# A mid stands for its made-up record, an object is sent as it is.
Item = int | Mapping[str, Any]

POOL = 480
"""So many UPs are drawn from; the lower its index, the more users follow one."""

_STARS = 30


@attrs.frozen
class FakeUser:
    """
    One user of the fake server.

    Attributes:
        vmid: The user.

        followings: What the list holds, in the server's order: a mid stands for
            a made-up record, an object is sent as it is.

        private: Whether the list is hidden (22115).

        gone: Whether there is no such user (-404).
    """

    vmid: int
    followings: Sequence[Item] = ()
    private: bool = False
    gone: bool = False

    @property
    def mids(self) -> list[int]:
        """The mids of the list, in the server's order."""
        return [mid_in(item) for item in self.followings]


class Numbered(Sequence[int]):
    """The mids of the UPs *start*, *start* + 1 ..., worked out when asked for."""

    def __init__(self, numbers: range) -> None:
        self._numbers = numbers

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, place: int) -> int: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[int]: ...

    def __getitem__(self, place: int | slice) -> int | Sequence[int]:
        if isinstance(place, slice):
            return Numbered(self._numbers[place])
        return mid_of(self._numbers[place])


def mid_in(item: Item) -> int:
    """Return the mid that *item* is about, 0 where a broken record has none."""
    mid = item if isinstance(item, int) else item.get("mid")
    try:
        return int(mid)  # type: ignore[arg-type]  # what is no number is caught
    except (TypeError, ValueError):
        return 0


def circle_of(vmid: int) -> int:
    """Return the place in `CIRCLES` of a user; UIDs of the same ten share it."""
    return vmid // 10 % len(CIRCLES)


def make_user(vmid: int, *, size: int | None = None) -> FakeUser:
    """
    Return user *vmid*, the same in every process.

    Args:
        vmid: The user.

        size: How many records, at most `POOL`; by default some number up to 100,
            mostly small, and none for one user in twenty.
    """
    # The numbers of Random(int).random() are promised to stay the same.
    draw = random.Random(vmid).random  # noqa: S311 - synthetic data
    if size is None:
        size = 0 if draw() < 0.05 else int(3 + 98 * draw() ** 2)  # noqa: PLR2004
    circle = circle_of(vmid)
    chosen: dict[int, None] = {}
    for _ in range(4 * size):
        if len(chosen) == size:
            break
        chosen[_pick(draw(), draw(), circle)] = None
    for index in range(POOL):
        if len(chosen) < size:
            chosen[index] = None
    return FakeUser(vmid, tuple(map(mid_of, chosen)))


def _pick(where: float, rank: float, circle: int) -> int:
    """Return the index of an UP: of the own circle, a star, or anyone."""
    circles = len(CIRCLES)
    if where < 0.68:  # noqa: PLR2004 - shares that make a heat map show blocks
        return int(POOL // circles * rank**1.7) * circles + circle
    if where < 0.9:  # noqa: PLR2004
        return int(_STARS * rank**1.4)
    return int(POOL * rank)
