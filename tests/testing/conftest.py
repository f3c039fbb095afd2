"""What the tests of the fake server share: a plain HTTP client."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import SimpleNamespace

import aiohttp
import orjson
import pytest

from bili_common.testing.backend import PATH


class Visitor:
    """Asks a fake server by plain aiohttp and keeps nothing."""

    def __init__(self, session: aiohttp.ClientSession, base_url: str) -> None:
        self.session = session
        self.base_url = base_url

    async def raw(self, *, path=PATH, method="GET", headers=None, **query):
        """Return status, headers and bytes of one answer."""
        if headers is None:
            headers = {"Cookie": "SESSDATA=secret"}
        async with self.session.request(
            method,
            self.base_url + path,
            params=query,
            headers=headers,
            allow_redirects=False,
        ) as response:
            body = await response.read()
            return SimpleNamespace(status=response.status, headers=response.headers, body=body)

    async def ask(self, **query):
        """Return the envelope of one answer."""
        answer = await self.raw(**query)
        assert answer.status == 200
        return orjson.loads(answer.body)

    async def mids(self, vmid, *, pn=1, ps=50):
        """Return the mids of one page."""
        answer = await self.ask(vmid=vmid, pn=pn, ps=ps)
        assert answer["code"] == 0
        return [record["mid"] for record in answer["data"]["list"] or ()]


@pytest.fixture
async def visitor(fake_bilibili) -> AsyncIterator[Visitor]:
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=5)
    async with aiohttp.ClientSession(
        connector=connector, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()
    ) as session:
        yield Visitor(session, fake_bilibili.base_url)
