"""The fields of a record class: which key of the server's object, of which type."""

from __future__ import annotations

import types
import typing

from collections.abc import Callable
from typing import Any, Final, cast

import attrs

from ..errors import UsageError


__all__ = ["EXTRA", "RecordField", "is_wired", "record_fields", "wire"]

# The attribute that keeps what the others cannot hold.
EXTRA: Final = "extra"

# Where an attribute's metadata hold what `wire` was told.
_WIRE: Final = "bili_common.wire"


@attrs.frozen
class _Wire:
    name: str | None
    second_name: str | None
    repeats: bool


@attrs.frozen
class RecordField:
    """
    One field of a record class.

    Attributes:
        attribute: Its name in Python.

        alias: Its name in the constructor.

        key: The server's key.

        second_key: The same in the server's other spelling, if it has one.

        type: The type of its values, without ``| None``.

        default: What stands for an absent value; `attrs.NOTHING` if nothing does.

        null: What stands for null.

        factory: Makes the default anew for each record; None where one does for all.

        repeats: Whether equal values come so often that one record does for all.
    """

    attribute: str
    alias: str
    key: str
    second_key: str | None
    type: Any
    default: Any
    null: Any
    factory: Callable[[], Any] | None
    repeats: bool


def wire(
    *,
    name: str | None = None,
    second_name: str | None = None,
    repeats: bool = False,
    **options: Any,
) -> Any:
    """
    Declare a field of one of this library's records.

    Args:
        name: The server's key, where it differs from the attribute's name.

        second_name: The key in the server's other spelling of the same object.

        repeats: Whether records with equal values may share one.

        options: What `attrs.field` takes.
    """
    return attrs.field(metadata={_WIRE: _Wire(name, second_name, repeats)}, **options)


def is_wired(cls: type[Any]) -> bool:
    """Tell whether *cls* is one of this library's records."""
    return any(_WIRE in field.metadata for field in attrs.fields(cls))


def record_fields(cls: type[Any]) -> tuple[RecordField, ...]:
    """
    Return the fields of *cls*, without ``extra``.

    Raises:
        UsageError: The name of a type leads nowhere, or a default is made of the
            record itself.
    """
    try:
        hints = typing.get_type_hints(cls)
    except NameError as exc:
        reason = f"the types of {cls.__name__} cannot be read here: {exc}"
    else:
        return tuple(
            _record_field(field, hints.get(field.name, Any))
            for field in attrs.fields(cls)
            if field.init and field.name != EXTRA
        )

    raise UsageError(f"{reason}; define the class at the top of its module")


def _record_field(field: attrs.Attribute[Any], hint: Any) -> RecordField:
    told = field.metadata.get(_WIRE) or _Wire(None, None, repeats=False)
    kind, is_optional = _without_none(hint)
    default: Any = field.default
    # attrs types it as a function, which it is not.
    factory: Any = default if isinstance(default, cast("type[Any]", attrs.Factory)) else None
    if factory is not None and factory.takes_self:
        raise UsageError(
            f"the default of {field.name} is made of the record itself, before there is "
            "one; give a function that makes the record"
        )

    return RecordField(
        attribute=field.name,
        alias=field.alias or field.name,
        # An alias is attrs' own way of another name.
        key=told.name or field.alias or field.name,
        second_key=told.second_name,
        type=kind,
        default=default,
        null=None if default is attrs.NOTHING and is_optional else default,
        factory=None if factory is None else factory.factory,
        repeats=told.repeats,
    )


def _without_none(hint: Any) -> tuple[Any, bool]:
    """Return *hint* without its ``| None``, and whether it had one."""
    if typing.get_origin(hint) not in {types.UnionType, typing.Union}:
        return hint, False

    kinds = [kind for kind in typing.get_args(hint) if kind is not types.NoneType]
    is_optional = len(kinds) < len(typing.get_args(hint))
    return typing.Union[tuple(kinds)], is_optional  # noqa: UP007 - built from a tuple
