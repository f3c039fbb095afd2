"""Walks over real servers: the real bodies, every fault, every way out."""

from __future__ import annotations

import asyncio

from pathlib import Path

import aioresponses
import orjson
import pytest

from aiohttp import web
from aiohttp.test_utils import TestServer

from bili_common import (
    Cursor,
    IncompleteWalkError,
    RequestTimeoutError,
    ResponseError,
    RetryPolicy,
    RiskControlError,
    SchemaError,
    ServerBusyError,
    ServerError,
    StopReason,
    ThrottledError,
    TransportError,
    Verdict,
)
from bili_common.testing import DEMO_VMIDS, make_record


DATA = Path(__file__).parent.parent / "data"
FIRST = (DATA / "body_13_of_13.json").read_bytes()
SECOND = (DATA / "body_2_of_38.json").read_bytes()
DEMO = DEMO_VMIDS["demo"]


@pytest.fixture
async def serve():
    """Return a function that serves one body and returns the server."""
    servers = []

    async def serve(body):
        async def handle(_request):
            return web.Response(body=body, content_type="application/json")

        app = web.Application()
        app.router.add_get("/x/relation/same/followings", handle)
        server = TestServer(app)
        await server.start_server()
        servers.append(server)
        return str(server.make_url(""))

    yield serve
    for server in servers:
        await server.close()


async def test_a_walk_over_the_first_body(make, serve):
    """Its 13 records come in order, the walk is complete and cost one request."""
    async with make(await serve(FIRST)) as client:
        walk = aiter(client.iter_same_followings(293793435, strict=True))
        items = [item async for item in walk]
    sent = orjson.loads(FIRST)["data"]["list"]
    assert [item.to_wire() for item in items] == sent
    assert len(items) == 13
    assert walk.report.complete
    assert walk.report.requests == 1


async def test_a_page_of_the_second_body(make, serve):
    """Total 38 and 2 records without contract_info."""
    async with make(await serve(SECOND)) as client:
        page = await client.get_same_followings(2, ps=2)
    assert (page.total, page.pn, page.ps, len(page.items)) == (38, 1, 2, 2)
    assert [item.contract_info for item in page.items] == [None, None]
    assert page.re_version == 2498273968


async def test_count_is_one_request_with_ps_one(client, fake_bilibili):
    """count() asks for one record and returns the total."""
    assert await client.iter_same_followings(DEMO_VMIDS["1000"]).count() == 1000
    assert [(seen.pn, seen.ps) for seen in fake_bilibili.log] == [(1, 1)]


FAULTS = [
    ("502", ServerError),
    ("bad_utf8", ResponseError),
    ("busy", ServerBusyError),
    ("close", TransportError),
    ("cut", TransportError),
    ("empty", ResponseError),
    ("html", ResponseError),
    ("no_data", SchemaError),
    ("not_json", ResponseError),
    ("redirect", ResponseError),
    ("reset", TransportError),
    ("timeout", RequestTimeoutError),
    ("truncate", TransportError),
    ("truncated_gzip", TransportError),
    ("two_documents", ThrottledError),
]


async def _pour(walk, got):
    async for item in walk:
        got.append(item.mid)


@pytest.mark.parametrize("prefetch", [0, 2])
@pytest.mark.parametrize(("how", "cls"), FAULTS)
async def test_after_any_fault_the_walk_and_its_cursor_go_on(
    make, fake_bilibili, how, cls, prefetch
):
    """Each fault on page 2 is its own error with its place; nothing before or after is lost."""
    fake_bilibili.fail(1, how=how, pn=2)
    whole = fake_bilibili.users[DEMO].mids
    got = []
    async with make(fake_bilibili.base_url, timeout=0.2) as client:
        pager = client.iter_same_followings(DEMO, page_size=20)
        async with pager.walk(prefetch=prefetch) as walk:
            with pytest.raises(cls) as caught:
                await _pour(walk, got)
            error = caught.value
            assert got == whole[:20]
            rest = [item.mid async for item in walk]
        assert got + rest == whole
        assert walk.report.complete
        again = client.iter_same_followings(DEMO, page_size=20, start=error.cursor.dumps())
        assert got + [item.mid for item in await again.collect()] == whole

    assert (type(error), error.vmid, error.pn) == (cls, DEMO, 2)
    assert error.cursor == Cursor(DEMO, 20, 2, 0, 20, 73)
    assert error.__notes__ == [
        (
            "at page 2 (ps=20) of same followings of 293793435; 20 records were delivered; "
            f"go on with start={error.cursor.dumps()!r}"
        )
    ]


