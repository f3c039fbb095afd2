"""Runs: many users, a few at a time, each of whom ends as an outcome."""

from __future__ import annotations

import asyncio

from datetime import timedelta

import attrs
import pytest

from hypothesis import given
from hypothesis import strategies as st

from bili_common import (
    BudgetSpentError,
    ClientClosedError,
    ComparisonRun,
    IncompleteWalkError,
    NotLoggedInError,
    PrivacyError,
    ResponseError,
    RetryPolicy,
    RiskControlError,
    RunStore,
    RunSummary,
    ServerError,
    Status,
    StopReason,
    UsageError,
    UserNotFoundError,
)
from bili_common._transport.meter import RequestMeter
from bili_common.compare._repository import InMemoryRepository
from bili_common.compare._workers.counters import RunCounters
from bili_common.compare._workers.judgement import RunHistory
from bili_common.compare._workers.queue import UserQueue
from bili_common.compare._workers.source import UserSource
from bili_common.testing import FakeBilibili, InstantClock

from .runs import asked, cost_of, make_client, mids_of, one_each, page_of, rows, walks


@pytest.fixture
async def fake():
    async with FakeBilibili() as fake:
        yield fake


@pytest.fixture
async def client(fake):
    async with make_client(fake) as client:
        yield client


def run_of(vmids, fetch=one_each, **options):
    return ComparisonRun(walks(fetch), vmids, **options)


async def finish(run):
    """Return all outcomes by vmid."""
    async with run:
        return {outcome.vmid: outcome async for outcome in run}


async def break_off(run, error):
    """Return the outcomes up to *error*, and the error."""
    outcomes = []

    async def iterate():
        async for outcome in run:
            outcomes.append(outcome)  # noqa: PERF401 - those before the error count

    async with run:
        with pytest.raises(error) as caught:
            await iterate()
    return outcomes, caught.value


class Gate:
    """Pages that come when the test says so."""

    def __init__(self):
        self.waiting = {}
        self.most = 0

    async def __call__(self, vmid, _pn):
        opened = self.waiting[vmid] = asyncio.Event()
        self.most = max(self.most, len(self.waiting))
        try:
            await opened.wait()
        finally:
            del self.waiting[vmid]
        return page_of(vmid)

    async def settled(self):
        """Let every task come as far as it can."""
        for _ in range(20):
            await asyncio.sleep(0)
        return sorted(self.waiting)


# --- what becomes of one user


async def test_complete_list_is_ok(fake, client):
    """A list that was read completely is OK, with the server's records in its order."""
    fake.add_user(9, followings=120)

    outcome = (await finish(client.compare_same_followings([9])))[9]

    assert Status.OK is outcome.status
    assert fake.truth(9) == [item.to_wire() for item in outcome.items]
    assert outcome.report.complete
    assert outcome.report.requests == 3
    assert outcome.error is None
    assert timedelta(0) == outcome.fetched_at.utcoffset()


async def test_empty_list_is_ok(fake, client):
    """A user who shares nothing has an empty list, which is known completely."""
    fake.add_user(9, followings=0)

    outcome = (await finish(client.compare_same_followings([9])))[9]

    assert (outcome.status, outcome.items) == (Status.OK, ())


@pytest.mark.parametrize(
    ("state", "status", "error"),
    [
        ({"private": True}, Status.PRIVATE, PrivacyError),
        ({"gone": True}, Status.NOT_FOUND, UserNotFoundError),
    ],
)
async def test_refused_list_is_a_result(fake, client, state, status, error):
    """A hidden list is PRIVATE and a missing user NOT_FOUND: neither follows nothing."""
    fake.add_user(9, **state)

    outcome = (await finish(client.compare_same_followings([9])))[9]

    assert (status, ()) == (outcome.status, outcome.items)
    assert type(outcome.error) is error


