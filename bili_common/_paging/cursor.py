"""The cursor: where a walk stands, as a value that outlives it."""

from __future__ import annotations

import json

from collections.abc import Mapping
from typing import Any, Final, Self

import attrs

from .._util.arguments import MAX_ID, check_bool, check_int, check_params, shown
from ..endpoints import SAME_FOLLOWINGS
from ..errors import UsageError


__all__ = ["Cursor"]

_VERSION: Final = 1
_FIELDS: Final = ("vmid", "page_size", "pn", "index", "seen", "total")
# Texts of the first edition lack these, and so does every cursor that needs none.
_LATER: Final = ("endpoint", "params", "gap")
# The least of each number, and which of them may be None.
_LEAST: Final = {"vmid": 1, "page_size": 1, "pn": 1, "index": 0, "seen": 0, "total": 0}
_OPTIONAL: Final = ("vmid", "total")


def _own_params(cursor: Any) -> dict[str, int | str]:
    return {} if cursor.vmid is None else {"vmid": cursor.vmid}


@attrs.frozen
class Cursor:
    """
    The next record that was not delivered, also in the middle of a page.

    Attributes:
        vmid: The user whose list is walked; None for a list that is no user's.

        page_size: Records per page. Another size would shift every page.

        pn: The page to ask for next, counted from 1.

        index: How many of that page's records were already delivered.

        seen: How many distinct records were delivered before this point.

        total: How long the server first said the list was; None before the
            first page, and for a list that names no length. A resumed walk that
            finds another total cannot be complete.

        endpoint: The path of the list.

        params: What the list is asked for, beside the page: names and values.

        gap: Whether an empty page was passed before this point: the walk is then
            never complete.
    """

    vmid: int | None = None
    page_size: int = SAME_FOLLOWINGS.max_page_size
    pn: int = 1
    index: int = 0
    seen: int = 0
    total: int | None = None
    endpoint: str = SAME_FOLLOWINGS.path
    # Left out of the hash, since a dict has none.
    params: Mapping[str, int | str] = attrs.field(
        default=attrs.Factory(_own_params, takes_self=True), hash=False
    )
    gap: bool = False

    def __attrs_post_init__(self) -> None:
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if value is not None or name not in _OPTIONAL:
                check_int(f"cursor: {name}", value, least)
        check_bool("cursor: gap", self.gap)
        check_params("cursor: params", self.params)
        if not isinstance(self.endpoint, str):  # pyright: ignore[reportUnnecessaryIsInstance] - users give other things too
            raise UsageError(f"cursor: endpoint must be a text, not {shown(self.endpoint)}")
        if self.params.get("vmid") != self.vmid:
            raise UsageError(
                f"cursor: vmid is {self.vmid}, but params name {shown(self.params)}"
            )
        if self.endpoint == SAME_FOLLOWINGS.path:
            check_int("cursor: vmid", self.vmid, 1, MAX_ID)
            check_int("cursor: page_size", self.page_size, 1, SAME_FOLLOWINGS.max_page_size)

    def dumps(self) -> str:
        """Return the cursor as one line of JSON, for `loads`."""
        plain = {"endpoint": SAME_FOLLOWINGS.path, "params": _own_params(self), "gap": False}
        later = [name for name in _LATER if getattr(self, name) != plain[name]]
        fields = {"v": _VERSION} | {name: getattr(self, name) for name in (*_FIELDS, *later)}
        # The params may be any mapping.
        return json.dumps(fields, separators=(",", ":"), ensure_ascii=False, default=dict)

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
        if not isinstance(fields, dict) or fields.keys() - set(_LATER) != {"v", *_FIELDS}:
            raise UsageError(f"cursor: not a cursor: {shown(text)}")
        if fields.pop("v") != _VERSION:
            raise UsageError(f"cursor: of another version: {shown(text)}")

        return cls(**fields)
