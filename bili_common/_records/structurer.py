"""Strict conversion between the server's JSON objects and attrs records.

A fast function makes the records. Only after it failed does a detailed one run, to
name the path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache, cached_property
from typing import Any, cast

import attrs

from cattrs import AttributeValidationNote, ClassValidationError

from ..errors import SchemaError
from .fast_path import make_hook
from .fields import Hook, wire_key


__all__ = ["FunctionReader", "Structurer", "record_reader", "to_wire"]


@attrs.frozen
class FunctionReader:
    """
    Makes records by a function of the user's own.

    Attributes:
        make: Returns a record for one of the server's objects.
    """

    make: Callable[[Any], Any]

    def structure_all(self, objects: list[Any]) -> tuple[Any, ...]:
        """
        Return a record for each of *objects*.

        Raises:
            Exception: What the function raised.
        """
        return tuple(map(self.make, objects))

    def structure(self, obj: Any, path: str = "$") -> Any:
        """
        Return the record for *obj*.

        Raises:
            SchemaError: The function did not take it.
        """
        with suppress(Exception):
            return self.make(obj)

        raise SchemaError(f"the server sent an unexpected value at {path}", paths=(path,))


class Structurer:
    """
    Structures one record class.

    Args:
        cls: An attrs class whose fields are made with `wire`, and ``extra``.
    """

    def __init__(self, cls: type[Any]) -> None:
        self._cls = cls
        self._fast = make_hook(cls, attrs.NOTHING, detailed=False)

    @cached_property
    def _detailed(self) -> Hook:
        # Only for failures, since generating its code takes milliseconds.
        return make_hook(self._cls, attrs.NOTHING, detailed=True)

    def structure_all(self, objects: list[Any]) -> tuple[Any, ...]:
        """
        Return a record for each of *objects*.

        Raises:
            Exception: The first failure, without its place: `explain` tells it.
        """
        fast, cls = self._fast, self._cls
        return tuple([fast(obj, cls) for obj in objects])

    def structure(self, obj: Any, path: str = "$") -> Any:
        """
        Return the record for *obj*.

        Raises:
            SchemaError: A value has a wrong type, or a needed key is missing.
        """
        with suppress(Exception):
            return self._fast(obj, self._cls)

        # Outside the handler: a failure's context would hold the values.
        raise self._explain(obj, path)

    def _explain(self, obj: Any, path: str) -> SchemaError:
        try:
            self._detailed(obj, self._cls)
        except Exception as exc:  # noqa: BLE001 - any failure here is the server's
            paths = tuple(_paths(exc, path))
            places = ", ".join(paths)
            return SchemaError(f"the server sent an unexpected value at {places}", paths=paths)

        raise AssertionError("unreachable: both ways take the same records")


@cache
def record_reader(record: Any) -> Structurer | FunctionReader:
    """Return what makes records of a class, or by a function."""
    return Structurer(record) if isinstance(record, type) else FunctionReader(record)


def to_wire(record: Any) -> dict[str, Any]:
    """
    Return the server's object for *record*.

    A field that is None was absent and stays so; an empty tuple is null.
    """
    obj: dict[str, Any] = {}
    for field in attrs.fields(record.__class__):
        value: object = getattr(record, field.name)
        if field.name == "extra" or value is None:
            continue

        if isinstance(value, tuple):
            value = list(cast("tuple[object, ...]", value)) or None
        elif attrs.has(type(value)):
            value = to_wire(value)
        obj[wire_key(field)] = value
    obj.update(record.extra)
    return obj


def _paths(exc: BaseException, path: str) -> Iterator[str]:
    if not isinstance(exc, ClassValidationError):
        yield path
        return

    keys = {field.name: wire_key(field) for field in attrs.fields(exc.cl)}
    for failure in exc.exceptions:
        # cattrs notes the attribute; users know the server's key.
        attribute = next(
            note.name
            for note in getattr(failure, "__notes__", ())
            if isinstance(note, AttributeValidationNote)
        )
        yield from _paths(failure, f"{path}.{keys[attribute]}")
