"""Lists that move while they are walked: what is never missed, and what is never claimed."""

from __future__ import annotations

import random

import pytest

from hypothesis import given
from hypothesis import strategies as st

from bili_common import IncompleteWalkError, StopReason

from .lists import ListServer, drain, pour


prefetched = pytest.mark.parametrize("prefetch", [0, 1, 4])


def _before_request(server, number, change):
    """Let *change* happen to the list before the so-manyth answer."""

    def before(_pn):
        if len(server.totals) + 1 == number:
            change(server.mids)

    server.before = before


@prefetched
@pytest.mark.parametrize("count", [1, 30, 50, 51, 120])
@pytest.mark.parametrize("number", [2, 3, 4])
async def test_records_removed_at_the_head_are_made_up_for(number, count, prefetch):
    """The list shrinks by any number between two pages: what stood throughout all comes."""
    server = ListServer(range(1, 301))
    _before_request(server, number, lambda mids: mids.__delitem__(slice(count)))
    async with server.pager().walk(prefetch=prefetch) as walk:
        got = await drain(walk)

    assert set(server.mids) <= set(got)
    assert len(got) == len(set(got))
    assert walk.report.stop_reason is StopReason.END
    assert (walk.report.total_first, walk.report.total_last) == (300, 300 - count)
    assert not walk.report.complete


@prefetched
async def test_records_inserted_at_the_head_come_twice_and_are_delivered_once(prefetch):
    """The list grows by one between two pages: the record at the seam is a duplicate."""
    server = ListServer(range(1, 121))
    _before_request(server, 2, lambda mids: mids.insert(0, 999))
    async with server.pager(ps=40).walk(prefetch=prefetch) as walk:
        got = await drain(walk)

    assert sorted(got) == list(range(1, 121))
    assert walk.report.duplicates >= 1
    assert not walk.report.complete


async def test_going_back_spans_the_shrink():
    """A shrink by 60 with pages of 50 is two pages back, and no more."""
    server = ListServer(range(1, 301))
    _before_request(server, 4, lambda mids: mids.__delitem__(slice(60)))
    walk = aiter(server.pager())
    got = await drain(walk)
    assert set(server.mids) <= set(got)
    # More is held than the total now is, so that only an empty page can end it.
    assert server.asked == [1, 2, 3, 4, 2, 3, 4, 5, 6]


@prefetched
async def test_verify_finds_a_move_that_leaves_the_total_as_it_was(prefetch):
    """One added and one removed: `verify` reads page 1 again and says DRIFT."""
    server = ListServer(range(1, 121))

    def swap(mids):
        mids.insert(0, 999)
        mids.pop()

    _before_request(server, 3, swap)
    async with server.pager(verify=True).walk(prefetch=prefetch) as walk:
        await drain(walk)

    assert walk.report.stop_reason is StopReason.DRIFT
    assert not walk.report.complete


async def test_drift_raises_only_if_strict():
    """DRIFT is a warning, or with `strict` an IncompleteWalkError."""
    server = ListServer(range(1, 11))
    _before_request(server, 2, lambda mids: mids.insert(0, 99))
    with pytest.raises(IncompleteWalkError) as caught:
        await server.pager(verify=True, strict=True).collect()
    assert caught.value.report.stop_reason is StopReason.DRIFT


async def test_a_move_that_comes_back_is_not_forgotten():
    """The total goes and comes back: first and last are equal, and yet not complete."""
    server = ListServer(range(1, 201))
    totals = iter([200, 201])
    server.before = lambda _pn: setattr(server, "total", next(totals, 200))
    walk = aiter(server.pager())
    assert await drain(walk) == server.mids
    assert walk.report.total_first == walk.report.total_last == 200
    assert not walk.report.complete


async def test_the_total_of_a_page_asked_for_again_counts():
    """Empty with another total, then whole: the total moved, so the walk is not complete."""
    server = ListServer(range(1, 101), clamp=20)

    def before(_pn):
        if server.requests == 2:
            server.mids, server.total = [], 101
        elif server.requests == 3:
            # One that stood throughout has moved up to page 1, unseen.
            server.mids, server.total = [*range(2, 101), 500], 100

    server.before = before
    walk = aiter(server.pager())
    got = await drain(walk)
    assert 101 in server.totals
    assert not walk.report.complete, got


async def _walk(server, prefetch, **options):
    got = []
    async with server.pager(**options).walk(prefetch=prefetch) as walk:
        while True:
            try:
                await pour(walk, got)
                break
            except OSError:
                continue
            except IncompleteWalkError:
                break
        return got, walk.report


@given(
    seed=st.integers(0, 2**32),
    total=st.integers(0, 40),
    ps=st.integers(1, 8),
    clamp=st.integers(1, 8),
    rate=st.sampled_from([0.05, 0.2, 0.5]),
    trouble=st.sampled_from([0.0, 0.1]),
    prefetch=st.sampled_from([0, 0, 1, 3]),
    verify=st.booleans(),
)
async def test_complete_is_never_claimed_for_a_list_that_moved(
    *, seed, total, ps, clamp, rate, trouble, prefetch, verify
):
    """
    Insertions and removals anywhere between requests, with errors, in any order of answers:
    `complete` is never True when a record that stood throughout is missing and any two
    answers differ in their total.
    """
    chance = random.Random(seed)
    server = ListServer(range(1, total + 1), clamp=clamp, turns=lambda: chance.randrange(4))
    stood = set(server.mids)

    def move(_pn):
        if server.totals and chance.random() < rate:
            if server.mids and chance.random() < 0.5:
                stood.discard(server.mids.pop(chance.randrange(len(server.mids))))
            else:
                place = chance.randrange(len(server.mids) + 1)
                server.mids.insert(place, 1000 + server.requests)
        if chance.random() < trouble:
            raise OSError("trouble")

    server.before = move
    got, report = await _walk(server, prefetch, ps=ps, verify=verify)
    moved = len(set(server.totals)) > 1
    assert not (report.complete and moved and not stood <= set(got))
    assert len(got) == len(set(got))


@given(
    seed=st.integers(0, 2**32),
    total=st.integers(1, 60),
    ps=st.integers(1, 9),
    moves=st.integers(1, 3),
    prefetch=st.sampled_from([0, 1, 4]),
)
async def test_what_stood_throughout_is_never_missed_when_records_go(
    seed, total, ps, moves, prefetch
):
    """Removals only, anywhere, up to three times: every record that stood throughout comes."""
    chance = random.Random(seed)
    server = ListServer(range(1, total + 1), turns=lambda: chance.randrange(4))
    stood = set(server.mids)
    left = [moves]

    def move(_pn):
        if server.totals and left[0] and server.mids and chance.random() < 0.3:
            left[0] -= 1
            at = chance.randrange(len(server.mids))
            gone = server.mids[at : at + chance.randrange(1, 2 * ps)]
            del server.mids[at : at + len(gone)]
            stood.difference_update(gone)

    server.before = move
    got, _ = await _walk(server, prefetch, ps=ps)
    assert stood <= set(got)
