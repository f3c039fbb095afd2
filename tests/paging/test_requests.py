"""What a walk costs: requests, counted at the server."""

from __future__ import annotations

import contextlib

import pytest

from hypothesis import given
from hypothesis import strategies as st

from bili_common import IncompleteWalkError, StopReason
from bili_common.testing import DEMO_VMIDS

from .lists import ListServer, drain, mids_of, pages_for, pour


TOTALS = (0, 1, 49, 50, 51, 100, 101, 1000)


@pytest.mark.parametrize("prefetch", [0, 1, 4])
@pytest.mark.parametrize("ps", [pytest.param(1, marks=pytest.mark.slow), 7, 20, 50])
@pytest.mark.parametrize("total", TOTALS)
async def test_a_walk_costs_one_request_per_full_page(total, ps, prefetch):
    """A list of T records costs exactly max(1, ceil(T/ps)) requests, prefetched or not."""
    server = ListServer(range(1, total + 1))
    async with server.pager(ps=ps, max_pages=None).walk(prefetch=prefetch) as walk:
        assert await drain(walk) == server.mids

    assert walk.report.complete
    assert walk.report.requests == server.requests == pages_for(total, ps)
    assert sorted(server.asked) == list(range(1, pages_for(total, ps) + 1))


@pytest.mark.parametrize("prefetch", [0, 1, 4])
@pytest.mark.parametrize("total", [0, 1, 49, 50, 51, 100, 101, 1000])
async def test_the_same_over_a_real_server(client, fake_bilibili, total, prefetch):
    """The server's own log shows max(1, ceil(T/50)) requests and no more."""
    vmid = DEMO_VMIDS[{0: "empty", 1: "one"}.get(total, str(total))]
    async with client.iter_same_followings(vmid).walk(prefetch=prefetch) as walk:
        mids = await drain(walk)

    assert mids == fake_bilibili.users[vmid].mids
    assert walk.report.complete
    assert fake_bilibili.requests == client.stats.requests == pages_for(total, 50)


@given(
    total=st.integers(0, 130),
    ps=st.integers(1, 50),
    clamp=st.integers(1, 50),
    limit=st.none() | st.integers(0, 140),
    prefetch=st.integers(0, 5),
)
async def test_a_walk_is_the_list_cut_at_the_limit(total, ps, clamp, limit, prefetch):
    """Whatever ps the server really gives, a walk is the list's first `limit` records."""
    server = ListServer(range(1, total + 1), clamp=clamp)
    pager = server.pager(ps=ps, limit=limit, max_pages=None)
    async with pager.walk(prefetch=prefetch) as walk:
        assert await drain(walk) == server.mids[:limit]

    held = total if limit is None else min(limit, total)
    wanted = pages_for(held, min(ps, clamp)) if limit != 0 else 0
    assert server.requests == wanted
    at_the_end = limit != 0 and held == total
    assert walk.report.stop_reason is (StopReason.END if at_the_end else StopReason.LIMIT)
    assert walk.report.complete is at_the_end


@given(
    kept=st.lists(st.booleans(), min_size=1, max_size=60),
    ps=st.integers(1, 10),
    prefetch=st.integers(0, 3),
)
async def test_a_filtered_page_is_no_end(kept, ps, prefetch):
    """Records filtered out of their pages: the others all come, unless a page is empty."""
    server = ListServer(range(1, len(kept) + 1), keep=lambda mid: kept[mid - 1])
    visible = [mid for mid in server.mids if kept[mid - 1]]
    async with server.pager(ps=ps).walk(prefetch=prefetch) as walk:
        got = []
        with contextlib.suppress(IncompleteWalkError):
            await pour(walk, got)

    assert got == visible[: len(got)]
    assert walk.report.stop_reason in (StopReason.END, StopReason.EMPTY_PAGE)
    if walk.report.stop_reason is StopReason.END:
        assert got == visible
    assert walk.report.complete is (len(visible) == len(kept))


@pytest.mark.parametrize("prefetch", [0, 4])
async def test_a_total_that_lies_upward_costs_a_few_requests(prefetch):
    """148993 beside empty pages costs 3 requests, not 2,980."""
    server = ListServer([], total=148_993)
    async with server.pager().walk(prefetch=prefetch) as walk:
        with pytest.raises(IncompleteWalkError) as caught:
            await anext(walk)

    assert caught.value.report.stop_reason is StopReason.EMPTY_PAGE
    assert server.requests == 3


async def test_a_total_that_lies_upward_after_records_costs_a_few_requests():
    """The same after the records that there are."""
    server = ListServer(range(1, 121), total=148_993)
    pager = server.pager()
    walk = aiter(pager)
    got = []
    with pytest.raises(IncompleteWalkError):
        await pour(walk, got)

    assert got == server.mids
    assert server.requests == 6


