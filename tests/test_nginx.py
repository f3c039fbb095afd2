"""A throttle that nobody here wrote: nginx between the client and the server."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import ssl

from pathlib import Path

import aiohttp
import pytest
import trustme

from bili_common import Client, Credential, RateLimit, RetryPolicy, ServerError
from bili_common.testing import FakeBilibili

from .faults.figures import show


NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("alone"),
    pytest.mark.skipif(
        NGINX is None, reason="nginx is not installed (Debian: apt-get install nginx-light)"
    ),
]

VMID = 42
PAGES = 30
PAGE_SIZE = 10

CONFIG = """
daemon off;
master_process off;
pid {folder}/pid;
error_log stderr crit;
events {{ worker_connections 64; }}
http {{
  access_log {folder}/access.log;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  limit_req_zone $binary_remote_addr zone=one:1m rate={rate}r/s;
  server {{
    listen 127.0.0.1:{port} {listen};
    {server}
    location / {{ {location} proxy_pass {upstream}; }}
  }}
}}
"""


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


async def _until_listening(port: int) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                # Another program cannot tell this loop that it is ready.
                await asyncio.sleep(0.01)
            else:
                writer.close()
                return


@contextlib.asynccontextmanager
async def _nginx(folder: Path, upstream: str, **options: object):
    """Run nginx in *folder* on a free port, and yield the port."""
    defaults = {"listen": "", "server": "", "location": "", "rate": 20}
    port = _free_port()
    config = folder / "nginx.conf"
    config.write_text(
        CONFIG.format(folder=folder, port=port, upstream=upstream, **(defaults | options))
    )
    assert NGINX is not None
    process = await asyncio.create_subprocess_exec(
        *(NGINX, "-p", str(folder), "-e", "stderr", "-c", str(config)),
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        await _until_listening(port)
        yield port
    finally:
        process.terminate()
        _, errors = await process.communicate()
    assert not errors, errors.decode()


def _statuses(folder: Path) -> list[int]:
    lines = (folder / "access.log").read_text().splitlines()
    return [int(line.split('" ')[1].split()[0]) for line in lines]


@pytest.fixture
async def fake():
    async with FakeBilibili() as fake:
        fake.add_user(VMID, followings=PAGES * PAGE_SIZE)
        yield fake


# The clock is the machine's, so the seconds are shorter than the defaults.
PATIENT = RetryPolicy(attempts=8, base=0.05, max_wait=1.0, cool_down=0.1)


async def _walk(base_url: str, per_second: float | None, **options: object):
    """Walk the whole list through nginx, and return the walk and the client's counts."""
    async with Client(
        Credential(sessdata="a%2C1,b*c"),
        base_url=base_url,
        rate_limit=RateLimit(per_second=per_second, jitter=0),
        retry=PATIENT,
        **options,
    ) as client:
        walk = aiter(client.iter_same_followings(VMID, page_size=PAGE_SIZE))
        got = [following.mid async for following in walk]
        assert len(set(got)) == len(got) == PAGES * PAGE_SIZE
        assert walk.report.complete
        assert walk.report.requests == client.stats.requests
        return client.stats


@pytest.mark.parametrize("status", [429, 503])
async def test_a_walk_is_complete_through_limit_req(status, fake, tmp_path):
    """At three times the rate that nginx lets through, every record comes all the same."""
    location = f"limit_req zone=one; limit_req_status {status};"
    async with _nginx(tmp_path, fake.base_url, location=location) as port:
        stats = await _walk(f"http://127.0.0.1:{port}", 60.0)
    statuses = _statuses(tmp_path)
    assert statuses.count(200) == PAGES
    assert statuses.count(status) == len(statuses) - PAGES == stats.retries > 0
    assert stats.throttled == (stats.retries if status == 429 else 0)
    if status == 429:
        # Who is told to slow down does. A 503 says only that something is wrong.
        assert len(statuses) < 2 * PAGES
    show(f"nginx limit_req {status}: {PAGES} pages, {len(statuses)} requests")


