"""The sums: what tells a row of a store from one with a bit changed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final
from zlib import crc32


__all__ = ["check_lists", "check_row", "checked", "list_check", "row_check"]

_HALF: Final = 2**31
_WHOLE: Final = 2**32 - 1


def list_check(vmid: int, status: int, size: int, packed: bytes) -> int:
    """Return the sum that tells a list from one with a bit changed."""
    return crc32(packed, (vmid ^ vmid >> 32 ^ status << 29 ^ size) & _WHOLE) - _HALF


def row_check(*values: Any) -> int:
    """Return the sum that tells *values* from others with a bit changed."""
    return crc32(repr(values).encode("utf-8", "surrogatepass")) - _HALF


def check_row(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """
    Return *row* without its last value, the sum of all others.

    Raises:
        ValueError: It is not as it was written.
    """
    *values, check = row
    if row_check(*values) != check:
        raise ValueError("a row is not as it was written")

    return tuple(values)


def checked(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """
    Return what an outcome says beside user, status and list.

    Args:
        row: User, status, size, ids, the sum of these, the sum of the others, and
            the others.

    Raises:
        ValueError: It is not as it was written.
    """
    rest = row[6:]
    if row_check(row[0], *rest) != row[5]:
        raise ValueError("an outcome is not as it was written")

    return rest


def check_lists(rows: Iterable[tuple[int, int, int, bytes, int]]) -> None:
    """
    Raise a ValueError unless all *rows* are as they were written.

    It is `list_check`, written out, as it is half the time of a count.
    """
    for vmid, status, size, packed, check in rows:
        seed = (vmid ^ vmid >> 32 ^ status << 29 ^ size) & _WHOLE
        if crc32(packed, seed) - _HALF != check:
            raise ValueError("a list is not as it was written")
