"""A server that bans, and bans longer whoever asks meanwhile: nothing is lost, and it ends."""

from __future__ import annotations

import asyncio
import importlib.metadata
import importlib.util

import pytest

from bili_common import (
    Client,
    Credential,
    Cursor,
    RetryPolicy,
    RiskControlError,
    ThrottledError,
)
from bili_common.testing import BANS, FakeBilibili, InstantClock
from bili_common.testing.answers import throttled
from bili_common.testing.rules import Ban

from .checkout import ROOT, program
from .faults.figures import show


VMID = 42
CREDENTIAL = Credential("anything")


@pytest.fixture
def clock():
    return InstantClock()


@pytest.fixture
async def fake(clock):
    async with FakeBilibili(clock=clock) as fake:
        fake.add_user(VMID, followings=1_500)
        yield fake


@pytest.fixture
async def client(fake, clock):
    async with Client(CREDENTIAL, base_url=fake.base_url, clock=clock) as client:
        yield client


async def _walk_on(client, clock, *, patience=0.0):
    """Walk to the end; after each error wait as told, and go on from its cursor as a text."""
    start = Cursor(vmid=VMID, page_size=50).dumps()
    got, errors = [], []
    while True:
        walk = aiter(client.iter_same_followings(VMID, start=start))
        try:
            async for following in walk:
                got.append(following.mid)  # noqa: PERF401 - what came before an error counts
        except (RiskControlError, ThrottledError) as exc:
            errors.append(exc)
            start = exc.cursor.dumps()
            await clock.sleep(exc.retry_after + patience)
        else:
            assert walk.report.complete
            return got, errors


async def _until_error(walk) -> RiskControlError:
    try:
        async for _ in walk:
            pass
    except RiskControlError as exc:
        return exc
    raise AssertionError("the walk met no ban")


def _gaps_after_bans(fake) -> list[float]:
    """Return, for each refused request, the seconds until the next request of any kind."""
    pairs = zip(fake.log, fake.log[1:], strict=False)
    return [after.at - seen.at for seen, after in pairs if seen.kind in {"ban", "throttle"}]


@pytest.mark.parametrize("form", BANS)
async def test_a_ban_is_waited_out_and_nothing_is_lost(form, fake, client, clock):
    """With defaults: one request begins each ban, none comes during it, every record once."""
    fake.ban(60, after=20, window=60, form=form)
    got, errors = await _walk_on(client, clock)
    assert len(set(got)) == len(got) == 1_500
    assert fake.answers == {"ok": 30, "ban": len(errors)}
    assert errors
    assert all(error.retry_after == pytest.approx(90) for error in errors)
    assert all(gap >= 90 for gap in _gaps_after_bans(fake))


async def test_during_a_ban_every_call_fails_fast(fake, client, clock):
    """After one ban, twenty tasks at once are told the seconds left, and none asks."""
    fake.ban(60, after=0, window=60)
    with pytest.raises(RiskControlError):
        await client.get_same_followings(VMID)
    clock.advance(30)
    calls = [client.get_same_followings(vmid) for vmid in range(1, 21)]
    errors = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(error) for error in errors} == {RiskControlError}
    assert all(error.retry_after == pytest.approx(60) for error in errors)
    assert fake.requests == 1


@pytest.mark.parametrize(("seconds", "probes"), [(120, 2), (300, 3), (1800, 6)])
async def test_a_ban_longer_than_the_breaker_ends_for_the_patient(
    seconds, probes, fake, client, clock
):
    """Who sleeps as told gets out of a ban that every probe extends: the rests double."""
    fake.ban(seconds, after=20, window=60)
    walk = aiter(client.iter_same_followings(VMID))
    rests = []
    while len(rests) < probes:
        error = await _until_error(walk)
        rests.append(error.retry_after)
        await clock.sleep(error.retry_after)
    assert await anext(walk)
    assert rests == pytest.approx([90 * 2**nth for nth in range(probes)])
    assert fake.answers["ban"] == probes


