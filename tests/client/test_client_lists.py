"""Lists that are not ours: described by one value, walked by the same rules."""

from __future__ import annotations

from datetime import date

import attrs
import pytest

from aiohttp import web
from aiohttp.test_utils import TestServer

from bili_common import (
    ApiError,
    Client,
    Credential,
    Cursor,
    Following,
    ListEndpoint,
    PrivacyError,
    RateLimit,
    RetryPolicy,
    SchemaError,
    UsageError,
)


FOLLOWINGS = ListEndpoint("/x/relation/followings", "followings", Following)


def _media(obj):
    return obj["id"], obj["title"]


MEDIAS = ListEndpoint(
    "/x/v3/fav/resource/list",
    "medias",
    _media,
    key=lambda media: media[0],
    items="medias",
    total="info.media_count",
    max_page_size=20,
    codes={7201: PrivacyError},
)
LOG = ListEndpoint(
    "/x/log", "entries", _media, key=lambda entry: entry[0], total=None, has_more="has_more"
)

COUNT = 47


async def _answer(request):
    pn, ps = int(request.query["pn"]), int(request.query["ps"])
    numbers = range(1, COUNT + 1)[(pn - 1) * ps : pn * ps]
    if request.query.get("media_id") == "403":
        return web.json_response({"code": 7201, "message": "private"})
    if request.path == FOLLOWINGS.path:
        data = {"list": [{"mid": number} for number in numbers], "total": COUNT}
    else:
        medias = [{"id": number, "title": f"no. {number}"} for number in numbers]
        data = {
            "medias": medias,
            "list": medias,
            "info": {"media_count": COUNT},
            "has_more": pn * ps < COUNT,
        }
    return web.json_response({"code": 0, "message": "0", "data": data})


@pytest.fixture
async def client():
    app = web.Application()
    for endpoint in (FOLLOWINGS, MEDIAS, LOG):
        app.router.add_get(endpoint.path, _answer)
    async with TestServer(app) as server:
        credential = Credential(sessdata="value")
        limit, retry = RateLimit(per_second=None), RetryPolicy(attempts=1)
        base = str(server.make_url(""))
        async with Client(credential, base_url=base, rate_limit=limit, retry=retry) as ours:
            yield ours


