"""What passes is waited out with the fewest requests; what does not pass is left alone."""

from __future__ import annotations

import asyncio
import socket

import pytest

from bili_common import (
    BiliCommonError,
    Client,
    Credential,
    RateLimit,
    RetryPolicy,
    RiskControlError,
    ServerError,
    ThrottledError,
    TransportError,
)
from bili_common.testing import FakeBilibili, InstantClock

from .faults.catalogue import half
from .faults.figures import show
from .faults.servers import PAGE_SIZE, VMID, Stage, http, resets, says


pytestmark = pytest.mark.slow


CREDENTIAL = Credential(sessdata="anything")
QUOTA = 100
UNLIMITED = RateLimit(per_second=None)


def _client(base_url, **options):
    options = {"clock": InstantClock(), "rate_limit": UNLIMITED, **options}
    return Client(CREDENTIAL, base_url=base_url, **options)


TRANSIENT = [
    *("reset", "close", "truncate", "truncated_gzip", "cut"),
    *("500", "502", "503", "504", "busy", "two_documents"),
]


@pytest.mark.parametrize("times", [1, 2, 3])
@pytest.mark.parametrize("how", TRANSIENT)
async def test_what_passes_costs_exactly_its_requests(how, times):
    """A page that fails n times costs n requests more, counted at the server, and no record."""
    if how == "two_documents" and times == 3:
        times = 2  # the third throttle in a row is raised, not waited for
    async with FakeBilibili() as fake, _client(fake.base_url) as client:
        fake.add_user(VMID, followings=150)
        fake.fail(times=times, how=how, pn=2)
        walk = aiter(client.iter_same_followings(VMID))
        got = [following.mid async for following in walk]
        assert len(set(got)) == len(got) == 150
        assert walk.report.complete
        assert fake.requests == 3 + times
        assert fake.answers["ok"] == 3
        assert client.stats.requests == walk.report.requests == 3 + times
        assert client.stats.retries == times


@pytest.mark.parametrize(
    ("status", "code", "retry_after", "waited"),
    [
        (429, -799, 7, 7.0),
        (200, -799, 7.0, 7.0),
        (200, -509, None, 10.0),
        (429, -509, None, 10.0),
        # The clock began at 22:13:20, and the second page was asked for a second later.
        (429, -799, "Tue, 14 Nov 2023 22:13:27 GMT", 6.0),
    ],
)
async def test_a_throttle_is_waited_for_as_long_as_it_asks(status, code, retry_after, waited):
    """One throttle costs one request more, and the wait that the server named, or 10 s."""
    clock = InstantClock()
    async with (
        FakeBilibili(clock=clock) as fake,
        _client(fake.base_url, clock=clock, rate_limit=RateLimit(jitter=0)) as client,
    ):
        fake.add_user(VMID, followings=150)
        fake.throttle(http_status=status, code=code, retry_after=retry_after, pn=2)
        assert len(await client.iter_same_followings(VMID).collect()) == 150
        assert fake.requests == 4
        assert client.stats.throttled == 1
        [_, throttled, probe, _] = fake.log
        assert probe.at - throttled.at == pytest.approx(waited)


async def test_a_wait_that_is_too_long_is_the_users():
    """Retry-After beyond max_wait is raised at once, with the seconds; nothing more is sent."""
    async with FakeBilibili() as fake, _client(fake.base_url) as client:
        fake.throttle(retry_after=3600, times=None)
        for _ in range(3):
            with pytest.raises(ThrottledError) as caught:
                await client.get_same_followings(VMID)
            assert caught.value.retry_after == pytest.approx(3600)
        assert fake.requests == 1


@pytest.mark.parametrize("act", [says(b""), resets()], ids=["closed", "reset"])
async def test_a_connection_that_went_stale_costs_one_request(act):
    """The server ends a kept connection as the next request comes: one attempt, one repeat."""
    async with (
        Stage(act, keep_alive=True) as stage,
        _client(f"http://127.0.0.1:{stage.port}") as client,
    ):
        walk = aiter(client.iter_same_followings(VMID, page_size=PAGE_SIZE))
        assert len([following async for following in walk]) == 2 * PAGE_SIZE
        assert stage.asked == {1: 1, 2: 2}
        assert client.stats.requests == 3
        assert client.stats.retries == 1


