"""The faults that a list can have, over every view of a walk."""

from __future__ import annotations

import asyncio

import pytest

from bili_common import (
    Cursor,
    IncompleteWalkError,
    RequestTimeoutError,
    ServerError,
    StopReason,
    WalkReport,
)

from .lists import VIEWS, VMID, Ahead, Batches, ListServer, Pages, drain, mids_of, pour


views = pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)


class Once:
    """Raises *error* before the first answer for page *pn*."""

    def __init__(self, pn, error):
        self.pn, self.error = pn, error

    def __call__(self, pn):
        if pn == self.pn and self.error is not None:
            error, self.error = self.error, None
            raise error


@views
async def test_an_empty_middle_page_is_asked_for_once_more(view):
    """A middle page that is empty once costs one request and loses nothing."""
    server = ListServer(range(1, 231))
    whole, empties = server.mids, [True]

    def empty_once(pn):
        server.mids = whole
        if pn == 3 and empties:
            empties.pop()
            server.mids, server.total = [], 230

    server.before = empty_once
    async with view(server.pager(strict=True)) as reader:
        assert await reader.read() == whole
    assert sorted(server.asked) == [1, 2, 3, 3, 4, 5]


@views
async def test_a_hole_is_passed_and_never_complete(view):
    """Behind a page that stays empty the walk goes on, and is not complete."""
    server = ListServer(range(1, 231), total=230)
    server.keep = lambda mid: not 100 < mid <= 150
    async with view(server.pager()) as reader:
        assert await reader.read() == [*range(1, 101), *range(151, 231)]
    assert sorted(server.asked) == [1, 2, 3, 3, 4, 5]

    walk = aiter(server.pager())
    await drain(walk)
    assert walk.report.stop_reason is StopReason.END
    assert not walk.report.complete
    with pytest.raises(IncompleteWalkError):
        await server.pager(strict=True).collect()


@pytest.mark.parametrize("total", [None, 180])
async def test_a_hole_is_not_forgotten_by_a_cursor(total):
    """Whoever goes on behind a hole is told that the list has one, whatever the total says."""
    server = ListServer(range(1, 231), total=total, has_more=total is None)
    server.keep = lambda mid: not 100 < mid <= 150
    walk = aiter(server.pager())
    while walk.yielded < 120:
        await anext(walk)
    assert walk.cursor.gap

    rest = aiter(server.pager(start=Cursor.loads(walk.cursor.dumps())))
    await drain(rest)
    assert not rest.report.complete


@views
async def test_two_empty_pages_in_a_row_end_the_walk(view):
    """What came is delivered first, then EMPTY_PAGE with a cursor at the first empty page."""
    server = ListServer(range(1, 331), total=330)
    server.keep = lambda mid: not 100 < mid <= 200
    async with view(server.pager()) as reader:
        with pytest.raises(IncompleteWalkError) as caught:
            await reader.read()
        assert reader.got == list(range(1, 101))
        # The end was told: from now on there is silence.
        assert await reader.read() == list(range(1, 101))

    error = caught.value
    assert isinstance(error.report, WalkReport)
    assert error.report.stop_reason is StopReason.EMPTY_PAGE
    assert not error.report.complete
    assert (error.vmid, error.pn, error.cursor.pn, error.cursor.index) == (VMID, 3, 3, 0)
    assert not error.cursor.gap

    # The cursor goes on from there, once the server has mended itself.
    server.keep = lambda _mid: True
    assert mids_of(await server.pager(start=error.cursor).collect()) == list(range(101, 331))


@views
async def test_a_repeated_page_ends_the_walk(view):
    """A server that ignores pn ends the walk by REPEATED_PAGE after two requests in line."""
    server = ListServer(range(1, 51), total=500)
    server.answer = lambda _pn, ps: ListServer.answer(server, 1, ps)
    async with view(server.pager()) as reader:
        with pytest.raises(IncompleteWalkError) as caught:
            await reader.read()
        assert reader.got == list(range(1, 51))

    assert caught.value.report.stop_reason is StopReason.REPEATED_PAGE
    assert caught.value.report.yielded == 50
    assert server.requests <= (6 if view is Ahead else 2)


@views
async def test_a_cycle_of_pages_ends_the_walk(view):
    """Pages A, B, A: the third is known, so the walk ends by REPEATED_PAGE."""
    server = ListServer(range(1, 101), total=500)
    server.answer = lambda pn, ps: ListServer.answer(server, 2 - pn % 2, ps)
    async with view(server.pager()) as reader:
        with pytest.raises(IncompleteWalkError) as caught:
            await reader.read()
        assert reader.got == list(range(1, 101))
    assert caught.value.report.stop_reason is StopReason.REPEATED_PAGE