async def test_a_walk_at_nginx_own_pace_is_never_refused(fake, tmp_path):
    """A client that keeps the server's rate sends no request in vain."""
    location = "limit_req zone=one burst=1 nodelay; limit_req_status 429;"
    async with _nginx(tmp_path, fake.base_url, location=location, rate=50) as port:
        stats = await _walk(f"http://127.0.0.1:{port}", 48.0)
    assert _statuses(tmp_path) == [200] * PAGES
    assert stats.retries == stats.throttled == 0


async def test_a_walk_through_gzip(fake, tmp_path):
    """Pages that nginx compresses come whole, and `stats.bytes` counts them unpacked."""
    server = "gzip on; gzip_types application/json; gzip_min_length 1; gzip_proxied any;"
    async with _nginx(tmp_path, fake.base_url, server=server) as port:
        stats = await _walk(f"http://127.0.0.1:{port}", None)
    sent = sum(
        int(line.split('" ')[1].split()[1])
        for line in (tmp_path / "access.log").read_text().splitlines()
    )
    assert _statuses(tmp_path) == [200] * PAGES
    assert sent < stats.bytes / 2


@pytest.mark.parametrize(
    "keepalive",
    ["keepalive_requests 3;", "keepalive_timeout 20ms;", "keepalive_timeout 0;"],
    ids=["three-requests", "twenty-milliseconds", "none"],
)
async def test_a_walk_over_short_connections(keepalive, fake, tmp_path):
    """Connections that end early cost no record and no request in vain."""
    async with _nginx(tmp_path, fake.base_url, server=keepalive) as port:
        # At this pace every pause is longer than nginx keeps an idle connection.
        stats = await _walk(f"http://127.0.0.1:{port}", 25.0 if "20ms" in keepalive else None)
    assert _statuses(tmp_path) == [200] * PAGES
    # A connection that ends in the very moment of a request is asked again for it.
    assert stats.requests - PAGES == stats.retries <= 2


async def test_a_walk_over_tls_with_both_limits(fake, tmp_path):
    """TLS with an own CA, gzip, short connections and limit_req together: a complete walk."""
    ca = trustme.CA()
    certificate = ca.issue_cert("127.0.0.1")
    pem = tmp_path / "certificate.pem"
    certificate.private_key_and_cert_chain_pem.write_to_path(str(pem))
    server = f"ssl_certificate {pem}; ssl_certificate_key {pem}; keepalive_requests 5; gzip on;"
    location = "limit_req zone=one burst=2 nodelay; limit_req_status 429;"
    trust = ssl.create_default_context()
    ca.configure_trust(trust)
    async with (
        _nginx(tmp_path, fake.base_url, listen="ssl", server=server, location=location) as port,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trust)) as session,
    ):
        stats = await _walk(f"https://127.0.0.1:{port}", 60.0, session=session)
        assert stats.throttled > 0
    assert _statuses(tmp_path).count(200) == PAGES


async def test_an_upstream_that_is_gone_is_a_502(tmp_path, fake):
    """The 502 page of nginx is a ServerError that was asked again, and the walk can go on."""
    port = _free_port()
    async with (
        _nginx(tmp_path, f"http://127.0.0.1:{port}") as front,
        Client(
            Credential("anything"),
            base_url=f"http://127.0.0.1:{front}",
            rate_limit=RateLimit(per_second=None),
            retry=RetryPolicy(attempts=3, base=0.01),
        ) as client,
    ):
        walk = aiter(client.iter_same_followings(VMID))
        with pytest.raises(ServerError, match="HTTP 502") as caught:
            await anext(walk)
        assert b"nginx" in caught.value.body
        assert _statuses(tmp_path) == [502] * 3
        async with FakeBilibili() as late:
            late.add_user(VMID, followings=3)
            await late.stop()
            await late.start(port=port)
            assert len([following async for following in walk]) == 3