@pytest.mark.parametrize(
    ("how", "error"),
    [("html", ResponseError), ("502", ServerError), ("no_data", ResponseError)],
)
async def test_unreadable_list_is_failed(fake, client, how, error):
    """A list of which nothing came is FAILED; the other users do not notice."""
    fake.fail(None, how=how, vmid=9)

    outcomes = await finish(client.compare_same_followings([8, 9, 10]))

    assert (outcomes[9].status, outcomes[9].items) == (Status.FAILED, ())
    assert isinstance(outcomes[9].error, error)
    assert Status.OK is outcomes[8].status is outcomes[10].status


async def test_error_after_some_records_is_incomplete(fake, client):
    """A list that broke off is INCOMPLETE, with what was seen and the error."""
    fake.add_user(9, followings=120)
    fake.fail(None, how="502", vmid=9, pn=2)

    outcome = (await finish(client.compare_same_followings([9])))[9]

    assert Status.INCOMPLETE is outcome.status
    assert fake.user(9).mids[:50] == mids_of(outcome)
    assert isinstance(outcome.error, ServerError)
    assert outcome.report.cursor.pn == 2


async def test_early_end_is_incomplete(fake, client):
    """An empty page before the end makes a list INCOMPLETE, even if nothing was seen."""
    fake.lie(9, empty_pages=[1], total=80)

    outcome = (await finish(client.compare_same_followings([9])))[9]

    assert (outcome.status, outcome.items) == (Status.INCOMPLETE, ())
    assert isinstance(outcome.error, IncompleteWalkError)
    assert StopReason.EMPTY_PAGE is outcome.report.stop_reason


async def test_end_without_proof_is_incomplete(fake, client):
    """Fewer records than the server counts are INCOMPLETE, though no error was raised."""
    fake.add_user(9, followings=40)
    hidden = fake.user(9).mids[3]
    fake.lie(9, filter=lambda mid: mid != hidden)

    outcome = (await finish(client.compare_same_followings([9])))[9]

    assert Status.INCOMPLETE is outcome.status
    assert len(outcome.items) == 39
    assert outcome.error is None


async def test_list_hidden_meanwhile_is_private(fake, client):
    """A list that is hidden while it is read is PRIVATE, and nothing of it is kept."""

    async def fetch(vmid, pn):
        if pn == 2:
            raise PrivacyError("hidden", code=22115)
        return page_of(*range(1, 51), total=80)

    outcome = (await finish(run_of([9], fetch)))[9]

    assert (outcome.status, outcome.items) == (Status.PRIVATE, ())


async def test_error_in_an_outcome_is_a_value():
    """An outcome's error keeps no frames alive."""

    async def fetch(vmid, pn):
        raise ServerError("down")

    outcome = (await finish(run_of([9], fetch)))[9]

    assert outcome.error.__traceback__ is None


# --- what ends a run


@pytest.mark.parametrize("form", ["json412", "html412", "-352", "voucher"])
async def test_risk_control_leaves_the_rest_unrecorded(fake, client, tmp_path, form):
    """Risk control ends the run behind what was finished; the others are not recorded."""
    fake.ban(after=20, form=form)
    path = tmp_path / "run.sqlite"

    run = client.compare_same_followings(range(1001, 1101), store=path)
    outcomes, error = await break_off(run, RiskControlError)

    told = sorted(outcome.vmid for outcome in outcomes)
    stored = rows(path, "SELECT vmid, status FROM outcomes ORDER BY vmid")
    assert [(vmid, 0) for vmid in told] == stored
    assert 5 < len(told) < 30
    # At most the four that were under way were sent, and none after the first refusal.
    assert 1 <= fake.answers["ban"] <= 4
    assert error.retry_after > 0
    assert f"after {len(told)} users" in error.__notes__[-1]
    assert str(path) in error.__notes__[-1]


