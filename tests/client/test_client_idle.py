"""What comes on an idle connection is no answer, and a cut or endless body is no page."""

from __future__ import annotations

import asyncio
import gzip
import select
import ssl
import sys
import zlib

import aiohttp
import brotli
import orjson
import pytest
import trustme

from bili_common import ResponseError, RetryPolicy, ServerBusyError, TransportError

from .rawserver import EMPTY, ok


if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PACK = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
}


def page(total: int) -> bytes:
    return orjson.dumps({"code": 0, "data": {"list": [], "total": total}})


class Talker:
    """Answers the nth request by a page of a total of n, and then says something more."""

    def __init__(self, stray: bytes, *, later: bool) -> None:
        self.stray = stray
        self.later = later
        self.asked = 0
        self.connections = 0
        self.said = asyncio.Event()
        self.go = asyncio.Event()

    async def handle(self, reader, writer) -> None:
        self.connections += 1
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                self.asked += 1
                answer = ok(page(self.asked))
                if not self.later:
                    writer.write(answer + self.stray)
                    continue
                writer.write(answer)
                await self.go.wait()
                writer.write(self.stray)
                self.said.set()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


STRAY = {
    "a reply": ok(page(999)),
    "a busy answer": ok(b"", status="408 Request Timeout"),
    "half a reply": ok(page(999))[:-20],
    "half a head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "a byte": b"H",
    "no HTTP": b"\r\n\0garbage\r\n\r\n",
}