@pytest.mark.parametrize("prefetch", [0, 3])
@pytest.mark.parametrize(
    ("endpoint", "params", "size"),
    [
        (FOLLOWINGS, {"vmid": 7}, 50),
        (MEDIAS, {"media_id": 9}, 20),
        (LOG, {}, 50),
        (LOG, {"kind": "a&b", "n": 3}, 10),
    ],
)
async def test_a_list_is_one_value(client, endpoint, params, size, prefetch):
    """A list that another value describes is walked to its end, and known to be complete."""
    pager = client.iter_list(endpoint, params, page_size=size)
    async with pager.walk(prefetch=prefetch) as walk:
        keys = [endpoint.key(record) async for record in walk]

    assert keys == list(range(1, COUNT + 1))
    assert walk.report.complete
    assert walk.report.requests == -(-COUNT // size)


@pytest.mark.parametrize("endpoint", [FOLLOWINGS, MEDIAS, LOG])
@pytest.mark.parametrize("cut", range(0, COUNT, 5))
async def test_a_walk_over_any_list_is_resumed(client, endpoint, cut):
    """The cursor of any list goes on behind the last record, and the whole is complete."""
    params = {"vmid": 7} if endpoint is FOLLOWINGS else {"media_id": 9}
    walk = aiter(client.iter_list(endpoint, params, page_size=10))
    got = [endpoint.key(await anext(walk)) for _ in range(cut)]
    text = walk.cursor.dumps()

    rest = aiter(client.iter_list(endpoint, params, page_size=10, start=text))
    got += [endpoint.key(record) async for record in rest]

    assert got == list(range(1, COUNT + 1))
    assert rest.report.complete
    assert Cursor.loads(text) == walk.cursor


async def test_a_cursor_names_its_list(client):
    """A cursor of one list is refused by every other, and by the same list of another user."""
    walk = aiter(client.iter_list(FOLLOWINGS, {"vmid": 7}, page_size=10))
    await anext(walk)

    with pytest.raises(UsageError, match="a cursor of endpoint="):
        client.iter_same_followings(7, page_size=10, start=walk.cursor)
    with pytest.raises(UsageError, match="a cursor of vmid=7"):
        client.iter_list(FOLLOWINGS, {"vmid": 8}, page_size=10, start=walk.cursor)
    with pytest.raises(UsageError, match="a cursor of params="):
        client.iter_list(FOLLOWINGS, {"vmid": 7, "order": 1}, page_size=10, start=walk.cursor)


def test_a_cursor_of_the_first_edition_is_read():
    """Texts that name no list are of same followings, and are written as before."""
    text = '{"v":1,"vmid":7,"page_size":50,"pn":3,"index":4,"seen":104,"total":260}'
    cursor = Cursor.loads(text)
    assert cursor == Cursor(vmid=7, pn=3, index=4, seen=104, total=260)
    assert cursor.params == {"vmid": 7}
    assert cursor.dumps() == text


async def test_a_list_has_codes_of_its_own(client):
    """A code that the common table does not know is told by the list's own table."""
    with pytest.raises(PrivacyError):
        await client.get_list_page(MEDIAS, {"media_id": 403})
    with pytest.raises(ApiError) as caught:
        await client.get_list_page(attrs.evolve(MEDIAS, codes={}), {"media_id": 403})
    assert type(caught.value) is ApiError


async def test_what_a_function_refuses_is_a_schema_error(client):
    """A record that the user's own function does not take is named by its place."""
    refusing = attrs.evolve(MEDIAS, record=lambda obj: obj["nothing"])
    with pytest.raises(SchemaError) as caught:
        await client.iter_list(refusing, {"media_id": 9}).collect()
    assert caught.value.paths[0] == "$.data.medias[0]"


async def test_a_list_without_a_total_is_not_counted(client):
    """`count` asks nothing where nothing names the length."""
    with pytest.raises(UsageError, match="names no length"):
        await client.iter_list(LOG, {}).count()
    assert await client.iter_list(MEDIAS, {"media_id": 9}).count() == COUNT
    assert client.stats.requests == 1


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"path": "x/relation"}, "path must be"),
        ({"path": "//host/x"}, "path must be"),
        ({"path": "https://host/x"}, "path must be"),
        ({"path": "/x?vmid=1"}, "path must be"),
        ({"path": "/x/space/wbi/arc/search"}, "nothing is signed"),
        ({"noun": " "}, "noun must be"),
        ({"record": dict}, "record must be"),
        ({"record": 5}, "record must be"),
        ({"key": "mid"}, "key must be"),
        ({"items": "a..b"}, "items must be"),
        ({"items": None}, "items must be"),
        ({"total": ""}, "total must be"),
        ({"total": None}, "total or has_more"),
        ({"max_page_size": 0}, "max_page_size must be"),
        ({"max_page_size": True}, "max_page_size must be"),
        ({"codes": {1: ValueError}}, "codes must map"),
        ({"codes": 5}, "codes must map"),
    ],
)
def test_a_wrong_endpoint_is_refused(arguments, text):
    """A value that describes no list is a UsageError that names the argument."""
    usual = {"path": "/x/list", "noun": "things", "record": Following}
    with pytest.raises(UsageError, match=text):
        ListEndpoint(**usual | arguments)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"params": 5}, "params must map"),
        ({"params": {"vmid": 1.5}}, "params must map"),
        ({"params": {"pn": 1}}, "params must not name 'pn'"),
        ({"params": {"vmid": 0}}, "vmid must be"),
        ({"endpoint": "/x"}, "endpoint must be"),
        ({"page_size": 51}, "page_size must be"),
    ],
)
async def test_a_wrong_argument_of_iter_list_is_named_at_the_call(client, arguments, text):
    """Nothing is sent for an argument that can only be a mistake."""
    usual = {"endpoint": FOLLOWINGS, "params": {"vmid": 7}}
    with pytest.raises(UsageError, match=text):
        client.iter_list(**usual | arguments)
    assert client.stats.requests == 0


@pytest.mark.parametrize("name", ["cool_down", "breaker", "risk_control_waits", "outage_waits"])
async def test_a_copy_cannot_change_what_concerns_the_client(client, name):
    """`with_options(retry=)` refuses what its copies must share, instead of ignoring it."""
    value = (5.0,) if name.endswith("waits") else 600.0
    with pytest.raises(UsageError, match=rf"retry\.{name}"):
        client.with_options(retry=RetryPolicy(**{name: value}))


@attrs.frozen
class Dated:
    id: int
    on: date


@attrs.frozen
class Nested:
    dated: Dated | None = None


@attrs.frozen
class Listed:
    entries: tuple[Nested, ...] = ()


@attrs.frozen
class Tree:
    mid: int
    children: list[Tree] = attrs.field(factory=list)


@pytest.mark.parametrize("record", [Dated, Nested, Listed])
def test_a_class_that_cannot_be_read_is_told_at_once(record):
    """A field that is not plain, in a class within the class too, is a UsageError."""
    with pytest.raises(UsageError, match=r"no plain type for a record: .*date"):
        ListEndpoint("/x/dated", "dated", record)


@attrs.frozen
class Doubled:
    mid: int
    twice: int = attrs.Factory(lambda self: 2 * self.mid, takes_self=True)


def test_a_default_made_of_the_record_is_told_at_once():
    """A default that looks at its record is a UsageError, and not one of a later page."""
    with pytest.raises(UsageError, match="the default of twice"):
        ListEndpoint("/x/twice", "twice", Doubled)


def test_a_class_may_hold_its_own_kind():
    """A class that is a field of itself is no endless question."""
    assert ListEndpoint("/x/trees", "trees", Tree).record is Tree


class Unhashable:
    __hash__ = None

    def __call__(self, obj):
        return obj["mid"]


async def test_a_function_needs_no_hash(fake_bilibili):
    """Any callable makes records."""
    endpoint = ListEndpoint("/x/mids", "mids", Unhashable(), key=int)
    fake_bilibili.add_list(endpoint, 3)
    async with Client(Credential("anything"), base_url=fake_bilibili.base_url) as client:
        assert len(await client.iter_list(endpoint, {}).collect()) == 3
