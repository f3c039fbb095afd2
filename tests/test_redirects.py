"""No server but the one of base_url ever sees the credential."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl

import aiohttp
import pytest
import trustme

from aiohttp.abc import AbstractResolver

from bili_common import Client, Credential, ResponseError, RetryPolicy, UsageError
from bili_common.testing import InstantClock

from .faults import canary
from .faults.servers import PAGE_SIZE, VMID, Line, Stage, http, says


HOSTS = ["api.example", "passport.api.example", "elsewhere.example"]
CREDENTIALS = {
    "cookie": Credential(sessdata=canary.SESSDATA),
    "access_key": Credential(access_key=canary.ACCESS_KEY),
}
NO_RETRY = RetryPolicy(attempts=1)


class Resolver(AbstractResolver):
    """Every name is here."""

    async def resolve(self, host, port=0, family=socket.AF_INET):
        return [
            {
                "hostname": host,
                "host": "127.0.0.1",
                "port": port,
                "family": family,
                "proto": 0,
                "flags": 0,
            }
        ]

    async def close(self):
        pass


class Trap:
    """A server that writes down every byte that comes, and answers as the API would."""

    def __init__(self, tls: ssl.SSLContext | None) -> None:
        self.tls = tls
        self.seen: list[bytes] = []

    @contextlib.asynccontextmanager
    async def open(self):
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.tls)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield self

    async def _serve(self, reader, writer):
        self.seen.append(await reader.read(2**16))
        writer.write(http(b"{}"))
        writer.close()


@pytest.fixture(scope="module")
def ca():
    return trustme.CA()


@pytest.fixture(scope="module")
def tls(ca):
    """Return the server's and the client's side of TLS, with one CA."""
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ca.issue_cert(*HOSTS).configure_cert(server)
    # Not the default one, which takes a tenth of a second to read all CAs of the machine.
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ca.configure_trust(client)
    return server, client


TARGETS = {
    "http, same host": "http://api.example:{http}/x",
    "https, same host": "https://api.example:{https}/x",
    "http, sibling": "http://passport.api.example:{http}/x",
    "https, sibling": "https://passport.api.example:{https}/x",
    "http, elsewhere": "http://elsewhere.example:{http}/x",
    "https, elsewhere": "https://elsewhere.example:{https}/x",
    "no scheme": "//elsewhere.example:{https}/x",
    "user info": "https://api.example@elsewhere.example:{https}/x",
    "backslash": "https:\\\\elsewhere.example:{https}\\x",
    "address": "http://127.0.0.1:{http}/x",
    "file": "file:///etc/passwd",
    "itself": "?",
    "path": "/elsewhere",
    "not given": None,
}


@pytest.mark.parametrize("credential", CREDENTIALS)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("target", TARGETS)
async def test_no_redirect_is_followed(target, status, credential, tls):
    """A redirect is an error after one request, and no other server sees even a connection."""
    location = TARGETS[target]
    server_tls, client_tls = tls
    connector = aiohttp.TCPConnector(resolver=Resolver(), ssl=client_tls)
    async with contextlib.AsyncExitStack() as stack:
        plain = await stack.enter_async_context(Trap(None).open())
        secure = await stack.enter_async_context(Trap(server_tls).open())
        ports = {"http": plain.port, "https": secure.port}
        headers = [] if location is None else [f"Location: {location.format(**ports)}"]
        answer = http(b"", *headers, status=f"{status} Moved")
        stage = await stack.enter_async_context(Stage(says(answer), at=1, tls=server_tls))
        session = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
        client = Client(
            CREDENTIALS[credential],
            base_url=f"https://api.example:{stage.port}",
            session=session,
            clock=InstantClock(),
        )
        with pytest.raises(ResponseError, match="redirect") as caught:
            await client.get_same_followings(VMID, ps=PAGE_SIZE)
        assert caught.value.http_status == status
        assert stage.asked == {1: 1}
        assert stage.has_credential
        # The same call again finds the server well: nothing was kept of the redirect.
        assert await client.get_same_followings(VMID, ps=PAGE_SIZE)
        assert plain.seen == secure.seen == []


async def test_the_matrix_could_fail(tls):
    """With the cookie in its jar, and redirects followed, aiohttp tells it to the traps."""
    server_tls, client_tls = tls
    connector = aiohttp.TCPConnector(resolver=Resolver(), ssl=client_tls)
    async with contextlib.AsyncExitStack() as stack:
        plain = await stack.enter_async_context(Trap(None).open())
        location = f"Location: http://elsewhere.example:{plain.port}/x"
        stage = await stack.enter_async_context(
            Stage(says(http(b"", location, status="302 Found")), at=1, tls=server_tls)
        )
        session = aiohttp.ClientSession(cookies={"SESSDATA": canary.WORD}, connector=connector)
        await stack.enter_async_context(session)
        async with session.get(f"https://api.example:{stage.port}/?pn=1"):
            pass
        assert canary.WORD.encode() in plain.seen[0]


@pytest.mark.parametrize(
    "base_url",
    [
        "http://api.bilibili.com",
        "HTTP://api.bilibili.com",
        "http://127.0.0.1.elsewhere.example",
        "http://localhost.elsewhere.example",
        "http://127.0.0.1@elsewhere.example",
        "http://elsewhere.example#127.0.0.1",
        "http://0.0.0.0",
        "http://10.0.0.1",
        "http://[2001:db8::1]",
        "http://2130706433.example",
        "ftp://api.bilibili.com",
        "file:///etc/passwd",
        "//api.bilibili.com",
        "api.bilibili.com",
        "",
    ],
)
def test_the_credential_goes_nowhere_in_the_clear(base_url):
    """Plain http is refused before anything is sent, unless the host is loopback."""
    with pytest.raises(UsageError, match="base_url"):
        Client(CREDENTIALS["cookie"], base_url=base_url)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "[::1]", "localhost"])
def test_loopback_may_be_asked_in_the_clear(host):
    """A server on the own machine needs no certificate."""
    Client(CREDENTIALS["cookie"], base_url=f"http://{host}:8080")


async def test_the_cookie_is_sent_verbatim_beside_those_of_a_borrowed_session():
    """%2C, a comma and a star stay as they are, once, whatever the session has of its own."""
    heads: list[bytes] = []

    async def act(line: Line) -> None:
        heads.append(line.head)
        await line.send(http(line.body, "Set-Cookie: tracker=1; Path=/"))

    jar = aiohttp.CookieJar(unsafe=True)
    own = {"SESSDATA": "stale", "buvid3": "a,b"}
    credential = Credential(sessdata="a%2C1,b*c", cookies={"bili_jct": "d,e"})
    async with (
        Stage(act, at=1) as stage,
        aiohttp.ClientSession(cookie_jar=jar, cookies=own) as session,
    ):
        client = Client(credential, base_url=f"http://127.0.0.1:{stage.port}", session=session)
        await client.get_same_followings(VMID, ps=PAGE_SIZE)
    [cookie] = [line for line in heads[0].split(b"\r\n") if line.startswith(b"Cookie:")]
    assert cookie == b'Cookie: SESSDATA=a%2C1,b*c; bili_jct=d,e; buvid3="a\\054b"'


async def test_no_cookie_of_the_server_is_kept():
    """A client of its own session sends the credential's cookies, and none it was given."""
    heads: list[bytes] = []

    async def act(line: Line) -> None:
        heads.append(line.head)
        await line.send(http(b"", "Set-Cookie: tracker=1; Path=/", status="500 Oops"))

    async with (
        Stage(act, at=1) as stage,
        Client(
            CREDENTIALS["cookie"],
            base_url=f"http://127.0.0.1:{stage.port}",
            clock=InstantClock(),
        ) as client,
    ):
        await client.get_same_followings(VMID, ps=PAGE_SIZE)
        assert stage.asked == {1: 2}
        assert b"tracker" not in stage.last_head
    assert f"Cookie: SESSDATA={canary.SESSDATA}\r\n".encode() in heads[0]
    assert f"Cookie: SESSDATA={canary.SESSDATA}\r\n".encode() in stage.last_head


