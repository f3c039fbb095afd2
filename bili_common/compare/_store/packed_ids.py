"""The packed ids: a list of accounts as the bytes that a store holds, and back."""

from __future__ import annotations

import sys

from array import array
from collections.abc import Iterator, Sequence
from typing import Literal


__all__ = ["joined_ids", "pack_ids", "unpack_ids"]


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
