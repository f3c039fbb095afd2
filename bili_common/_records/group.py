"""A group: objects with the same keys, on their way from columns to records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import attrs

from .columns import OddColumn
from .fields import EXTRA, RecordField, is_wired
from .values import REFUSED


__all__ = ["Maker", "RecordGroup", "maker_of"]

# From the columns of the fields, and the extras: the records, and the rows that failed.
Maker = Callable[[list[Iterable[Any]], list[dict[str, Any]]], tuple[list[Any], Sequence[int]]]


@attrs.define
class RecordGroup:
    """
    Objects with the same keys.

    Attributes:
        columns: Their values by the server's keys.

        extras: What becomes the ``extra`` of each record.

        odd: The values of wrong types: the row, and the path below it.

        refused: Where a value costs the record, in the same way.
    """

    columns: dict[str, Sequence[Any]]
    extras: list[dict[str, Any]]
    odd: list[tuple[int, str]] = attrs.field(factory=list[tuple[int, str]])
    refused: list[tuple[int, str]] = attrs.field(factory=list[tuple[int, str]])

    def fill(self, field: RecordField) -> Iterable[Any]:
        """Return the values of *field*, which the objects do not have."""
        if field.default is attrs.NOTHING:
            self.refused += [(row, f".{field.key}") for row in range(len(self.extras))]
        if field.factory is None:
            return [field.default] * len(self.extras)

        return [field.factory() for _ in self.extras]

    def mend(self, field: RecordField, column: OddColumn) -> Iterable[Any]:
        """Return the values of *field*, some of which are odd in its *column*."""
        key = field.key if field.key in self.columns else str(field.second_key)
        self.odd += [(row, f".{key}{path}") for row, path in column.odd]
        for row, path in column.refused:
            # Where there is no default, nothing can stand for the value.
            (self.refused if field.default is attrs.NOTHING else self.odd).append(
                (row, f".{key}{path}")
            )
            column.values[row] = field.factory() if field.factory else field.default
        for row in column.nulls:
            if field.null is attrs.NOTHING:
                self.refused.append((row, f".{key}"))
            column.values[row] = field.factory() if field.factory else field.null
        self._keep_raw(key, column)
        return column.values

    def finish(self, records: list[Any], failed: Sequence[int]) -> Any:
        """Return *records*, of which those in *failed* could not be made."""
        if not (self.odd or self.refused or failed):
            return records

        lost = {row for row, _ in self.refused}
        refused = [*self.refused, *((row, "") for row in failed if row not in lost)]
        return OddColumn(records, odd=self.odd, refused=refused).plain()

    def _keep_raw(self, key: str, column: OddColumn) -> None:
        """Keep what the record's values of *key* do not show as it came."""
        converted = (row for row, path in column.odd if not path)
        for row in (*converted, *(row for row, _ in column.refused), *column.nulls):
            self.extras[row][key] = self.columns[key][row]


def maker_of(cls: type[Any], fields: Sequence[RecordField]) -> Maker:
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
