"""Columns: the values that one key has in several objects, checked together.

A hook is what cattrs calls with a value and a type. Here the value is a column. A
hook that finds nothing odd returns plain values; else it returns an `OddColumn`.
"""

# `type(value) is dict` tells a checker nothing of JSON's keys and values.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false, reportUnknownMemberType=false
from __future__ import annotations

import types
import typing

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import attrs
import orjson

from .._util.arguments import MAX_ID
from ..errors import UsageError
from .values import REFUSED, to_bool, to_dict, to_float, to_int, to_text


__all__ = ["Hook", "OddColumn", "hook_for", "repeated", "user_ids"]

# From a column and a type: plain values, or an `OddColumn`.
Hook = Callable[[Sequence[Any], Any], Any]
_Convert = Callable[[Any], Any]

_SCALARS: Final[Mapping[Any, _Convert]] = types.MappingProxyType(
    {
        bool: to_bool,
        int: to_int,
        float: to_float,
        str: to_text,
        dict: to_dict,
    }
)

# Small records repeat on every page, but their texts come from outside: a
# bound keeps a long crawl from growing.
_KEPT_AT_MOST: Final = 4096
# Bytes: what is longer is not kept, however few there are.
_SMALL: Final = 1024


@attrs.define
class OddColumn:
    """
    A column in which something is odd. Its rows are counted from 0.

    Attributes:
        values: In the field's type, but for the rows in *nulls* and *refused*.

        nulls: The rows that held null.

        odd: The rows that were converted, each with the path below the value.

        refused: The rows that cannot be converted, in the same way.
    """

    values: list[Any]
    nulls: list[int] = attrs.field(factory=list[int])
    odd: list[tuple[int, str]] = attrs.field(factory=list[tuple[int, str]])
    refused: list[tuple[int, str]] = attrs.field(factory=list[tuple[int, str]])

    def convert(self, row: int, value: Any, convert: _Convert) -> None:
        """Set *row* to what *convert* makes of *value*, which is of a wrong type."""
        if value is None:
            self.nulls.append(row)
            return

        self.values[row] = convert(value)
        (self.refused if self.values[row] is REFUSED else self.odd).append((row, ""))

    def place(self, rows: Sequence[int], part: Any) -> None:
        """Put *part*, what a hook returned for some of the rows, where it belongs."""
        if type(part) is OddColumn:
            self.nulls += [rows[row] for row in part.nulls]
            self.odd += [(rows[row], path) for row, path in part.odd]
            self.refused += [(rows[row], path) for row, path in part.refused]
            part = part.values
        for row, value in zip(rows, part, strict=True):
            self.values[row] = value

    def plain(self) -> Any:
        """Return the values alone, if nothing in them is odd."""
        return self if self.nulls or self.odd or self.refused else self.values


def hook_for(
    kind: Any, nested: Callable[[type[Any]], Hook], *, null: Any = attrs.NOTHING
) -> Hook:
    """
    Return the hook for columns of *kind*.

    Args:
        kind: A type, as an annotation has it.

        nested: Makes the hook for an attrs class.

        null: What stands for null.

    Raises:
        UsageError: JSON has no values of this type, or none that is plain.
    """
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any or kind is object:
        return _anything
    if origin in {dict, Mapping}:
        kind = dict
    if kind in _SCALARS:
        return _scalar({kind}, _SCALARS[kind])
    if isinstance(kind, type) and attrs.has(kind):
        return nested(kind)
    if kind in {list, tuple}:
        return _listed(kind, _anything, null)
    if origin is list or (origin is tuple and args[1:] == (...,)):
        return _listed(origin, hook_for(args[0], nested), null)
    if origin in {types.UnionType, typing.Union} and _SCALARS.keys() >= {*args}:
        return _scalar({*args}, lambda value: _first(value, args))

    raise UsageError(f"no plain type for a record: {kind}; give a function that makes it")


def _anything(values: Sequence[Any], _type: Any) -> Sequence[Any]:
    return values


def _scalar(kinds: set[Any], convert: _Convert) -> Hook:
    def hook(values: Sequence[Any], _type: Any) -> Any:
        # Not isinstance, since a bool is also an int.
        if {*map(type, values)} <= kinds:
            return values

        column = OddColumn([*values])
        for row, value in enumerate(values):
            if type(value) not in kinds:
                column.convert(row, value, convert)
        return column

    return hook


def _first(value: Any, kinds: Sequence[Any]) -> Any:
    """Return what *value* becomes by the first of *kinds* that takes it."""
    found = (_SCALARS[kind](value) for kind in kinds)
    return next((it for it in found if it is not REFUSED), REFUSED)


def user_ids(values: Sequence[Any], _type: Any) -> Any:
    """Take a column of mids: integers from 1, or the digits of one as a text."""
    if {*map(type, values)} == {int} and min(values) > 0 and max(values) <= MAX_ID:
        return values

    column = OddColumn([*values])
    for row, value in enumerate(values):
        mid = to_int(value) if type(value) is str else value
        column.values[row] = mid
        if type(mid) is not int or not 0 < mid <= MAX_ID:
            column.refused.append((row, ""))
    return column.plain()


def _listed(make: Callable[[Sequence[Any]], Any], item: Hook, null: Any) -> Hook:
    """Return the hook for lists, whose items *item* takes, one list at a time."""

    def convert(value: Any) -> Any:
        items = item(value, None) if type(value) is list else None
        if not isinstance(items, OddColumn) or items.nulls or items.refused:
            return REFUSED
        return make(items.values)

    is_empty = null == ()

    def hook(values: Sequence[Any], _type: Any) -> Any:
        column = OddColumn([*values])
        for row, value in enumerate(values):
            if value is None and is_empty:
                # It goes back as null by itself, so that nothing is to be kept.
                column.values[row] = null
                continue

            items = item(value, None) if type(value) is list else None
            if items is None or type(items) is OddColumn:
                column.convert(row, value, convert)
            else:
                column.values[row] = make(items)
        return column.plain()

    return hook


def repeated(read: Hook) -> Hook:
    """Return a hook that gives equal objects one record, which *read* makes once."""
    known: dict[bytes, Any] = {}

    def hook(values: Sequence[Any], type_: Any) -> Any:
        try:
            # As bytes, since True, 1 and 1.0 are equal and would pass for one another.
            keys = [*map(orjson.dumps, values)]
        except orjson.JSONEncodeError:
            return read(values, type_)

        records = [*map(known.get, keys)]
        if all(records):
            return records

        fresh = dict(zip(keys, values, strict=True))
        for key in fresh.keys() & known.keys():
            del fresh[key]
        made = read([*fresh.values()], type_)
        if type(made) is OddColumn:
            # What is odd is to be counted each time that it comes.
            return read(values, type_)

        new = dict(zip(fresh, made, strict=True))
        records = [record or new[key] for key, record in zip(keys, records, strict=True)]
        if len(known) + len(new) > _KEPT_AT_MOST:
            known.clear()
        known.update((key, record) for key, record in new.items() if len(key) <= _SMALL)
        return records

    return hook