async def test_the_breaker_stays_at_an_hour(fake, client, clock):
    """For ever blocked: each rest is twice the last, and an hour at the most."""
    fake.ban(10**9, after=0, window=60)
    walk = aiter(client.iter_same_followings(VMID))
    rests = []
    for _ in range(8):
        rests.append((await _until_error(walk)).retry_after)
        await clock.sleep(rests[-1])
    assert rests == pytest.approx([90, 180, 360, 720, 1440, 2880, 3600, 3600])


async def test_a_longer_breaker_waits_out_a_longer_ban(fake, clock):
    """Who knows of longer bans sets the breaker, and no request falls into one."""
    fake.ban(300, after=20, window=60)
    policy = RetryPolicy(breaker=330)
    async with Client(CREDENTIAL, base_url=fake.base_url, clock=clock, retry=policy) as client:
        got, errors = await _walk_on(client, clock)
    assert len(set(got)) == 1_500
    assert fake.answers == {"ok": 30, "ban": len(errors)}


async def test_a_walk_may_wait_by_itself(fake, clock):
    """With risk_control_waits the walk finishes in one loop, with one probe per ban."""
    fake.ban(60, after=20, window=60)
    policy = RetryPolicy(risk_control_waits=(90, 180))
    async with Client(CREDENTIAL, base_url=fake.base_url, clock=clock, retry=policy) as client:
        walk = aiter(client.iter_same_followings(VMID))
        assert len({following.mid async for following in walk}) == 1_500
        assert walk.report.complete
    assert fake.answers == {"ok": 30, "ban": fake.answers["ban"]}
    assert all(gap >= 90 for gap in _gaps_after_bans(fake))


@pytest.mark.parametrize(("seconds", "probes"), [(5, 1), (15, 2), (30, 3)], ids=str)
async def test_a_ban_by_throttles_is_waited_out(seconds, probes, fake, client, clock):
    """The same in the form of -799: each rest is twice the last, until one is long enough."""
    answer = throttled(-799, 200, None)
    # FakeBilibili has no such form: programs that met one call it a throttle.
    fake._ban = Ban(answer, clock, seconds, after=20, window=60, extend=True)
    got, errors = await _walk_on(client, clock)
    assert len(set(got)) == len(got) == 1_500
    # The third throttle in a row is raised; each ban meets no more than its probes.
    assert bool(errors) is (probes == 3)
    bans = "".join("b" if seen.kind == "throttle" else "-" for seen in fake.log).split("-")
    assert max(map(len, bans)) == probes
    assert min(_gaps_after_bans(fake)) >= 10


SECONDS = 5.0
ROWS = {"bili_common, its defaults": "ours", "a naive retry loop": "naive"}
if importlib.util.find_spec("bilibili_api"):
    ROWS[f"bilibili-api-python {importlib.metadata.version('bilibili-api-python')}"] = "peer"


async def _goodput(kind: str, *, extend: bool) -> tuple[int, int]:
    """Return the pages that came within the time, and the requests that met the ban."""
    async with FakeBilibili() as fake:
        fake.add_user(2, followings=2_000)
        fake.ban(1.0, after=30, window=1.0, extend=extend)
        child = await asyncio.create_subprocess_exec(
            *program("tests.faults.walkers", kind, fake.base_url, SECONDS),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
        )
        out, _ = await child.communicate()
        return int(out), fake.answers["ban"]


@pytest.mark.slow
@pytest.mark.xdist_group("alone")
async def test_goodput_under_a_ban():
    """Waiting costs few pages where asking is free, and gets many more where it is not."""
    cases = [(label, extend) for extend in (True, False) for label in ROWS]
    results = await asyncio.gather(
        *(_goodput(ROWS[label], extend=extend) for label, extend in cases)
    )
    found = dict(zip(cases, results, strict=True))
    show(
        f"30 pages a minute, then a ban of a minute; {SECONDS:.0f} minutes (1 min = 1 s here)",
        *(
            f"{label:32} {'extended by requests' if extend else 'fixed':21} "
            f"{pages:4} pages, {bans:4} requests into the ban"
            for (label, extend), (pages, bans) in found.items()
        ),
    )
    for extend in (True, False):
        pages, bans = found["bili_common, its defaults", extend]
        assert pages >= 45
        assert bans <= SECONDS
    naive_pages, naive_bans = found["a naive retry loop", True]
    assert naive_pages <= 31
    assert naive_bans > 5 * SECONDS
