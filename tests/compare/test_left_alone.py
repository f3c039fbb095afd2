"""
A run that can be left alone: every kind of bad day, and the test that holds it.

Those that stand nowhere else are in this module.
"""

from __future__ import annotations

import ast
import asyncio
import itertools

import pytest

from bili_common import (
    AccountBlockedError,
    BudgetSpentError,
    Client,
    Credential,
    NotLoggedInError,
    RateLimit,
    RiskControlError,
    RunStoppedError,
    RunStore,
    Status,
    StopReason,
    StoreError,
)
from bili_common.testing import FakeBilibili, InstantClock

from ..checkout import ROOT


HERE = "compare/test_left_alone.py"
KINDS = {
    "a server that throttles a share, in bursts, in windows": (
        "compare/test_days.py::test_no_bad_day_loses_a_user"
    ),
    "a server that throttles, is down or refuses for ever": (
        "compare/test_days.py::test_what_never_passes_ends_the_run_in_time"
    ),
    "runs again and again while the server throttles": (
        f"{HERE}::test_no_page_is_asked_for_again_in_a_later_run"
    ),
    "a kill in the middle of long lists": (
        "compare/test_own_outages.py::test_each_list_goes_on_at_its_page_after_a_kill"
    ),
    "an outage in the middle of a run": "compare/test_bad_days.py::test_no_user_is_lost",
    "an outage of the last users": (
        "compare/test_tail.py::test_an_outage_of_the_last_users_fails_none_of_them"
    ),
    "a refusal of everyone": f"{HERE}::test_a_refusal_of_everyone_costs_few_requests",
    "a server in trouble that names a time": f"{HERE}::test_all_calls_keep_a_named_time",
    "a named time that is longer than max_wait": (
        "compare/test_tail.py::test_a_run_rests_for_as_long_as_the_server_names"
    ),
    "a ban that each request extends": (
        "test_ban.py::test_a_ban_longer_than_the_breaker_ends_for_the_patient"
    ),
    "a cancellation from inside": f"{HERE}::test_a_cancelled_helper_ends_the_run",
    "an error of a user's own code": (
        "compare/test_hooks.py::test_an_error_in_a_hook_of_a_run_is_raised_as_it_is"
    ),
    "a cancellation from outside": (
        "compare/test_cancelled.py::test_a_run_with_a_store_may_be_cancelled_after_any_step"
    ),
    "a list that changes behind the reader": f"{HERE}::test_a_silent_change_is_found_by_verify",
    "a rest that nobody sees": "compare/test_bad_days.py::test_a_rest_is_told",
    "two cookies under one label": (
        "compare/test_ownership.py::test_another_account_under_the_same_label_is_refused"
    ),
    "no file descriptors": (
        "compare/test_own_outages.py::test_too_few_file_descriptors_cost_no_user"
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_its_test(kind):
    """The test that is named for a kind is there."""
    path, name = KINDS[kind].split("::")
    tree = ast.parse((ROOT / "tests" / path).read_text(encoding="utf-8"))
    assert name in {node.name for node in tree.body if hasattr(node, "name")}


@pytest.fixture
def clock():
    return InstantClock()


@pytest.fixture
async def fake(clock):
    async with FakeBilibili(clock=clock) as fake:
        yield fake


@pytest.fixture
async def client(fake, clock):
    async with Client(Credential(sessdata="x"), base_url=fake.base_url, clock=clock) as client:
        yield client


async def finish(run, told):
    async with run:
        async for outcome in run:
            told.append(outcome)


async def test_no_page_is_asked_for_again_in_a_later_run(fake, client, tmp_path):
    """Lists of eight pages, 30 % throttled, runs of 25 requests: each page comes once."""
    vmids, told = range(1, 11), []
    for vmid in vmids:
        fake.add_user(vmid, followings=400)
    fake.throttle(share=0.3, seed=3)
    runs = 0
    while len(told) < len(vmids):
        runs += 1
        run = client.compare_same_followings(vmids, store=tmp_path / "store", budget=25)
        try:
            await finish(run, told)
        except BudgetSpentError:
            assert run.summary.requests == 25
    assert {outcome.status for outcome in told} == {Status.OK}
    assert sorted(outcome.vmid for outcome in told) == [*vmids]
    came = [(seen.vmid, seen.pn) for seen in fake.log if seen.vmid and seen.kind == "ok"]
    assert sorted(came) == [*itertools.product(vmids, range(1, 9))]
    assert 4 <= runs <= 8


# What becomes of a list of 120, of which two pages of 50 were read, before the next run.
OLD = [*range(1001, 1121)]
MOVES = {
    "stays": (OLD, Status.OK),
    "one joins, one leaves the end": ([999, *OLD[:-1]], Status.INCOMPLETE),
    "one joins": ([999, *OLD], Status.INCOMPLETE),
    "one leaves": (OLD[1:], Status.INCOMPLETE),
    "fifty leave the end": (OLD[:70], Status.INCOMPLETE),
    "one leaves, one joins the end": ([*OLD[1:], 2999], Status.INCOMPLETE),
}


@pytest.mark.parametrize("move", MOVES)
async def test_a_list_that_moved_between_two_runs_is_not_whole(fake, client, tmp_path, move):
    """The next run knows what the list's part holds: nothing twice, OK only if all is there."""
    after, status = MOVES[move]
    fake.add_user(5, followings=OLD)
    store, told = tmp_path / "store", []
    with pytest.raises(BudgetSpentError):
        await finish(client.compare_same_followings([5], store=store, budget=2), told)
    fake.add_user(5, followings=after)
    # Without this nobody can see that one left a page that was read and one joined the end.
    verify = move == "one leaves, one joins the end"
    await finish(client.compare_same_followings([5], store=store, verify=verify), told)
    mids = [item.mid for item in told[0].items]
    assert (len(mids), told[0].status) == (len({*mids}), status)
    async with RunStore(store) as file:
        stored = [outcome async for outcome in file.outcomes()]
    assert [(it.status, [item.mid for item in it.items]) for it in stored] == [(status, mids)]


@pytest.mark.parametrize("is_replaced", [False, True])
async def test_a_store_that_is_taken_away_ends_the_run(fake, client, tmp_path, is_replaced):
    """Nothing is told as written that is in a file that nobody finds any more."""
    store, told = tmp_path / "store", []

    def take_away(summary):
        if summary.done == 3:
            store.rename(tmp_path / "elsewhere")
            if is_replaced:
                store.write_bytes(b"")

    run = client.compare_same_followings(
        range(1, 31), store=store, max_concurrency=1, on_progress=take_away
    )
    with pytest.raises(StoreError, match="was removed or replaced during the run"):
        await finish(run, told)
    assert len(told) <= 5
    async with RunStore(tmp_path / "elsewhere") as file:
        assert (await file.summary()).done == len(told)


WALLS = {
    -403: RunStoppedError,
    "403": RunStoppedError,
    "html404": RunStoppedError,
    "html": RunStoppedError,
    -12345: RunStoppedError,
    "ga_data": RiskControlError,
    -658: NotLoggedInError,
    -663: NotLoggedInError,
    -102: AccountBlockedError,
}


@pytest.mark.parametrize("is_stored", [False, True])
@pytest.mark.parametrize("how", WALLS)
async def test_a_refusal_of_everyone_costs_few_requests(fake, client, tmp_path, how, is_stored):
    """Of 1,000 users at most five are asked for, and the error says what it is."""
    fake.fail(None, how=how, path="/x/relation/same/followings")
    told = []
    options = {"store": tmp_path / "store"} if is_stored else {}
    run = client.compare_same_followings(range(1, 1001), **options)
    with pytest.raises(WALLS[how]):
        await finish(run, told)
    assert sum(seen.vmid is not None for seen in fake.log) <= 5
    if WALLS[how] is RunStoppedError:
        assert [outcome.status for outcome in told] == [Status.FAILED] * 5
    else:
        assert told == []


@pytest.mark.parametrize("how", ["503", "busy"])
async def test_all_calls_keep_a_named_time(fake, clock, how):
    """Retry-After: 25 with a hundred calls waiting: nothing is sent within these seconds."""
    fake.fail(how=how, retry_after=25, after=5)
    limit = RateLimit(per_second=10)
    async with Client(
        Credential(sessdata="x"), base_url=fake.base_url, clock=clock, rate_limit=limit
    ) as client:
        await asyncio.gather(*(client.get_same_followings(vmid) for vmid in range(1, 101)))
    assert fake.requests == 101
    named = next(seen for seen in fake.log if seen.kind != "ok")
    # The clock jumps while the answer is on the wire: what set out meanwhile cannot be
    # called back, but nothing follows it.
    within = [seen for seen in fake.log if 0 < seen.at - named.at < 25]
    assert len(within) <= 3
    assert all(seen.number <= named.number + 4 for seen in within)


@pytest.mark.parametrize("ordered", [False, True])
async def test_a_cancelled_helper_ends_the_run(client, ordered):
    """A source of ids that awaits a cancelled task: the run ends, and says so, at once."""

    async def vmids():
        yield 1
        yield 2
        helper = asyncio.create_task(asyncio.sleep(60))
        helper.cancel()
        await helper
        yield 3

    told = []
    with pytest.raises(asyncio.CancelledError):
        async with asyncio.timeout(5):
            await finish(client.compare_same_followings(vmids(), ordered=ordered), told)
    assert asyncio.current_task().cancelling() == 0
    assert {outcome.vmid for outcome in told} <= {1, 2}


@pytest.mark.parametrize("verify", [False, True])
async def test_a_silent_change_is_found_by_verify(fake, client, verify):
    """One record leaves page 1, one joins the end, the total stays: told with verify=True."""
    fake.add_user(9, followings=120)
    missed = fake.user(9).mids[50]
    fake.shift(9, pn=2, remove=1)
    fake.shift(9, pn=2, insert=1, at=119)
    told = []
    await finish(client.compare_same_followings([9], verify=verify), told)
    (outcome,) = told
    assert missed not in [item.mid for item in outcome.items]
    assert outcome.status is (Status.INCOMPLETE if verify else Status.OK)
    assert outcome.report.stop_reason is (StopReason.DRIFT if verify else StopReason.END)
