"""The end of a run on a bad day, and servers that name their own time."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from bili_common import Client, Credential, ServerError, Status, ThrottledError
from bili_common.testing import FakeBilibili, InstantClock


VMIDS = range(1, 21)


class World:
    """A server and clients by one clock that jumps."""

    def __init__(self, fake, clock):
        self.fake, self.clock = fake, clock
        self.rests = []

    async def run(self, vmids=VMIDS, **options):
        """Return the statuses by user, and the error that ended the run or None."""
        told, ending = {}, None
        async with (
            Client(
                Credential(sessdata="x"), base_url=self.fake.base_url, clock=self.clock
            ) as client,
            client.compare_same_followings(vmids, on_progress=self.note, **options) as run,
        ):
            try:
                async for outcome in run:
                    told[outcome.vmid] = outcome.status
            except (ServerError, ThrottledError) as exc:
                ending = exc
        return told, ending

    def note(self, summary):
        if summary.resting_until is not None:
            seconds = summary.resting_until.timestamp() - self.clock.time()
            self.rests.append((round(seconds), summary.resting_why))


@pytest.fixture
async def world():
    clock = InstantClock()
    async with FakeBilibili(clock=clock) as fake:
        for vmid in VMIDS:
            fake.add_user(vmid, followings=10)
        yield World(fake, clock)


def only(status, vmids=VMIDS):
    return dict.fromkeys(vmids, status)


@pytest.mark.parametrize("size", [1, 4])
@pytest.mark.parametrize(
    ("named", "seconds"), [(25, 25), (600, 600), (10 * 86_400, 86_400), (1e300, 86_400)]
)
@pytest.mark.parametrize("kind", ["throttle", "503", "busy"])
async def test_a_run_rests_for_as_long_as_the_server_names(world, kind, named, seconds, size):
    """A Retry-After of any class of answer, also beyond max_wait: kept, told, no user lost."""
    if kind == "throttle":
        world.fake.throttle(retry_after=named, after=5)
    else:
        world.fake.fail(how=kind, retry_after=named, after=5)
    began = world.clock.time()
    told, ending = await world.run(max_concurrency=size)
    assert (told, ending) == (only(Status.OK), None)
    # One refusal, nothing within the rest, and the page once more.
    assert world.fake.requests == len(VMIDS) + 1
    times = [seen.at for seen in world.fake.log]
    # The log's moments are differences of a clock's, which are rounded.
    assert max(b - a for a, b in itertools.pairwise(times)) >= seconds - 1e-6
    assert world.clock.time() - began < seconds + 60
    # What the client itself waits for is told by no rest of the run.
    assert {rest for rest, _ in world.rests} == ({seconds} if seconds > 30 else set())


@pytest.mark.parametrize("size", [1, 4])
@pytest.mark.parametrize("last", [1, 2, 3, 4])
async def test_an_outage_of_the_last_users_fails_none_of_them(world, last, size):
    """The server is down while fewer than five users are left: they are asked for later."""
    world.fake.fail(how="502", seconds=60, after=len(VMIDS) - last)
    told, ending = await world.run(max_concurrency=size)
    assert (told, ending) == (only(Status.OK), None)
    assert world.rests
    assert "down" in world.rests[0][1]


@pytest.mark.parametrize("size", [1, 4])
@pytest.mark.parametrize("broken", [{20}, {19, 20}, {17, 18, 20}, {3, 9, 18, 20}])
async def test_the_last_users_own_failures_are_theirs(world, broken, size):
    """Up to four lists that never come, wherever they stand: FAILED, no rest, a normal end."""
    for vmid in broken:
        world.fake.fail(None, how="502", vmid=vmid)
    told, ending = await world.run(max_concurrency=size)
    assert told == only(Status.OK) | only(Status.FAILED, broken)
    assert ending is None
    assert world.rests == []
    # Twice four attempts, a probe or two, and one more list to compare with.
    assert world.fake.requests <= len(VMIDS) + 12 * len(broken)


async def test_an_outage_for_ever_of_the_last_users_ends_the_run(world, tmp_path):
    """The last three never come: the error, nobody FAILED, and the next run fetches them."""
    world.fake.fail(None, how="502", after=1 + len(VMIDS) - 3)
    told, ending = await world.run(store=tmp_path / "store")
    assert told == only(Status.OK, range(1, 18))
    assert type(ending) is ServerError
    # Four attempts at three lists, each with a list that came; and two before each rest.
    assert world.fake.answers["502"] <= 3 * (4 + 2) + 2 * 6
    world.fake.end_scenarios()
    told, ending = await world.run(store=tmp_path / "store")
    assert (told, ending) == (only(Status.OK, [18, 19, 20]), None)


async def test_the_store_says_who_may_be_asked_in_doubt(world, tmp_path):
    """A run with three users left, and the server down: a list that is stored tells it."""
    await world.run(range(1, 18), store=tmp_path / "store")
    world.fake.fail(how="502", seconds=60, after=1)
    told, ending = await world.run(store=tmp_path / "store")
    assert (told, ending) == (only(Status.OK, [18, 19, 20]), None)
    assert world.rests


async def test_without_any_list_that_came_few_users_are_failed(world):
    """Three users and nothing else to ask for: they are FAILED, and no minutes are spent."""
    world.fake.fail(None, how="502")
    told, ending = await world.run([1, 2, 3])
    assert (told, ending) == (only(Status.FAILED, [1, 2, 3]), None)
    assert world.rests == []


@pytest.mark.parametrize("size", [1, 2, 4])
async def test_a_slow_reader_makes_no_outage_of_one_users_failure(world, size):
    """While nobody else can begin, a list that came is asked for: the user is FAILED."""
    world.fake.fail(None, how="502", vmid=3)
    told = {}
    async with (
        Client(
            Credential(sessdata="x"), base_url=world.fake.base_url, clock=world.clock
        ) as client,
        client.compare_same_followings(
            VMIDS, max_concurrency=size, on_progress=world.note
        ) as run,
    ):
        async for outcome in run:
            told[outcome.vmid] = outcome.status
            # Until nothing more is asked for without the reader.
            seen = -1
            while seen < world.fake.requests:
                seen = world.fake.requests
                await asyncio.sleep(0.02)
    assert told == only(Status.OK) | {3: Status.FAILED}
    assert world.rests == []


@pytest.mark.parametrize("seed", range(10))
async def test_failures_by_chance_and_outages_leave_broken_lists_alone(world, seed):
    """One broken list among random failures and an outage: it alone is FAILED."""
    world.fake.fail(how="502", share=0.05, seed=seed)
    world.fake.fail(None, how="500", vmid=7 + seed)
    world.fake.fail(how="busy", seconds=90, after=10 + seed)
    told, ending = await world.run()
    assert told == only(Status.OK) | {7 + seed: Status.FAILED}
    assert ending is None