async def test_resumed_after_risk_control_knows_everything(fake, client, tmp_path):
    """The run after one that was stopped fetches what is left, and holds all."""
    vmids = range(1001, 1041)
    fake.ban(after=20)
    run = client.compare_same_followings(vmids, store=tmp_path / "run.sqlite")
    before, _ = await break_off(run, RiskControlError)
    pages = run.summary.requests - fake.answers["ban"]
    fake.reset()

    async with make_client(fake) as fresh:
        run = fresh.compare_same_followings(vmids, store=tmp_path / "run.sqlite")
        after = await finish(run)

    done = {outcome.vmid for outcome in before}
    assert set(vmids) == done | after.keys()
    assert not done & after.keys()
    # No page is asked for twice, also none of a list that was interrupted.
    assert cost_of(fake, vmids) == pages + run.summary.requests
    # The server was also asked whose cookie it is.
    assert fake.requests - 1 == run.summary.requests
    assert (40, 40, len(done)) == (run.summary.done, run.summary.ok, run.summary.skipped)
    comparison = await run.collect()
    assert set(vmids) == set(comparison.outcomes)


async def test_missing_login_ends_the_run():
    """An expired credential is nobody's outcome: it is raised, and nothing more is sent."""
    sent = []

    async def fetch(vmid, pn):
        sent.append(vmid)
        if vmid == 3:
            raise NotLoggedInError("expired", code=-101)
        return page_of(vmid)

    run = run_of(range(1, 100), fetch, max_concurrency=1)
    outcomes, error = await break_off(run, NotLoggedInError)

    assert [outcome.vmid for outcome in outcomes] == [1, 2]
    assert sent == [1, 2, 3]
    assert 2 == run.summary.done == run.summary.ok
    assert "after 2 users" in error.__notes__[-1]
    assert "without a store" in error.__notes__[-1]


async def test_first_error_ends_the_run():
    """Of several errors that would end the run the first one is raised."""
    gate = Gate()

    async def fetch(vmid, pn):
        await gate(vmid, pn)
        raise NotLoggedInError(f"told by {vmid}", code=-101)

    async with run_of([1, 2], fetch) as run:
        first = asyncio.create_task(anext(run))
        await gate.settled()
        gate.waiting[2].set()
        await gate.settled()
        gate.waiting[1].set()
        with pytest.raises(NotLoggedInError, match="told by 2"):
            await first


async def test_request_that_hangs_does_not_hold_up_the_end(monkeypatch):
    """Requests under way get some seconds after the end, and no more."""
    monkeypatch.setattr("bili_common.compare._workers.pool._GRACE", 0.01)
    gate = Gate()

    async def fetch(vmid, pn):
        await gate(vmid, pn)
        raise NotLoggedInError("expired", code=-101)

    async with run_of([1, 2], fetch) as run:
        first = asyncio.create_task(anext(run))
        await gate.settled()
        gate.waiting[2].set()
        with pytest.raises(NotLoggedInError):
            await first
        assert gate.waiting == {}


async def test_requests_under_way_are_finished():
    """What was sent before the end is waited for and counts; nothing is sent after it."""
    gate = Gate()

    async def fetch(vmid, pn):
        if vmid == 1:
            await gate(vmid, pn)
            raise RiskControlError("stop", code=-412)
        if vmid == 2:
            await gate(vmid, pn)
            return page_of(2)
        await gate(vmid, pn)
        return page_of(*range(3, 53), total=60)

    run = run_of(range(1, 10), fetch, max_concurrency=3)
    async with run:
        first = asyncio.create_task(anext(run))
        assert await gate.settled() == [1, 2, 3]
        gate.waiting[1].set()
        assert await gate.settled() == [2, 3]
        gate.waiting[2].set()
        gate.waiting[3].set()
        assert (await first).vmid == 2
        # The second page of 3 was not asked for, so that 3 is not known.
        with pytest.raises(RiskControlError):
            await anext(run)
    assert run.summary.requests == 3
    assert run.summary.done == 1


@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("tasks", [1, 4, 16])
@pytest.mark.parametrize("budget", [0, 1, 7, 30])
async def test_budget_is_never_exceeded(fake, client, budget, tasks, ordered):
    """A budget of N sends N requests, never one more, however many tasks there are."""
    run = client.compare_same_followings(
        range(1, 101), budget=budget, max_concurrency=tasks, ordered=ordered
    )
    outcomes, error = await break_off(run, BudgetSpentError)

    assert budget == fake.requests == run.summary.requests
    assert budget == error.budget
    assert all(outcome.status is Status.OK for outcome in outcomes)
    assert sum(outcome.report.requests for outcome in outcomes) <= budget


