"""A client that neither waits nor retries, and servers that count what comes in."""

from __future__ import annotations

import asyncio

import pytest

from bili_common import Client, Credential, RateLimit, RetryPolicy

from .rawserver import COOKIE, RawServer


@pytest.fixture
def make(instant_clock):
    """Return a function that makes a Client for a base_url, quick unless told otherwise."""

    def make(base_url, credential=None, **options):
        options = {
            "rate_limit": RateLimit(per_second=None),
            "retry": RetryPolicy(attempts=1),
            "clock": instant_clock,
        } | options
        credential = credential or Credential(sessdata=COOKIE)
        return Client(credential, base_url=base_url, **options)

    return make


@pytest.fixture
async def client(make, fake_bilibili):
    async with make(fake_bilibili.base_url) as client:
        yield client


@pytest.fixture
async def raw():
    server = RawServer()
    listener = await asyncio.start_server(server.handle, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    server.url = f"http://127.0.0.1:{port}"
    server.port = port
    yield server
    listener.close()
    for _ in range(20):
        if not server.open:
            break
        await asyncio.sleep(0.005)
    assert not server.open
