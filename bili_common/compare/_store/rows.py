"""The rows: outcomes as the values that a store holds, and back."""

from __future__ import annotations

import json

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any, Final

import attrs
import orjson

from ... import errors
from ..._paging.cursor import Cursor
from ..._paging.walk_report import StopReason, WalkReport
from ...endpoints import SAME_FOLLOWINGS
from ...errors import BiliCommonError
from ...models import Following
from ..outcome import Outcome, Status
from .packed_ids import pack_ids
from .sums import list_check, row_check


__all__ = [
    "STATUSES",
    "dump_error",
    "dump_record",
    "dump_report",
    "is_plain",
    "load_error",
    "load_record",
    "load_report",
    "moment",
    "outcome_row",
    "plain_report",
    "to_micros",
    "to_status",
]

# A status is stored as its place here. Never reorder, only append.
STATUSES: Final[tuple[Status, ...]] = (
    Status.OK,
    Status.INCOMPLETE,
    Status.PRIVATE,
    Status.NOT_FOUND,
    Status.FAILED,
)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

_SAID: Final = attrgetter(
    *(field.name for field in attrs.fields(WalkReport) if field.name != "cursor")
)
_PLACE: Final = attrgetter(
    *(field.name for field in attrs.fields(Cursor) if field.name not in ("vmid", "params"))
)

# What an error tells beside its text. Never its body, which is the server's.
_TOLD = ("pn", "code", "message", "http_status", "retry_after", "paths", "budget")


def to_status(number: int) -> Status:
    """Return the status with this number."""
    return STATUSES[number]


def to_micros(at: datetime) -> int:
    """Return *at* as microseconds since 1970 UTC."""
    return (at - _EPOCH) // _MICROSECOND


def moment(micros: int) -> datetime:
    """Return the moment that `to_micros` wrote."""
    return _EPOCH + timedelta(microseconds=micros)


def outcome_row(
    key: tuple[int, int, int], run: int, outcome: Outcome, ids: Sequence[int]
) -> tuple[Any, ...]:
    """
    Return *outcome* as a row of its table.

    Args:
        key: Account, endpoint and user.

        run: The run that fetched it.

        outcome: What became of the user.

        ids: The accounts in the list.
    """
    vmid, report, status = key[2], outcome.report, STATUSES.index(outcome.status)
    requests = page_size = text = None
    if report is not None and is_plain(report, vmid, len(ids)):
        requests, page_size = report.requests, report.cursor.page_size
    elif report is not None:
        text = dump_report(report)
    packed = pack_ids(ids)
    told = (to_micros(outcome.fetched_at), requests, page_size)
    texts = (text, dump_error(outcome.error))
    sums = (
        list_check(vmid, status, len(ids), packed),
        row_check(vmid, run, *told, *texts),
    )
    return (*key, run, status, *told, len(ids), packed, *texts, *sums)


def dump_record(record: Following) -> str:
    """Return *record* as the server's object."""
    return _dump(record.to_wire())


def load_record(text: str) -> Following:
    """Return the record that `dump_record` wrote."""
    return Following.from_wire(json.loads(text))


def plain_report(vmid: int, size: int, requests: int, page_size: int) -> WalkReport:
    """Return the report of a walk over *size* records in which nothing went wrong."""
    pages = -(-size // page_size)
    return WalkReport(
        complete=True,
        stop_reason=StopReason.END,
        yielded=size,
        duplicates=0,
        bad_records=0,
        requests=requests,
        total_first=size,
        total_last=size,
        cursor=Cursor(vmid=vmid, page_size=page_size, pn=pages + 1, seen=size, total=size),
    )


def is_plain(report: WalkReport, vmid: int, size: int) -> bool:
    """Tell whether `plain_report` makes *report* of its numbers, without making one."""
    cursor = report.cursor
    pages = -(-size // cursor.page_size)
    said = (True, StopReason.END, size, 0, 0, report.requests, size, size, 0)
    place = (cursor.page_size, pages + 1, 0, size, size, SAME_FOLLOWINGS.path, False)
    return (
        _SAID(report) == said
        and _PLACE(cursor) == place
        and cursor.vmid == vmid == cursor.params.get("vmid")
        and len(cursor.params) == 1
    )


def dump_report(report: WalkReport) -> str:
    """Return *report* as JSON."""
    fields = {field.name: getattr(report, field.name) for field in attrs.fields(WalkReport)}
    reason = report.stop_reason
    fields["stop_reason"] = None if reason is None else reason.value
    fields["cursor"] = report.cursor.dumps()
    return _dump(fields)


def load_report(text: str) -> WalkReport:
    """Return the report that `dump_report` wrote."""
    fields = json.loads(text)
    reason = fields["stop_reason"]
    fields["stop_reason"] = None if reason is None else StopReason(reason)
    fields["cursor"] = Cursor.loads(fields["cursor"])
    return WalkReport(**fields)


def dump_error(error: BiliCommonError | None) -> str | None:
    """Return *error* as JSON, None as itself: its class, text and public facts."""
    if error is None:
        return None

    told = {name: value for name, value in vars(error).items() if name in _TOLD}
    return _dump({"class": type(error).__name__, "text": str(error), **told})


def load_error(
    text: str | None, *, vmid: int, report: WalkReport | None
) -> BiliCommonError | None:
    """
    Return the error that `dump_error` wrote.

    Args:
        text: The JSON.

        vmid: The user whom it is about.

        report: What the walk saw that it ended.
    """
    if text is None:
        return None

    fields = json.loads(text)
    error = _error_class(fields.pop("class"))(fields.pop("text"))
    if "paths" in fields:
        fields["paths"] = tuple(fields["paths"])
    for name in _TOLD:
        if name in fields:
            setattr(error, name, fields[name])

    error.vmid, error.cursor = vmid, None if report is None else report.cursor
    if isinstance(error, errors.IncompleteWalkError):
        error.report = report
    return error


def _error_class(name: str) -> type[BiliCommonError]:
    # A class that a later version added is at least one of ours.
    return getattr(errors, name) if name in errors.__all__ else BiliCommonError


def _dump(obj: dict[str, Any]) -> str:
    try:
        return orjson.dumps(obj).decode()
    except TypeError:
        # Integers above 64 bits and lone surrogates are no JSON to orjson.
        return json.dumps(obj, separators=(",", ":"))
