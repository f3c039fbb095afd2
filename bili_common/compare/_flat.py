"""The flat rows: a line for each account in each list, as tables have them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from ..models import Following
from .outcome import Outcome


__all__ = [
    "PRIVATE_COLUMNS",
    "PUBLIC_COLUMNS",
    "RECORD_COLUMNS",
    "columns_of",
    "flat_rows",
    "private_values",
    "public_values",
]

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
PUBLIC_COLUMNS: Final = ("vmid", "status", "fetched_at", *RECORD_COLUMNS)
# The logged-in account's own relation to the account of the row.
PRIVATE_COLUMNS: Final = ("attribute", "mtime", "tag", "special")

_PER_USER: Final = 3


def columns_of(*, include_private: bool) -> tuple[str, ...]:
    """Return the names of the columns, in their order."""
    return PUBLIC_COLUMNS + PRIVATE_COLUMNS if include_private else PUBLIC_COLUMNS


def flat_rows(
    outcomes: Iterable[Outcome], *, include_private: bool
) -> Iterator[tuple[Any, ...]]:
    """
    Yield a row for each account in each list, with the values of `columns_of`.

    A user whose list is empty or not known has one row, with None from *mid* on.
    """
    nothing = (None,) * (len(columns_of(include_private=include_private)) - _PER_USER)
    for outcome in outcomes:
        user = (outcome.vmid, outcome.status.value, outcome.fetched_at.isoformat())
        if not outcome.items:
            yield user + nothing
        for item in outcome.items:
            private = private_values(item) if include_private else ()
            yield user + public_values(item) + private


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
