"""Resuming: parts of a walk put together are the walk."""

from __future__ import annotations

import json

import pytest

from hypothesis import given
from hypothesis import strategies as st

from bili_common import Cursor, IncompleteWalkError, StopReason

from .lists import VMID, ListServer, drain, mids_of, pour


_FIRST_EDITION = ("vmid", "page_size", "pn", "index", "seen", "total")


async def _part(server, start, count, prefetch, **options):
    """Read *count* records, or all for None, and return them with the cursor and report."""
    got = []
    async with server.pager(start=start, **options).walk(prefetch=prefetch) as walk:
        while count is None or len(got) < count:
            item = await anext(walk, None)
            if item is None:
                break
            got.append(item.mid)
        return got, walk.cursor, walk.report


@given(
    total=st.integers(0, 60),
    ps=st.integers(1, 12),
    clamp=st.integers(1, 12),
    cuts=st.lists(st.integers(0, 9), max_size=8),
    by_limit=st.booleans(),
    prefetch=st.integers(0, 3),
)
async def test_parts_put_together_are_the_walk(*, total, ps, clamp, cuts, by_limit, prefetch):
    """
    Cuts at any item, resumed by text, concatenate to the uncut list, and the last part is
    complete.
    """
    server = ListServer(range(1, total + 1), clamp=clamp)
    start, whole = Cursor(vmid=VMID, page_size=ps), []
    for cut in cuts:
        limit = {"limit": cut} if by_limit else {}
        got, cursor, _ = await _part(server, start, cut, prefetch, **limit)
        whole += got
        start = Cursor.loads(cursor.dumps())
        assert start == cursor
        assert start.seen == len(whole)

    got, cursor, report = await _part(server, start, None, prefetch, strict=True)
    assert whole + got == server.mids
    assert report.complete
    assert report.yielded == len(got)
    assert cursor.seen == total


@given(
    total=st.integers(0, 40),
    ps=st.integers(1, 9),
    cut=st.integers(0, 40),
    page_cut=st.integers(1, 4),
)
async def test_parts_by_pages_put_together_are_the_walk(total, ps, cut, page_cut):
    """The same where the first part was cut by max_pages, after its IncompleteWalkError."""
    server = ListServer(range(1, total + 1))
    walk = aiter(server.pager(ps=ps, max_pages=page_cut))
    got = []
    try:
        await pour(walk, got)
        start = walk.cursor
    except IncompleteWalkError as exc:
        start = exc.cursor
    assert got + mids_of(await server.pager(start=start).collect()) == server.mids


async def test_a_walk_resumed_at_its_end_is_complete():
    """A cursor of a complete walk: one request, no record, complete."""
    server = ListServer(range(1, 101))
    walk = aiter(server.pager())
    await drain(walk)
    again = aiter(server.pager(start=walk.cursor))
    assert await drain(again) == []
    assert again.report.complete
    assert server.asked == [1, 2, 3]


async def test_a_walk_resumed_over_another_total_is_not_complete():
    """The cursor remembers the first total: another one later forbids `complete`."""
    server = ListServer(range(1, 101))
    walk = aiter(server.pager())
    for _ in range(70):
        await anext(walk)
    server.mids.append(101)
    again = aiter(server.pager(start=walk.cursor))
    assert await drain(again) == list(range(71, 102))
    assert again.report.stop_reason is StopReason.END
    assert not again.report.complete


@pytest.mark.parametrize("dedupe", [True, False])
@pytest.mark.parametrize("cut", [10, 50, 60, 99])
async def test_a_walk_resumed_over_a_shorter_list_misses_nothing(cut, dedupe):
    """Records removed at the head while nobody walked: what stood throughout still comes."""
    server = ListServer(range(1, 201))
    walk = aiter(server.pager(ps=50))
    got = [(await anext(walk)).mid for _ in range(cut)]
    del server.mids[:5]
    again = aiter(server.pager(ps=50, start=walk.cursor, dedupe=dedupe))
    got += await drain(again)
    assert set(server.mids) <= set(got)
    assert not again.report.complete


async def test_a_resumed_walk_costs_no_more_than_its_pages():
    """Resumed at the last, short page, a walk needs only that one."""
    server = ListServer(range(1, 102))
    walk = aiter(server.pager(limit=100))
    await drain(walk)
    server.asked.clear()
    again = aiter(server.pager(start=walk.cursor))
    assert await drain(again) == [101]
    assert server.asked == [3]
    assert again.report.complete


@given(
    vmid=st.integers(1, 2**63 - 1),
    page_size=st.integers(1, 50),
    pn=st.integers(1, 2**63 - 1),
    index=st.integers(0, 2**63 - 1),
    seen=st.integers(0, 2**63 - 1),
    total=st.none() | st.integers(0, 2**63 - 1),
)
def test_a_cursor_survives_its_text(*, vmid, page_size, pn, index, seen, total):
    """`Cursor.loads(cursor.dumps())` is the same cursor, on one line."""
    cursor = Cursor(vmid, page_size, pn, index, seen, total)
    assert Cursor.loads(cursor.dumps()) == cursor
    assert "\n" not in cursor.dumps()


def test_a_cursor_says_only_what_it_knows():
    """What is as in any list is left out, for a list that is no user's too."""
    assert json.loads(Cursor(2).dumps()).keys() == {"v", *_FIRST_EDITION}

    other = json.loads(Cursor(endpoint="/x/hot").dumps())
    assert other.keys() == {"v", "endpoint", *_FIRST_EDITION}

    passed_a_hole = json.loads(Cursor(2, gap=True).dumps())
    assert passed_a_hole.keys() == {"v", "gap", *_FIRST_EDITION}


@given(text=st.text() | st.binary() | st.integers() | st.none())
def test_what_is_no_cursor_is_refused(text):
    """Anything but a dumped cursor is a UsageError."""
    with pytest.raises(ValueError, match="cursor"):
        Cursor.loads(text)
