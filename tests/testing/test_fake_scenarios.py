"""The scenarios of the fake server, request by request."""

from __future__ import annotations

import asyncio
import gzip

import aiohttp
import orjson
import pytest

from bili_common.errors import UsageError
from bili_common.testing import (
    BANS,
    DEMO_VMIDS,
    FAULTS,
    FakeBilibili,
    InstantClock,
    make_record,
)
from bili_common.testing.backend import PATH, Backend
from bili_common.testing.records import mid_of
from bili_common.testing.rules import Asked, Rule


DEMO = DEMO_VMIDS["demo"]


def kinds(backend):
    return [seen.kind for seen in backend.log]


def ask(backend, *, vmid=DEMO, pn=1, ps=50):
    """Return the answer of a backend that has no socket."""
    query = {"vmid": str(vmid), "pn": str(pn), "ps": str(ps)}
    return backend.answer(PATH, query, login=b"x")


def page(backend, **query):
    """Return the data of a page."""
    return orjson.loads(ask(backend, **query).body)["data"]


def page_mids(backend, **query):
    return [record["mid"] for record in page(backend, **query)["list"]]


# -- throttle and fail -------------------------------------------------------


async def test_throttle(visitor, fake_bilibili):
    """By default the next request is asked to slow down, in a body with status 200."""
    fake_bilibili.throttle()

    first = await visitor.raw(vmid=1)
    second = await visitor.ask(vmid=1)

    assert first.status == 200
    assert orjson.loads(first.body)["code"] == -799
    assert "Retry-After" not in first.headers
    assert second["code"] == 0


@pytest.mark.parametrize(
    ("retry_after", "header"),
    [(3, "3"), (3.0, "3"), (0.5, "0.5"), ("Wed, 21 Oct 2015 07:28:00 GMT",) * 2],
)
async def test_throttle_with_429(visitor, fake_bilibili, retry_after, header):
    """A throttle can be HTTP 429 with a Retry-After in seconds or as a date."""
    fake_bilibili.throttle(http_status=429, code=-509, retry_after=retry_after)

    answer = await visitor.raw(vmid=1)

    assert answer.status == 429
    assert orjson.loads(answer.body)["code"] == -509
    assert answer.headers["Retry-After"] == header


@pytest.mark.parametrize("start", ["throttle", "fail"])
def test_after_and_times(start):
    """*after* requests pass, *times* meet the fault, the rest pass."""
    backend = Backend()
    getattr(backend, start)(2, after=3)

    for _ in range(8):
        ask(backend)

    assert [kind == "ok" for kind in kinds(backend)] == [True] * 3 + [False] * 2 + [True] * 3


def test_times_none():
    """With *times* None a fault lasts until the reset."""
    backend = Backend()
    backend.fail(None, how="busy")

    assert {ask(backend).kind for _ in range(20)} == {"busy"}
    backend.reset()
    assert ask(backend).kind == "ok"


def test_times_zero():
    """With *times* 0 there is no fault at all."""
    backend = Backend()
    backend.fail(0)

    assert ask(backend).kind == "ok"


def test_only_that_user_and_page():
    """A fault for a user or a page is met, and counted, by those requests alone."""
    backend = Backend()
    backend.fail(how="500", vmid=1, pn=2, after=1)

    for vmid, pn in [(1, 1), (2, 2), (1, 2), (1, 1), (1, 2), (1, 2)]:
        ask(backend, vmid=vmid, pn=pn)

    assert kinds(backend) == ["ok", "ok", "ok", "ok", "500", "ok"]


def test_scenarios_read_from_top_to_bottom():
    """A request that one scenario answered is not counted by those after it."""
    backend = Backend()
    backend.throttle(2)
    backend.fail(how="reset")
    backend.fail(how="empty", after=1)

    for _ in range(6):
        ask(backend)

    assert kinds(backend) == ["throttle", "throttle", "reset", "ok", "empty", "ok"]


def test_a_fault_comes_before_the_login():
    """A fault strikes whether or not the request would have been answered."""
    backend = Backend()
    backend.fail(how="500")

    assert backend.answer(PATH, {}, login=None).kind == "500"
    assert backend.answer(PATH, {}, login=None).kind == "not_logged_in"


