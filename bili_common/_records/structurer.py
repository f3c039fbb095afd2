"""The structurer: the server's JSON objects become records, and records objects again.

The objects of a page mostly have the same keys. So they are read by columns: all
values of one key together, whose types are checked once. cattrs structures these
columns as it would structure one object, and the records are made of what it returns.
"""

# `type(value) is dict` tells a checker nothing of JSON's keys and values.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false, reportUnknownMemberType=false
from __future__ import annotations

import typing

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Final, cast

import attrs

from cattrs import Converter
from cattrs.gen import make_dict_structure_fn, override

from .by_function import FunctionReader, Reading
from .columns import Hook, OddColumn, hook_for, repeated, user_ids
from .fields import RecordField, record_fields
from .group import RecordGroup, maker_of
from .values import REFUSED


__all__ = ["RecordReader", "check_record", "record_reader", "to_wire"]


_OBJECTS: Final = {dict}
# What goes back to the server as it is: most values, so that they are not looked into.
_PLAIN: Final = {bool, dict, float, int, str}


class RecordReader:
    """
    Reads objects as records of one attrs class, and is the hook for columns of them.

    Args:
        cls: The class.

    Raises:
        UsageError: A field has a type that is not plain.
    """

    def __init__(self, cls: type[Any]) -> None:
        self.fields = record_fields(cls)
        self.second_keys = {it.second_key: it.key for it in self.fields if it.second_key}
        # Of the first spelling, where there are two.
        self._first_keys = {it.key for it in self.fields if it.key != it.attribute}
        # A key that is absent has an empty column.
        self._absent: dict[str, Sequence[Any]] = dict.fromkeys(
            (field.key for field in self.fields), ()
        )
        # What holds their columns, in the order of the fields.
        self._columns = attrs.make_class(
            f"{cls.__name__}Columns",
            [field.attribute for field in self.fields],
            slots=False,
            eq=False,
            repr=False,
        )
        self._check = _make_check(self._columns, self.fields)
        self._make = maker_of(cls, self.fields)

    def read(self, objects: Sequence[Any]) -> Reading:
        """Return what comes of *objects*, which are any JSON."""
        column = self(objects, None) if objects else ()
        if type(column) is not OddColumn:
            return Reading(tuple(column))

        bad = sorted([*column.refused, *((row, "") for row in column.nulls)])
        lost = {row for row, _ in bad}
        records = tuple(it for row, it in enumerate(column.values) if row not in lost)
        return Reading(records, bad, [it for it in column.odd if it[0] not in lost])

    def __call__(self, values: Sequence[Any], _type: Any) -> Any:
        """Return the records of *values*, in an `OddColumn` where something is odd."""
        if {*map(type, values)} == _OBJECTS:
            shapes = {*map(tuple, values)}
            if len(shapes) == 1:
                return self._read_alike(values, *shapes)

        column = OddColumn([*values])
        groups: dict[tuple[str, ...], list[int]] = {}
        for row, value in enumerate(values):
            if type(value) is dict:
                groups.setdefault(tuple(value), []).append(row)
            else:
                column.convert(row, value, _refuse)
        for keys, rows in groups.items():
            column.place(rows, self._read_alike([values[row] for row in rows], keys))
        return column.plain()

    def _read_alike(self, objects: Sequence[dict[str, Any]], keys: tuple[str, ...]) -> Any:
        """Return the records of *objects*, which all have just these *keys*, in this order."""
        columns: dict[str, Sequence[Any]] = dict(
            zip(keys, zip(*map(dict.values, objects), strict=True), strict=True)
        )
        group = RecordGroup(columns, [{} for _ in objects])
        named = self._absent | columns
        if len(named) > len(self._absent):
            named = self._keep(group, named)
        found = [*vars(self._check(named, self._columns)).values()]
        for place, column in enumerate(found):
            if not column:
                found[place] = group.fill(self.fields[place])
            elif type(column) is OddColumn:
                found[place] = group.mend(self.fields[place], column)
        return group.finish(*self._make(found, group.extras))

    def _keep(
        self, group: RecordGroup, named: dict[str, Sequence[Any]]
    ) -> dict[str, Sequence[Any]]:
        """Keep what no field is named after, and return *named* in the first spelling."""
        kept = [key for key in group.columns if key not in self._absent]
        second = [key for key in kept if key in self.second_keys]
        if second:
            # All that the spellings differ in is kept, and so given back as it came.
            kept += [key for key in group.columns if key in self._first_keys]
            spelled = {self.second_keys[key]: group.columns[key] for key in second}
            named = named | {key: it for key, it in spelled.items() if not named[key]}
        for key in kept:
            for extra, value in zip(group.extras, group.columns[key], strict=True):
                extra[key] = value
        return named