@pytest.mark.parametrize("how", ["502", "busy", "reset", "timeout"])
async def test_what_is_raised_after_all_retries_is_the_error_itself(make, fake_bilibili, how):
    """After the last attempt the last error comes, never tenacity's RetryError."""
    fake_bilibili.fail(None, how=how)
    retry = RetryPolicy(attempts=3, base=0)
    async with make(fake_bilibili.base_url, timeout=0.1, retry=retry) as client:
        with pytest.raises(dict(FAULTS)[how]) as caught:
            await client.iter_same_followings(DEMO).collect()
    assert fake_bilibili.requests == 3
    assert caught.value.__cause__ is None
    assert "tenacity" not in type(caught.value).__module__


@pytest.mark.parametrize("form", ["json412", "html412", "-352", "voucher"])
async def test_risk_control_raises_at_once(make, fake_bilibili, form):
    """Risk control is not retried, and the next call fails without a request."""
    fake_bilibili.ban(form=form)
    async with make(fake_bilibili.base_url, retry=RetryPolicy()) as client:
        for _ in range(2):
            with pytest.raises(RiskControlError) as caught:
                await client.iter_same_followings(DEMO).collect()
            assert caught.value.retry_after == pytest.approx(90)
    assert fake_bilibili.requests == 1


async def test_skipped_records_are_counted_and_forbid_complete(client, fake_bilibili):
    """on_bad_record="skip" delivers the others; "raise" names the path and the page."""
    records = [make_record(n) for n in range(1, 6)]
    records[3]["mid"] = "x"
    fake_bilibili.add_user(9, followings=records)
    with pytest.raises(SchemaError) as caught:
        await client.iter_same_followings(9).collect()
    assert caught.value.paths == ("$.data.list[3].mid",)
    assert (caught.value.vmid, caught.value.pn) == (9, 1)
    walk = aiter(client.iter_same_followings(9, on_bad_record="skip"))
    assert [item.mid async for item in walk] == [1, 2, 3, 5]
    assert walk.report.bad_records == 1
    assert not walk.report.complete


async def test_odd_values_are_counted_and_named_once(client, fake_bilibili, caplog):
    """The report adds up what the pages count; the log names each path once per walk."""
    odd = [make_record(n) | {"special": False, "vip": {"vipType": "x"}} for n in range(1, 121)]
    fake_bilibili.add_user(9, followings=odd)
    for _ in range(2):
        caplog.clear()
        pages = []
        walk = aiter(client.iter_same_followings(9, verify=True, on_page=pages.append))
        assert [item.mid async for item in walk] == [*range(1, 121)]
        assert [page.odd_values for page in pages] == [100, 100, 40]
        assert (walk.report.odd_values, walk.report.complete) == (240, True)
        told = [(it.levelname, it.bili_vmid, it.bili_pn, it.bili_path) for it in caplog.records]
        assert told == [
            ("WARNING", 9, 1, "$.data.list[*].special"),
            ("WARNING", 9, 1, "$.data.list[*].vip.vipType"),
        ]


async def test_odd_values_of_one_page_are_named(client, fake_bilibili, caplog):
    """So it is for a single page; where nothing is odd, nothing is said."""
    fake_bilibili.add_user(9, followings=[make_record(1) | {"special": False}])
    page = await client.get_same_followings(9)
    assert (page.odd_values, page.odd_paths) == (1, {"$.data.list[*].special"})
    assert [it.bili_path for it in caplog.records] == ["$.data.list[*].special"]
    caplog.clear()
    fake_bilibili.add_user(9, followings=[make_record(1)])
    assert (await client.get_same_followings(9)).odd_paths == frozenset()
    assert not caplog.records


def _in_use(client):
    session = client._executor.session._owned
    return len(session.connector._acquired)


async def _break(walk):
    async for _ in walk:
        break


async def _raise(walk):
    async for _ in walk:
        raise KeyError


async def _cancel(walk):
    task = asyncio.create_task(anext(walk))
    await asyncio.sleep(0.02)
    task.cancel()
    await asyncio.wait((task,))
    assert task.cancelled()


@pytest.mark.parametrize("leave", [_break, _raise, _cancel])
@pytest.mark.parametrize("prefetch", [0, 3])
async def test_leaving_early_leaves_nothing(client, fake_bilibili, leave, prefetch):
    """break, an exception in the body and cancellation: no task, no response, no warning."""
    fake_bilibili.latency = 0.001 if leave is not _cancel else 5.0
    before = asyncio.all_tasks()
    pager = client.iter_same_followings(DEMO_VMIDS["1000"], page_size=10)
    try:
        if prefetch:
            async with pager.walk(prefetch=prefetch) as walk:
                await leave(walk)
        else:
            # No aclosing: a walk is no generator.
            await leave(aiter(pager))
    except KeyError:
        assert leave is _raise
    assert _in_use(client) == 0
    fake_bilibili.latency = 0.0
    await asyncio.sleep(0.01)
    ours = {task for task in asyncio.all_tasks() - before if "bili_common/_" in repr(task)}
    assert not ours