@pytest.mark.parametrize("borrowed", [False, True])
@pytest.mark.parametrize("stray", STRAY)
async def test_what_comes_on_an_idle_connection_is_no_answer(make, stray, borrowed):
    """Bytes on an idle connection: it is dropped, and each call gets its own answer."""
    talker = Talker(STRAY[stray], later=True)
    server = await asyncio.start_server(talker.handle, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    session = aiohttp.ClientSession() if borrowed else None
    async with server, make(url, session=session, timeout=5) as client:
        for n in range(1, 4):
            got = await client.get_same_followings(2)
            assert got.total == n
            talker.go.set()
            await talker.said.wait()
            talker.said.clear()
            talker.go.clear()
        assert talker.connections == talker.asked == 3
        if session is not None:
            await session.close()


async def test_so_it_is_where_the_system_has_no_poll(make, monkeypatch):
    """As on Windows: there the sockets are looked at in another way."""
    monkeypatch.delattr(select, "poll", raising=False)
    await test_what_comes_on_an_idle_connection_is_no_answer(make, "a reply", borrowed=False)


@pytest.mark.parametrize("stray", ["a reply", "a busy answer", "half a reply"])
async def test_what_comes_with_an_answer_is_not_the_next(make, stray):
    """The same bytes right behind an answer: they are nobody's either."""
    talker = Talker(STRAY[stray], later=False)
    server = await asyncio.start_server(talker.handle, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, make(url, timeout=5) as client:
        for n in range(1, 4):
            assert (await client.get_same_followings(2)).total == n


async def test_a_quiet_connection_is_used_again(make):
    """Where nothing came, all requests go by one connection."""
    talker = Talker(b"", later=False)
    server = await asyncio.start_server(talker.handle, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, make(url, timeout=5) as client:
        for _ in range(5):
            await client.get_same_followings(2)
    assert (talker.asked, talker.connections) == (5, 1)


async def test_a_quiet_tls_connection_is_used_again(make):
    """What TLS itself sends behind an answer is no reason to connect anew."""
    authority = trustme.CA()
    theirs = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(theirs)
    ours = ssl.create_default_context()
    authority.configure_trust(ours)
    talker = Talker(b"", later=False)
    server = await asyncio.start_server(talker.handle, "127.0.0.1", 0, ssl=theirs)
    url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=ours))
    async with server, session, make(url, session=session, timeout=5) as client:
        for _ in range(5):
            await client.get_same_followings(2)
    assert (talker.asked, talker.connections) == (5, 1)


@pytest.mark.parametrize("status", ["408 Request Timeout", "425 Too Early"])
async def test_408_and_425_are_retried_on_a_fresh_connection(make, status):
    """HTTP 408 and 425: busy, tried again, and not by the connection that they came by."""
    connections = []

    async def handle(reader, writer):
        connections.append(writer)
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(ok(b"", status=status) if len(connections) < 3 else ok(EMPTY))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, make(url) as client:
        with pytest.raises(ServerBusyError, match=status[:3]) as caught:
            await client.get_same_followings(2)
        assert caught.value.retryable
        patient = client.with_options(retry=RetryPolicy(attempts=3))
        assert (await patient.get_same_followings(2)).total == 0
        assert client.stats.requests == len(connections) == 3


@pytest.mark.parametrize("encoding", PACK)
async def test_a_cut_is_a_cut_under_every_encoding(make, raw, encoding):
    """Cut anywhere, with a length that fits: a TransportError, or the page if all came out."""
    whole = PACK[encoding](EMPTY)
    taken = []
    async with make(raw.url) as client:
        for size in range(1, len(whole)):
            raw.reply = ok(whole[:size], f"Content-Encoding: {encoding}")
            try:
                taken.append(len(whole) - size) if await client.get_same_followings(2) else 0
            except TransportError as error:
                assert error.retryable  # noqa: PT017 - some cuts raise, some do not
        # Where only the checksum behind the page is missing, the page is whole.
        assert max(taken, default=0) <= 10


@pytest.mark.parametrize("encoding", PACK)
async def test_a_cut_is_retried_though_nothing_came_out(make, raw, encoding):
    """One byte of a compressed body: asked again, as often as the policy allows."""
    raw.reply = ok(PACK[encoding](EMPTY)[:1], f"Content-Encoding: {encoding}")
    async with make(raw.url, retry=RetryPolicy(attempts=3)) as client:
        with pytest.raises(TransportError, match="cut"):
            await client.get_same_followings(2)
    assert len(raw.heads) == 3


@pytest.mark.parametrize("encoding", PACK)
async def test_a_bomb_stops_at_the_cap(make, raw, encoding):
    """A small body that becomes 16 MiB: the reading ends little after 8 MiB."""
    pack = {**PACK, "br": lambda body: brotli.compress(body, quality=1)}[encoding]
    raw.reply = ok(pack(b" " * 2**24), f"Content-Encoding: {encoding}")
    async with make(raw.url) as client:
        with pytest.raises(ResponseError, match="more than 8388608 bytes"):
            await client.get_same_followings(2)
        assert client.stats.bytes < 2**24


@pytest.mark.parametrize(
    ("status", "again"), [(403, 0), (404, 0), (407, 0), (502, 1), (429, 1)]
)
async def test_a_proxys_refusal_is_said_with_its_status(make, raw, status, again):
    """A proxy that says no: its status is in the error, and a 4xx is not tried again."""
    raw.reply = ok(b"", "Connection: close", status=f"{status} No")
    retry = RetryPolicy(attempts=2)
    async with make("https://nowhere.example", proxy=raw.url, retry=retry) as client:
        with pytest.raises(TransportError, match=f"proxy .* HTTP {status}") as caught:
            await client.get_same_followings(2)
    assert caught.value.retryable is bool(again)
    assert len(raw.heads) == 1 + again


class _Broken(aiohttp.ThreadedResolver):
    async def resolve(self, *_address, **_family):
        raise RuntimeError("no such loop")


async def test_a_resolvers_runtime_error_is_an_error_of_ours(make):
    """A RuntimeError of a resolver: a TransportError that says no connection was opened."""
    connector = aiohttp.TCPConnector(resolver=_Broken(), use_dns_cache=False)
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        make("https://nowhere.example", session=session) as client,
    ):
        with pytest.raises(TransportError, match=r"could be opened \(RuntimeError\)") as caught:
            await client.get_same_followings(2)
    assert caught.value.__cause__ is caught.value.__context__ is None


async def test_a_resolver_that_refuses_the_loop_is_replaced(make, raw, monkeypatch):
    """A resolver refuses the usual loop of Windows: names are then resolved by the system."""

    def refuse(*_args, **_options):
        raise RuntimeError("aiodns needs a SelectorEventLoop")

    monkeypatch.setattr("aiohttp.connector.DefaultResolver", refuse)
    async with make(raw.url) as client:
        await client.get_same_followings(2)
    assert len(raw.heads) == 1
