"""The credential shows itself to the server of base_url, and to nobody and nothing else."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import pickle
import warnings

from base64 import b64encode

import orjson
import pytest

from aiohttp import ClientSession

from bili_common import (
    Client,
    Credential,
    RateLimit,
    RetryPolicy,
    RiskControlError,
    TransportError,
    UsageError,
)
from bili_common.testing import FakeBilibili, InstantClock

from .faults import canary
from .faults.servers import PAGE_SIZE, VMID, Stage, hangs, http, says


CREDENTIALS = [
    pytest.param(
        Credential(sessdata=canary.SESSDATA, cookies={"bili_jct": canary.SESSDATA}), id="cookie"
    ),
    pytest.param(Credential(access_key=canary.ACCESS_KEY), id="access_key"),
]
each_credential = pytest.mark.parametrize("credential", CREDENTIALS)


@pytest.fixture
def records():
    with canary.listening() as kept:
        yield kept


async def _error_of(awaitable):
    try:
        await awaitable
    except BaseException as exc:  # noqa: BLE001 - cancellation too
        return exc
    raise AssertionError("no error came")


async def _until(happened):
    async with asyncio.timeout(5):
        while not happened():  # noqa: ASYNC110 - what happens, happens at a server
            await asyncio.sleep(0)


@each_credential
def test_a_credential_shows_nothing(credential):
    """No way to turn a credential into text or bytes shows it, and it refuses to be pickled."""
    assert not canary.leaks(canary.exits(credential), canary.exits([{"it": credential}]))
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(credential)


@each_credential
async def test_no_object_shows_it_during_a_walk(credential, records):
    """Client, pager, walk, cursor, report, page and record show nothing, at DEBUG neither."""
    pages = []
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        async with FakeBilibili() as fake:
            fake.add_user(VMID, followings=50)
            async with Client(
                credential, base_url=fake.base_url, clock=InstantClock()
            ) as client:
                pager = client.iter_same_followings(VMID, page_size=20, on_page=pages.append)
                walk = aiter(pager)
                first = await anext(walk)
                shown = [client, pager, walk, walk.cursor, walk.report, first, *pages]
                twin = client.with_options(timeout=3.0)
                assert not canary.leaks(*map(canary.exits, [*shown, twin, client.stats]))
                assert [following async for following in walk]
            assert not canary.leaks(canary.exits(client))
    assert records
    assert not canary.leaks(canary.record_exits(records))
    assert not warned


@each_credential
async def test_no_client_is_pickled(credential):
    """A client refuses to be pickled, and its refusal shows nothing."""
    client = Client(credential)
    with pytest.raises(TypeError) as caught:
        pickle.dumps(client)
    assert not canary.leaks(canary.error_exits(caught.value))


@each_credential
@pytest.mark.parametrize("how", ["close", "reset", "500", "busy", "html", "truncate"])
async def test_retries_show_nothing(credential, how, records):
    """The error after four attempts shows no more than the error after one."""
    async with (
        FakeBilibili() as fake,
        Client(credential, base_url=fake.base_url, clock=InstantClock()) as client,
    ):
        fake.fail(times=None, how=how)
        error = await _error_of(client.get_same_followings(VMID))
    assert error.__context__ is None
    assert not canary.leaks(canary.error_exits(error), canary.record_exits(records))


@each_credential
@pytest.mark.parametrize(
    "act",
    [
        pytest.param(hangs(), id="before-the-answer"),
        pytest.param(hangs(b"HTTP/1.1 200 OK\r\nX: "), id="in-the-headers"),
        pytest.param(hangs(lambda raw: http(raw[:99], length=999)), id="in-the-body"),
    ],
)
async def test_a_cancelled_request_shows_nothing(credential, act, records):
    """A cancelled walk leaves no connection, its traceback no secret, and it can go on."""
    async with (
        Stage(act) as stage,
        Client(
            credential,
            base_url=f"http://127.0.0.1:{stage.port}",
            rate_limit=RateLimit(per_second=None),
        ) as client,
    ):
        walk = aiter(client.iter_same_followings(VMID, page_size=PAGE_SIZE))
        got = [await anext(walk) for _ in range(PAGE_SIZE)]
        task = asyncio.create_task(anext(walk))
        await _until(lambda: 2 in stage.asked)
        task.cancel()
        error = await _error_of(task)
        assert type(error) is asyncio.CancelledError
        await stage.until_empty()
        got += [following async for following in walk]
        assert [following.mid for following in got] == [10_000, 10_001, 10_002, 10_003]
        assert walk.report.complete
    assert not canary.leaks(canary.error_exits(error), canary.record_exits(records))


@each_credential
async def test_a_call_cancelled_while_it_waits_shows_nothing(credential, records):
    """Cancellation in the queue for a turn and between two attempts passes at once."""
    async with (
        FakeBilibili() as fake,
        Client(
            credential,
            base_url=fake.base_url,
            retry=RetryPolicy(base=1e6, max_wait=None, max_elapsed=None),
        ) as client,
    ):
        fake.fail(times=1)
        waiting = [asyncio.create_task(client.get_same_followings(VMID)) for _ in range(3)]
        await _until(lambda: fake.requests > 0)
        for task in waiting:
            task.cancel()
        errors = [await _error_of(task) for task in waiting]
        assert [type(error) for error in errors] == [asyncio.CancelledError] * 3
    assert not canary.leaks(*map(canary.error_exits, errors), canary.record_exits(records))


def _echoes(secret: str) -> list[bytes]:
    """Return answers that hold *secret* in a message, in HTML, in a value and in bad JSON."""
    page = {"code": 0, "data": {"list": [{"mid": "x", "sign": secret}], "total": 1}}
    return [
        http(orjson.dumps({"code": 7, "message": f"bad cookie {secret}"})),
        http(orjson.dumps({"code": -799, "message": secret})),
        http(orjson.dumps({"code": -412, "message": "x" * 190 + secret})),
        http(f"<html>Cookie: SESSDATA={secret}</html>".encode(), status="403 Forbidden"),
        http(f"<html>{' ' * 2000}{secret}</html>".encode(), status="502 Bad Gateway"),
        http(b'{"message":"' + secret.encode()),
        http(orjson.dumps(page)),
        http(secret.encode() * 200_000),
        http(b"", f"Location: https://{secret.replace('%', '-')}.example/", status="302 Found"),
        http(b"", f"Location: /?key={secret}", status="307 Temporary"),
        http(b"", f"Retry-After: {secret}", status="429 Slow"),
        http(b"", f"X-Echo: {secret}\0", status="200 OK"),
        http(b"", status=f"200 {secret}"),
    ]


@each_credential
@pytest.mark.parametrize(
    "spelling",
    [
        "verbatim",
        pytest.param("quoted", marks=pytest.mark.slow),
        pytest.param("unquoted", marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("nth", range(len(_echoes(""))))
async def test_what_a_server_echoes_is_struck_out(credential, spelling, nth, records):
    """No error shows a credential that the server sent back, in whichever spelling."""
    from urllib.parse import quote, unquote  # noqa: PLC0415 - the spellings of this test

    secret = credential.sessdata or credential.access_key
    spell = {"verbatim": str, "quoted": quote, "unquoted": unquote}[spelling]
    clock = InstantClock()
    async with (
        Stage(says(_echoes(spell(secret.reveal()))[nth]), at=1) as stage,
        Client(
            credential,
            base_url=f"http://127.0.0.1:{stage.port}",
            retry=RetryPolicy(attempts=1),
            clock=clock,
        ) as client,
    ):
        error = await _error_of(client.get_same_followings(VMID, ps=PAGE_SIZE))
        ways = [canary.error_exits(error), canary.exits(client)]
        if isinstance(error, RiskControlError):
            # What calls are told while the client rests is made of the same words.
            later = await _error_of(client.get_same_followings(VMID, ps=PAGE_SIZE))
            ways.append(canary.error_exits(later))
    assert not canary.leaks(*ways, canary.record_exits(records))


@pytest.mark.parametrize("place", ["headers", "session", "proxy", "proxy header"])
async def test_what_else_is_sent_and_echoed_is_struck_out(place, records):
    """A token in a header, of the client or of its session, and a proxy's password, too."""
    token = f"Bearer {canary.WORD}"
    pair = b64encode(f"someone:{canary.WORD}".encode()).decode()
    echo = pair if place == "proxy header" else canary.WORD
    body = orjson.dumps({"code": -12345, "message": f"refused: {echo}"})
    async with (
        Stage(says(http(body)), at=1) as stage,
        ClientSession(headers={"X-Token": token}) as session,
        Client(
            Credential("anything"),
            base_url=f"http://127.0.0.1:{stage.port}",
            headers={"Authorization": token} if place == "headers" else None,
            session=session if place == "session" else None,
            proxy=f"http://someone:{canary.WORD}@127.0.0.1:{stage.port}"
            if place.startswith("proxy")
            else None,
        ) as client,
    ):
        error = await _error_of(client.get_same_followings(VMID))
    assert str(error.message).startswith("refused: ***")
    assert not canary.leaks(canary.record_exits(records))
    shown = [repr(error), repr(vars(error)), repr(pickle.dumps(error)), repr(client)]
    assert not [text for text in shown if canary.WORD in text or pair in text]


