"""What a client tells while it runs: the logger, the counts and the pages."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys

import pytest

from bili_common import (
    Client,
    Credential,
    RateLimit,
    RetryPolicy,
    RiskControlError,
    ServerError,
)
from bili_common.testing import FakeBilibili, InstantClock

from .faults import canary
from .faults.servers import VMID


PATH = "/x/relation/same/followings"
# Formatters add the last two.
STANDARD = {*vars(logging.makeLogRecord({})), "message", "asctime"}


@pytest.fixture
def clock():
    return InstantClock()


@pytest.fixture
async def fake(clock):
    async with FakeBilibili(clock=clock) as fake:
        fake.add_user(VMID, followings=150)
        yield fake


@pytest.fixture
async def client(fake, clock):
    async with Client(
        Credential("anything"),
        base_url=fake.base_url,
        clock=clock,
        rate_limit=RateLimit(per_second=1, jitter=0),
    ) as client:
        yield client


@pytest.fixture
def records():
    with canary.listening() as kept:
        yield kept


def _ours(records):
    return [record for record in records if record.name.startswith("bili_common")]


def _fields(record):
    return {name: value for name, value in vars(record).items() if name not in STANDARD}


async def test_the_log_of_a_walk(fake, client, records):
    """One logger; messages are constant, and what varies is in fields that begin with bili_."""
    fake.fail(how="502", pn=2)
    fake.throttle(pn=3, retry_after=7)
    await client.iter_same_followings(VMID).collect()
    told = _ours(records)
    assert {record.name for record in told} == {"bili_common"}
    assert [(record.levelname, record.getMessage()) for record in told] == [
        ("DEBUG", "an answer came"),
        ("DEBUG", "an answer came"),
        ("INFO", "retrying a request"),
        ("DEBUG", "an answer came"),
        ("DEBUG", "an answer came"),
        ("WARNING", "the server asked to slow down"),
        ("INFO", "retrying a request"),
        ("DEBUG", "an answer came"),
    ]
    assert all(record.args in ((), None) for record in told)
    assert all(record.exc_info is None for record in told)
    assert all(name.startswith("bili_") for record in told for name in _fields(record))
    page = {"bili_endpoint": PATH, "bili_vmid": VMID, "bili_ps": 50}
    assert all(page.items() <= _fields(record).items() for record in told)
    assert [record.bili_pn for record in told] == [1, 2, 2, 2, 3, 3, 3, 3]
    assert [told[1].bili_status, told[3].bili_status] == [502, 200]
    assert told[0].bili_bytes > 10_000
    assert (told[2].bili_error, told[2].bili_attempt) == ("ServerError", 1)
    assert 0 <= told[2].bili_wait <= 0.5
    assert told[5].bili_code == -799
    assert (told[6].bili_error, told[6].bili_wait) == ("ThrottledError", pytest.approx(7))


async def test_an_incomplete_walk_is_one_warning(fake, client, records):
    """A walk that reached the end without proof says so once, with the numbers."""
    fake.shift(VMID, pn=2, remove=1, at=149)
    assert len(await client.iter_same_followings(VMID).collect()) == 149
    [warning] = [record for record in _ours(records) if record.levelno >= logging.WARNING]
    assert warning.getMessage() == "a walk ended without proof that it was complete"
    assert warning.bili_vmid == VMID
    assert warning.bili_yielded == 149
    assert all(name.startswith("bili_") for name in _fields(warning))


async def test_nothing_is_said_at_the_usual_level(client, records):
    """A walk without faults says nothing above DEBUG."""
    await client.iter_same_followings(VMID).collect()
    assert {record.levelno for record in _ours(records)} == {logging.DEBUG}


def test_nothing_is_configured_by_the_import():
    """The import adds no handler, sets no level and changes no logger but by its name."""
    program = """
import logging
before = dict(vars(logging.getLogger()))
import bili_common
root, ours = logging.getLogger(), logging.getLogger("bili_common")
assert dict(vars(root)) == before and not root.handlers
assert ours.level == logging.NOTSET and ours.propagate and not ours.disabled
assert all(isinstance(it, logging.NullHandler) for it in ours.handlers)
"""
    command = [sys.executable, "-W", "error", "-c", program]
    subprocess.run(command, check=True)  # noqa: S603 - our own interpreter and words


async def test_stats_are_exact(fake, client, clock):
    """After a script of faults each count is the one that the script makes."""
    assert client.stats == type(client.stats)()
    began = clock.monotonic()
    fake.fail(2, how="502", pn=1)
    fake.throttle(pn=2, retry_after=20)
    fake.fail(1, how="reset", pn=3)
    await client.iter_same_followings(VMID).collect()
    stats = client.stats
    assert fake.requests == stats.requests == 3 + 2 + 1 + 1
    assert stats.retries == 4
    assert stats.throttled == 1
    # One task: whatever time passed, it waited.
    assert stats.waited == pytest.approx(clock.monotonic() - began)
    assert stats.waited >= 20

    fake.reset()
    fake.ban(60, after=0)
    with pytest.raises(RiskControlError):
        await client.get_same_followings(VMID)
    with pytest.raises(RiskControlError):
        await client.get_same_followings(VMID)
    assert client.stats.requests == stats.requests + 1
    assert client.stats.throttled == 2
    assert client.stats.retries == 4
    assert stats.requests == 7, "a snapshot stays what it was"


async def test_bytes_are_those_of_the_bodies(fake, client, records):
    """Bytes count every body, after decompression, with those that were no page."""
    fake.fail(how="html")
    with pytest.raises(Exception, match="HTML"):
        await client.get_same_followings(VMID)
    await client.get_same_followings(VMID)
    sizes = [record.bili_bytes for record in _ours(records) if hasattr(record, "bili_bytes")]
    assert client.stats.bytes == sum(sizes)
    assert len(sizes) == 2


async def test_copies_count_together(fake, client):
    """A client and the copies that with_options made have one set of counts."""
    twin = client.with_options(timeout=3, retry=RetryPolicy(attempts=1))
    fake.fail(how="500")
    with pytest.raises(ServerError):
        await twin.get_same_followings(VMID)
    await client.get_same_followings(VMID)
    assert client.stats == twin.stats
    assert client.stats.requests == 2
    assert client.stats.retries == 0


async def test_a_cancelled_request_was_a_request(fake, client):
    """A request that was cancelled under way counts: the server has seen it."""
    fake.fail(how="timeout")
    task = asyncio.create_task(client.get_same_followings(VMID))
    async with asyncio.timeout(5):
        while not fake.requests:  # noqa: ASYNC110 - it happens at a server
            await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert client.stats.requests == fake.requests == 1


async def test_on_page_sees_each_page_once(fake, client):
    """on_page is called with each page in order, before its records, and for no failed try."""
    pages, seen = [], []
    fake.fail(2, how="502", pn=2)

    def on_page(page):
        pages.append((page.pn, page.total, len(page.items), len(seen)))

    async for following in client.iter_same_followings(VMID, on_page=on_page):
        seen.append(following)  # noqa: PERF401 - on_page looks at it meanwhile
    assert pages == [(1, 150, 50, 0), (2, 150, 50, 50), (3, 150, 50, 100)]
