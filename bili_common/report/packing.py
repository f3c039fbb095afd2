"""The packing: many numbers as one short text that a page's script reads."""

from __future__ import annotations

import base64

from collections.abc import Iterable


__all__ = ["gaps", "packed", "varints"]


def varints(numbers: Iterable[int]) -> bytes:
    """
    Return *numbers* as LEB128: seven bits a byte, the lowest first.

    Args:
        numbers: Integers from 0.
    """
    out = bytearray()
    for number in numbers:
        rest = number
        while rest > 0x7F:  # noqa: PLR2004 - seven bits, and the eighth says: there is more
            out.append(rest & 0x7F | 0x80)
            rest >>= 7
        out.append(rest)
    return bytes(out)


def gaps(places: Iterable[int]) -> bytes:
    """
    Return a set of places: how many there are, then the steps from each to the next.

    Most steps between the accounts of a list are short, so that one takes one byte.

    Args:
        places: Integers from 0, none of them twice, in any order.
    """
    ordered = sorted(places)
    before = [-1, *ordered]
    return varints([len(ordered), *(b - a - 1 for a, b in zip(before, ordered, strict=False))])


def packed(data: bytes) -> str:
    """Return *data* in base64."""
    return base64.b64encode(data).decode("ascii")