async def test_plain_headers_are_no_secrets():
    """A user agent of your own stays readable where a server quotes it."""
    body = orjson.dumps({"code": -12345, "message": "no robots/1.0 here"})
    async with (
        Stage(says(http(body)), at=1) as stage,
        Client(
            Credential("anything"),
            base_url=f"http://127.0.0.1:{stage.port}",
            headers={"User-Agent": "robots/1.0", "X-Short": "robots"},
        ) as client,
    ):
        error = await _error_of(client.get_same_followings(VMID))
    assert error.message == "no robots/1.0 here"


async def test_an_echo_keeps_its_error():
    """Striking out changes no class, code or length: a number stays one."""
    credential = Credential(sessdata=canary.SESSDATA, cookies={"DedeUserID": "293793435"})
    data = {"list": [{"mid": 293793435, "uname": canary.SESSDATA}, 1], "total": 2}
    body = orjson.dumps({"code": 0, "data": data})
    async with (
        Stage(says(http(body)), at=1) as stage,
        Client(credential, base_url=f"http://127.0.0.1:{stage.port}") as client,
    ):
        error = await _error_of(client.get_same_followings(VMID, ps=PAGE_SIZE))
    assert error.paths == ("$.data.list[1]",)
    assert len(error.body) == len(body)
    record, _ = json.loads(error.body)["data"]["list"]
    assert record == {"mid": 111111111, "uname": "*" * len(canary.SESSDATA)}


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: Credential(sessdata=canary.SESSDATA + "\n"), id="line break"),
        pytest.param(lambda: Credential(access_key=canary.ACCESS_KEY + ";"), id="semicolon"),
        pytest.param(lambda: Credential(canary.SESSDATA, canary.ACCESS_KEY), id="both"),
        pytest.param(
            lambda: Credential("fine", cookies={"x": canary.SESSDATA + "\0"}), id="cookie value"
        ),
        pytest.param(
            lambda: Credential("fine", cookies={"SESSDATA": canary.SESSDATA}), id="cookie name"
        ),
        pytest.param(lambda: Credential([canary.SESSDATA]), id="list"),
        pytest.param(lambda: Credential("fine", cookies=[canary.SESSDATA]), id="cookies"),
        pytest.param(
            lambda: Credential.from_cookie_header(f"SESSDATA={canary.SESSDATA}\x01"),
            id="header",
        ),
        pytest.param(
            lambda: Credential.from_cookie_header(f"sessdata={canary.SESSDATA}"),
            id="no header",
        ),
        pytest.param(lambda: Credential.from_env("TEST_"), id="environment"),
        pytest.param(lambda: Credential(f'"{canary.SESSDATA}"'), id="quotes"),
        pytest.param(lambda: Credential.from_cookies(f"[{canary.SESSDATA}"), id="no JSON"),
        pytest.param(
            lambda: Credential.from_cookies([{"name": canary.SESSDATA}]), id="no value"
        ),
        pytest.param(
            lambda: Credential.from_cookies(
                {"SESSDATA": f"{canary.SESSDATA}; Path=/", "x": canary.SESSDATA}
            ),
            id="mapping",
        ),
    ],
)
def test_a_refused_credential_is_not_shown(make, monkeypatch):
    """A UsageError about a secret names the argument, and no frame of ours holds the value."""
    monkeypatch.setenv("TEST_SESSDATA", canary.SESSDATA + "\x01")
    with pytest.raises(UsageError) as caught:
        make()
    error = caught.value
    ours = [
        way
        for way in canary.error_exits(error)
        # The caller's own frame, this file, knows what it wrote.
        if way[0] != "traceback"
    ]
    assert not canary.leaks(ours)
    assert any(name in str(error) for name in ("sessdata", "access_key", "cookies", "header"))


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: Client(canary.SESSDATA), id="credential"),
        pytest.param(
            lambda: Client(Credential("fine"), base_url=f"https://u:{canary.WORD}@h.example"),
            id="base_url",
        ),
        pytest.param(
            lambda: Client(Credential("fine"), headers={f"credential: {canary.WORD}": "x"}),
            id="header",
        ),
        pytest.param(
            lambda: Credential("fine", cookies={f"credential={canary.WORD}": "x"}), id="cookie"
        ),
    ],
)
def test_a_secret_in_the_wrong_place_is_not_said(make):
    """A cookie in place of a Credential, or a password in base_url, is in no message."""
    with pytest.raises(UsageError, match=r"credential|base_url") as caught:
        make()
    assert not canary.leaks(canary.exits(caught.value))


