"""A client for the fake server that neither waits nor retries."""

from __future__ import annotations

import pytest

from bili_common import Client, Credential, RateLimit, RetryPolicy


@pytest.fixture
async def client(fake_bilibili, instant_clock):
    async with Client(
        Credential(sessdata="a%2C1,b*c"),
        base_url=fake_bilibili.base_url,
        rate_limit=RateLimit(per_second=None),
        retry=RetryPolicy(attempts=1),
        clock=instant_clock,
    ) as client:
        yield client
