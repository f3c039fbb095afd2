"""The cursor: where a walk stands, as a value that outlives it."""

from __future__ import annotations

import json

from collections.abc import Mapping
from typing import Any, Final, Self

import attrs

from .._util.arguments import MAX_ID, check_bool, check_int, shown
from ..endpoints import SAME_FOLLOWINGS
from ..errors import UsageError


__all__ = ["Cursor"]

_VERSION: Final = 1
_FIELDS: Final = ("vmid", "page_size", "pn", "index", "seen", "total")
# Texts of the first edition lack these, and so does every cursor that needs none.
_LATER: Final = ("endpoint", "params", "gap")


def _within(low: int, high: int | None = None) -> Any:
    def check(_self: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
        check_int(f"cursor: {attribute.name}", value, low, high)

    return check


def _optional(check: Any) -> Any:
    return attrs.validators.optional(check)


def _is_text(_self: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    if not isinstance(value, str):
        raise UsageError(f"cursor: {attribute.name} must be a text, not {shown(value)}")


def _is_bool(_self: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    check_bool(f"cursor: {attribute.name}", value)


def _are_params(_self: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    params: Mapping[Any, Any] = dict(value) if isinstance(value, dict) else {None: value}  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - of any kind
    if not all(
        isinstance(name, str) and type(param) in (int, str) for name, param in params.items()
    ):
        raise UsageError(
            f"cursor: {attribute.name} must map texts to ints or texts, not {shown(value)}"
        )


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

    vmid: int | None = attrs.field(default=None, validator=_optional(_within(1, MAX_ID)))
    page_size: int = attrs.field(default=SAME_FOLLOWINGS.max_page_size, validator=_within(1))
    pn: int = attrs.field(default=1, validator=_within(1))
    index: int = attrs.field(default=0, validator=_within(0))
    seen: int = attrs.field(default=0, validator=_within(0))
    total: int | None = attrs.field(default=None, validator=_optional(_within(0)))
    endpoint: str = attrs.field(default=SAME_FOLLOWINGS.path, validator=_is_text)
    # Left out of the hash, since a dict has none.
    params: Mapping[str, int | str] = attrs.field(
        default=attrs.Factory(_own_params, takes_self=True), validator=_are_params, hash=False
    )
    gap: bool = attrs.field(default=False, validator=_is_bool)

    def __attrs_post_init__(self) -> None:
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
        fields = {name: getattr(self, name) for name in (*_FIELDS, *later)}
        return json.dumps({"v": _VERSION, **fields}, separators=(",", ":"), ensure_ascii=False)

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
