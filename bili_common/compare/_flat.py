"""The flat table: a row for each account in each list, as files and frames have it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import attrs

from ..models import Following
from .outcome import Status
from .sources import OutcomeSource


__all__ = [
    "LABEL_COLUMN",
    "PRIVATE_COLUMNS",
    "PUBLIC_COLUMNS",
    "RECORD_COLUMNS",
    "USER_COLUMNS",
    "FlatTable",
    "private_values",
    "public_values",
]

# What tells of the user whose list it is.
USER_COLUMNS: Final = ("vmid", "status", "fetched_at")
# What tells of the account of the row.
RECORD_COLUMNS: Final = (
    "mid",
    "uname",
    "face",
    "sign",
    "official_verify_type",
    "official_verify_desc",
    "vip_type",
    "vip_status",
    "vip_due_date",
)
PUBLIC_COLUMNS: Final = (*USER_COLUMNS, *RECORD_COLUMNS)
# The logged-in account's own relation to the account of the row.
PRIVATE_COLUMNS: Final = ("attribute", "mtime", "tag", "special")
# What you call the user whose list it is: the last column, where anybody has a name.
LABEL_COLUMN: Final = "label"


@attrs.frozen
class FlatTable:
    """
    Lists as a table, in which an account has the same values in every list.

    Attributes:
        source: The lists, and the records of the accounts in them.

        include_private: Whether the table has the `PRIVATE_COLUMNS`.

        edges: Whether each row is an account in a list. Otherwise a user whose list
            is empty or not known has one row too, with nothing from *mid* on.

        labels: Names of users by vmid; without any there is no `LABEL_COLUMN`.
    """

    source: OutcomeSource
    include_private: bool = False
    edges: bool = False
    labels: Mapping[int, str] = attrs.field(factory=dict[int, str])

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns in their order."""
        last = (LABEL_COLUMN,) if self.labels else ()
        return USER_COLUMNS + self.account_columns + last

    @property
    def account_columns(self) -> tuple[str, ...]:
        """The columns behind those of the user."""
        return RECORD_COLUMNS + PRIVATE_COLUMNS if self.include_private else RECORD_COLUMNS

    def lists(self) -> Iterator[tuple[int, Status, datetime, Sequence[int]]]:
        """Yield user, status, moment and ids: a row for each id, or one for no id."""
        for each in self.source.dated_lists():
            if each[3] or not self.edges:
                yield each

    def values(self, record: Following) -> tuple[Any, ...]:
        """Return the values of *record* for `account_columns`."""
        private = private_values(record) if self.include_private else ()
        return public_values(record) + private


def public_values(item: Following) -> tuple[Any, ...]:
    """Return the values of `RECORD_COLUMNS`."""
    return (
        item.mid,
        item.uname,
        item.face,
        item.sign,
        item.official_verify.type,
        item.official_verify.desc,
        item.vip.vip_type,
        item.vip.vip_status,
        item.vip.vip_due_date,
    )


def private_values(item: Following) -> tuple[Any, ...]:
    """Return the values of `PRIVATE_COLUMNS`."""
    return (item.attribute, item.mtime, list(item.tag), item.special)
