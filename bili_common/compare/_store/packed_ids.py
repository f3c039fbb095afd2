"""The packed ids: a list of accounts as the bytes that a store holds, and back."""

from __future__ import annotations

import sys

from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal


__all__ = ["IdCounter", "joined_ids", "pack_ids", "unpack_ids"]

# So many ids are counted in the time that loading NumPy takes.
_WORTH_NUMPY: Final = 2**19


def pack_ids(ids: Sequence[int]) -> bytes:
    """Return *ids* as 16-bit numbers, or as 32-bit ones if one of them needs that."""
    try:
        packed = array("H", ids)
    except OverflowError:
        packed = array("I", ids)
    if sys.byteorder == "big":  # pragma: no cover - a store is the same on all machines
        packed.byteswap()
    return packed.tobytes()


def unpack_ids(size: int, packed: bytes) -> Sequence[int]:
    """
    Return the *size* ids that `pack_ids` wrote.

    Raises:
        ValueError: There are not so many.
    """
    width = len(packed) // size if size else 2
    if width not in (2, 4) or width * size != len(packed):
        raise ValueError("a list has not the length that it should have")

    code: Literal["H", "I"] = "H" if width == 2 else "I"  # noqa: PLR2004 - bytes
    if sys.byteorder == "big":  # pragma: no cover - as above
        swapped = array(code, packed)
        swapped.byteswap()
        return swapped
    return memoryview(packed).cast(code)


def joined_ids(lists: Sequence[tuple[int, bytes]]) -> Iterator[Sequence[int]]:
    """
    Yield the ids of all *lists*, each a size and what `pack_ids` wrote, end to end.

    Raises:
        ValueError: One of them has not the length that it should have.
    """
    short = [packed for size, packed in lists if len(packed) == 2 * size]
    long = [packed for size, packed in lists if size and len(packed) == 4 * size]
    if len(short) + len(long) != len(lists):
        raise ValueError("a list has not the length that it should have")

    for width, parts in ((2, short), (4, long)):
        whole = b"".join(parts)
        yield unpack_ids(len(whole) // width, whole)


class IdCounter:
    """
    Counts in how many lists each id is.

    NumPy does it once there are so many ids that loading it pays, if it is there.

    Args:
        at_once: How many ids wait to be counted together.
    """

    def __init__(self, at_once: int = _WORTH_NUMPY) -> None:
        self._at_once = at_once
        self._waiting: list[Sequence[int]] = []
        self._size = 0
        self._few: Counter[int] = Counter()
        # Any, since its class is known only once NumPy is loaded.
        self._many: Any = None

    def add(self, lists: Sequence[tuple[int, bytes]]) -> None:
        """Count the ids of *lists*, each a size and what `pack_ids` wrote."""
        for ids in joined_ids(lists):
            self._waiting.append(ids)
            self._size += len(ids)
        if self._size < self._at_once:
            return

        if self._many is None:
            self._many = _number_counts()
        self._count()

    def counts(self) -> Counter[int]:
        """Return the counts."""
        self._count()
        if self._many is not None:
            self._few.update(dict(self._many.items()))
            self._many = None
        return self._few

    def _count(self) -> None:
        if self._many is not None and self._waiting:
            self._many.add(self._waiting)
        else:
            for ids in self._waiting:
                self._few.update(ids)
        self._waiting, self._size = [], 0


def _number_counts() -> Any:
    """Return what counts by NumPy, None without it."""
    try:
        # NumPy is heavy and optional.
        from .._flat_lists import NumberCounts  # noqa: PLC0415
    except ImportError:
        return None

    return NumberCounts()
