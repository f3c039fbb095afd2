"""The maker: columns of checked values become the records of one class."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import attrs

from .fields import EXTRA, RecordField, is_wired
from .values import REFUSED


__all__ = ["Maker", "make_maker"]

# From the columns of the fields, and the extras: the records, and the rows that failed.
Maker = Callable[[list[Iterable[Any]], list[dict[str, Any]]], tuple[list[Any], Sequence[int]]]


def make_maker(cls: type[Any], fields: Sequence[RecordField]) -> Maker:
    """Return what makes records of *cls* from columns in the order of *fields*."""
    if is_wired(cls):
        return _by_draft(cls, [field.attribute for field in fields])

    return _by_call(cls, [field.alias for field in fields])


def _by_draft(cls: type[Any], attributes: Sequence[str]) -> Maker:
    """
    Make records as drafts: of a class laid out alike, whose constructor only assigns.

    That of a frozen class makes a call for each attribute, which takes half of a
    record's time.
    """
    draft = attrs.make_class(
        cls.__name__, [*attributes, EXTRA], slots=True, eq=False, repr=False, weakref_slot=False
    )

    def make(
        columns: list[Iterable[Any]], extras: list[dict[str, Any]]
    ) -> tuple[list[Any], Sequence[int]]:
        records = [*map(draft, *columns, extras)]
        for record in records:
            record.__class__ = cls
        return records, ()

    return make


def _by_call(cls: type[Any], names: Sequence[str]) -> Maker:
    """Make records by the constructor of *cls*, which may refuse some."""
    has_extra = EXTRA in attrs.fields_dict(cls)

    def make_one(extra: dict[str, Any], row: Sequence[Any]) -> Any:
        values = dict(zip(names, row, strict=True))
        try:
            return cls(**values, **({EXTRA: extra} if has_extra else {}))
        except Exception:  # noqa: BLE001 - whatever it was, the record cannot be made
            return REFUSED

    def make(
        columns: list[Iterable[Any]], extras: list[dict[str, Any]]
    ) -> tuple[list[Any], Sequence[int]]:
        rows = zip(*columns, strict=True) if columns else (() for _ in extras)
        records = [*map(make_one, extras, rows)]
        return records, [row for row, it in enumerate(records) if it is REFUSED]

    return make