def record_reader(record: Any) -> RecordReader | FunctionReader:
    """
    Return what reads objects as records.

    Args:
        record: An attrs class, or a function that makes a record of an object.

    Raises:
        UsageError: A field of the class has a type that is not plain.
    """
    # A function need not have a hash, and its reader costs nothing.
    return _reader(record) if isinstance(record, type) else FunctionReader(record)


@lru_cache(maxsize=64)
def _reader(record: type[Any]) -> RecordReader:
    return RecordReader(record)


def check_record(record: Any) -> None:
    """
    Make sure that objects can be read as *record*, and as the classes within it.

    Raises:
        UsageError: A field of one of them has a type that is not plain.
    """
    checked: set[type[Any]] = set()
    due = {*_classes_in(record)}
    while due:
        cls = due.pop()
        checked.add(cls)
        fields = cast("RecordReader", record_reader(cls)).fields
        due.update(*(_classes_in(field.type) for field in fields))
        due -= checked


def _classes_in(kind: Any) -> Iterator[type[Any]]:
    """Yield the attrs classes that *kind* is or holds, such as a list of them."""
    if isinstance(kind, type) and attrs.has(kind):
        yield kind
    for inner in typing.get_args(kind):
        yield from _classes_in(inner)


def _nested(cls: type[Any]) -> Hook:
    # Looked up with each page, since a class may hold records of its own kind.
    def hook(values: Sequence[Any], type_: Any) -> Any:
        return cast("RecordReader", record_reader(cls))(values, type_)

    return hook


def _hook(field: RecordField) -> Hook:
    if field.key == "mid" and field.type is int:
        return user_ids

    hook = hook_for(field.type, _nested, null=field.null)
    return repeated(hook) if field.repeats else hook


def _make_check(
    columns: type[Any], fields: Sequence[RecordField]
) -> Callable[[dict[str, Sequence[Any]], type[Any]], Any]:
    """Let cattrs generate what puts the column of each field through its hook."""
    overrides: dict[str, Any] = {
        field.attribute: override(rename=field.key, struct_hook=_hook(field))
        for field in fields
    }
    return make_dict_structure_fn(
        columns, Converter(), _cattrs_detailed_validation=False, **overrides
    )


def _refuse(_value: Any) -> Any:
    return REFUSED


def to_wire(record: Any) -> dict[str, Any]:
    """
    Return the server's object for *record*, which is one of this library's.

    A field that is None was absent and stays so; an empty tuple is null. What is in
    ``extra`` comes as it is: there is all that the fields cannot give back.
    """
    reader = cast("RecordReader", record_reader(type(record)))
    is_second = not record.extra.keys().isdisjoint(reader.second_keys)
    obj: dict[str, Any] = {}
    for field in reader.fields:
        value: object = getattr(record, field.attribute)
        if value is None or (is_second and field.key != field.attribute):
            continue

        obj[field.key] = value if type(value) in _PLAIN else _to_wire_value(value)
    obj.update(record.extra)
    return obj


def _to_wire_value(value: object) -> object:
    if isinstance(value, tuple):
        return list(cast("tuple[object, ...]", value)) or None

    return to_wire(value) if attrs.has(type(value)) else value
