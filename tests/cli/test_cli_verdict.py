"""The verdict: what the last line says of a list that was read."""

from __future__ import annotations

import attrs
import pytest

from bili_common import Cursor, StopReason, WalkReport
from bili_common.cli.speech.verdict import verdict


SHORT = WalkReport(
    complete=False,
    stop_reason=StopReason.END,
    yielded=60,
    duplicates=0,
    bad_records=0,
    requests=2,
    total_first=62,
    total_last=62,
    cursor=Cursor(2, seen=60),
)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"complete": True}, "complete"),
        ({}, "incomplete, the server said that there are more and gave no more"),
        ({"duplicates": 2}, "incomplete, 2 came twice"),
        ({"bad_records": 2}, "incomplete, 2 records could not be read"),
        ({"total_first": 63}, "incomplete, the total moved from 63 while it was read"),
        ({"stop_reason": StopReason.DRIFT}, "incomplete, the list changed while it was read"),
        ({"stop_reason": None}, "not read to the end"),
    ],
)
def test_reason_is_told(changes, reason):
    """The line says how many of how many, and why that is not all."""
    told = verdict(attrs.evolve(SHORT, **changes))

    assert told == f"60 of 62 same followings with 2: {reason} (2 requests)"


def test_list_that_never_began():
    """Before the first page no total is known, and none is made up."""
    report = attrs.evolve(
        SHORT,
        stop_reason=None,
        yielded=0,
        requests=1,
        total_first=None,
        total_last=None,
        cursor=Cursor(2),
    )

    told = verdict(report)

    assert told.startswith("0 of an unknown total ")
    assert told.endswith("(1 request)")
