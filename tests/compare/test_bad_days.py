"""Runs on a bad day: a busy server and an outage cost time, and no user."""

from __future__ import annotations

import asyncio

import pytest

from bili_common import (
    ApiError,
    ComparisonRun,
    RunStoppedError,
    ServerError,
    Status,
    ThrottledError,
)
from bili_common.testing import InstantClock

from .runs import page_of, walks


class Server:
    """Answers lists of two pages, and fails as *fault* says by the clock and the count."""

    def __init__(self, fault):
        self.clock = InstantClock()
        self.fault = fault
        self.asked = []
        self.failed = 0
        self.began = self.clock.monotonic()

    async def __call__(self, vmid, pn):
        self.asked.append((vmid, pn))
        await asyncio.sleep(0)
        self.clock.advance(1)
        error = self.fault(len(self.asked), self.clock.monotonic() - self.began)
        if error is not None:
            self.failed += 1
            raise error
        first = 1000 * vmid + 50 * (pn - 1)
        return page_of(*range(first, first + (50 if pn == 1 else 10)), pn=pn, total=60)

    def run(self, vmids, **options):
        return ComparisonRun(walks(self), vmids, clock=self.clock, **options)


async def tell(run, told):
    """Append each outcome to *told*."""
    async for outcome in run:
        told.append(outcome)


def throttled(is_now):
    return lambda n, t: ThrottledError(code=-799, retry_after=10.0) if is_now(n, t) else None


def down(is_now):
    return lambda n, t: ServerError("502", http_status=502) if is_now(n, t) else None


DAYS = {
    "throttle 5 %": throttled(lambda n, _t: n % 20 == 0),
    "throttle 33 %": throttled(lambda n, _t: n % 3 == 0),
    "bursts of 5": throttled(lambda n, _t: n % 50 < 5),
    "45 of 300 s": throttled(lambda _n, t: t % 300 < 45),
    "outage of 60 s": down(lambda _n, t: 20 <= t < 80),
    "outage of 300 s": down(lambda _n, t: 20 <= t < 320),
}


@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("size", [1, 4])
@pytest.mark.parametrize("day", DAYS)
async def test_no_user_is_lost(day, size, ordered):
    """Every list ends OK, and no page that came is asked for again."""
    server = Server(DAYS[day])
    run = server.run(range(1, 61), max_concurrency=size, ordered=ordered)
    async with run:
        told = [outcome async for outcome in run]
    assert {outcome.status for outcome in told} == {Status.OK}
    vmids = [outcome.vmid for outcome in told]
    assert sorted(vmids) == list(range(1, 61))
    assert not ordered or vmids == sorted(vmids)
    assert server.failed > 0
    assert len(server.asked) == 120 + server.failed
    assert run.summary.resting_until is None


@pytest.mark.parametrize(
    ("fault", "error", "most"),
    [
        (throttled(lambda *_: True), ThrottledError, 9 + 3),
        (down(lambda *_: True), ServerError, 5 + 6 + 3),
    ],
)
async def test_what_never_passes_ends_the_run_and_records_nothing(fault, error, most):
    """Throttled or down for ever: a few requests, the error, and no outcome."""
    server = Server(fault)
    told = []
    async with server.run(range(1, 501)) as run:
        with pytest.raises(error):
            await tell(run, told)
    assert told == []
    assert run.summary.done == 0
    assert len(server.asked) <= most


@pytest.mark.parametrize("size", [1, 4])
async def test_a_wall_costs_five_requests(size):
    """A refusal of everyone ends the run after five users, who are recorded as FAILED."""
    server = Server(lambda *_: ApiError("no", code=-403))
    told = []
    async with server.run(range(1, 501), max_concurrency=size) as run:
        with pytest.raises(RunStoppedError) as caught:
            await tell(run, told)
    assert len(server.asked) == len(told) == 5
    assert {outcome.status for outcome in told} == {Status.FAILED}
    assert sorted(o.vmid for o in caught.value.outcomes) == sorted(o.vmid for o in told)


@pytest.mark.parametrize("size", [1, 4])
async def test_a_wall_of_changing_words_costs_twenty_requests(size):
    """Refusals of everyone in two ways by turns end the run after twenty users."""
    server = Server(lambda number, _t: ApiError("no", code=-403 - number % 2))
    told = []
    async with server.run(range(1, 501), max_concurrency=size) as run:
        with pytest.raises(RunStoppedError, match="20 users in a row were refused") as caught:
            await tell(run, told)
    assert len(server.asked) == len(told) == 20
    assert {outcome.vmid for outcome in caught.value.outcomes} == {o.vmid for o in told}


async def test_a_rest_is_told():
    """The summary says until when and why, and on_progress hears of both ends."""
    seen = []
    server = Server(throttled(lambda n, _t: n == 1))
    run = server.run([1], on_progress=seen.append)
    async with run:
        assert len([outcome async for outcome in run]) == 1
    begins, ends, done = seen
    assert begins.resting_until.utcoffset().total_seconds() == 0
    assert "slow down" in begins.resting_why
    assert begins.resting_code == "throttled"
    told = (ends.resting_until, ends.resting_why, ends.resting_code)
    assert (told, done.done) == ((None, None, None), 1)


@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize(
    "error", [asyncio.CancelledError, KeyboardInterrupt, ZeroDivisionError]
)
@pytest.mark.parametrize("where", ["source", "page", "on_progress"])
async def test_whatever_ends_a_worker_ends_the_run(where, error, ordered):
    """An error of any kind inside a user's hook is raised in the consumer's loop."""

    async def vmids():
        for vmid in range(1, 13):
            if where == "source" and vmid == 6:
                raise error
            yield vmid

    def fault(n, _t):
        return error() if where == "page" and n == 6 else None

    def on_progress(_summary):
        if where == "on_progress":
            raise error

    server = Server(fault)
    run = server.run(vmids(), ordered=ordered, on_progress=on_progress)

    async def consume():
        async with asyncio.timeout(5), run:
            async for _ in run:
                pass

    with pytest.raises(error):
        await consume()


async def test_an_interrupted_list_goes_on_at_its_page(tmp_path):
    """The next run with the same store asks for the page that the last one did not get."""
    path = tmp_path / "run.sqlite"
    server = Server(throttled(lambda n, _t: n > 1))
    async with server.run([7], store=path) as run:
        with pytest.raises(ThrottledError):
            await anext(run)
    server.fault, server.asked = lambda *_: None, []
    async with server.run([7], store=path) as run:
        outcome = await anext(run)
    assert server.asked == [(7, 2)]
    assert (outcome.status, len(outcome.items)) == (Status.OK, 60)
    again = await run.collect()
    assert again.outcomes[7].items == outcome.items
