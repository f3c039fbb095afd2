"""The streamed mapping: a mapping whose values are read when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterator, Mapping, ValuesView
from typing import Any, Generic, TypeVar

import attrs

from ..._util.arguments import MAX_ID


__all__ = ["Streamed"]

V = TypeVar("V")


@attrs.frozen(eq=False)
class Streamed(Mapping[int, V], Generic[V]):
    """
    A mapping from user ids that is nowhere in memory as a whole.

    A look-up is one question. Iterating, best over `items` or `values`, streams
    all of it once, in the order of the keys.

    Attributes:
        find: Returns the value of a key, None for a key that is not there.

        stream: Returns all keys and values.

        size: Returns how many there are.
    """

    find: Callable[[int], V | None] = attrs.field(repr=False)
    stream: Callable[[], Iterator[tuple[int, V]]] = attrs.field(repr=False)
    size: Callable[[], int] = attrs.field(repr=False)

    def __getitem__(self, key: int) -> V:
        # No column holds anything else, and SQLite would take "3" for 3.
        is_id = type(key) is int and 0 < key <= MAX_ID
        value = self.find(key) if is_id else None
        if value is None:
            raise KeyError(key)

        return value

    def __iter__(self) -> Iterator[int]:
        return (key for key, _ in self.stream())

    def __len__(self) -> int:
        return self.size()

    def items(self) -> ItemsView[int, V]:
        """Return a view that streams keys and values."""
        return _Items(self)

    def values(self) -> ValuesView[V]:
        """Return a view that streams the values."""
        return _Values(self)


class _Items(ItemsView[int, Any]):
    """Streams, where the view of every mapping looks up one key after the other."""

    _mapping: Streamed[Any]

    def __iter__(self) -> Iterator[tuple[int, Any]]:
        return self._mapping.stream()


class _Values(ValuesView[Any]):
    _mapping: Streamed[Any]

    def __iter__(self) -> Iterator[Any]:
        return (value for _, value in self._mapping.stream())
