"""The endpoints as data: where a list is, what stands in it and within which bounds."""

from __future__ import annotations

import re

from collections.abc import Callable, Hashable, Mapping
from operator import attrgetter
from typing import Any, Final, Generic, TypeVar, cast

import attrs

from ._records.structurer import check_record
from ._util.arguments import check_call, check_int, shown
from .errors import ApiError, UsageError
from .models import Following


__all__ = ["NAV", "RELATIONS", "SAME_FOLLOWINGS", "ListEndpoint", "ObjectEndpoint"]

T = TypeVar("T")

_PATH: Final = re.compile(r"/[^\s?#\\]*")
_NAME: Final = re.compile(r"[^\s.]+(\.[^\s.]+)*")


def _path(_self: object, field: attrs.Attribute[str], value: Any) -> None:
    if not isinstance(value, str) or not _PATH.fullmatch(value) or value.startswith("//"):
        raise UsageError(
            f"{field.name} must be a path like /x/relation/followings, not {shown(value)}"
        )
    if "/wbi/" in f"{value}/":
        raise UsageError(
            f"{field.name} {shown(value)} wants a signature, and nothing is signed here"
        )


def _text(_self: object, field: attrs.Attribute[str], value: Any) -> None:
    if not isinstance(value, str) or not value.strip():
        raise UsageError(f"{field.name} must be a text, not {shown(value)}")


def _place(_self: object, field: attrs.Attribute[Any], value: Any) -> None:
    if value is None and field.name != "items":
        return
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise UsageError(
            f"{field.name} must be a key below `data`, or several with dots between, "
            f"not {shown(value)}"
        )


def _call(_self: object, field: attrs.Attribute[Any], value: Any) -> None:
    check_call(field.name, value)


def _record(_self: object, field: attrs.Attribute[Any], value: Any) -> None:
    if not callable(value) or (isinstance(value, type) and not attrs.has(value)):
        raise UsageError(
            f"{field.name} must be an attrs class or a function, not {shown(value)}"
        )
    check_call(field.name, value)
    # What reads the records is made here, so that a class that it cannot read is told
    # before any page is asked for.
    check_record(value)


def _size(_self: object, field: attrs.Attribute[int], value: Any) -> None:
    check_int(field.name, value, 1)


def _codes(_self: object, field: attrs.Attribute[Any], value: Any) -> None:
    is_mapping = isinstance(value, Mapping)
    pairs = cast("Mapping[Any, Any]", value).items() if is_mapping else ((value, value),)
    for code, error in pairs:
        is_error = isinstance(error, type) and issubclass(error, ApiError)
        if type(code) is not int or not is_error:
            raise UsageError(
                f"{field.name} must map ints to classes of ApiError, not {shown(value)}"
            )


@attrs.frozen
class ListEndpoint(Generic[T]):
    """
    A list of the server's that comes page by page, by ``pn`` and ``ps``.

    `Client.iter_list` walks it, with all that a walk over same followings has:
    cursors, prefetch, proof of completeness, pace, retries and errors.

    Args:
        path: The path below the client's ``base_url``. No host, no query, and
            nothing that wants a signature.

        noun: What the list holds, for messages: ``"followings"``.

        record: An attrs class, which is filled by the names of its fields, or a
            function that makes a record of the server's object. The fields of a
            class are plain: int, float, str, bool, dict, another such class, each
            of them with ``| None``, and lists and tuples of them.

        key: Tells two records apart. By default their *mid*.

        items: The key below ``data`` where the records stand. Dots lead deeper.

        total: The key of the list's length: ``"total"``, ``"info.media_count"``.
            None for a list that names none.

        has_more: The key that says whether more pages follow, for a list that
            names no total.

        max_page_size: The largest ``ps`` that the server takes.

        codes: The errors of codes that mean something else here than in the
            common table, or nothing there.

    Raises:
        UsageError: A value is out of its range, or of a wrong type; or *record* has
            a field that is not plain.
    """

    path: str = attrs.field(validator=_path)
    noun: str = attrs.field(validator=_text)
    record: type[T] | Callable[[Mapping[str, Any]], T] = attrs.field(validator=_record)
    key: Callable[[T], Hashable] = attrs.field(default=attrgetter("mid"), validator=_call)
    items: str = attrs.field(default="list", validator=_place)
    total: str | None = attrs.field(default="total", validator=_place)
    has_more: str | None = attrs.field(default=None, validator=_place)
    # The endpoint's description gives 50 as the default, and programs that use it
    # find larger pages cut to 50.
    max_page_size: int = attrs.field(default=50, validator=_size)
    codes: Mapping[int, type[ApiError]] = attrs.field(
        factory=dict[int, type[ApiError]], validator=_codes, hash=False
    )

    def __attrs_post_init__(self) -> None:
        if self.total is None and self.has_more is None:
            raise UsageError("a list needs total or has_more: nothing else tells its end")


@attrs.frozen
class ObjectEndpoint:
    """
    A question of one answer, which is no list.

    Attributes:
        path: The path below the client's ``base_url``.

        at_once: About how many users one request may ask.
    """

    path: str = attrs.field(validator=_path)
    at_once: int = attrs.field(default=1, validator=_size)


SAME_FOLLOWINGS: Final = ListEndpoint(
    path="/x/relation/same/followings", noun="same followings", record=Following
)

# Who is logged in. The answer of a visitor has the code -101, and data beside it.
NAV: Final = ObjectEndpoint("/x/web-interface/nav")

# The account's own relation to some users, by the cookie alone. Programs that use it
# ask for 40 at a time.
RELATIONS: Final = ObjectEndpoint("/x/relation/relations", at_once=40)