# What a client that is not ours sees of each fault: an exception, or a status
# and what the body is.
SEEN = {
    "403": (403, "html"),
    "408": (408, "html"),
    "412": (412, "html"),
    "425": (425, "html"),
    "500": (500, "html"),
    "502": (502, "html"),
    "503": (503, "html"),
    "504": (504, "html"),
    "bad_utf8": (200, "bytes"),
    "bom": (200, "bom"),
    "busy": (200, -503),
    "close": aiohttp.ServerDisconnectedError,
    "cut": (200, "half"),
    "empty": (200, "empty"),
    "ga_data": (200, -401),
    "html": (200, "html"),
    "html404": (404, "html"),
    "no_data": (200, 0),
    "not_json": (200, "text"),
    "redirect": (302, "empty"),
    "reset": aiohttp.ClientOSError,
    "timeout": TimeoutError,
    "truncate": aiohttp.ClientPayloadError,
    "truncated_gzip": (200, "half"),
    "two_documents": (200, "two"),
}


def what_is(body, whole):
    """Return what a body is, by the words of SEEN."""
    known = {b"": "empty", b"\xef\xbb\xbf" + whole: "bom"}
    if body in known:
        return known[body]
    if body.startswith(b"<!DOCTYPE html>"):
        return "html"
    if body.endswith(whole) and orjson.loads(body[: -len(whole)])["code"] == -509:
        return "two"
    if whole.startswith(body) and body != whole:
        return "half"
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return "bytes"
    return orjson.loads(text)["code"] if text.startswith("{") else "text"


def test_every_fault_is_shown():
    """Every fault that there is has its line in the table of these tests."""
    assert set(FAULTS) == set(SEEN)


@pytest.mark.parametrize("how", FAULTS)
async def test_fail(visitor, fake_bilibili, how):
    """Each fault looks on the wire as its name says, and the request after it is whole."""
    whole = (await visitor.raw(vmid=DEMO)).body
    # aiohttp asks again by itself when a kept connection breaks.
    fake_bilibili.fail(2 if how in {"close", "reset"} else 1, how=how)
    expected = SEEN[how]

    if isinstance(expected, tuple):
        answer = await visitor.raw(vmid=DEMO)
        assert (answer.status, what_is(answer.body, whole)) == expected
    else:
        visitor.session._timeout = aiohttp.ClientTimeout(total=0.2 if how == "timeout" else 5)
        with pytest.raises(expected):
            await visitor.raw(vmid=DEMO)
    visitor.session._timeout = aiohttp.ClientTimeout(total=5)

    assert how in kinds(fake_bilibili)
    assert (await visitor.raw(vmid=DEMO)).body == whole


async def test_truncated_gzip_is_labelled_as_whole(fake_bilibili):
    """A truncated gzip body has the length that was announced, and no end."""
    fake_bilibili.fail(how="truncated_gzip")
    headers = {"Cookie": "SESSDATA=x"}
    url = f"{fake_bilibili.base_url}{PATH}?vmid={DEMO}"
    async with (
        aiohttp.ClientSession(headers=headers, auto_decompress=False) as session,
        session.get(url) as response,
    ):
        packed = await response.read()

    assert response.headers["Content-Encoding"] == "gzip"
    assert int(response.headers["Content-Length"]) == len(packed)
    with pytest.raises(EOFError):
        gzip.decompress(packed)


async def test_a_fault_shows_no_shift():
    """The page that a fault cuts moves nothing: shifts and lies wait for an answer."""
    backend = Backend()
    backend.shift(DEMO, before_request=1, remove=1)
    backend.lie(DEMO, empty_pages={1: 1})
    backend.fail(how="truncate")

    assert ask(backend).kind == "truncate"
    assert len(backend.truth(DEMO)) == 73
    assert page_mids(backend) == []
    assert len(backend.truth(DEMO)) == 72


# -- when, and for how long --------------------------------------------------


@pytest.mark.parametrize("code", [-658, -663, -102, -2, -6, -101, 22115, 11010])
def test_fail_by_code(code):
    """A number is the code of a refusal, without data and in the server's words."""
    backend = Backend()
    backend.fail(how=code)

    answer = orjson.loads(ask(backend).body)

    assert (answer["code"], set(answer)) == (code, {"code", "message", "ttl"})
    assert kinds(backend) == [str(code)]


