"""The converter: an envelope's data becomes a page of records."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from ..errors import SchemaError
from ..models import FOLLOWING, Following, Page
from .envelope import read_data
from .json_body import parse_exactly
from .request import Request
from .response import RawResponse


__all__ = ["read_page"]


def read_page(
    answer: RawResponse, request: Request, *, skip_bad: bool = False
) -> Page[Following]:
    """
    Return the page that *answer* holds.

    Args:
        answer: What the server sent.

        request: What was asked.

        skip_bad: Whether to drop records that cannot be read, and to count them.

    Raises:
        BiliCommonError: As `read_data`; also a SchemaError that names the path
            of each value that is not as it should be.
    """
    data = read_data(answer)
    outcome = _attempt(data, request, skip_bad=skip_bad)
    # The fast parser turns integers above 64 bits into floats. Where one was in
    # the way, the exact one may still read the page.
    if not _is_whole(outcome) and _holds_float(data):
        outcome = _attempt(_exact_data(answer, data), request, skip_bad=skip_bad)
    if isinstance(outcome, SchemaError):
        raise _with_answer(outcome, answer)

    return outcome


def _attempt(
    data: dict[str, Any], request: Request, *, skip_bad: bool
) -> Page[Following] | SchemaError:
    # Returned, since a second failure would carry the first as its context.
    try:
        return _read(data, request, skip_bad=skip_bad)
    except SchemaError as exc:
        return exc


def _is_whole(outcome: Page[Following] | SchemaError) -> bool:
    return not isinstance(outcome, SchemaError) and not outcome.bad_records


def _exact_data(answer: RawResponse, data: dict[str, Any]) -> dict[str, Any]:
    try:
        return dict(parse_exactly(answer)["data"])
    except RecursionError:
        # The exact parser gives up at depths that the fast one reaches.
        return data


def _read(data: dict[str, Any], request: Request, *, skip_bad: bool) -> Page[Following]:
    items, bad = _read_items(data, skip_bad=skip_bad)
    return Page(
        items=items,
        pn=request.pn,
        ps=request.ps,
        total=_read_total(data),
        re_version=_read_version(data),
        raw=data,
        bad_records=bad,
    )


def _read_items(data: dict[str, Any], *, skip_bad: bool) -> tuple[tuple[Following, ...], int]:
    objects: list[Any] | None = data.get("list", ...)
    if objects is None:
        return (), 0
    if type(objects) is not list:
        raise _error("$.data.list")

    with suppress(Exception):
        return FOLLOWING.structure_all(objects), 0

    # Whatever it was, the slow way names it; outside the handler, since a
    # failure's context would hold the values.
    return _read_one_by_one(objects, skip_bad=skip_bad)


def _read_one_by_one(
    objects: list[Any], *, skip_bad: bool
) -> tuple[tuple[Following, ...], int]:
    items: list[Following] = []
    paths: list[str] = []
    for index, obj in enumerate(objects):
        try:
            items.append(FOLLOWING.structure(obj, f"$.data.list[{index}]"))
        except SchemaError as exc:
            paths += exc.paths
    if paths and not skip_bad:
        raise _error(*paths)

    return tuple(items), len(objects) - len(items)


def _read_total(data: dict[str, Any]) -> int:
    total = data.get("total")
    if type(total) is not int or total < 0:
        raise _error("$.data.total")

    return total


def _read_version(data: dict[str, Any]) -> int | str | None:
    """Return the list's version: a number in 2020, also seen as ``""``."""
    version = data.get("re_version")
    if version is None or type(version) in (int, str):
        return version

    raise _error("$.data.re_version")


def _holds_float(data: dict[str, Any]) -> bool:
    # No recursion: the fast parser nests deeper than calls can.
    values: list[Any] = [data]
    while values:
        value = values.pop()
        if type(value) is float:
            return True
        if type(value) is dict:
            values += value.values()
        elif type(value) is list:
            values += value

    return False


def _error(*paths: str) -> SchemaError:
    shown = ", ".join(paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")  # noqa: PLR2004 - enough for a line
    return SchemaError(f"the server sent an unexpected value at {shown}", paths=paths)


def _with_answer(error: SchemaError, answer: RawResponse) -> SchemaError:
    error.http_status, error.body = answer.status, answer.body[:2048]
    return error