@views
@pytest.mark.parametrize("pn", [1, 2, 5])
@pytest.mark.parametrize("error", [ServerError("down"), RequestTimeoutError("late")])
async def test_after_an_error_the_same_object_goes_on(view, error, pn):
    """An error on any page: nothing is lost, nothing comes twice, only that page is re-read."""
    error.__notes__ = []
    server = ListServer(range(1, 231), before=Once(pn, error))
    async with view(server.pager(strict=True)) as reader:
        with pytest.raises(type(error)) as caught:
            await reader.read()
        got = list(reader.got)
        assert await reader.read() == server.mids

    assert caught.value is error
    assert (error.vmid, error.pn) == (VMID, pn)
    # Or else, a walk of its own goes on from the cursor, behind what was handed out.
    rest = mids_of(await ListServer(server.mids).pager(start=error.cursor).collect())
    assert got + rest == server.mids
    assert len(error.__notes__) == 1
    assert error.cursor.dumps() in error.__notes__[0]
    assert f"page {pn} (ps=50)" in error.__notes__[0]
    assert sorted(server.asked) == sorted([1, 2, 3, 4, 5, pn])


@views
async def test_after_a_timeout_of_the_caller_the_same_object_goes_on(view):
    """`asyncio.timeout` around a page's wait: the next call asks for the same page."""
    server = ListServer(range(1, 231))
    hang = True

    class Hanging(ListServer):
        async def page(self, pn, ps, meter):
            if pn == 2 and hang:
                await asyncio.get_running_loop().create_future()
            return await super().page(pn, ps, meter)

    server = Hanging(server.mids)
    pager = server.pager(strict=True)
    async with view(pager) as reader:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await reader.read()
        hang = False
        if view is Ahead:
            # The page ahead is still under way: end it, as its server would.
            next(iter(reader._source._fetcher._tasks.values())).cancel()
            with pytest.raises(asyncio.CancelledError):
                await reader.read()
        assert await reader.read() == server.mids


@pytest.mark.parametrize("kind", ["iteration", "pages", "batched", "collect", "prefetch"])
async def test_iterating_twice_walks_twice(kind):
    """Each use of a pager is a full walk of its own."""
    server = ListServer(range(1, 121))
    pager = server.pager(strict=True)
    for _ in range(2):
        if kind == "collect":
            assert mids_of(await pager.collect(prefetch=2)) == server.mids
        else:
            async with VIEWS[kind](pager) as reader:
                assert await reader.read() == server.mids
    assert server.requests == 6


async def test_two_walks_of_one_pager_are_independent():
    """Two walks side by side do not touch each other."""
    server = ListServer(range(1, 121))
    pager = server.pager()
    one, two = aiter(pager), aiter(pager)
    for _ in range(60):
        assert await anext(one) == await anext(two)
    assert one.cursor == two.cursor


@pytest.mark.parametrize("prefetch", [0, 4])
async def test_two_tasks_in_one_walk_are_an_error(prefetch):
    """The second task in `anext` gets a RuntimeError, and the first its record."""
    server = ListServer(range(1, 121), turns=lambda: 3)
    async with server.pager().walk(prefetch=prefetch) as walk:
        results = await asyncio.gather(anext(walk), anext(walk), return_exceptions=True)
        assert results[0].mid == 1
        assert isinstance(results[1], RuntimeError)
        assert await drain(walk) == list(range(2, 121))


async def test_two_tasks_in_one_walk_by_pages_are_an_error():
    """The same by pages."""
    server = ListServer(range(1, 121), turns=lambda: 3)
    pages = server.pager().pages()
    results = await asyncio.gather(anext(pages), anext(pages), return_exceptions=True)
    assert len(results[0].items) == 50
    assert isinstance(results[1], RuntimeError)


async def test_an_error_in_on_page_loses_nothing():
    """An exception out of `on_page` comes out unwrapped; the page is delivered afterwards."""
    for view in (Pages, Batches):
        server = ListServer(range(1, 121))
        fail = [KeyError("mine")]

        def on_page(page, fail=fail):
            if page.pn == 2 and fail:
                raise fail.pop()

        reader = view(server.pager(on_page=on_page))
        with pytest.raises(KeyError, match="mine"):
            await reader.read()
        assert await reader.read() == server.mids


async def test_on_page_sees_each_page_as_sent():
    """`on_page` is called with each Page before its records, also where a limit cuts it."""
    server = ListServer(range(1, 121))
    seen = []
    walk = aiter(server.pager(on_page=seen.append, limit=70))
    await anext(walk)
    assert [page.pn for page in seen] == [1]
    await drain(walk)
    assert [len(page.items) for page in seen] == [50, 50]