async def test_a_connection_that_ended_while_idle_costs_nothing():
    """A kept connection that the server ended long before is not used: no request is lost."""

    async def end(line):
        await line.send(http(line.body, "Connection: keep-alive"))

    async with (
        Stage(end, at=1) as stage,
        _client(f"http://127.0.0.1:{stage.port}", retry=RetryPolicy(attempts=1)) as client,
    ):
        walk = aiter(client.iter_same_followings(VMID, page_size=PAGE_SIZE))
        got = [await anext(walk) for _ in range(PAGE_SIZE)]
        await stage.until_empty()
        # The loop reads the end of a connection in its next round.
        await asyncio.sleep(0.02)
        got += [following async for following in walk]
        assert len(got) == 2 * PAGE_SIZE
        assert stage.asked == {1: 1, 2: 1}
        assert client.stats.requests == 2


def _closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


async def _fail(client: Client, vmid: int) -> BiliCommonError:
    with pytest.raises(BiliCommonError) as caught:
        await client.get_same_followings(vmid)
    return caught.value


@pytest.mark.parametrize("at_once", [1, 50])
@pytest.mark.parametrize("how", ["500", "close", "busy", "refused"])
async def test_a_full_outage_costs_one_request_per_call_and_the_quota(how, at_once):
    """A thousand calls to a dead server send 1,100 requests, not 4,000."""
    async with FakeBilibili(log_size=1) as fake:
        fake.fail(times=None, how=how if how != "refused" else "500")
        base_url = fake.base_url if how != "refused" else f"http://127.0.0.1:{_closed_port()}"
        client = _client(base_url)
        errors: list[BiliCommonError] = []
        for start in range(0, 1000, at_once):
            calls = (_fail(client, vmid) for vmid in range(start + 1, start + at_once + 1))
            errors += await asyncio.gather(*calls)
        assert len(errors) == 1000
        assert client.stats.requests == 1000 + QUOTA
        assert client.stats.retries == QUOTA
        if how != "refused":
            assert fake.requests == 1000 + QUOTA
        await client.aclose()
    assert len({type(error) for error in errors}) == 1
    show(f"outage ({how}, {at_once} at once): 1,000 calls, {client.stats.requests:,} requests")


async def test_after_an_outage_retries_come_back():
    """Each success wins one retry back, up to the hundred."""
    async with FakeBilibili() as fake, _client(fake.base_url) as client:
        fake.fail(times=None, how="500")
        await asyncio.gather(*(_fail(client, vmid) for vmid in range(1, 101)))
        fake.reset()
        for vmid in range(1, 4):
            await client.get_same_followings(vmid)
        fake.fail(times=None, how="500")
        # Three retries were won back: the first call has them all.
        for asked in (4, 5):
            assert type(await _fail(client, 1)) is ServerError
            assert fake.requests == 3 + asked


async def test_a_throttling_server_is_asked_ever_less():
    """Fifty calls at once to a server that throttles them all share the quota."""
    clock = InstantClock()
    async with (
        FakeBilibili(clock=clock) as fake,
        _client(fake.base_url, clock=clock) as client,
    ):
        fake.throttle(times=None)
        errors = await asyncio.gather(*(_fail(client, vmid) for vmid in range(1, 51)))
        assert {type(error) for error in errors} == {ThrottledError}
        assert fake.requests <= 50 + QUOTA


async def test_risk_control_is_asked_once():
    """A thousand calls to a server that bans cost one request; the others fail fast."""
    clock = InstantClock()
    async with (
        FakeBilibili(clock=clock) as fake,
        _client(fake.base_url, clock=clock) as client,
    ):
        fake.ban(seconds=60, after=0)
        errors = [await _fail(client, vmid) for vmid in range(1, 1001)]
        assert {type(error) for error in errors} == {RiskControlError}
        assert {error.retry_after for error in errors} == {90.0}
        assert fake.requests == client.stats.requests == 1
    show(f"risk control: 1,000 calls, {fake.requests} request")


async def test_half_a_body_is_never_taken_for_a_page():
    """Half a body with its own length, which parses as nothing, is asked for again."""
    act = says(lambda raw: http(half(raw)))
    async with (
        Stage(act, at=1) as stage,
        _client(f"http://127.0.0.1:{stage.port}") as client,
    ):
        page = await client.get_same_followings(VMID, ps=PAGE_SIZE)
        assert len(page.items) == PAGE_SIZE
        assert stage.asked == {1: 2}
        no_retry = client.with_options(retry=RetryPolicy(attempts=1))
        assert await no_retry.get_same_followings(VMID, ps=PAGE_SIZE)
    async with (
        Stage(act, at=1) as stage,
        _client(f"http://127.0.0.1:{stage.port}", retry=RetryPolicy(attempts=1)) as client,
    ):
        with pytest.raises(TransportError, match="cut"):
            await client.get_same_followings(VMID, ps=PAGE_SIZE)
