"""The rows: outcomes as the texts that a store holds, and back."""

from __future__ import annotations

import json

from typing import Any

import orjson

from ... import errors
from ..._paging.cursor import Cursor
from ..._paging.walk_report import StopReason, WalkReport
from ...errors import BiliCommonError
from ...models import Following


__all__ = [
    "dump_error",
    "dump_record",
    "dump_report",
    "load_error",
    "load_record",
    "load_report",
]

_COUNTS = ("yielded", "duplicates", "bad_records", "requests", "total_first", "total_last")
# What an error tells beside its text. Never its body, which is the server's.
_TOLD = ("pn", "code", "message", "http_status", "retry_after", "paths", "budget")


def dump_record(record: Following) -> str:
    """Return *record* as the server's object."""
    return _dump(record.to_wire())


def load_record(text: str) -> Following:
    """Return the record that `dump_record` wrote."""
    return Following.from_wire(json.loads(text))


def dump_report(report: WalkReport | None) -> str | None:
    """Return *report* as JSON, None as itself."""
    if report is None:
        return None

    counts = {name: getattr(report, name) for name in _COUNTS}
    reason = report.stop_reason
    return _dump(
        {
            "complete": report.complete,
            "stop_reason": None if reason is None else reason.value,
            "cursor": report.cursor.dumps(),
            **counts,
        }
    )


def load_report(text: str | None) -> WalkReport | None:
    """Return the report that `dump_report` wrote."""
    if text is None:
        return None

    fields = json.loads(text)
    reason = fields["stop_reason"]
    return WalkReport(
        complete=fields["complete"],
        stop_reason=None if reason is None else StopReason(reason),
        cursor=Cursor.loads(fields["cursor"]),
        **{name: fields[name] for name in _COUNTS},
    )


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