@pytest.mark.parametrize("tasks", [1, 8])
async def test_budget_buys_what_it_can(tasks):
    """What the last requests bring is delivered before the budget is said to be spent."""
    run = run_of(range(1, 100), budget=10, max_concurrency=tasks)
    outcomes, _ = await break_off(run, BudgetSpentError)

    assert list(range(1, 11)) == sorted(outcome.vmid for outcome in outcomes)


async def test_budget_that_is_enough_is_no_error(fake, client):
    """A budget that is just enough ends like none at all."""
    cost = cost_of(fake, range(1, 11))

    outcomes = await finish(client.compare_same_followings(range(1, 11), budget=cost))

    assert len(outcomes) == 10
    assert cost == fake.requests


async def test_budget_counts_retries(fake):
    """A repeated request costs like the first."""
    fake.fail(2, how="502")
    async with make_client(fake, attempts=4) as client:
        run = client.compare_same_followings([1001], budget=2)
        _, error = await break_off(run, BudgetSpentError)

    assert fake.requests == 2
    assert error.vmid == 1001


async def test_closed_client_ends_the_run(fake, client):
    """A client that is closed during a run is told of as such."""
    run = client.compare_same_followings(range(1, 100))
    async with run:
        await anext(run)
        await client.aclose()
        with pytest.raises(ClientClosedError):
            await run.collect()


async def test_end_of_a_run_is_told_again():
    """Who goes on after the error gets it again, with one note, and not a quiet end."""
    run = run_of(range(1, 100), budget=3)
    _, error = await break_off(run, BudgetSpentError)

    run = run_of(range(1, 100), budget=0)
    async with run:
        for _ in range(2):
            with pytest.raises(BudgetSpentError) as caught:
                await anext(run)
    assert len(error.__notes__) == len(caught.value.__notes__)


# --- the consumer


async def test_exception_of_the_consumer_arrives_as_itself(fake, client):
    """What the loop's body raises is neither wrapped nor held up."""

    async def consume():
        async with client.compare_same_followings(range(1, 100)) as run:
            async for _ in run:
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await consume()


async def test_leaving_early_ends_all_tasks(tmp_path):
    """Behind a break no task is left, and the store can be gone on with."""
    gate = Gate()

    async def fetch(vmid, pn):
        return await (gate if vmid > 3 else one_each)(vmid, pn)

    path = tmp_path / "run.sqlite"
    async with run_of(range(1, 10), fetch, store=path) as run:
        async for outcome in run:
            if outcome.vmid == 3:
                break
    assert gate.waiting == {}
    assert [asyncio.current_task()] == [*asyncio.all_tasks()]

    resumed = await finish(run_of(range(1, 10), store=path))

    assert set(range(4, 10)) == resumed.keys()


async def test_cancelled_consumer_leaves_no_task():
    """Cancelling the reader ends the run and everything that it began."""
    gate = Gate()
    reading = asyncio.create_task(finish(run_of(range(1, 10), gate)))
    assert await gate.settled() == [1, 2, 3, 4]

    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading

    assert gate.waiting == {}
    assert [asyncio.current_task()] == [*asyncio.all_tasks()]


async def test_timeout_around_one_outcome_loses_nothing():
    """A reader that gives up waiting, and comes back, misses no outcome."""
    gate = Gate()
    async with run_of([1, 2], gate) as run:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await anext(run)
        await gate.settled()
        for vmid in (1, 2):
            gate.waiting[vmid].set()
        assert sorted([(await anext(run)).vmid, (await anext(run)).vmid]) == [1, 2]


