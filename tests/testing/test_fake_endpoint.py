"""The rules of the endpoint, as the fake server keeps them."""

from __future__ import annotations

import asyncio
import gc
import time

import aiohttp
import orjson
import pytest

from hypothesis import given
from hypothesis import strategies as st

from bili_common.errors import UsageError
from bili_common.testing import DEMO_VMIDS, FakeBilibili
from bili_common.testing.backend import PATH, Backend
from bili_common.testing.records import mid_of


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({"Cookie": "SESSDATA=a%2Cb*"}, {}),
        ({"Cookie": "buvid3=x; SESSDATA=a,b*c"}, {}),
        ({}, {"access_key": "k"}),
    ],
)
async def test_logged_in(visitor, headers, query):
    """A SESSDATA of any value, or an access_key, is a login."""
    answer = await visitor.ask(vmid=1, headers=headers, **query)

    assert answer["code"] == 0


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({}, {}),
        ({"Cookie": "SESSDATA="}, {}),
        ({"Cookie": "sessdata=x; XSESSDATA=y"}, {}),
        ({}, {"access_key": ""}),
        ({}, {"SESSDATA": "x"}),
    ],
)
async def test_not_logged_in(visitor, fake_bilibili, headers, query):
    """Without a credential, or with an empty one, the answer is -101."""
    answer = await visitor.ask(vmid=1, headers=headers, **query)

    assert answer == {"code": -101, "message": "账号未登录", "ttl": 1}
    assert not fake_bilibili.log[-1].has_credential


@pytest.mark.parametrize(
    "query",
    [
        {},
        *(
            {"vmid": "1", name: value}
            for name in ("vmid", "pn", "ps")
            for value in ("", "0", "-1", "abc", "1.5", "１", "²", "9" * 19, "9" * 40)
        ),
    ],
)
async def test_bad_request(visitor, query):
    """A vmid, pn or ps that is missing, words, 0 or negative is -400."""
    answer = await visitor.ask(**query)

    assert answer == {"code": -400, "message": "请求错误", "ttl": 1}


async def test_private_and_gone(visitor):
    """A private user is 22115, a gone one -404, both in a body without data."""
    private = await visitor.ask(vmid=DEMO_VMIDS["private"])
    gone = await visitor.ask(vmid=DEMO_VMIDS["gone"])

    assert (private["code"], private["message"]) == (22115, "用户已设置隐私，无法查看")
    assert gone["code"] == -404
    assert "data" not in private
    assert "data" not in gone


async def test_envelope(visitor):
    """An answer is an envelope around list, re_version and total, as JSON."""
    raw = await visitor.raw(vmid=DEMO_VMIDS["demo"])
    answer = orjson.loads(raw.body)

    assert raw.headers["Content-Type"] == "application/json; charset=utf-8"
    assert list(answer) == ["code", "message", "ttl", "data"]
    assert (answer["code"], answer["message"], answer["ttl"]) == (0, "0", 1)
    assert list(answer["data"]) == ["list", "re_version", "total"]
    assert answer["data"]["total"] == 73


async def test_empty(visitor):
    """An empty list has a total of 0."""
    answer = await visitor.ask(vmid=DEMO_VMIDS["empty"])

    assert answer["data"]["list"] == []
    assert answer["data"]["total"] == 0


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, slice(0, 50)),
        ({"ps": 51}, slice(0, 50)),
        ({"ps": 10**12}, slice(0, 50)),
        ({"ps": 50, "pn": 2}, slice(50, 73)),
        ({"ps": 20, "pn": 4}, slice(60, 73)),
        ({"ps": 50, "pn": 3}, slice(0, 0)),
        ({"ps": 50, "pn": 10**18}, slice(0, 0)),
    ],
)
async def test_page(visitor, fake_bilibili, query, expected):
    """Pn defaults to 1, ps to 50 and is capped there; past the end is an empty list."""
    answer = await visitor.ask(vmid=DEMO_VMIDS["demo"], **query)

    assert fake_bilibili.truth(DEMO_VMIDS["demo"])[expected] == answer["data"]["list"]
    assert answer["data"]["total"] == 73


@given(
    size=st.integers(0, 230), pn=st.integers(1, 12), ps=st.integers(1, 60), lazy=st.booleans()
)
def test_page_is_a_slice(size, pn, ps, lazy):
    """A page is a slice of the list, whatever pn, ps and the length."""
    mids = [mid_of(index) for index in range(size)]
    backend = Backend()
    backend.add_user(7, followings=size if lazy else mids)

    query = {"vmid": "7", "pn": str(pn), "ps": str(ps)}
    data = orjson.loads(backend.answer(PATH, query, login=b"x").body)["data"]

    eff = min(ps, 50)
    assert mids[(pn - 1) * eff : pn * eff] == [record["mid"] for record in data["list"]]
    assert size == data["total"]


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/"), ("GET", PATH + "/"), ("POST", PATH), ("HEAD", PATH)]
)
async def test_other_paths(visitor, fake_bilibili, method, path):
    """Any other path or method is a plain 404, and is counted."""
    answer = await visitor.raw(method=method, path=path, vmid=1)

    assert answer.status == 404
    assert "text/plain" in answer.headers["Content-Type"]
    assert [seen.kind for seen in fake_bilibili.log] == ["no_such_path"]