@pytest.mark.parametrize("trust_env", [False, True])
async def test_no_password_of_the_netrc_file_is_sent(trust_env, tmp_path, monkeypatch):
    """The netrc file is for other programs, also where the environment's proxy is used."""
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine 127.0.0.1 login me password {canary.WORD}\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    async with (
        Stage(says(b""), at=9) as stage,
        Client(
            CREDENTIALS["cookie"],
            base_url=f"http://127.0.0.1:{stage.port}",
            trust_env=trust_env,
        ) as client,
    ):
        await client.get_same_followings(VMID, ps=PAGE_SIZE)
        assert b"Authorization" not in stage.last_head


async def test_the_proxy_of_the_environment_is_used_only_where_asked(monkeypatch):
    """HTTP_PROXY alone sends nothing anywhere; with trust_env it is the proxy."""
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    trap = Trap(None)
    async with trap.open(), Stage(says(b""), at=9) as stage:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{trap.port}")
        base_url = f"http://127.0.0.1:{stage.port}"
        async with Client(CREDENTIALS["cookie"], base_url=base_url) as client:
            await client.get_same_followings(VMID, ps=PAGE_SIZE)
        assert trap.seen == []
        async with Client(
            CREDENTIALS["cookie"], base_url=base_url, trust_env=True, retry=NO_RETRY
        ) as client:
            with pytest.raises(ResponseError):
                await client.get_same_followings(VMID, ps=PAGE_SIZE)
        assert len(trap.seen) == 1