async def test_slow_consumer_stops_the_fetching():
    """At most twice the tasks' number of users is begun that the reader was not told of."""
    begun = []

    async def fetch(vmid, pn):
        begun.append(vmid)
        return page_of(vmid)

    async with run_of(range(1, 1000), fetch, max_concurrency=3) as run:
        for told in range(1, 20):
            await anext(run)
            for _ in range(50):
                await asyncio.sleep(0)
            assert len(begun) <= told + 6
        assert len(begun) == 19 + 6


@pytest.mark.parametrize("size", [1, 2, 7])
async def test_tasks_are_bounded(size):
    """No more users than *max_concurrency* are fetched at a time, and no fewer."""
    gate = Gate()
    async with run_of(range(1, 30), gate, max_concurrency=size) as run:
        waiting = asyncio.create_task(anext(run))
        assert list(range(1, size + 1)) == await gate.settled()
        gate.waiting[size].set()
        await waiting
        assert [*range(1, size), size + 1] == await gate.settled()
    assert size == gate.most


async def test_outcomes_come_as_they_are_ready():
    """A slow user does not hold up the others."""
    gate = Gate()
    async with run_of([1, 2], gate) as run:
        first = asyncio.create_task(anext(run))
        await gate.settled()
        gate.waiting[2].set()
        assert (await first).vmid == 2


async def test_ordered_outcomes_come_in_the_order_of_the_input():
    """*ordered* waits for the slow user, and keeps the others meanwhile."""
    gate = Gate()
    async with run_of([5, 3, 4], gate, ordered=True) as run:
        first = asyncio.create_task(anext(run))
        await gate.settled()
        for vmid in (4, 3):
            gate.waiting[vmid].set()
        await gate.settled()
        assert not first.done()
        gate.waiting[5].set()
        assert [(await first).vmid, *[o.vmid async for o in run]] == [5, 3, 4]


async def test_ordered_outcomes_before_the_end_are_delivered():
    """Finished outcomes behind the user that ended the run come before the error."""

    async def fetch(vmid, pn):
        if vmid == 2:
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            raise NotLoggedInError("expired", code=-101)
        return page_of(vmid)

    run = run_of([1, 2, 3], fetch, ordered=True, max_concurrency=3)
    outcomes, _ = await break_off(run, NotLoggedInError)

    assert [outcome.vmid for outcome in outcomes] == [1, 3]


@given(
    vmids=st.lists(st.integers(1, 12), max_size=30),
    size=st.integers(1, 6),
    ordered=st.booleans(),
)
def test_each_user_comes_once(vmids, size, ordered):
    """Each user has one outcome, however often it is named; in order if asked for."""

    async def collect():
        run = run_of(iter(vmids), max_concurrency=size, ordered=ordered)
        async with run:
            return [outcome.vmid async for outcome in run]

    told = asyncio.run(collect())

    expected = list(dict.fromkeys(vmids))
    assert expected == (told if ordered else sorted(told, key=expected.index))


# --- the input


async def test_input_is_read_as_needed():
    """An endless input is read only as far as the tasks and the reader are."""
    pulled = []

    def endless():
        for vmid in iter(range(1, 10**9)):
            pulled.append(vmid)
            yield vmid

    async with run_of(endless(), max_concurrency=2) as run:
        assert pulled == []
        for told in range(1, 10):
            await anext(run)
            assert len(pulled) <= told + 4


@pytest.mark.parametrize(
    ("well", "questions"), [(7, [[1], [2, 3, 4, 5]]), (None, [[1], [2], [3], [4], [5]])]
)
async def test_a_store_is_asked_once_for_all_who_wait(well, questions):
    """Behind the first list that came, a question to a store is for all who ask meanwhile."""
    asked = []

    class SlowRepository(InMemoryRepository):
        async def known(self, vmids):
            asked.append([*vmids])
            await asyncio.sleep(0)
            return await super().known(vmids)

    clock = InstantClock()
    queue = UserQueue(
        UserSource(range(1, 100)),
        SlowRepository(),
        refresh_after=None,
        counters=RunCounters(clock, RequestMeter()),
        history=RunHistory(None, (), well=well),
        clock=clock,
    )

    turns = await asyncio.gather(*(queue.take() for _ in range(5)))

    assert [turn.vmid for turn in turns] == [1, 2, 3, 4, 5]
    assert asked == questions