def test_fail_with_retry_after():
    """Any fault can come with a Retry-After, in seconds or as a date."""
    backend = Backend()
    backend.fail(how="503", retry_after=25)

    answer = ask(backend)

    assert (answer.status, answer.headers) == (503, {"Retry-After": "25"})


def test_seconds():
    """A fault can last seconds of the server's clock, from its first request on."""
    clock = InstantClock()
    backend = Backend(clock=clock)
    backend.fail(how="502", seconds=60, after=1)

    for wait in (0, 100, 0, 59.9, 0.1, 1000):
        clock.advance(wait)
        ask(backend)

    assert kinds(backend) == ["ok", "502", "502", "502", "ok", "ok"]


def test_seconds_come_again():
    """With *every* the same seconds are bad again and again."""
    clock = InstantClock()
    backend = Backend(clock=clock)
    backend.throttle(seconds=45, every=300)

    for _ in range(60):
        ask(backend)
        clock.advance(10)

    bad = [at for at, kind in enumerate(kinds(backend)) if kind == "throttle"]
    assert bad == [0, 1, 2, 3, 4, 30, 31, 32, 33, 34]


def test_seconds_and_times():
    """Whichever of *times* and *seconds* is spent first ends the fault."""
    backend = Backend(clock=InstantClock())
    backend.fail(2, how="502", seconds=60)

    assert [ask(backend).kind for _ in range(4)] == ["502", "502", "ok", "ok"]


@pytest.mark.parametrize("burst", [1, 2, 5, 20])
@pytest.mark.parametrize("share", [0.01, 0.1, 0.3, 0.9])
def test_share(share, burst):
    """A share of all requests meets the fault, alone or so many in a row."""
    rule = Rule(lambda _: None, InstantClock(), None, share=share, burst=burst, seed=3)
    text = "".join("x" if rule.meets(Asked(PATH)) else "." for _ in range(40_000))

    assert text.count("x") / 40_000 == pytest.approx(share, rel=0.2)
    lengths = {len(run) % burst for run in text.rstrip("x").split(".") if run}
    assert lengths == {0}


def test_share_is_seeded():
    """The same seed draws the same requests in every run, another one others."""

    def drawn(seed):
        backend = Backend()
        backend.fail(share=0.2, seed=seed)
        return [ask(backend).kind for _ in range(200)]

    assert drawn(1) == drawn(1) != drawn(2)


def test_only_that_path():
    """A fault can be for one path alone."""
    backend = Backend()
    backend.fail(how="500", path="/x/other")

    assert ask(backend).kind == "ok"


def test_share_of_all():
    """A share of 1 is every request, until the reset."""
    backend = Backend()
    backend.throttle(share=1)

    assert {ask(backend).kind for _ in range(30)} == {"throttle"}


# -- a login that dies -------------------------------------------------------


async def test_log_out(visitor, fake_bilibili):
    """After n requests the login is dead for good, and another one is alive."""
    fake_bilibili.log_out(after=2)
    old, new = {"Cookie": "SESSDATA=old"}, {"Cookie": "SESSDATA=new"}

    codes = [
        (await visitor.ask(vmid=1, headers=headers))["code"]
        for headers in (old, old, old, new, old, new)
    ]

    assert codes == [0, 0, -101, 0, -101, 0]
    fake_bilibili.reset()
    assert (await visitor.ask(vmid=1, headers=old))["code"] == 0


async def test_log_out_keeps_no_secret(visitor, fake_bilibili):
    """A dead login is known by a digest that tells nothing."""
    fake_bilibili.log_out()
    await visitor.ask(vmid=1, headers={"Cookie": "SESSDATA=canary-1f2e"})
    answer = await visitor.ask(vmid=1, headers={}, access_key="canary-1f2e")

    assert answer["code"] == 0
    assert "canary" not in repr(vars(fake_bilibili))


# -- nobody listens ----------------------------------------------------------


async def _meets(visitor):
    """Return how a request with a connection of its own fares."""
    async with aiohttp.ClientSession(headers={"Cookie": "SESSDATA=x"}) as session:
        try:
            async with session.get(visitor.base_url + PATH, params={"vmid": 1}) as response:
                return response.status
        except aiohttp.ClientError as error:
            return type(error)


