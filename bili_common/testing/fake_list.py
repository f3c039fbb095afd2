"""Lists: pages cut out of records, and the lists of other endpoints."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs
import orjson

from ..endpoints import ListEndpoint
from .answers import envelope
from .lies import Lie
from .users import Item


__all__ = ["FakeList", "Slice", "cut"]


@attrs.frozen
class Slice:
    """The records of one page, and what is said of the whole list."""

    items: tuple[Item, ...]
    total: int
    has_more: bool


@attrs.define(eq=False)
class FakeList:
    """
    A list of another endpoint, as a fake server has it.

    Attributes:
        endpoint: How it is asked for, and where in the answer what stands.

        params: Whose list it is: the query without ``pn`` and ``ps``.

        records: What it holds now, in the server's order: a mid stands for a
            made-up record, an object is sent as it is.
    """

    endpoint: ListEndpoint[Any]
    params: Mapping[str, str]
    records: Sequence[Item]
    _original: Sequence[Item] = attrs.field(
        init=False, default=attrs.Factory(lambda self: self.records, takes_self=True)
    )

    def is_meant(self, query: Mapping[str, str]) -> bool:
        """Return whether *query* asks for this list."""
        return all(query.get(name) == value for name, value in self.params.items())

    def undo_shifts(self) -> None:
        """Bring it back to what it was before it shifted."""
        self.records = self._original

    def page(self, pn: int, ps: int, lie: Lie, render: Callable[[Item], bytes]) -> bytes:
        """Return the body of one page, as *lie* bends it."""
        endpoint = self.endpoint
        page = cut(self.records, pn, ps, lie, at_most=endpoint.max_page_size)
        rows = [orjson.Fragment(render(item)) for item in page.items]
        data: dict[str, Any] = {}
        _put(data, endpoint.items, None if lie.null_list and not rows else rows)
        if endpoint.total is not None:
            _put(data, endpoint.total, page.total)
        if endpoint.has_more is not None:
            _put(data, endpoint.has_more, page.has_more)
        return envelope(0, "0", data=data)


def cut(records: Sequence[Item], pn: int, ps: int, lie: Lie, *, at_most: int) -> Slice:
    """Return page *pn* of *records*, as *lie* bends it."""
    size = min(ps, lie.clamp or at_most, at_most)
    first = 0 if lie.ignore_pn else (pn - 1) * size
    items = () if lie.is_empty(pn) else records[first : first + size]
    total = len(records) if lie.total is None else lie.total
    return Slice(tuple(filter(lie.keeps, items)), total, first + size < total)


def _put(data: dict[str, Any], place: str, value: object) -> None:
    """Put *value* where the dotted *place* leads."""
    *above, key = place.split(".")
    for name in above:
        data = data.setdefault(name, {})
    data[key] = value
