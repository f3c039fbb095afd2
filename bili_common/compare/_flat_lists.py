"""The flat lists: the lists of all users end to end, as arrays of NumPy."""

# NumPy is loaded when it is asked for, so that its arrays have no type here.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false, reportUnknownMemberType=false
from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import Any, cast

import numpy as np


__all__ = ["NumberCounts", "flattened"]

_Array = np.ndarray[Any, np.dtype[Any]]


def flattened(
    lists: Iterable[tuple[int, Sequence[int]]],
) -> tuple[list[int], _Array, _Array]:
    """Return users in the order of their ids, the lengths of their lists, and the lists."""
    vmids: list[int] = []
    lengths: list[int] = []
    flat = array("I")
    for vmid, ids in lists:
        vmids.append(vmid)
        lengths.append(len(ids))
        flat.extend(ids)
    sizes: _Array = np.array(lengths, np.int64)
    all_ids: _Array = np.frombuffer(flat, np.uint32)
    # A store hands them out in this order.
    order = np.argsort(np.array(vmids, np.int64), kind="stable")
    if not np.array_equal(order, np.arange(len(vmids))):
        parts = np.split(all_ids, np.cumsum(sizes)[:-1])
        all_ids = np.concatenate([np.empty(0, np.uint32), *(parts[row] for row in order)])
        vmids = [vmids[row] for row in order]
    return vmids, sizes[order], all_ids


class NumberCounts:
    """How often each number came: small ones, as the ids of a store are."""

    def __init__(self) -> None:
        self._counts: _Array = np.zeros(0, np.int64)

    def add(self, parts: Iterable[Sequence[int]]) -> None:
        """Count the numbers of *parts*, each an array or the view of one."""
        numbers = np.concatenate([*map(np.asarray, parts)])
        found = np.bincount(numbers, minlength=len(self._counts))
        found[: len(self._counts)] += self._counts
        self._counts = found

    def items(self) -> Iterable[tuple[int, int]]:
        """Return the numbers that came, with how often they did."""
        numbers = np.flatnonzero(self._counts)
        pairs = zip(numbers.tolist(), self._counts[numbers].tolist(), strict=True)
        return cast("Iterable[tuple[int, int]]", pairs)