async def test_refuse(visitor, fake_bilibili):
    """Connections are refused until the reset, and those that were open are dropped."""
    await visitor.ask(vmid=1)
    fake_bilibili.refuse()

    with pytest.raises(aiohttp.ClientError):
        await visitor.ask(vmid=1)
    assert await _meets(visitor) is aiohttp.ClientConnectorError
    url = fake_bilibili.base_url
    fake_bilibili.reset()

    assert fake_bilibili.base_url == url
    assert (await visitor.ask(vmid=1))["code"] == 0


async def test_refuse_for_seconds():
    """An outage ends by the server's clock, on the same port."""
    clock = InstantClock()
    async with FakeBilibili(clock=clock) as fake:
        fake.refuse(60, after=1)
        met = []
        for wait in (0, 0, 59.9, 0.1, 100):
            clock.advance(wait)
            met.append(await _meets(fake))
        assert met == [
            200,
            # Dropped, and aiohttp's own second try is refused.
            aiohttp.ClientConnectorError,
            aiohttp.ClientConnectorError,
            200,
            200,
        ]
        assert [seen.kind for seen in fake.log] == ["ok", "refused", "ok", "ok"]


async def test_refuse_in_real_time():
    """By the machine's clock too, which is the default."""
    async with FakeBilibili() as fake:
        fake.refuse(0.05)
        assert await _meets(fake) is aiohttp.ClientConnectorError
        await asyncio.sleep(0.1)
        assert await _meets(fake) == 200


async def test_the_latest_outage_counts():
    """A new outage takes the place of the last one, with its own end."""
    clock = InstantClock()
    async with FakeBilibili(clock=clock) as fake:
        fake.refuse(10)
        fake.refuse(30)
        clock.advance(15)
        assert await _meets(fake) is aiohttp.ClientConnectorError
        clock.advance(15)
        assert await _meets(fake) == 200
        fake.refuse(10)
    clock.advance(10)
    with pytest.raises(UsageError, match="not started"):
        fake.refuse()


# -- ban ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ("json412", 412, -412),
        ("html412", 412, None),
        ("-352", 200, -352),
        ("voucher", 200, 0),
        ("ga_data", 200, -401),
        ("gaia", 200, -403),
    ],
)
async def test_ban_forms(visitor, fake_bilibili, form, status, code):
    """A ban is HTTP 412 with JSON or HTML, a code, or a voucher in the body or a header."""
    fake_bilibili.ban(form=form)

    answer = await visitor.raw(vmid=1)

    assert answer.status == status
    if code is None:
        assert answer.body.startswith(b"<!DOCTYPE html>")
        return
    data = orjson.loads(answer.body)
    assert data["code"] == code
    assert ("v_voucher" in data.get("data", {})) == (form in {"-352", "voucher"})
    assert ("ga_data" in data.get("data", {})) == (form == "ga_data")
    assert ("x-bili-gaia-vvoucher" in answer.headers) == (form == "gaia")


def test_ban_forms_are_all_shown():
    """There are no other forms."""
    assert set(BANS) == {"json412", "html412", "-352", "voucher", "ga_data", "gaia"}


def test_ban_starts_after_n_in_a_window():
    """The (n+1)th request in a window starts the ban, which ends after its seconds."""
    clock = InstantClock()
    backend = Backend(clock=clock)
    backend.ban(30, after=2, window=10, extend=False)

    ask(backend)
    clock.advance(6)
    ask(backend)
    clock.advance(6)
    ask(backend)  # the first has left the window
    ask(backend)  # the third within ten seconds
    assert backend.banned_for == 30
    clock.advance(29)
    ask(backend)
    assert backend.banned_for == 1
    clock.advance(1)
    assert backend.banned_for == 0
    ask(backend)

    assert kinds(backend) == ["ok", "ok", "ok", "ban", "ban", "ok"]


@pytest.mark.parametrize(("extend", "kind"), [(True, "ban"), (False, "ok")])
def test_ban_extends(extend, kind):
    """With *extend* a request during the ban starts its seconds again."""
    clock = InstantClock()
    backend = Backend()
    backend.ban(30, extend=extend, clock=clock)

    ask(backend)
    clock.advance(20)
    ask(backend)
    backend._ban.after = 1
    clock.advance(20)

    assert ask(backend).kind == kind