async def test_counts(visitor, fake_bilibili):
    """Every request is counted and logged with what was asked and answered."""
    await visitor.ask(vmid=DEMO_VMIDS["demo"], pn=2)
    await visitor.ask(vmid="x", ps=3)
    await visitor.ask(vmid=DEMO_VMIDS["private"], headers={})

    seen = [(s.number, s.vmid, s.pn, s.ps, s.kind) for s in fake_bilibili.log]
    assert [
        (1, DEMO_VMIDS["demo"], 2, 50, "ok"),
        (2, None, 1, 3, "bad_request"),
        (3, DEMO_VMIDS["private"], 1, 50, "not_logged_in"),
    ] == seen
    assert fake_bilibili.requests == 3
    assert fake_bilibili.answers == {"ok": 1, "bad_request": 1, "not_logged_in": 1}
    assert fake_bilibili.connections == 1


async def test_no_secret_is_kept(visitor, fake_bilibili):
    """A credential that came is nowhere in the fake server afterwards."""
    await visitor.ask(vmid=1, headers={"Cookie": "SESSDATA=canary-1f2e"})
    await visitor.ask(vmid=1, headers={}, access_key="canary-1f2e")

    assert [seen.has_credential for seen in fake_bilibili.log] == [True, True]
    assert "canary" not in repr(vars(fake_bilibili)) + repr(fake_bilibili.log)


def test_log_is_bounded():
    """The log forgets the oldest requests, the count does not."""
    backend = Backend(log_size=3)
    for pn in range(1, 6):
        backend.answer(PATH, {"vmid": "1", "pn": str(pn)}, login=b"x")

    assert [seen.pn for seen in backend.log] == [3, 4, 5]
    assert backend.requests == 5


async def test_connections(fake_bilibili):
    """Connections are counted as they are accepted, not as they are used."""
    connector = aiohttp.TCPConnector(force_close=True)
    url = fake_bilibili.base_url + PATH
    async with aiohttp.ClientSession(connector=connector) as session:
        for _ in range(3):
            async with session.get(url) as response:
                await response.read()

    assert fake_bilibili.connections == 3
    fake_bilibili.reset()
    assert fake_bilibili.connections == 0


async def test_latency(visitor, fake_bilibili):
    """An answer comes no sooner than the latency, and requests overlap in it."""
    fake_bilibili.latency = 0.1
    start = time.perf_counter()
    await asyncio.gather(*(visitor.ask(vmid=vmid) for vmid in range(1, 21)))
    taken = time.perf_counter() - start

    assert 0.1 <= taken < 1.5


async def test_start_and_stop():
    """A server starts and stops again and again, on a port of its own."""
    fake = FakeBilibili()
    for _ in range(3):
        await fake.start(host="127.0.0.1", port=0)
        assert fake.base_url.startswith("http://127.0.0.1:")
        with pytest.raises(UsageError, match="started already"):
            await fake.start()
        await fake.stop()
        await fake.stop()
        with pytest.raises(UsageError, match="not started"):
            _ = fake.base_url


async def test_two_servers_share_nothing():
    """Two servers in one process know nothing of each other."""
    async with FakeBilibili() as one, FakeBilibili() as two:
        one.add_user(5, private=True)
        one.fail()

        assert one.base_url != two.base_url
        assert not two.user(5).private


@pytest.mark.parametrize("busy", ["latency", "timeout", "idle"])
async def test_stop_leaves_nothing(busy):
    """Stopping drops requests under way at once: no task, no socket is left."""
    fake = FakeBilibili(latency=60 if busy == "latency" else 0)
    before = asyncio.all_tasks()
    async with aiohttp.ClientSession(headers={"Cookie": "SESSDATA=x"}) as session:
        await fake.start()
        if busy == "timeout":
            fake.fail(times=None, how="timeout")
        asked = [
            asyncio.create_task(session.get(fake.base_url + PATH, params={"vmid": vmid}))
            for vmid in range(1, 6)
        ]
        while fake.requests < 5:  # noqa: ASYNC110 - the server counts, it does not tell
            await asyncio.sleep(0)
        if busy == "idle":
            for response in await asyncio.gather(*asked):
                await response.read()
        start = time.perf_counter()
        await fake.stop()
        taken = time.perf_counter() - start
        results = await asyncio.gather(*asked, return_exceptions=True)

    assert taken < 0.5
    assert before == asyncio.all_tasks()
    assert all(isinstance(r, aiohttp.ClientError) != (busy == "idle") for r in results)
    gc.collect()


async def test_stop_drops_who_does_not_read():
    """A client that asks and never reads its answers does not hold up the stop."""
    fake = FakeBilibili()
    await fake.start()
    host, port = fake.base_url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port), limit=1024)
    writer.transport.pause_reading()
    request = f"GET {PATH}?vmid={DEMO_VMIDS['1000']}&access_key=x HTTP/1.1\r\nHost: x\r\n\r\n"
    writer.write(request.encode() * 2000)
    answered = -1
    while answered < fake.requests or not answered:
        answered = fake.requests
        await asyncio.sleep(0.05)  # until the buffers of both ends are full
    start = time.perf_counter()
    await fake.stop()
    taken = time.perf_counter() - start
    writer.transport.abort()
    await asyncio.sleep(0)

    assert 0 < answered < 2000
    assert taken < 1


async def test_start_is_fast():
    """A server is up within 50 ms, the best of five starts."""

    async def once() -> float:
        start = time.perf_counter()
        async with FakeBilibili():
            return time.perf_counter() - start

    assert min([await once() for _ in range(5)]) < 0.05


@pytest.mark.parametrize("kwargs", [{"shape": "2019"}, {"latency": -1}])
def test_bad_arguments(kwargs):
    """A wrong argument of the server is a UsageError that names it."""
    with pytest.raises(UsageError, match=next(iter(kwargs))):
        FakeBilibili(**kwargs)
