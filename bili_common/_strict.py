"""Strict conversion between the server's JSON objects and attrs records.

cattrs generates two functions for each record: a fast one, and a detailed one
that runs only after the fast one failed, to name the path. A key that nobody
knows is kept in ``extra``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

import attrs
import orjson

from cattrs import AttributeValidationNote, ClassValidationError, Converter
from cattrs.gen import make_dict_structure_fn, override

from ._fields import HOOK, NAME, Hook, HookFactory
from .errors import SchemaError


__all__ = ["Structurer", "interned", "nested", "to_wire"]

# Small records repeat on every page, but their texts come from outside: a
# bound keeps a long crawl from growing.
_INTERNED_AT_MOST: Final = 4096


def nested(cls: type[Any]) -> HookFactory:
    """Make hooks for a nested record, where null takes the field's default."""

    def make(default: Any, detailed: bool) -> Hook:
        return _make_hook(cls, default, detailed=detailed)

    return make


def interned(cls: type[Any]) -> HookFactory:
    """Make hooks for a nested record that give equal objects one record."""

    def make(default: Any, detailed: bool) -> Hook:
        structure = _make_hook(cls, default, detailed=detailed)
        known: dict[Any, Any] = {}

        def hook(obj: Any, _type: Any) -> Any:
            try:
                # As bytes, since True, 1 and 1.0 are equal and would pass for
                # one another.
                key = orjson.dumps(obj)
            except orjson.JSONEncodeError:
                return structure(obj, cls)

            record = known.get(key)
            if record is not None:
                return record

            record = structure(obj, cls)
            if len(known) >= _INTERNED_AT_MOST:
                known.clear()
            known[key] = record
            return record

        return hook

    return make


class Structurer:
    """
    Structures one record class.

    Args:
        cls: An attrs class whose fields are made with `wire`, and ``extra``.
    """

    __slots__ = ("_cls", "_detailed", "_fast")

    def __init__(self, cls: type[Any]) -> None:
        self._cls = cls
        self._fast = _make_hook(cls, attrs.NOTHING, detailed=False)
        self._detailed = _make_hook(cls, attrs.NOTHING, detailed=True)

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


def to_wire(record: Any) -> dict[str, Any]:
    """
    Return the server's object for *record*.

    A field that is None was absent and stays so; an empty tuple is null.
    """
    obj: dict[str, Any] = {}
    for field in attrs.fields(type(record)):
        value = getattr(record, field.name)
        if field.name == "extra" or value is None:
            continue

        if isinstance(value, tuple):
            value = list(value) or None
        elif attrs.has(type(value)):
            value = to_wire(value)
        obj[field.metadata[NAME] or field.name] = value
    obj.update(record.extra)
    return obj


def _make_hook(cls: type[Any], default: Any, *, detailed: bool) -> Hook:
    fields = [field for field in attrs.fields(cls) if field.name != "extra"]
    overrides: dict[str, Any] = {
        field.name: override(
            rename=field.metadata[NAME],
            struct_hook=field.metadata[HOOK](field.default, detailed),
        )
        for field in fields
    }
    structure = make_dict_structure_fn(
        cls,
        Converter(),
        _cattrs_detailed_validation=detailed,
        extra=override(omit=True),
        **overrides,
    )
    known = frozenset(field.metadata[NAME] or field.name for field in fields)

    def hook(obj: Any, _type: Any) -> Any:
        if type(obj) is not dict:
            return _default_for(obj, default)

        record = structure(obj, cls)
        if not known.issuperset(obj):
            # The record is new and nobody else's yet: its dict may be filled.
            record.extra.update((key, obj[key]) for key in obj if key not in known)
        return record

    return hook


def _default_for(obj: Any, default: Any) -> Any:
    if obj is not None or default is attrs.NOTHING:
        raise TypeError("expected an object")

    return None if default is None else default.factory()


def _paths(exc: BaseException, path: str) -> Iterator[str]:
    if not isinstance(exc, ClassValidationError):
        yield path
        return

    names = {field.name: field.metadata.get(NAME) for field in attrs.fields(exc.cl)}
    for failure in exc.exceptions:
        # cattrs notes the attribute; users know the server's key.
        attribute = next(
            note.name
            for note in getattr(failure, "__notes__", ())
            if isinstance(note, AttributeValidationNote)
        )
        yield from _paths(failure, f"{path}.{names[attribute] or attribute}")