def test_ban_window_starts_empty():
    """After a ban as many requests pass as before it."""
    clock = InstantClock()
    backend = Backend(clock=clock)
    backend.ban(5, after=2, window=60)

    for _ in range(3):
        ask(backend)
    clock.advance(5)
    for _ in range(3):
        ask(backend)

    assert kinds(backend) == ["ok", "ok", "ban"] * 2


def test_ban_comes_first():
    """A ban comes before every other scenario, and reset lifts it."""
    backend = Backend()
    backend.fail(how="500")
    backend.ban(1000)

    assert ask(backend).kind == "ban"
    backend.reset()
    assert ask(backend).kind == "ok"
    assert backend.banned_for == 0


# -- shift -------------------------------------------------------------------


def test_shift_before_a_request():
    """Records go before the n-th request for the list, at its head, and once."""
    backend = Backend()
    mids = backend.user(DEMO).mids
    backend.shift(DEMO, before_request=2, remove=3)

    first = page_mids(backend, pn=1)
    ask(backend, vmid=1, pn=2)
    second = page(backend, pn=2)

    assert first == mids[:50]
    assert [record["mid"] for record in second["list"]] == mids[53:]
    assert second["total"] == 70
    assert backend.user(DEMO).mids == mids[3:]
    assert page(backend, pn=2) == second


def test_shift_before_a_page():
    """Records come before the first request for a page; new ones are like any other."""
    backend = Backend()
    mids = backend.user(DEMO).mids
    backend.shift(DEMO, pn=2, insert=2)

    assert page_mids(backend, pn=1) == mids[:50]
    assert page_mids(backend, pn=1) == mids[:50]
    assert page_mids(backend, pn=2) == mids[48:]
    now = backend.truth(DEMO)
    assert len(now) == 75
    assert now[0] == make_record(now[0]["mid"])
    assert not {now[0]["mid"], now[1]["mid"]} & set(mids)


def test_shift_by_mid_and_place():
    """Certain records can go, and certain ones come anywhere."""
    backend = Backend()
    backend.add_user(5, followings=[1, 2, 3, 4])
    backend.shift(5, insert=[9, {"mid": 8}], remove=[2, 77], at=2)

    assert page_mids(backend, vmid=5) == [1, 3, 9, 8, 4]


def test_shifts_add_up():
    """Several shifts of one list happen each in its turn."""
    backend = Backend()
    backend.add_user(5, followings=[1, 2, 3, 4])
    backend.shift(5, before_request=2, remove=1)
    backend.shift(5, before_request=3, remove=1)
    backend.shift(5, before_request=3, insert=[7])

    lists = [page_mids(backend, vmid=5) for _ in range(4)]

    assert lists == [[1, 2, 3, 4], [2, 3, 4], [7, 3, 4], [7, 3, 4]]


# -- lie ---------------------------------------------------------------------


def test_lie_total():
    """A total can be said that is not true."""
    backend = Backend()
    backend.lie(DEMO, total=500)

    data = page(backend, pn=2)
    assert (data["total"], len(data["list"])) == (500, 23)


def test_lie_clamp():
    """A clamped page size moves the later pages too."""
    backend = Backend()
    mids = backend.user(DEMO).mids
    backend.lie(DEMO, clamp=20)

    assert page_mids(backend, pn=1) == mids[:20]
    assert page_mids(backend, pn=2) == mids[20:40]
    assert page_mids(backend, pn=2, ps=10) == mids[10:20]


def test_lie_ignore_pn():
    """Every page can be page 1."""
    backend = Backend()
    backend.lie(DEMO, ignore_pn=True)

    assert page(backend, pn=7) == page(backend, pn=1)


def test_lie_filter():
    """Records can be held back after the page was cut: short pages, the full total."""
    backend = Backend()
    mids = backend.user(DEMO).mids
    backend.lie(DEMO, filter=lambda mid: mid % 2 == 0)

    data = page(backend)
    assert [r["mid"] for r in data["list"]] == [mid for mid in mids[:50] if mid % 2 == 0]
    assert data["total"] == 73


def test_lie_empty_pages():
    """Pages can come out empty for ever, or some times."""
    backend = Backend()
    backend.add_user(5, followings=100)
    backend.lie(5, empty_pages=[2])
    assert [len(page_mids(backend, vmid=5, pn=pn)) for pn in (1, 2, 2, 2)] == [50, 0, 0, 0]

    backend.lie(5, empty_pages={2: 1, 1: 2})
    sizes = [len(page_mids(backend, vmid=5, pn=pn)) for pn in (1, 2, 2, 1, 1)]
    assert sizes == [0, 0, 50, 0, 50]