async def test_a_proxy_with_a_password_is_not_shown(records):
    """The password in a proxy's URL is kept as the credential is."""
    proxy = f"http://someone:{canary.WORD}@127.0.0.1:9"
    client = Client(Credential("anything"), proxy=proxy, retry=RetryPolicy(attempts=1))
    error = await _error_of(client.get_same_followings(VMID))
    await client.aclose()
    assert type(error) is TransportError
    assert not canary.leaks(
        canary.error_exits(error), canary.exits(client), canary.record_exits(records)
    )


def test_a_client_that_is_dropped_open_warns_without_it(asyncio_errors):
    """The ResourceWarning of a forgotten client names no secret."""

    async def drop() -> None:
        client = Client(Credential(canary.SESSDATA), base_url="http://127.0.0.1:9")
        await _error_of(
            client.with_options(retry=RetryPolicy(attempts=1)).get_same_followings(1)
        )

    def drop_and_collect() -> None:
        asyncio.run(drop())
        gc.collect()

    with pytest.warns(ResourceWarning) as warned:
        drop_and_collect()
    assert any("dropped open" in str(it.message) for it in warned)
    assert not canary.leaks(("warning", str(it.message)) for it in warned)
    # aiohttp's session says the same in the log.
    assert not canary.leaks(canary.record_exits(asyncio_errors))
    asyncio_errors.clear()


def test_the_canary_is_found_where_it_is():
    """The search is no check that cannot fail: it finds the canary on each way out."""
    error = ValueError(canary.SESSDATA)
    error.__cause__ = KeyError(canary.ACCESS_KEY)
    names = set(canary.leaks(canary.error_exits(error)))
    assert {"repr", "str", "args", "pickle", "traceback"} <= names
    assert canary.leaks(canary.exits({"deep": [{"er": canary.SESSDATA}]}))
    record = logging.LogRecord("x", 10, "", 1, "%s", (os.fspath(canary.SESSDATA),), None)
    assert canary.leaks(canary.record_exits([record]))
