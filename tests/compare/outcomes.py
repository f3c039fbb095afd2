"""Outcomes made up for tests of what they mean, and the store that holds them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from bili_common import SAME_FOLLOWINGS, Following, Outcome, Status
from bili_common.compare._store.database import Database


BEGIN = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
SEEN = (Status.OK, Status.INCOMPLETE)


def make_outcome(vmid, status, mids=(), *, age=0):
    """Return an outcome whose records tell how old they are."""
    items = tuple(Following(mid=mid, uname=f"up {mid} at {age}") for mid in mids)
    return Outcome(
        vmid=vmid,
        status=status,
        items=items,
        report=None,
        error=None,
        fetched_at=BEGIN + timedelta(seconds=age),
    )


@st.composite
def outcome_lists(draw, *, most=9):
    """Draw outcomes of all statuses over few accounts, so that lists overlap."""
    vmids = draw(st.lists(st.integers(1, 30), unique=True, max_size=most))
    mids = st.lists(st.integers(1, 12), unique=True, max_size=8)
    outcomes = []
    for age, vmid in enumerate(vmids):
        status = draw(st.sampled_from([Status.OK, *Status]))
        items = draw(mids) if status in SEEN else ()
        outcomes.append(make_outcome(vmid, status, items, age=age))
    return outcomes


def write_store(path, outcomes, *, account="default", others=()):
    """Write *outcomes* to the store at *path*, beside those of another account, if any."""
    database = Database(path, create=True, busy_timeout=5, endpoint=SAME_FOLLOWINGS.path)
    lots = [(account, outcomes)] + ([] if others is None else [("other", others)])
    for name, lot in lots:
        run = database.begin_run(name, BEGIN)
        for outcome in lot:
            run.write(outcome)
        database.end_run()
    database.close()
    return path
