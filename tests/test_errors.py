"""The error tree: its shape, its attributes, and that it survives pickling."""

from __future__ import annotations

import copy
import inspect
import pickle
import re

from datetime import UTC, datetime

import pytest

from bili_common import Cursor, Outcome, Status, StopReason, WalkReport, errors
from bili_common.errors import BiliCommonError, UsageError


CLASSES = [getattr(errors, name) for name in errors.__all__]
CURSOR = Cursor(vmid=2, pn=3, index=4, seen=104, total=200)
REPORT = WalkReport(
    complete=False,
    stop_reason=StopReason.EMPTY_PAGE,
    yielded=104,
    duplicates=0,
    bad_records=1,
    requests=4,
    total_first=200,
    total_last=199,
    cursor=CURSOR,
)
VALUES = {
    "message": "自己的话",
    "http_status": 418,
    "body": b"bytes",
    "paths": ("$.data",),
    "code": -799,
    "retry_after": 7.5,
    "report": REPORT,
    "cursor": CURSOR,
    "budget": 10,
    "outcomes": (
        Outcome(2, Status.FAILED, (), REPORT, None, datetime(2026, 1, 1, tzinfo=UTC)),
    ),
}


def _make(cls):
    names = [
        name
        for name, parameter in inspect.signature(cls).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY
    ]
    error = cls("what happened", **{name: VALUES[name] for name in names})
    error.vmid, error.pn, error.cursor = 2, 3, CURSOR
    error.add_note("at page 3")
    return error, names


@pytest.mark.parametrize("cls", CLASSES)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_error_survives_pickling(cls, protocol):
    """Class, words, attributes, notes, cursor and report come back from a pickle."""
    error, names = _make(cls)
    twin = pickle.loads(pickle.dumps(error, protocol))  # noqa: S301 - our own
    assert type(twin) is cls
    assert str(twin) == str(error) == "what happened"
    assert twin.args == error.args
    assert (twin.vmid, twin.pn, twin.cursor) == (2, 3, CURSOR)
    assert twin.__notes__ == ["at page 3"]
    for name in names:
        assert getattr(twin, name) == VALUES[name]
    assert twin.retryable is error.retryable


@pytest.mark.parametrize("cls", CLASSES)
def test_every_error_survives_copying(cls):
    """The same for copy and deepcopy."""
    error, names = _make(cls)
    for twin in (copy.copy(error), copy.deepcopy(error)):
        assert type(twin) is cls
        assert str(twin) == str(error)
        assert all(getattr(twin, name) == VALUES[name] for name in names)


@pytest.mark.parametrize("cls", CLASSES)
def test_every_error_can_be_made_bare(cls):
    """Every class can be raised without arguments, and has its position as None."""
    error = cls()
    assert (error.vmid, error.pn, error.cursor) == (None, None, None)
    assert isinstance(error, BiliCommonError)


def _drawn_tree():
    """Return class name -> parent's name, read from the tree in the module's docstring."""
    parents, line_of = {}, []
    for line in errors.__doc__.splitlines():
        match = re.match(r"    ((?:[│ ] {2})*(?:[├└]─ )?)(\w+Error)\b", line)
        if match:
            depth = len(match[1]) // 3
            line_of[depth:] = [match[2]]
            parents[match[2]] = line_of[depth - 1] if depth else "Exception"
    return parents


def test_the_drawn_tree_is_the_tree():
    """The tree in the docstring names every class, under its parent."""
    real = {cls.__name__: cls.__bases__[0].__name__ for cls in CLASSES}
    assert _drawn_tree() == real


def test_a_usage_error_is_a_value_error():
    """UsageError can be caught as ValueError."""
    assert issubclass(UsageError, ValueError)
    assert issubclass(errors.ClientClosedError, UsageError)


def test_what_is_worth_a_retry():
    """Retryable are exactly those that can pass by themselves."""
    assert {cls.__name__ for cls in CLASSES if cls.retryable} == {
        "TransportError",
        "RequestTimeoutError",
        "ServerError",
        "ServerBusyError",
        "ThrottledError",
    }


def test_a_body_is_kept_to_two_kib():
    """No error keeps more than 2 KiB of a body."""
    for cls in (errors.ResponseError, errors.ServerError, errors.SchemaError):
        assert len(cls("x", body=b"b" * 9999).body) == 2048


def test_all_is_all():
    """`__all__` is sorted and names every class of the module."""
    public = [
        name
        for name, thing in vars(errors).items()
        if inspect.isclass(thing) and issubclass(thing, BiliCommonError)
    ]
    assert errors.__all__ == sorted(public)
