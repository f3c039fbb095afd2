"""Sizes: how many bytes a report has."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from bili_common import Comparison, Following, Outcome, Status
from bili_common.report import render_report

from .measure import MIB
from .table import Row, plain


BUDGETS = {8: 0.25, 300: 0.8, 5000: 3.0}


def rows() -> Iterator[Row]:
    """Yield a row for each number of users, with 36 of 2,000 accounts each."""
    accounts = [
        Following(mid=3_546_000_000_000_000 + n, uname=f"某位UP主{n}") for n in range(2000)
    ]
    for users, budget in BUDGETS.items():
        size = len(render_report(_made_up(users, accounts)).encode()) / MIB
        what = f"report of {users:,} UIDs in MiB"
        yield Row(what, f"{size:.2f} MiB", "-", plain(size), budget, group="size")


def _made_up(users: int, accounts: list[Following]) -> Comparison:
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    return Comparison(
        Outcome(
            vmid=10_000_000 + user,
            status=Status.OK,
            items=tuple(
                accounts[(user * user + 17 * n * (user + n)) % 2000] for n in range(36)
            ),
            report=None,
            error=None,
            fetched_at=moment,
        )
        for user in range(users)
    )