async def test_a_walk_cancelled_midway_goes_on(client, fake_bilibili):
    """After a cancelled `anext` the same walk asks for the same page."""
    walk = aiter(client.iter_same_followings(DEMO, page_size=20))
    got = [(await anext(walk)).mid for _ in range(20)]
    fake_bilibili.latency = 5.0
    await _cancel(walk)
    fake_bilibili.latency = 0.0
    got += [item.mid async for item in walk]
    assert got == fake_bilibili.users[DEMO].mids
    assert walk.report.complete


async def test_a_lying_total_costs_a_few_requests(client, fake_bilibili):
    """148993 beside empty pages: three requests, then EMPTY_PAGE."""
    fake_bilibili.lie(DEMO, total=148_993, empty_pages=range(1, 3000))
    with pytest.raises(IncompleteWalkError) as caught:
        await client.iter_same_followings(DEMO).collect()
    assert caught.value.report.stop_reason is StopReason.EMPTY_PAGE
    assert fake_bilibili.requests == 3


def _some(fake_bilibili):
    mids = fake_bilibili.users[DEMO].mids
    return mids[3], mids[-1], 1, 2


@pytest.mark.parametrize("require", ["any", "all"])
async def test_check_says_yes_and_stops_asking(client, fake_bilibili, require):
    """YES as soon as it is known: what was found, and no page more."""
    first, *_ = _some(fake_bilibili)
    wanted = [first, 1] if require == "any" else [first]
    membership = await client.check_same_followings(DEMO, wanted, require=require)
    assert membership.verdict is Verdict.YES
    assert membership.found[first].mid == first
    assert membership.missing == frozenset(wanted) - {first}
    assert type(membership.missing) is frozenset
    assert fake_bilibili.requests == 1


# Which of (held, absent, absent) are asked for and followed by the caller, and the verdict.
TABLE = [
    ("any", "AB", "AB", Verdict.NO),
    ("any", "AB", "A", Verdict.UNKNOWN),
    ("any", "AB", "", Verdict.UNKNOWN),
    ("any", "AB", None, Verdict.UNKNOWN),
    ("any", "HA", None, Verdict.YES),
    ("all", "HA", None, Verdict.UNKNOWN),
    ("all", "HA", "H", Verdict.UNKNOWN),
    ("all", "HA", "A", Verdict.NO),
    ("all", "HAB", "B", Verdict.NO),
    ("all", "AB", "AB", Verdict.NO),
    ("all", "H", None, Verdict.YES),
]


@pytest.mark.parametrize("complete", [True, False])
@pytest.mark.parametrize(("require", "asked", "followed", "verdict"), TABLE)
async def test_the_verdicts(  # noqa: PLR0917 - a table
    client, fake_bilibili, require, asked, followed, verdict, complete
):
    """NO only for a complete walk and a miss that the caller follows; else UNKNOWN."""
    held, _, absent, other = _some(fake_bilibili)
    names = {"H": held, "A": absent, "B": other}
    if not complete:
        fake_bilibili.lie(DEMO, total=500, empty_pages=[3])
        verdict = Verdict.UNKNOWN if verdict is Verdict.NO else verdict
    membership = await client.check_same_followings(
        DEMO,
        [names[name] for name in asked],
        require=require,
        caller_follows=None if followed is None else {names[name] for name in followed},
    )
    assert membership.verdict is verdict
    assert set(membership.found) == ({held} if "H" in asked else set())
    if verdict is not Verdict.YES:
        assert membership.report.complete is complete


async def test_the_surface_with_mocked_responses(make):
    """The same calls over aioresponses, as users mock them in their own tests."""
    base = "https://api.bilibili.com/x/relation/same/followings"
    with aioresponses.aioresponses() as mocked:
        mocked.get(f"{base}?vmid=2&ps=50&pn=1", body=FIRST)
        mocked.get(f"{base}?vmid=2&ps=2&pn=1", body=SECOND)
        mocked.get(f"{base}?vmid=3&ps=50&pn=1", payload={"code": 22115, "message": "x"})
        async with make("https://api.bilibili.com") as client:
            assert len(await client.iter_same_followings(2).collect()) == 13
            assert (await client.get_same_followings(2, ps=2)).total == 38
            with pytest.raises(Exception, match="22115"):
                await client.get_same_followings(3)
            assert client.stats.requests == 3