@pytest.mark.parametrize("is_async", [False, True])
async def test_generator_cleans_up_with_the_run(is_async):
    """A generator that was not read to its end is closed when the run is left."""
    closed = []

    def ids():
        try:
            yield from range(1, 100)
        finally:
            closed.append(True)

    async def async_ids():
        try:
            for vmid in range(1, 100):
                yield vmid
        finally:
            await asyncio.sleep(0)
            closed.append(True)

    async with run_of(async_ids() if is_async else ids()) as run:
        await anext(run)
        assert closed == []

    assert closed == [True]


@pytest.mark.parametrize("is_begun", [False, True])
async def test_generator_of_an_iterable_is_closed(is_begun):
    """An object that makes a generator has that one closed; one not begun is left out."""
    closed = []

    class Ids:
        async def __aiter__(self):
            try:
                for vmid in range(1, 100):
                    yield vmid
            finally:
                closed.append(True)

    async with run_of(Ids()) as run:
        if is_begun:
            await anext(run)

    assert closed == [True] * is_begun


async def test_slow_asynchronous_input_holds_up_nothing():
    """Users that were named are fetched while the input waits for the next."""
    more = asyncio.Event()

    async def ids():
        yield 1
        yield 2
        await more.wait()
        yield 3

    async with run_of(ids()) as run:
        assert [(await anext(run)).vmid, (await anext(run)).vmid] == [1, 2]
        more.set()
        assert [outcome.vmid async for outcome in run] == [3]


@pytest.mark.parametrize("bad", [0, -1, "3", 2.0, True, None, 2**63])
async def test_bad_id_is_raised_when_it_is_reached(tmp_path, bad):
    """A wrong id is a UsageError that names it; what was done before it stays."""
    path = tmp_path / "run.sqlite"

    run = run_of([1, 2, bad, 4], store=path)
    outcomes, error = await break_off(run, UsageError)

    assert sorted(outcome.vmid for outcome in outcomes) == [1, 2]
    assert repr(bad) in str(error)
    assert rows(path, "SELECT vmid FROM outcomes ORDER BY vmid") == [(1,), (2,)]


async def test_error_of_the_input_arrives_as_itself():
    """What a generator raises ends the run behind the users that it gave."""

    def ids():
        yield 1
        raise LookupError("no more")

    outcomes, _ = await break_off(run_of(ids()), LookupError)

    assert [outcome.vmid for outcome in outcomes] == [1]


async def test_no_users_are_no_outcomes():
    """An empty input is an empty run."""
    assert await finish(run_of([])) == {}


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"vmids": "123"}, "vmids"),
        ({"vmids": b"123"}, "vmids"),
        ({"vmids": 5}, "vmids"),
        ({"vmids": None}, "vmids"),
        ({"max_concurrency": 0}, "max_concurrency"),
        ({"max_concurrency": 1.5}, "max_concurrency"),
        ({"budget": -1}, "budget"),
        ({"budget": True}, "budget"),
        ({"refresh_after": -1}, "refresh_after"),
        ({"refresh_after": timedelta(-1)}, "refresh_after"),
        ({"refresh_after": "1d"}, "refresh_after"),
        ({"refresh_after": float("nan")}, "refresh_after"),
        ({"store": ""}, "store"),
        ({"store": ":memory:"}, "store"),
        ({"store": 5}, "store"),
        ({"on_progress": 5}, "on_progress"),
        ({"page_size": 51}, "page_size"),
    ],
)
async def test_wrong_argument_is_told_at_the_call(client, arguments, named):
    """A wrong argument is a UsageError that names it, before anything is sent."""
    with pytest.raises(UsageError, match=named):
        client.compare_same_followings(**{"vmids": [1], **arguments})


