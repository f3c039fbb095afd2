"""The shapes of the server's objects, and the functions that make records of them.

cattrs generates the functions: fast ones, one for each shape, and for each record
a detailed one that runs only after a fast one failed, to name the path. A key
that nobody knows is kept in ``extra``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache, partial
from typing import Any, Final

import attrs
import orjson

from cattrs import Converter
from cattrs.gen import make_dict_structure_fn, override

from .fields import HOOK, Hook, HookFactory, wire_key


__all__ = ["interned", "make_hook", "nested"]

# Small records repeat on every page, but their texts come from outside: a
# bound keeps a long crawl from growing.
_INTERNED_AT_MOST: Final = 4096
_SHAPES_AT_MOST: Final = 64
# Characters: what is longer is not kept, however few there are.
_SMALL: Final = 1024


def nested(cls: type[Any]) -> HookFactory:
    """Make hooks for a nested record, where null takes the field's default."""

    def make(default: Any, detailed: bool) -> Hook:
        return make_hook(cls, default, detailed=detailed)

    return make


def interned(cls: type[Any]) -> HookFactory:
    """Make hooks for a nested record that give equal objects one record."""

    def make(default: Any, detailed: bool) -> Hook:
        structure = make_hook(cls, default, detailed=detailed)
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
            if len(key) <= _SMALL:
                if len(known) >= _INTERNED_AT_MOST:
                    known.clear()
                known[key] = record
            return record

        return hook

    return make


def make_hook(cls: type[Any], default: Any, *, detailed: bool) -> Hook:
    """
    Make the function that makes a record of an object.

    Args:
        cls: The record's class.

        default: The field's default for null, or `attrs.NOTHING`.

        detailed: Whether a failure shall name its path.
    """
    return (_make_general_hook if detailed else _make_shaped_hook)(cls, default)


def _make_general_hook(cls: type[Any], default: Any) -> Hook:
    """Make the hook for objects with any keys, whose failures name their path."""
    hooks = _field_hooks(cls, detailed=True)
    structure = _generate(cls, hooks, detailed=True)

    # Typed as what the server should send; other things come too.
    def hook(obj: dict[str, Any] | None, _type: Any) -> Any:
        if type(obj) is not dict:
            return _default_for(obj, default)

        record = structure(obj, cls)
        # The record is new and nobody else's yet: its dict may be filled.
        record.extra.update((key, obj[key]) for key in obj if key not in hooks)
        return record

    return hook


def _make_shaped_hook(cls: type[Any], default: Any) -> Hook:
    """
    Make the hook with one function for each shape: an object's keys, in order.

    A server has few shapes. What one of them lacks, and what is unknown in it,
    is found out once and not for each record. A general hook takes all others.
    """
    hooks = _field_hooks(cls, detailed=False)
    shapes: dict[tuple[str, ...], tuple[Hook, tuple[str, ...]]] = {}
    # Made when it is needed, which it hardly ever is: that takes milliseconds.
    general = cache(partial(_make_general_hook, cls, default))

    def hook(obj: dict[str, Any] | None, _type: Any) -> Any:
        if type(obj) is not dict:
            return _default_for(obj, default)

        keys = tuple(obj)
        shape = shapes.get(keys)
        if shape is None:
            if len(shapes) >= _SHAPES_AT_MOST or len(repr(keys)) > _SMALL:
                return general()(obj, cls)

            shape = shapes[keys] = _make_shape(cls, hooks, keys)

        structure, unknown = shape
        record = structure(obj, cls)
        for key in unknown:
            record.extra[key] = obj[key]
        record.__class__ = cls
        return record

    return hook


def _make_shape(
    cls: type[Any], hooks: Mapping[str, Hook], keys: tuple[str, ...]
) -> tuple[Hook, tuple[str, ...]]:
    """Return the function for objects with exactly *keys*, and those not known."""
    present = {key: hooks[key] for key in keys if key in hooks}
    structure = _generate(_make_mould(cls, present), present, detailed=False)
    return structure, tuple(key for key in keys if key not in hooks)


def _make_mould(cls: type[Any], present: Collection[str]) -> type[Any]:
    """
    Make a class laid out as *cls*, which a record has while it is made.

    The constructor of a frozen class makes a call for each attribute, and these
    take half of a record's time; a mould's assigns. Only what is not *present*
    has its default.
    """
    fields = {
        field.name: attrs.field(
            default=attrs.NOTHING if wire_key(field) in present else field.default,
            kw_only=wire_key(field) not in present,
            metadata=field.metadata,
        )
        for field in attrs.fields(cls)
    }
    return attrs.make_class(
        cls.__name__, fields, slots=True, eq=False, repr=False, weakref_slot=False
    )


def _generate(cls: type[Any], hooks: Mapping[str, Hook], *, detailed: bool) -> Hook:
    """Let cattrs generate the function that fills *cls* from the keys of *hooks*."""
    overrides: dict[str, Any] = {
        field.name: override(rename=wire_key(field), struct_hook=hooks[wire_key(field)])
        if wire_key(field) in hooks
        else override(omit=True)
        for field in attrs.fields(cls)
    }
    return make_dict_structure_fn(
        cls, Converter(), _cattrs_detailed_validation=detailed, **overrides
    )


def _field_hooks(cls: type[Any], *, detailed: bool) -> dict[str, Hook]:
    """Return the hooks of the fields by the server's keys."""
    return {
        wire_key(field): field.metadata[HOOK](field.default, detailed)
        for field in attrs.fields(cls)
        if field.name != "extra"
    }


def _default_for(obj: Any, default: Any) -> Any:
    if obj is not None or default is attrs.NOTHING:
        raise TypeError("expected an object")

    return None if default is None else default.factory()
