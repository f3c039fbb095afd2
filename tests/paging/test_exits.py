"""Leaving a walk early, in every way, leaves nothing behind."""

from __future__ import annotations

import asyncio
import pickle

import pytest

from bili_common import ServerError

from .lists import VMID, ListServer, mids_of


def _others():
    return asyncio.all_tasks() - {asyncio.current_task()}


async def test_break_leaves_nothing_with_prefetch():
    """After `async with` no task of a prefetching walk is left, however it was left."""
    server = ListServer(range(1, 501), turns=lambda: 50)
    async with server.pager().walk(prefetch=4) as walk:
        async for _ in walk:
            break
        await anext(walk)
    assert not _others()
    assert server.under_way == 0


async def test_the_bodys_exception_arrives_unwrapped():
    """An exception in the body of a prefetching walk is itself, not an ExceptionGroup."""
    server = ListServer(range(1, 501), turns=lambda: 3)
    mine = KeyError("mine")

    async def read():
        async with server.pager(ps=10).walk(prefetch=4) as walk:
            async for item in walk:
                if item.mid == 15:
                    raise mine

    with pytest.raises(KeyError) as caught:
        await read()
    assert caught.value is mine
    assert not _others()
    assert server.under_way == 0


@pytest.mark.parametrize("prefetch", [0, 4])
async def test_cancellation_passes_and_leaves_nothing(prefetch):
    """A cancelled walk ends as cancelled, with no task left."""
    server = ListServer(range(1, 501), turns=lambda: 1000)
    reached = asyncio.Event()
    server.turns = lambda: 0 if not server.asked[1:] else (reached.set(), 100_000)[1]

    async def read():
        async with server.pager(ps=10).walk(prefetch=prefetch) as walk:
            return [item async for item in walk]

    task = asyncio.create_task(read())
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not _others()
    assert server.under_way == 0


async def test_a_cancelled_anext_keeps_the_page_under_way():
    """A cancelled `anext` of a prefetching walk costs no second request."""
    server = ListServer(range(1, 101), turns=lambda: 5)
    async with server.pager(ps=50).walk(prefetch=2) as walk:
        waiting = asyncio.create_task(anext(walk))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait((waiting,))
        assert [item.mid async for item in walk] == server.mids
    assert server.asked == [1, 2]


async def test_a_prefetching_walk_is_over_with_its_block():
    """After its `async with` a prefetching walk refuses to go on, and warns of nothing."""
    server = ListServer(range(1, 101))
    async with server.pager(ps=10).walk(prefetch=2) as walk:
        await anext(walk)
    with pytest.raises(RuntimeError, match="async with"):
        [item async for item in walk]


async def test_collect_with_prefetch_raises_the_pages_own_error():
    """An error of a page fetched ahead arrives where that page is due, unwrapped."""
    server = ListServer(range(1, 501))

    def fail(pn):
        if pn == 5:
            raise ValueError("mine")

    server.before = fail
    with pytest.raises(ValueError, match="mine"):
        await server.pager().collect(prefetch=4)
    assert not _others()


@pytest.mark.parametrize("prefetch", [0, 4])
async def test_collect_keeps_what_it_had_gathered(prefetch):
    """A failing `collect` loses nothing: the error has the records, its cursor the rest."""
    server = ListServer(range(1, 231))

    def fail(pn):
        if pn == 3:
            raise ServerError("down")

    server.before = fail
    with pytest.raises(ServerError) as caught:
        await server.pager().collect(prefetch=prefetch)

    server.before = lambda _pn: None
    error = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - our own
    rest = await server.pager(start=error.cursor).collect()
    assert mids_of(error.items) == list(range(1, 101))
    assert mids_of([*error.items, *rest]) == server.mids


async def test_a_pager_and_a_walk_say_what_they_are():
    """At a prompt, a pager names its list, and a walk how far it got."""
    pager = ListServer(range(1, 61)).pager()
    walk = aiter(pager)
    await anext(walk)

    assert repr(pager) == f"<Pager of records of {VMID} from page 1>"
    assert repr(walk).startswith(f"<Walk over records of {VMID}: not complete")
    assert "1 record of a total of 60" in repr(walk)
