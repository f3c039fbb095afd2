"""The session: what goes out, byte by byte, and what is left behind."""

from __future__ import annotations

import asyncio
import gc
import gzip
import pickle
import ssl
import warnings

import aiohttp
import pytest
import trustme

from bili_common import (
    Client,
    ClientClosedError,
    Credential,
    RateLimit,
    RequestTimeoutError,
    ResponseError,
    RetryPolicy,
    RiskControlError,
    ServerError,
    ThrottledError,
    TransportError,
    UsageError,
    __version__,
)
from bili_common._transport import body as response_body
from bili_common._transport.middlewares import middlewares_of
from bili_common.testing import InstantClock

from .rawserver import COOKIE, EMPTY, ok


async def test_what_goes_out(make, raw):
    """One GET with the cookie verbatim, our User-Agent and Bilibili's Referer."""
    async with make(raw.url) as client:
        await client.get_same_followings(2, pn=3, ps=7)
    assert raw.heads[0].startswith("GET /x/relation/same/followings?vmid=2&ps=7&pn=3 HTTP/1.1")
    assert raw.lines["cookie"] == f"SESSDATA={COOKIE}"
    assert raw.lines["user-agent"] == f"bili-common/{__version__}"
    assert raw.lines["referer"] == "https://www.bilibili.com/"


async def test_headers_can_be_overridden(make, raw):
    """`headers` replace the usual ones, whatever their case, and join them."""
    headers = {"user-agent": "mine", "REFERER": "https://x.example/", "X-More": "1"}
    async with make(raw.url, headers=headers) as client:
        await client.get_same_followings(2)
    lines = raw.lines
    assert (lines["user-agent"], lines["referer"]) == ("mine", "https://x.example/")
    assert lines["x-more"] == "1"


async def test_an_access_key_goes_in_the_query(make, raw):
    """access_key is a parameter, quoted, and no cookie goes with it."""
    async with make(raw.url, Credential(access_key="a+b&c=%")) as client:
        await client.get_same_followings(2)
    assert "&access_key=a%2Bb%26c%3D%25 " in raw.heads[0]
    assert "cookie" not in raw.lines


@pytest.mark.parametrize("value", [COOKIE, 'q"uo te', "a=b", "a\\054b"])
async def test_a_borrowed_session_is_used_and_never_closed(make, raw, value):
    """Its other cookies go along, ours stays verbatim, and it stays open."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookies={"other": "1"}, cookie_jar=jar) as session:
        credential = Credential(sessdata=value, cookies={"mine": "x,y"})
        async with make(raw.url, credential, session=session) as client:
            await client.get_same_followings(2)
        assert not session.closed
    cookies = raw.lines["cookie"].encode().decode().split("; ")
    assert cookies == [f"SESSDATA={value}", "mine=x,y", "other=1"]


async def test_the_cookie_does_not_stay_in_a_borrowed_session(make, raw):
    """Nothing of the credential is left in the borrowed session's jar."""
    async with aiohttp.ClientSession() as session:
        async with make(raw.url, session=session) as client:
            await client.get_same_followings(2)
        assert len(session.cookie_jar) == 0


async def test_middlewares_of_a_borrowed_session_run(make, raw):
    """A borrowed session's own middlewares are kept beside ours."""
    seen = []

    async def middleware(request, handler):
        seen.append(request.url.path)
        return await handler(request)

    async with aiohttp.ClientSession(middlewares=(middleware,)) as session:
        assert middlewares_of(session) == (middleware,)
        async with make(raw.url, session=session) as client:
            await client.get_same_followings(2)
    assert seen == ["/x/relation/same/followings"]


async def test_a_closed_borrowed_session_is_a_usage_error(make, raw):
    """A borrowed session that its owner closed is ClientClosedError."""
    session = aiohttp.ClientSession()
    await session.close()
    async with make(raw.url, session=session) as client:
        with pytest.raises(ClientClosedError, match="borrowed"):
            await client.get_same_followings(2)


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
async def test_no_redirect_is_followed(make, raw, status):
    """A redirect, to the same server too, is an error; no second request goes out."""
    raw.reply = ok(b"", f"Location: {raw.url}/elsewhere", status=status)
    async with make(raw.url) as client:
        with pytest.raises(ResponseError, match=r"redirect to 127\.0\.0\.1"):
            await client.get_same_followings(2)
    assert len(raw.heads) == 1


