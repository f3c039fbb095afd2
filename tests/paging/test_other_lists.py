"""The faults of lists, end to end, over same followings and over lists of others."""

from __future__ import annotations

import random

import pytest

from bili_common import (
    ApiError,
    Cursor,
    IncompleteWalkError,
    NotLoggedInError,
    RetryPolicy,
    SchemaError,
    ServerBusyError,
    ServerError,
    StopReason,
    ThrottledError,
    TransportError,
    UsageError,
    UserNotFoundError,
)

from .served import COUNT, KINDS, NUMBERS, PAGES, PS, Served


pytestmark = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)

prefetched = pytest.mark.parametrize("prefetch", [0, pytest.param(3, marks=pytest.mark.slow)])


@pytest.fixture
def served(kind, fake_bilibili, client):
    return Served(kind, fake_bilibili, client)


# Whole lists.


@prefetched
@pytest.mark.parametrize("count", [0, PS, PS + 1, COUNT])
async def test_every_record_comes_once_and_in_order(served, count, prefetch):
    """A list that stands still is complete, and costs a request per page and no more."""
    served.serve(map(served.kind.make, NUMBERS[:count]))
    got, report = await served.read(prefetch=prefetch, strict=True)

    assert got == NUMBERS[:count]
    assert report.complete
    assert served.asked == list(range(1, max(1, -(-count // PS)) + 1))
    total = count if served.kind.has_total else None
    assert (report.total_first, report.total_last) == (total, total)


async def test_pages_and_batches_are_the_walk(served):
    """`pages`, `batched`, `collect` and `first` hand out the same records."""
    pages = [page async for page in served.pager().pages()]
    assert [len(page.items) for page in pages] == [5, 5, 5, 5, 3]
    assert [page.has_more for page in pages] == (
        [None] * PAGES if served.kind.has_total else [True] * 4 + [False]
    )
    batches = [batch async for batch in served.pager().batched(7)]
    assert [len(batch) for batch in batches] == [7, 7, 7, 2]
    whole = [record for batch in batches for record in batch]
    assert whole == await served.pager().collect(prefetch=2)
    assert served.numbers(whole) == NUMBERS
    assert await served.pager().first() == whole[0]


@prefetched
async def test_the_list_is_empty_if_it_is_null(served, prefetch):
    """Null in place of the records is an empty list, and complete."""
    served.serve([])
    served.lie(null_list=True)
    got, report = await served.read(prefetch=prefetch, strict=True)
    assert (got, report.complete, report.requests) == ([], True, 1)


@prefetched
async def test_pages_that_are_cut_are_stepped_through_by_number(served, prefetch):
    """A server that gives no more than 2 records a page, whatever is asked for."""
    served.lie(clamp=2)
    got, report = await served.read(prefetch=prefetch, strict=True)
    assert got == NUMBERS
    assert report.requests == -(-COUNT // 2)


# Lists that move.


@prefetched
@pytest.mark.parametrize(("pn", "count"), [(2, 1), (2, PS + 2), (3, PS), (PAGES, 1)])
async def test_records_removed_at_the_head(served, pn, count, prefetch):
    """
    With a total nothing that stood throughout is missed, and the walk is not complete.

    Without one the walk cannot know: it misses what moved up, and nothing else.
    """
    served.shift(pn, remove=count)
    got, report = await served.read(prefetch=prefetch)

    missed = set(NUMBERS[count:]) - set(got)
    assert len(got) == len(set(got))
    assert report.stop_reason is StopReason.END
    if served.kind.has_total:
        assert not missed
        assert (report.total_first, report.total_last) == (COUNT, COUNT - count)
        assert not report.complete
    else:
        first = (pn - 1) * PS
        assert missed == set(NUMBERS[first : first + count]) - set(NUMBERS[:count])
        assert report.complete


@prefetched
@pytest.mark.parametrize("pn", [2, PAGES])
async def test_verify_sees_that_the_head_moved(served, pn, prefetch):
    """Reading page 1 again finds a removal at the head, for a list without a total too."""
    served.shift(pn, remove=1)
    _, report = await served.read(prefetch=prefetch, verify=True)
    assert not report.complete
    # The total led back to page 1 already, where that was the page before.
    went_back = served.kind.has_total and pn == 2
    assert report.stop_reason is (StopReason.END if went_back else StopReason.DRIFT)


@prefetched
@pytest.mark.parametrize(("pn", "count"), [(2, 1), (3, 3), (PAGES, 1)])
async def test_records_inserted_at_the_head(served, pn, count, prefetch):
    """What is pushed down comes twice, is delivered once, and the walk is not complete."""
    served.shift(pn, insert=range(101, 101 + count))
    got, report = await served.read(prefetch=prefetch)

    assert got == NUMBERS
    assert report.duplicates >= count
    assert not report.complete


@prefetched
async def test_a_whole_page_inserted_at_the_head(served, prefetch):
    """The next page is the last one again: read through with a total, loud without."""
    served.shift(3, insert=range(101, 101 + PS))
    got = []
    if served.kind.has_total:
        await served.read(prefetch=prefetch, got=got)
        assert got == NUMBERS
    else:
        with pytest.raises(IncompleteWalkError) as caught:
            await served.read(prefetch=prefetch, got=got)
        assert caught.value.report.stop_reason is StopReason.REPEATED_PAGE
        assert got == NUMBERS[: 2 * PS]


@pytest.mark.parametrize("verify", [False, True])
async def test_one_removed_and_one_added(served, verify):
    """The total stays as it was: nothing tells of it but `verify`."""
    served.shift(3, remove=1)
    served.shift(3, insert=[101], at=COUNT - 1)
    got, report = await served.read(verify=verify)

    assert set(NUMBERS) - set(got) == {2 * PS + 1}
    assert report.complete is not verify
    assert report.stop_reason is (StopReason.DRIFT if verify else StopReason.END)


@prefetched
async def test_verify_costs_one_request(served, prefetch):
    """A list that stands still is complete, and page 1 was read twice."""
    got, report = await served.read(prefetch=prefetch, verify=True, strict=True)
    assert (got, report.complete) == (NUMBERS, True)
    assert served.asked == [1, 1, 2, 3, 4, 5]


# Pages that are not true.


@prefetched
@pytest.mark.parametrize(("pn", "null"), [(1, False), (3, False), (3, True)])
async def test_a_page_that_is_empty_once(served, pn, null, prefetch):
    """It is asked for once more, and nothing is lost."""
    served.lie(empty_pages={pn: 1}, null_list=null)
    got, report = await served.read(prefetch=prefetch, strict=True)
    assert got == NUMBERS
    assert report.complete
    assert served.asked == sorted([1, 2, 3, 4, 5, pn])


@prefetched
async def test_a_last_page_that_is_empty(served, prefetch):
    """It is the end: short of the total, or without one the end that the server named."""
    served.lie(empty_pages={PAGES: 1})
    got, report = await served.read(prefetch=prefetch)
    assert got == NUMBERS[: (PAGES - 1) * PS]
    assert report.stop_reason is StopReason.END
    assert report.complete is not served.kind.has_total


@prefetched
async def test_a_hole_is_passed_and_never_complete(served, prefetch):
    """Behind a page that stays empty the walk goes on, once, and is not complete."""
    served.lie(empty_pages={3})
    got, report = await served.read(prefetch=prefetch)

    assert got == NUMBERS[: 2 * PS] + NUMBERS[3 * PS :]
    assert report.stop_reason is StopReason.END
    assert not report.complete
    assert served.asked == [1, 2, 3, 3, 4, 5]
    with pytest.raises(IncompleteWalkError):
        await served.read(prefetch=prefetch, strict=True)


@prefetched
async def test_two_empty_pages_end_the_walk(served, prefetch):
    """What came is delivered, then EMPTY_PAGE, with a cursor to go on from."""
    served.lie(empty_pages={3, 4})
    got = []
    with pytest.raises(IncompleteWalkError) as caught:
        await served.read(prefetch=prefetch, got=got)
    error = caught.value
    assert got == NUMBERS[: 2 * PS]
    assert error.report.stop_reason is StopReason.EMPTY_PAGE
    assert (error.pn, error.cursor.pn, error.cursor.seen) == (3, 3, 2 * PS)

    served.lie()
    rest, report = await served.read(start=error.cursor, prefetch=prefetch)
    assert got + rest == NUMBERS
    assert report.complete


@prefetched
async def test_a_server_that_ignores_the_page(served, prefetch):
    """Page 1 again and again is REPEATED_PAGE, after what page 1 held."""
    served.lie(ignore_pn=True)
    got = []
    with pytest.raises(IncompleteWalkError) as caught:
        await served.read(prefetch=prefetch, got=got)
    assert got == NUMBERS[:PS]
    assert caught.value.report.stop_reason is StopReason.REPEATED_PAGE
    assert served.fake.requests <= 2 + prefetch


@prefetched
async def test_an_end_that_is_too_far(served, prefetch):
    """A total, or a has_more, that speaks of more than there is: EMPTY_PAGE, not a loop."""
    served.lie(total=1000)
    got = []
    with pytest.raises(IncompleteWalkError) as caught:
        await served.read(prefetch=prefetch, got=got)
    assert got == NUMBERS
    assert caught.value.report.stop_reason is StopReason.EMPTY_PAGE
    # Page 6 twice and page 7, beside what was under way.
    assert served.fake.requests <= PAGES + 3 + 2 * prefetch


@prefetched
@pytest.mark.parametrize("total", [0, 8, COUNT + 1])
async def test_a_total_that_is_not_true_is_no_proof(served, total, prefetch):
    """Less or more than there is: every record comes, and the walk is not complete."""
    served.lie(total=total)
    got, report = await served.read(prefetch=prefetch)

    if served.kind.has_total:
        assert got == NUMBERS
        assert report.stop_reason is StopReason.END
        assert not report.complete
    else:
        # `has_more` is all that such a list says: where it ends, the walk ends.
        assert got == NUMBERS[: max(1, -(-total // PS)) * PS]
        assert report.complete


@prefetched
async def test_a_record_that_stands_twice(served, prefetch):
    """It is delivered once, counted, and speaks against completeness."""
    numbers = [*NUMBERS[:12], 3, *NUMBERS[12:]]
    served.serve(map(served.kind.make, numbers))
    got, report = await served.read(prefetch=prefetch)
    assert (got, report.duplicates, report.complete) == (NUMBERS, 1, False)
    got, report = await served.read(prefetch=prefetch, dedupe=False)
    assert (got, report.duplicates, report.complete) == (numbers, 1, False)


@prefetched
@pytest.mark.parametrize("broken", [{}, {"mid": "x", "id": None, "at": 1}])
async def test_a_record_that_cannot_be_read(served, broken, prefetch):
    """The error names its place and nothing is lost; skipped, the walk is not complete."""
    served.serve(
        [*map(served.kind.make, NUMBERS[:7]), broken, *map(served.kind.make, NUMBERS[7:])]
    )
    got = []
    with pytest.raises(SchemaError) as caught:
        await served.read(prefetch=prefetch, got=got)
    assert got == NUMBERS[:PS]
    assert caught.value.paths[0].startswith(f"$.data.{served.kind.endpoint.items}[2]")

    rest, report = await served.read(start=caught.value.cursor, on_bad_record="skip")
    assert got + rest == NUMBERS
    assert (report.bad_records, report.complete) == (1, False)


# Errors.

FAULTS = {
    "502": ServerError,
    "reset": TransportError,
    "busy": ServerBusyError,
    -509: ThrottledError,
}


async def _pour(walk, got):
    async for record in walk:
        got.append(record)


@prefetched
@pytest.mark.parametrize(("how", "error"), FAULTS.items(), ids=map(str, FAULTS))
async def test_after_an_error_the_same_walk_goes_on(served, how, error, prefetch):
    """An error on any page: nothing is lost, nothing comes twice, only that page is re-read."""
    for pn in range(1, PAGES + 1):
        served.fake.reset()
        served.fail(how=how, pn=pn)
        got = []
        async with served.pager(strict=True).walk(prefetch=prefetch) as walk:
            with pytest.raises(error) as caught:
                await _pour(walk, got)
            assert served.numbers(got) == NUMBERS[: (pn - 1) * PS]
            # Another walk may go on from the error's cursor, and this one still can.
            rest, report = await served.read(start=caught.value.cursor.dumps())
            assert served.numbers(got) + rest == NUMBERS
            assert report.complete
            await _pour(walk, got)

        assert served.numbers(got) == NUMBERS
        assert walk.report.complete
        assert walk.report.requests == PAGES + 1
        told = caught.value
        assert (told.pn, told.vmid) == (pn, served.kind.params.get("vmid"))
        assert f"page {pn} (ps={PS}) of {served.kind.endpoint.noun}" in told.__notes__[0]


@prefetched
async def test_faults_are_tried_again(served, prefetch):
    """Each page fails three times in three ways; the caller sees a whole list."""
    served.client = served.client.with_options(retry=RetryPolicy(attempts=4))
    for pn in range(1, PAGES + 1):
        for how in ("502", "busy", "truncate"):
            served.fail(how=how, pn=pn)
    got, report = await served.read(prefetch=prefetch, strict=True)
    assert (got, report.requests) == (NUMBERS, 4 * PAGES)


@prefetched
@pytest.mark.parametrize("seed", range(2))
async def test_a_walk_through_a_storm(served, seed, prefetch):
    """A third of all requests fails, in any order: the walk goes on after each error."""
    served.fail(how="502", share=0.2, seed=seed)
    served.fail(how="busy", share=0.2, seed=seed + 100)
    got, errors = [], 0
    async with served.pager(strict=True).walk(prefetch=prefetch) as walk:
        while walk.report.stop_reason is None:
            try:
                async for record in walk:
                    got.append(served.kind.number(record))  # noqa: PERF401 - errors come
            except (ServerError, ServerBusyError):
                errors += 1
        assert got == NUMBERS
        assert walk.report.complete
        assert walk.report.requests == served.fake.requests


async def test_a_list_has_codes_of_its_own(served):
    """A code means what the endpoint says, but the account's codes stay as they are."""
    served.fail(how=-404)
    served.fail(how=-101)
    theirs = served.kind.endpoint.codes.get(-404, UserNotFoundError)
    with pytest.raises(ApiError) as caught:
        await served.read()
    assert type(caught.value) is theirs
    with pytest.raises(NotLoggedInError):
        await served.read()


# Parts.


@pytest.mark.parametrize(("prefetch", "by_limit"), [(0, False), (3, False), (0, True)])
async def test_a_walk_is_resumed_at_each_cut(served, by_limit, prefetch):
    """Two parts, cut at any record and joined by a text, are the list, and complete."""
    for cut in range(COUNT + 1):
        options = {"limit": cut} if by_limit else {}
        async with served.pager(**options).walk(prefetch=prefetch) as walk:
            got = [served.kind.number(await anext(walk)) for _ in range(cut)]
            cursor = walk.cursor
        assert Cursor.loads(cursor.dumps()) == cursor
        assert cursor.seen == cut

        rest, report = await served.read(start=cursor.dumps(), prefetch=prefetch, strict=True)
        assert got + rest == NUMBERS, cut
        assert report.complete


async def test_a_walk_is_resumed_many_times(served):
    """Parts of random length, until the end, are the list."""
    chance = random.Random(11)
    got, cursor = [], None
    while len(got) < COUNT:
        part, report = await served.read(start=cursor, limit=chance.randrange(5))
        got += part
        cursor = report.cursor
    assert got == NUMBERS
    assert (await served.read(start=cursor))[1].complete


@prefetched
@pytest.mark.parametrize("pn", [2, 4])
async def test_a_list_that_moved_between_two_parts(served, pn, prefetch):
    """With a total the second part makes up for it, and is not complete."""
    walk = aiter(served.pager())
    got = [served.kind.number(await anext(walk)) for _ in range((pn - 1) * PS)]
    served.shift(pn, remove=1)
    rest, report = await served.read(start=walk.cursor, prefetch=prefetch)

    missed = set(NUMBERS[1:]) - set(got) - set(rest)
    if served.kind.has_total:
        assert not missed
        assert not report.complete
    else:
        assert missed == {(pn - 1) * PS + 1}


@prefetched
async def test_a_limit_is_kept_and_costs_no_page_too_many(served, prefetch):
    """Any limit: so many records, by the pages that hold them; the whole list is END."""
    for limit in range(COUNT + 2):
        served.fake.reset()
        got, report = await served.read(limit=limit, prefetch=prefetch, strict=True)
        assert got == NUMBERS[:limit]
        assert report.stop_reason is (StopReason.LIMIT if limit < COUNT else StopReason.END)
        assert report.complete is (limit >= COUNT)
        assert served.asked == list(range(1, -(-min(limit, COUNT) // PS) + 1))


@prefetched
async def test_no_more_pages_than_allowed(served, prefetch):
    """`max_pages` ends the walk with an error that holds what is needed to go on."""
    got = []
    with pytest.raises(IncompleteWalkError) as caught:
        await served.read(prefetch=prefetch, max_pages=2, got=got)
    assert caught.value.report.stop_reason is StopReason.MAX_PAGES
    assert served.asked == [1, 2]
    rest, report = await served.read(start=caught.value.cursor)
    assert got + rest == NUMBERS
    assert report.complete


async def test_a_cursor_is_of_one_list(served):
    """Every other list refuses it, before anything is sent."""
    _, report = await served.read(limit=7)
    sent = served.fake.requests
    for kind in KINDS.values():
        if kind is served.kind:
            continue
        with pytest.raises(UsageError, match="start is a cursor of"):
            served.client.iter_list(
                kind.endpoint, kind.params, page_size=PS, start=report.cursor
            )
    assert served.fake.requests == sent