async def test_run_is_iterated_in_its_context_once():
    """A run outside its `async with`, or entered twice, says how it is used."""
    run = run_of([1])
    with pytest.raises(UsageError, match="async with"):
        await anext(run)
    await finish(run)
    with pytest.raises(UsageError, match="async with"):
        await anext(run)
    with pytest.raises(UsageError, match="once"):
        await finish(run)


# --- counts, progress, collect


async def test_progress_follows_each_outcome(fake, client):
    """*on_progress* gets a summary per outcome; each counts the outcomes told so far."""
    fake.add_user(2, private=True)
    fake.add_user(3, gone=True)
    fake.fail(None, vmid=4, how="html")
    fake.lie(5, total=1000)
    seen = []

    run = client.compare_same_followings(range(1, 9), on_progress=seen.append)
    async with run:
        async for _ in run:
            assert seen[-1].done == len(seen)
            assert seen[-1].done == run.summary.done

    assert list(range(1, 9)) == [summary.done for summary in seen]
    last = seen[-1]
    assert (
        last.ok,
        last.incomplete,
        last.private,
        last.not_found,
        last.failed,
        last.skipped,
    ) == (4, 1, 1, 1, 1, 0)
    assert fake.requests == last.requests


async def test_error_of_on_progress_arrives_as_itself(tmp_path):
    """What *on_progress* raises is raised in the loop; the outcome is in the store."""

    def refuse(_summary):
        raise ZeroDivisionError

    path = tmp_path / "run.sqlite"
    run = run_of([1], store=path, on_progress=refuse)
    await break_off(run, ZeroDivisionError)

    assert rows(path, "SELECT vmid FROM outcomes") == [(1,)]


async def test_run_shows_how_far_it_got():
    """A run's repr holds its account and its counts, and no secret."""
    run = run_of([1], account="mine")
    await finish(run)

    assert repr(run).startswith("<ComparisonRun account='mine' RunSummary(done=1, ok=1")


async def test_record_that_changed_meanwhile_is_kept():
    """Without a store each list keeps the record that it came with."""

    async def fetch(vmid, pn):
        page = page_of(5)
        return attrs.evolve(page, items=(attrs.evolve(page.items[0], uname=f"n{vmid}"),))

    comparison = await run_of([1, 2], fetch).collect()

    names = [comparison.outcomes[vmid].items[0].uname for vmid in (1, 2)]
    assert names == ["n1", "n2"]


async def test_summary_counts_seconds():
    """The time runs from the entering to the leaving of the run, on the clock."""
    clock = InstantClock()
    run = run_of([1], clock=clock)
    assert RunSummary() == run.summary
    async with run:
        clock.advance(5)
        await run.collect()
        clock.advance(2)
        assert run.summary.elapsed == 7
    clock.advance(9)

    assert run.summary.elapsed == 7


@pytest.mark.parametrize("stored", [False, True])
@pytest.mark.parametrize("when", ["before", "inside", "half way", "after"])
async def test_collect_holds_everything(fake, client, tmp_path, when, stored):
    """The comparison holds all outcomes, whether they were iterated before or not."""
    store = tmp_path / "run.sqlite" if stored else None
    run = client.compare_same_followings(range(1, 21), store=store)

    if when == "before":
        comparison = await run.collect()
    else:
        async with run:
            if when == "half way":
                for _ in range(7):
                    await anext(run)
            elif when == "after":
                async for _ in run:
                    pass
            if when != "after":
                comparison = await run.collect()
        if when == "after":
            comparison = await run.collect()

    assert set(range(1, 21)) == set(comparison.outcomes)
    for vmid, outcome in comparison.outcomes.items():
        assert fake.user(vmid).mids == mids_of(outcome)
    assert run.summary.done == 20


async def test_collect_is_of_this_input(client, tmp_path):
    """Other users in the store do not get into a run's comparison."""
    store = tmp_path / "run.sqlite"
    await finish(client.compare_same_followings([1, 2, 3], store=store))

    comparison = await client.compare_same_followings([3, 4], store=store).collect()

    assert {3, 4} == set(comparison.outcomes)