async def test_pages_hold_what_is_delivered():
    """The records of `pages()` together are the walk's; an empty list is one empty page."""
    server = ListServer(range(1, 121))
    pages = [page async for page in server.pager(limit=70).pages()]
    assert [len(page.items) for page in pages] == [50, 20]
    assert [(page.pn, page.ps, page.total) for page in pages] == [(1, 50, 120), (2, 50, 120)]
    assert [page.items async for page in ListServer([]).pager().pages()] == [()]


async def test_a_batch_gathered_before_the_end_is_delivered_before_the_error():
    """The records short of a full batch come before IncompleteWalkError."""
    server = ListServer(range(1, 121))
    batches = server.pager(max_pages=1).batched(20)
    got = []
    with pytest.raises(IncompleteWalkError) as caught:
        await pour(batches, got)
    assert [len(batch) for batch in got] == [20, 20, 10]
    assert caught.value.cursor == Cursor(vmid=VMID, pn=2, seen=50, total=120)
    assert [batch async for batch in batches] == []


@pytest.mark.parametrize("dedupe", [True, False])
async def test_dedupe_delivers_each_mid_once(dedupe):
    """A mid that comes again is delivered once; without `dedupe` twice, and counted anyhow."""
    server = ListServer([1, 2, 3, 2, 4])
    walk = aiter(server.pager(ps=3, dedupe=dedupe))
    assert await drain(walk) == ([1, 2, 3, 4] if dedupe else [1, 2, 3, 2, 4])
    assert walk.report.duplicates == 1
    assert not walk.report.complete


async def test_a_walk_that_ends_short_warns_once(caplog):
    """Short at the end: one WARNING in the log of bili_common, and no error."""
    server = ListServer(range(1, 111), keep=lambda mid: mid != 60)
    walk = aiter(server.pager())
    assert len(await drain(walk)) == 109
    assert await drain(walk) == []
    assert [(record.name, record.levelname) for record in caplog.records] == [
        ("bili_common", "WARNING")
    ]
    assert walk.report.stop_reason is StopReason.END


async def test_strict_raises_for_every_walk_that_is_not_complete():
    """`strict`: the same is an IncompleteWalkError, after all records were delivered."""
    server = ListServer(range(1, 111), keep=lambda mid: mid != 60)
    walk = aiter(server.pager(strict=True))
    got = []
    with pytest.raises(IncompleteWalkError) as caught:
        await pour(walk, got)
    assert len(got) == 109
    assert caught.value.report == walk.report


async def test_strict_takes_a_limit_for_no_fault():
    """`strict` is silent about LIMIT, which the caller asked for."""
    assert len(await ListServer(range(1, 111)).pager(strict=True, limit=7).collect()) == 7


@pytest.mark.parametrize(("limit", "reason"), [(49, "LIMIT"), (50, "LIMIT"), (110, "END")])
async def test_a_limit_is_an_end_only_with_the_last_record(limit, reason):
    """`limit` reached with more to come is LIMIT; with the last record, END."""
    server = ListServer(range(1, 111))
    walk = aiter(server.pager(limit=limit))
    assert await drain(walk) == server.mids[:limit]
    assert walk.report.stop_reason is StopReason[reason]
    assert walk.report.complete is (reason == "END")


async def test_the_walk_tells_where_it_stands():
    """total, pages_read, yielded and report are there before, during and after the walk."""
    server = ListServer(range(1, 121))
    walk = aiter(server.pager())
    assert (walk.total, walk.pages_read, walk.yielded) == (None, 0, 0)
    assert walk.report.stop_reason is None
    assert walk.cursor == Cursor(vmid=VMID)
    await anext(walk)
    assert (walk.total, walk.pages_read, walk.yielded) == (120, 1, 1)
    assert walk.cursor == Cursor(vmid=VMID, pn=1, index=1, seen=1, total=120)
    assert not walk.report.complete
    await drain(walk)
    report = walk.report
    assert (report.complete, report.stop_reason) == (True, StopReason.END)
    assert (report.total_first, report.total_last, report.yielded) == (120, 120, 120)
    assert "complete" in str(report)


async def test_awaiting_or_looping_over_a_pager_names_the_right_way():
    """`await pager` and `for x in pager` are a TypeError that names async for and collect."""
    pager = ListServer([1]).pager()
    with pytest.raises(TypeError, match=r"async for.*collect\(\)"):
        await pager
    with pytest.raises(TypeError, match=r"async for.*collect\(\)"):
        list(pager)
