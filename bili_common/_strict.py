"""Strict conversion between the server's JSON objects and attrs records.

cattrs generates the code; the hooks are ours, because its own would turn null
into the text "None", "false" into True and 1.9 into 1. Here a wrong type is an
error with a path, a null takes the field's default, and a key that nobody knows
is kept in ``extra``.

Two functions are generated for each record: a fast one, and a detailed one that
runs only after the fast one failed, to name the path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import attrs

from cattrs import AttributeValidationNote, ClassValidationError, Converter
from cattrs.gen import make_dict_structure_fn, override

from ._checks import MAX_ID
from .errors import SchemaError


__all__ = [
    "Structurer",
    "integers",
    "interned",
    "nested",
    "strict_bool",
    "strict_int",
    "strict_str",
    "to_wire",
    "user_id",
    "wire",
]

Hook = Callable[[Any, Any], Any]
# From a field's default, and whether a failure shall name its path.
HookFactory = Callable[[Any, bool], Hook]

# Small records repeat on every page, but their texts come from outside: a
# bound keeps a long crawl from growing.
_INTERNED_AT_MOST = 4096
_HOOK = "bili_common.hook"
_NAME = "bili_common.name"


def wire(hook: HookFactory, *, name: str | None = None, **options: Any) -> Any:
    """
    Declare a field that comes over the wire.

    Args:
        hook: Makes the function that checks and converts the value.

        name: The server's key, where it differs from the attribute's name.

        options: What `attrs.field` takes.
    """
    return attrs.field(metadata={_HOOK: hook, _NAME: name}, **options)


def _scalar(kind: type, noun: str) -> HookFactory:
    def make(default: Any, _detailed: bool) -> Hook:
        def hook(value: Any, _type: Any) -> Any:
            # `type() is`, since a bool is also an instance of int.
            if type(value) is kind:
                return value

            if value is None and default is not attrs.NOTHING:
                return default

            raise TypeError(f"expected {noun}")

        return hook

    return make


strict_bool = _scalar(bool, "true or false")
strict_int = _scalar(int, "an integer")
strict_str = _scalar(str, "a text")


def user_id(_default: Any, _detailed: bool) -> Hook:
    """Make the hook for a mid: an integer, or its digits as a text."""

    def hook(value: Any, _type: Any) -> int:
        if type(value) is str and value.isascii() and value.isdigit() and len(value) < 20:  # noqa: PLR2004 - 2**63 has 19 digits
            value = int(value)
        if type(value) is not int or value > MAX_ID:
            raise TypeError("expected a user id of at most 63 bits")

        return value

    return hook


def integers(_default: Any, _detailed: bool) -> Hook:
    """Make the hook for a list of integers, where null stands for none."""

    def hook(value: Any, _type: Any) -> tuple[int, ...]:
        if value is None:
            return ()

        if type(value) is not list or not all(type(item) is int for item in value):
            raise TypeError("expected a list of integers")

        return tuple(value)

    return hook


def nested(cls: type[Any]) -> HookFactory:
    """Make hooks for a nested record, where null takes the field's default."""

    def make(default: Any, detailed: bool) -> Hook:
        structure = _make_hook(cls, detailed=detailed)

        def hook(obj: Any, _type: Any) -> Any:
            if obj is not None:
                return structure(obj, cls)

            return None if default is None else default.factory()

        return hook

    return make


def interned(cls: type[Any]) -> HookFactory:
    """Make hooks for a nested record that give equal objects one record."""

    def make(default: Any, detailed: bool) -> Hook:
        structure = nested(cls)(default, detailed)
        known: dict[Any, Any] = {}

        def hook(obj: Any, _type: Any) -> Any:
            try:
                # With the types, as True equals 1 and would pass for it.
                key = (*obj.items(), *map(type, obj.values()))
                return known[key]
            except (AttributeError, TypeError):
                return structure(obj, cls)
            except KeyError:
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
        self._fast = _make_hook(cls, detailed=False)
        self._detailed = _make_hook(cls, detailed=True)

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
        obj[field.metadata[_NAME] or field.name] = value
    obj.update(record.extra)
    return obj


def _make_hook(cls: type[Any], *, detailed: bool) -> Hook:
    fields = [field for field in attrs.fields(cls) if field.name != "extra"]
    overrides: dict[str, Any] = {
        field.name: override(
            rename=field.metadata[_NAME],
            struct_hook=field.metadata[_HOOK](field.default, detailed),
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
    known = frozenset(field.metadata[_NAME] or field.name for field in fields)

    def hook(obj: Any, _type: Any) -> Any:
        if type(obj) is not dict:
            raise TypeError("expected an object")

        record = structure(obj, cls)
        if not obj.keys() <= known:
            # The record is new and nobody else's yet: its dict may be filled.
            record.extra.update((key, obj[key]) for key in obj if key not in known)
        return record

    return hook


def _paths(exc: BaseException, path: str) -> Iterator[str]:
    if not isinstance(exc, ClassValidationError):
        yield path
        return

    names = {field.name: field.metadata.get(_NAME) for field in attrs.fields(exc.cl)}
    for failure in exc.exceptions:
        # cattrs notes the attribute; users know the server's key.
        attribute = next(
            note.name
            for note in getattr(failure, "__notes__", ())
            if isinstance(note, AttributeValidationNote)
        )
        yield from _paths(failure, f"{path}.{names[attribute] or attribute}")
