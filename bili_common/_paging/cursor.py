"""The cursor: where a walk stands, as a value that outlives it."""

from __future__ import annotations

import json

from typing import Any, Self

import attrs

from .._util.arguments import MAX_ID, check_int
from .._wire.request import MAX_PAGE_SIZE
from ..errors import UsageError


__all__ = ["Cursor"]

_VERSION = 1
_FIELDS = ("vmid", "page_size", "pn", "index", "seen", "total")


def _within(low: int, high: int | None = None) -> Any:
    def check(_self: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
        check_int(f"cursor: {attribute.name}", value, low, high)

    return check


@attrs.frozen
class Cursor:
    """
    The next record that was not delivered, also in the middle of a page.

    Attributes:
        vmid: The user whose list is walked.

        page_size: Records per page. Another size would shift every page.

        pn: The page to ask for next, counted from 1.

        index: How many of that page's records were already delivered.

        seen: How many distinct records were delivered before this point.

        total: How long the server first said the list was; None before the
            first page. A resumed walk that finds another total cannot be
            complete.
    """

    vmid: int = attrs.field(validator=_within(1, MAX_ID))
    page_size: int = attrs.field(default=MAX_PAGE_SIZE, validator=_within(1, MAX_PAGE_SIZE))
    pn: int = attrs.field(default=1, validator=_within(1))
    index: int = attrs.field(default=0, validator=_within(0))
    seen: int = attrs.field(default=0, validator=_within(0))
    total: int | None = attrs.field(
        default=None, validator=attrs.validators.optional(_within(0))
    )

    def dumps(self) -> str:
        """Return the cursor as one line of JSON, for `loads`."""
        fields = {name: getattr(self, name) for name in _FIELDS}
        return json.dumps({"v": _VERSION, **fields}, separators=(",", ":"))

    @classmethod
    def loads(cls, text: str) -> Self:
        """
        Return the cursor that `dumps` wrote.

        Raises:
            UsageError: *text* is no cursor, or one of another version.
        """
        try:
            fields: dict[str, Any] | None = json.loads(text)
        except (TypeError, ValueError, RecursionError):
            fields = None
        if not isinstance(fields, dict) or fields.keys() != {"v", *_FIELDS}:
            raise UsageError(f"cursor: not a cursor: {text!r:.200}")
        if fields.pop("v") != _VERSION:
            raise UsageError(f"cursor: of another version: {text!r:.200}")

        return cls(**fields)