def test_lie_null_list():
    """An empty list can be null."""
    backend = Backend()
    backend.lie(DEMO, null_list=True)

    assert page(backend, pn=3)["list"] is None
    assert len(page(backend, pn=2)["list"]) == 23


def test_lie_is_replaced():
    """A later lie about a user takes the place of the earlier; none is the truth."""
    backend = Backend()
    backend.lie(DEMO, total=500)
    backend.lie(DEMO)

    assert page(backend)["total"] == 73
    assert page(backend, vmid=DEMO_VMIDS["101"])["total"] == 101


# -- reset and bad arguments -------------------------------------------------


def test_reset():
    """Reset ends scenarios, undoes shifts and counts anew; added users stay."""
    backend = Backend()
    backend.add_user(5, followings=[1, 2, 3])
    backend.shift(5, remove=1)
    backend.shift(5, before_request=3, remove=1)
    backend.shift(6, insert=2)
    backend.lie(5, total=9)
    backend.throttle(after=2)
    backend.ban(after=100)
    ask(backend, vmid=5)
    ask(backend, vmid=6)

    backend.reset()

    assert (backend.requests, backend.log, dict(backend.answers)) == (0, (), {})
    assert [page_mids(backend, vmid=5) for _ in range(4)] == [[1, 2, 3]] * 4
    assert page(backend, vmid=6) == page(Backend(), vmid=6)
    assert page(backend, vmid=5)["total"] == 3


@pytest.mark.parametrize(
    ("name", "kwargs", "word"),
    [
        ("fail", {"how": "explode"}, "how"),
        ("fail", {"times": -1}, "times"),
        ("fail", {"after": -1}, "after"),
        ("fail", {"how": 0}, "how"),
        ("fail", {"seconds": -1}, "seconds"),
        ("fail", {"every": 5}, "every"),
        ("throttle", {"share": 0}, "share"),
        ("throttle", {"share": 1.1}, "share"),
        ("throttle", {"share": 0.5, "burst": 0}, "burst"),
        ("throttle", {"burst": 2}, "burst"),
        ("throttle", {"seed": 2}, "seed"),
        ("log_out", {"after": -1}, "after"),
        ("throttle", {"vmid": 0}, "vmid"),
        ("throttle", {"pn": 0}, "pn"),
        ("ban", {"form": "418"}, "form"),
        ("ban", {"seconds": -1}, "seconds"),
        ("ban", {"after": -1}, "after"),
        ("shift", {"vmid": 0}, "vmid"),
        ("shift", {"vmid": 1, "before_request": 0}, "before_request"),
        ("shift", {"vmid": 1, "at": -1}, "at"),
        ("shift", {"vmid": 1, "insert": -1}, "insert"),
        ("shift", {"vmid": 1, "insert": ["x"]}, "insert"),
        ("shift", {"vmid": 1, "remove": -1}, "remove"),
        ("lie", {"vmid": 1, "clamp": 0}, "clamp"),
    ],
)
def test_bad_arguments(name, kwargs, word):
    """A wrong argument is a UsageError that names it, and changes nothing."""
    backend = Backend()
    with pytest.raises(UsageError, match=f"^{word} must"):
        getattr(backend, name)(**kwargs)

    assert ask(backend, vmid=1).kind == "ok"


async def test_scenarios_over_the_wire():
    """A walk by hand over a list that shrinks sees what a slice of it would."""
    async with (
        FakeBilibili() as fake,
        aiohttp.ClientSession(headers={"Cookie": "SESSDATA=x"}) as session,
    ):
        fake.add_user(5, followings=120)
        fake.shift(5, pn=2, remove=10)
        seen = []
        for pn in (1, 2, 3):
            params = {"vmid": 5, "pn": pn, "ps": 50}
            async with session.get(fake.base_url + PATH, params=params) as response:
                seen += [record["mid"] for record in (await response.json())["data"]["list"]]

    mids = [mid_of(index) for index in range(120)]
    assert seen == mids[:50] + mids[60:]
    await asyncio.sleep(0)