async def test_a_total_of_zero_beside_records_is_not_trusted(caplog):
    """A walk beside a total of 0 goes on to the empty page, and is not complete."""
    server = ListServer(range(1, 121), total=0)
    walk = aiter(server.pager())
    assert await drain(walk) == server.mids
    assert walk.report.stop_reason is StopReason.END
    assert not walk.report.complete
    assert server.asked == [1, 2, 3, 4]
    assert [record.levelname for record in caplog.records] == ["WARNING"]


async def test_a_total_that_swings_costs_a_few_requests():
    """Two copies of the server that disagree by one record do not keep a walk from its end."""
    server = ListServer(range(1, 101))

    def swing(_pn):
        server.total = 99 if server.requests % 2 else 100

    server.before = swing
    walk = aiter(server.pager())
    assert await drain(walk) == server.mids
    assert not walk.report.complete
    assert server.requests <= 15


async def test_a_total_of_zero_beside_a_later_empty_page_costs_a_few_requests():
    """Page 2 empty with a total of 0, for ever: the walk ends soon, and is not complete."""
    server = ListServer(range(1, 51))

    def forget(pn):
        server.total = 100 if pn == 1 else 0

    server.before = forget
    walk = aiter(server.pager())
    assert await drain(walk) == server.mids
    assert not walk.report.complete
    assert server.requests <= 15


@pytest.mark.parametrize("prefetch", [0, 1, 4])
async def test_verify_costs_one_request(prefetch):
    """`verify` reads page 1 again, and nothing else, prefetched or not."""
    server = ListServer(range(1, 231))
    async with server.pager(verify=True).walk(prefetch=prefetch) as walk:
        assert await drain(walk) == server.mids

    assert walk.report.complete
    assert sorted(server.asked) == [1, 1, 2, 3, 4, 5]


async def test_prefetch_asks_for_so_many_pages_ahead_of_the_one_delivered():
    """While page n is delivered, pages n+1 to n+prefetch are under way, and none beyond."""
    server = ListServer(range(1, 501), turns=lambda: 3)
    async with server.pager(ps=20).walk(prefetch=4) as walk:
        for _ in range(21):
            await anext(walk)
        assert sorted(server.asked) == [1, 2, 3, 4, 5, 6]
        assert server.under_way <= 5


async def test_prefetch_asks_for_no_page_beyond_the_limit():
    """With a limit of 70 and pages of 20, page 5 is not asked for."""
    server = ListServer(range(1, 501))
    async with server.pager(ps=20, limit=70).walk(prefetch=4) as walk:
        assert len(await drain(walk)) == 70
    assert sorted(server.asked) == [1, 2, 3, 4]


async def test_max_pages_bounds_the_requests():
    """`max_pages` pages are read, their records delivered, then IncompleteWalkError comes."""
    for prefetch in (0, 4):
        server = ListServer(range(1, 501))
        async with server.pager(max_pages=3).walk(prefetch=prefetch) as walk:
            got = []
            with pytest.raises(IncompleteWalkError) as caught:
                await pour(walk, got)
            assert caught.value.report.stop_reason is StopReason.MAX_PAGES
            assert caught.value.cursor.pn == 4
            assert [item async for item in walk] == []
        assert got == server.mids[:150]
        assert server.requests == 3


async def test_max_pages_of_zero_means_none():
    """`max_pages=0` sends nothing."""
    server = ListServer(range(1, 10))
    with pytest.raises(IncompleteWalkError):
        await server.pager(max_pages=0).collect()
    assert server.requests == 0


async def test_a_limit_of_zero_means_none():
    """`limit=0` delivers nothing, sends nothing and ends by LIMIT, in every view."""
    server = ListServer(range(1, 10))
    pager = server.pager(limit=0)
    walk = aiter(pager)
    assert await drain(walk) == []
    assert walk.report.stop_reason is StopReason.LIMIT
    assert not walk.report.complete
    assert await pager.collect() == []
    assert [page async for page in pager.pages()] == []
    assert await pager.first() is None
    assert server.requests == 0


async def test_first_and_count_cost_one_request():
    """`first` and `count` cost one request each; `count` asks for one record."""
    server = ListServer(range(1, 231))
    assert (await server.pager().first()).mid == 1
    assert server.requests == 1
    assert await server.pager().count() == 230
    assert server.requests == 2
    assert await ListServer([]).pager().first() is None


async def test_batched_cuts_the_walk():
    """`batched(n)` gives tuples of n, the last one shorter."""
    server = ListServer(range(1, 111))
    batches = [mids_of(batch) async for batch in server.pager().batched(25)]
    assert batches == [server.mids[at : at + 25] for at in range(0, 110, 25)]
