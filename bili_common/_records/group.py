"""A group: objects with the same keys, on their way from columns to records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import attrs

from .columns import OddColumn
from .fields import RecordField, make_default


__all__ = ["RecordGroup"]


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

    def keep(self, key: str) -> None:
        """Keep the values of *key* as they came."""
        for extra, value in zip(self.extras, self.columns[key], strict=True):
            extra[key] = value

    def fill(self, field: RecordField, column: Any) -> Iterable[Any]:
        """
        Return the values of *field* for each row.

        Args:
            field: The field.

            column: Its values, of which some are odd; empty where the objects do
                not have it.
        """
        if not isinstance(column, OddColumn):
            if field.default is attrs.NOTHING:
                self.refused += [(row, f".{field.key}") for row in range(len(self.extras))]
            return field.absent(len(self.extras))

        key = field.key if field.key in self.columns else str(field.second_key)
        self.odd += [(row, f".{key}{path}") for row, path in column.odd]
        for row, path in column.refused:
            # Where there is no default, nothing can stand for the value.
            (self.refused if field.default is attrs.NOTHING else self.odd).append(
                (row, f".{key}{path}")
            )
            column.values[row] = make_default(field.default)
        for row in column.nulls:
            if field.null is attrs.NOTHING:
                self.refused.append((row, f".{key}"))
            column.values[row] = make_default(field.null)
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