@pytest.mark.parametrize("attempts", [1, 3])
async def test_one_attempt_is_one_request(make, raw, attempts):
    """Aiohttp's own silent repeat of a GET is caught: so many attempts, so many requests."""
    async with make(raw.url, retry=RetryPolicy(attempts=attempts, base=0)) as client:
        # On a connection that is reused aiohttp would repeat the request by itself.
        await client.get_same_followings(2)
        raw.heads.clear()
        raw.reply = None
        with pytest.raises(TransportError) as caught:
            await client.get_same_followings(2)
        assert len(raw.heads) == attempts
        assert client.stats.requests == 1 + attempts
        assert client.stats.retries == attempts - 1
    assert caught.value.__context__ is None
    assert "RetryError" not in repr(caught.value)


async def test_a_timeout_is_one_error_of_ours(make, raw):
    """No answer within `timeout`: RequestTimeoutError with the seconds, no connection left."""
    raw.reply = "hang"
    async with make(raw.url, timeout=0.05) as client:
        with pytest.raises(RequestTimeoutError, match=r"0\.05") as caught:
            await client.get_same_followings(2)
        assert (caught.value.vmid, caught.value.pn) == (2, 1)


async def test_no_server_is_a_transport_error(make, unused_tcp_port):
    """A refused connection names the host and the reason."""
    async with make(f"http://127.0.0.1:{unused_tcp_port}") as client:
        with pytest.raises(TransportError, match=r"127\.0\.0\.1") as caught:
            await client.get_same_followings(2)
        assert caught.value.retryable