async def test_collect_raises_what_ends_the_run(tmp_path):
    """A comparison of an ended run is an error, not a part that looks whole."""
    run = run_of(range(1, 20), budget=3, store=tmp_path / "run.sqlite")
    with pytest.raises(BudgetSpentError):
        await run.collect()

    comparison = await run.collect()

    assert {1, 2, 3} == set(comparison.outcomes)


# --- going on


async def test_results_are_not_fetched_again(fake, client, tmp_path):
    """OK, PRIVATE and NOT_FOUND are results; FAILED and INCOMPLETE are fetched again."""
    fake.add_user(2, private=True)
    fake.add_user(3, gone=True)
    fake.fail(1, vmid=4, how="html")
    fake.lie(5, total=1000)
    path = tmp_path / "run.sqlite"
    await finish(client.compare_same_followings(range(1, 7), store=path))
    fake.reset()

    run = client.compare_same_followings(range(1, 7), store=path)
    again = await finish(run)

    assert {vmid: o.status for vmid, o in again.items()} == {4: Status.OK, 5: Status.OK}
    assert {4, 5} == asked(fake).keys()
    assert (
        run.summary.done,
        run.summary.ok,
        run.summary.private,
        run.summary.not_found,
        run.summary.skipped,
    ) == (6, 4, 1, 1, 4)


@pytest.mark.parametrize(
    ("age", "is_fetched"),
    [
        (None, False),
        (0, True),
        (timedelta(0), True),
        (99, True),
        (100, True),
        (101, False),
        (timedelta(minutes=5), False),
        (1e300, False),
    ],
)
async def test_old_results_are_fetched_again(tmp_path, age, is_fetched):
    """*refresh_after* fetches again what is that old: None nothing, 0 everything."""
    clock, path = InstantClock(), tmp_path / "run.sqlite"
    await finish(run_of([1], store=path, clock=clock))
    clock.advance(100)

    again = await finish(run_of([1], store=path, clock=clock, refresh_after=age))

    assert is_fetched == (1 in again)


async def test_zero_fetches_also_what_the_clock_puts_in_the_future(tmp_path):
    """A clock that was set back does not make a result young."""
    clock, path = InstantClock(epoch=1_800_000_000.0), tmp_path / "run.sqlite"
    await finish(run_of([1], store=path, clock=clock))

    again = await finish(run_of([1], store=path, clock=InstantClock(), refresh_after=0))

    assert list(again) == [1]


async def test_accounts_do_not_share_results(fake, tmp_path):
    """What one account saw says nothing of another, in the same store neither."""
    path = tmp_path / "run.sqlite"
    for account in ("one", "two"):
        async with make_client(fake, account=account) as client:
            run = client.compare_same_followings([1, 2], store=path)
            assert {1, 2} == (await finish(run)).keys()

    async with RunStore(path) as store:
        assert await store.accounts() == ["one", "two"]


async def test_open_store_stays_open(tmp_path):
    """A run leaves a store open that it was given open, and closes one that it opened."""
    async with RunStore(tmp_path / "run.sqlite") as store:
        await finish(run_of([1], store=store))
        await finish(run_of([2], store=store))
        assert store.is_open
        assert (await store.summary()).done == 2

    await finish(run_of([3], store=store))

    assert not store.is_open


async def test_outcome_is_stored_before_it_is_told(tmp_path):
    """Whoever is told of an outcome finds it in the file, by another connection."""
    path = tmp_path / "run.sqlite"
    async with run_of(range(1, 6), store=path) as run:
        async for outcome in run:
            query = "SELECT status FROM outcomes WHERE vmid = ?"
            assert rows(path, query, outcome.vmid) == [(0,)]


async def test_retried_page_does_not_end_a_walk(fake, tmp_path):
    """A fault that passes is no outcome at all: the list is complete."""
    fake.fail(3, how="503", vmid=9)
    async with make_client(fake, attempts=4) as client:
        outcomes = await finish(client.compare_same_followings([8, 9]))

    assert {Status.OK} == {outcome.status for outcome in outcomes.values()}
    assert RetryPolicy().attempts == 4
