"""Lists of other endpoints, served by the fake server and walked by the client."""

from __future__ import annotations

import attrs
import pytest

from bili_common import Client, Credential, IncompleteWalkError, RateLimit
from bili_common.endpoints import ListEndpoint


@attrs.frozen
class Entry:
    """A record with nothing but what a walk needs."""

    mid: int


def make_entry(obj):
    return Entry(obj["mid"])


ENDPOINTS = {
    "followings": ListEndpoint(
        path="/x/relation/followings", noun="followings", record=make_entry
    ),
    "medias": ListEndpoint(
        path="/x/v3/fav/resource/list",
        noun="medias",
        record=make_entry,
        items="medias",
        total="info.media_count",
        max_page_size=20,
    ),
    "has_more": ListEndpoint(
        path="/x/more", noun="records", record=make_entry, total=None, has_more="has_more"
    ),
}
RECORDS = [{"mid": mid} for mid in range(1, 121)]
each = pytest.mark.parametrize("endpoint", ENDPOINTS.values(), ids=ENDPOINTS)


@pytest.fixture
async def client(fake_bilibili, instant_clock):
    async with Client(
        Credential(sessdata="any"),
        base_url=fake_bilibili.base_url,
        rate_limit=RateLimit(per_second=None),
        clock=instant_clock,
    ) as client:
        yield client


@each
async def test_walk(fake_bilibili, client, endpoint):
    """A list is walked to its end, and proven complete."""
    fake_bilibili.add_list(endpoint, RECORDS, {"id": 5})
    walk = aiter(client.iter_list(endpoint, {"id": 5}))

    assert [entry.mid async for entry in walk] == list(range(1, 121))
    assert walk.report.complete


@each
async def test_shift(fake_bilibili, client, endpoint):
    """A list that shrinks in between is not complete, and comes back with the reset."""
    added = fake_bilibili.add_list(endpoint, RECORDS)
    fake_bilibili.shift(added, pn=2, remove=1)
    walk = aiter(client.iter_list(endpoint, {}))

    got = {entry.mid async for entry in walk}
    if endpoint.total is not None:
        assert got >= set(range(2, 121))
        assert not walk.report.complete
    assert len(added.records) == 119
    fake_bilibili.reset()
    assert len(added.records) == 120


@each
async def test_fault(fake_bilibili, client, endpoint):
    """A fault on a page is repeated, and nothing is lost."""
    fake_bilibili.add_list(endpoint, RECORDS)
    fake_bilibili.fail(how="502", pn=2, path=endpoint.path)

    got = [entry.mid async for entry in client.iter_list(endpoint, {})]
    assert got == list(range(1, 121))
    assert fake_bilibili.answers["502"] == 1


@each
async def test_lie(fake_bilibili, client, endpoint):
    """A server that ignores pn ends the walk with an error."""
    added = fake_bilibili.add_list(endpoint, RECORDS)
    fake_bilibili.lie(added, ignore_pn=True)

    with pytest.raises(IncompleteWalkError):
        await client.iter_list(endpoint, {}).collect()


async def test_params(visitor, fake_bilibili):
    """Only a query with the params asks for the list; any other is a plain 404."""
    endpoint = ENDPOINTS["followings"]
    fake_bilibili.add_list(endpoint, 3, {"vmid": 7})

    assert (await visitor.raw(path=endpoint.path, vmid=8)).status == 404
    assert len(await visitor.mids(7)) > 3
    answer = await visitor.ask(path=endpoint.path, vmid=7)
    assert answer["data"]["total"] == len(answer["data"]["list"]) == 3