@pytest.mark.parametrize(
    ("reply", "cls"),
    [
        (b"garbage\r\n\r\n", ResponseError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\nConnection: close\r\n\r\n{", None),
        (ok(b"x" * 20, "Content-Encoding: gzip"), TransportError),
        (ok(b"\xff", "Content-Type: text/html; charset=nonsense"), ResponseError),
    ],
)
async def test_what_is_no_http_is_an_error_of_ours(make, raw, reply, cls):
    """Malformed HTTP and broken compression: our errors, without aiohttp's as the cause."""
    raw.reply = reply
    if cls is None:
        raw.reply, cls = reply, RequestTimeoutError
    async with make(raw.url, timeout=0.2) as client:
        with pytest.raises(cls) as caught:
            await client.get_same_followings(2)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - our own


async def test_a_body_above_eight_mib_is_refused(make, raw):
    """16 KiB of gzip that become 16 MiB: an error, 2 KiB of it kept, and the reading ends."""
    raw.reply = ok(gzip.compress(b" " * 2**24), "Content-Encoding: gzip")
    async with make(raw.url) as client:
        with pytest.raises(ResponseError, match="more than 8388608 bytes") as caught:
            await client.get_same_followings(2)
        assert len(caught.value.body) == 2048
        assert client.stats.bytes < 2**24


@pytest.mark.parametrize(
    ("status", "cls"),
    [
        ("412 Precondition Failed", RiskControlError),
        ("429 Too Many Requests", ThrottledError),
        ("502 Bad Gateway", ServerError),
        ("302 Found", ResponseError),
    ],
)
@pytest.mark.parametrize("fault", ["broken", "too long", "endless"])
async def test_a_status_that_tells_all_outlives_its_body(make, raw, status, cls, fault):
    """Status before body: a ban or a throttle is one, though its page never came whole."""
    raw.reply = {
        "broken": ok(b"no gzip at all", "Content-Encoding: gzip", status=status),
        "too long": ok(b"x" * (response_body.MAX_BODY + 1), status=status),
        "endless": ok(b"<html>", status=status).replace(b": 6", b": 7"),
    }[fault]
    async with make(raw.url, timeout=0.1 if fault == "endless" else 15) as client:
        with pytest.raises(cls) as caught:
            await client.get_same_followings(2)
    assert len(raw.heads) == 1
    assert caught.value.http_status == int(status[:3])
    assert len(getattr(caught.value, "body", b"")) <= 2048


async def test_a_status_that_needs_its_body_does_not(make, raw):
    """Another 4xx is told by the code in its body, so a broken body is a TransportError."""
    raw.reply = ok(b"no gzip at all", "Content-Encoding: gzip", status="404 Not Found")
    async with make(raw.url) as client:
        with pytest.raises(TransportError):
            await client.get_same_followings(2)


def test_the_head_of_a_body_in_pieces():
    """What is kept of too long a body does not depend on how it was cut on its way."""
    body = bytes(range(256)) * 64
    for size in (1, 100, 4096, len(body)):
        chunks = [body[at : at + size] for at in range(0, len(body), size)]
        assert response_body._head(chunks) == body[:4096]


async def test_a_proxy_is_asked_instead(make, raw):
    """With `proxy` the request goes there, whole, with the proxy's password apart."""
    async with make("http://127.0.0.1:9", proxy=f"http://u:p@127.0.0.1:{raw.port}") as client:
        await client.get_same_followings(2)
    assert raw.heads[0].startswith("GET http://127.0.0.1:9/x/relation/same/followings?")
    assert raw.lines["proxy-authorization"] == "Basic dTpw"


async def test_the_environments_proxy_only_if_trusted(make, raw, monkeypatch):
    """HTTP_PROXY counts with trust_env alone, NO_PROXY above it, and never a netrc file."""
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{raw.port}")
    monkeypatch.delenv("no_proxy", raising=False)
    async with make("http://127.0.0.1:9", trust_env=True) as client:
        await client.get_same_followings(2)
    assert len(raw.heads) == 1
    assert "authorization" not in raw.lines
    for environment, trust_env in (("", False), ("127.0.0.1", True)):
        monkeypatch.setenv("no_proxy", environment)
        async with make(raw.url, trust_env=trust_env) as client:
            await client.get_same_followings(2)
        assert raw.heads[-1].startswith("GET /x/")


def test_another_event_loop_is_a_usage_error(instant_clock):
    """A client that asked in one loop refuses another, before anything is sent."""
    heads = []

    async def serve(reader, writer):
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(ok(EMPTY, "Connection: close"))
        writer.close()

    async def ask(client):
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            client = client or Client(
                Credential(sessdata="s"),
                base_url=f"http://127.0.0.1:{port}",
                rate_limit=RateLimit(per_second=None),
                clock=instant_clock,
            )
            try:
                await client.get_same_followings(2)
            except UsageError:
                await client.aclose()
                raise
            return client

    client = asyncio.run(ask(None))
    with pytest.raises(UsageError, match="event loop"):
        asyncio.run(ask(client))
    assert len(heads) == 1


def test_a_borrowed_session_of_another_event_loop_is_a_usage_error():
    """A session that was made in another loop is refused, before anything is sent."""

    async def borrow():
        return aiohttp.ClientSession()

    async def ask(session):
        url = "http://127.0.0.1:9"
        client = Client(Credential(sessdata="s"), base_url=url, session=session)
        try:
            with pytest.raises(UsageError, match="another event loop"):
                await client.get_same_followings(2)
            assert client.stats.requests == 0
        finally:
            await session.close()

    asyncio.run(ask(asyncio.run(borrow())))


async def test_a_closed_client_says_so(make, raw):
    """After aclose every method is ClientClosedError; aclose may be called again."""
    client = make(raw.url)
    pager = client.iter_same_followings(2)
    await client.get_same_followings(2)
    await client.aclose()
    await client.aclose()
    assert "closed" in repr(client)
    with pytest.raises(ClientClosedError):
        client.iter_same_followings(2)
    with pytest.raises(ClientClosedError):
        await client.get_same_followings(2)
    with pytest.raises(ClientClosedError):
        await client.check_same_followings(2, [1])
    with pytest.raises(ClientClosedError):
        await pager.collect()
    with pytest.raises(ClientClosedError):
        async with client:
            pass
    assert len(raw.heads) == 1


async def test_closing_during_a_request_says_so(make, raw):
    """A request under way when the client is closed ends as ClientClosedError."""
    raw.reply = "hang"
    client = make(raw.url)
    task = asyncio.create_task(client.get_same_followings(2))
    await raw.came.wait()
    await client.aclose()
    with pytest.raises(ClientClosedError):
        await task


async def test_closing_before_a_retry_says_so(make, raw):
    """A call that waits for its next attempt when the client is closed sends no more."""

    class Closing(InstantClock):
        async def sleep(self, seconds):
            await client.aclose()
            await super().sleep(seconds)

    raw.reply = ok(b"", status="500 Internal Server Error")
    client = make(raw.url, clock=Closing(), retry=RetryPolicy(attempts=2))
    with pytest.raises(ClientClosedError):
        await client.get_same_followings(2)
    assert len(raw.heads) == 1


async def test_a_client_works_without_async_with_and_warns_when_dropped(
    make, raw, asyncio_errors
):
    """Dropped open, a client is a ResourceWarning that names what to do; closed, it is not."""
    client = make(raw.url)
    await client.get_same_followings(2)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        del client
        gc.collect()
        texts = [str(it.message) for it in caught if it.category is ResourceWarning]
        # The warnings hold aiohttp's session, whose parts then warn of themselves.
        caught.clear()
        gc.collect()
    assert any("a Client was dropped open" in text and "aclose" in text for text in texts)
    # aiohttp says the same of its own session.
    asyncio_errors.clear()

    client = make(raw.url)
    await client.get_same_followings(2)
    await client.aclose()
    del client
    gc.collect()


async def test_a_copy_shares_all_but_its_options(make, raw):
    """with_options shares connection, pace and stats; closing it leaves the original open."""
    raw.reply = "hang"
    async with make(raw.url) as client:
        async with client.with_options(timeout=0.05) as hasty:
            with pytest.raises(RequestTimeoutError):
                await hasty.get_same_followings(2)
            assert hasty.stats == client.stats
        with pytest.raises(ClientClosedError):
            await hasty.get_same_followings(2)
        raw.reply = ok(EMPTY)
        await client.get_same_followings(2)
        twin = client.with_options(retry=RetryPolicy(attempts=2), timeout=None)
        await twin.get_same_followings(2)
        assert client.stats.requests == twin.stats.requests == 3
    with pytest.raises(ClientClosedError):
        await twin.get_same_followings(2)


async def test_a_copys_retry_is_its_own(make, raw):
    """The copy retries as it was told, and the original as before."""
    raw.reply = ok(b"", status="502 Bad Gateway")
    async with make(raw.url) as client:
        for asked, attempts in ((client, 1), (client.with_options(retry=RetryPolicy(3, 0)), 3)):
            raw.heads.clear()
            with pytest.raises(ResponseError):
                await asked.get_same_followings(2)
            assert len(raw.heads) == attempts
        with pytest.raises(UsageError, match="timeout"):
            client.with_options(timeout=-1)
        with pytest.raises(UsageError, match="retry"):
            client.with_options(retry=5)


async def test_stats_count(make, fake_bilibili):
    """stats: requests, retries, throttled, bytes and seconds waited."""
    async with make(fake_bilibili.base_url, retry=RetryPolicy(attempts=3)) as client:
        assert client.stats.requests == 0
        fake_bilibili.fail(1, how="502")
        fake_bilibili.throttle(1)
        page = await client.get_same_followings(293793435)
        stats = client.stats
    assert page.total == 73
    assert (stats.requests, stats.retries, stats.throttled) == (3, 2, 1)
    assert stats.bytes > 1000
    assert stats.waited >= 10


async def test_the_client_from_the_environment(monkeypatch, raw, instant_clock):
    """from_env reads credential, account and base_url, and takes Client's options."""
    monkeypatch.setenv("BILI_SESSDATA", "s")
    monkeypatch.setenv("BILI_ACCOUNT", "mine")
    monkeypatch.setenv("BILI_BASE_URL", raw.url)
    monkeypatch.delenv("BILI_ACCESS_KEY", raising=False)
    async with Client.from_env(clock=instant_clock) as client:
        await client.get_same_followings(2)
    assert "mine" in repr(client)
    assert raw.lines["cookie"] == "SESSDATA=s"
    monkeypatch.delenv("BILI_BASE_URL")
    async with Client.from_env(clock=instant_clock, base_url=raw.url) as client:
        await client.get_same_followings(2)
    assert len(raw.heads) == 2
    monkeypatch.delenv("BILI_SESSDATA")
    with pytest.raises(UsageError, match="BILI_SESSDATA"):
        Client.from_env()


async def test_a_session_that_does_not_decompress_asks_for_plain_bytes(make, raw):
    """A borrowed session with auto_decompress=False: the answer is asked for uncompressed."""
    plain = aiohttp.ClientSession(auto_decompress=False)
    async with plain as session, make(raw.url, session=session) as client:
        await client.get_same_followings(2)
    assert raw.lines["accept-encoding"] == "identity"


@pytest.mark.parametrize("location", ["http://[broken", "//", ""])
async def test_a_broken_redirect_is_a_redirect(make, raw, location):
    """A Location that is no URL: still the error of a redirect."""
    raw.reply = ok(b"", f"Location: {location}", status="302 Found")
    async with make(raw.url) as client:
        with pytest.raises(ResponseError, match="a redirect"):
            await client.get_same_followings(2)


async def test_tls_is_always_verified(make):
    """A certificate that nobody trusts: a TransportError that no retry repeats."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    heads = []

    async def serve(reader, writer):
        heads.append(await reader.readuntil())

    async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context) as server:
        port = server.sockets[0].getsockname()[1]
        retry = RetryPolicy(attempts=3, base=0)
        async with make(f"https://127.0.0.1:{port}", retry=retry) as client:
            with pytest.raises(TransportError, match="no trusted TLS") as caught:
                await client.get_same_followings(2)

            assert not caught.value.retryable
            assert client.stats.retries == 0
    assert not heads
