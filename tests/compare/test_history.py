"""What changed in the lists, against worlds in which it is known who did what."""

from __future__ import annotations

import asyncio
import os
import random

from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import attrs
import pytest

from hypothesis import given, settings
from hypothesis import strategies as st

from bili_common import (
    SAME_FOLLOWINGS,
    Change,
    Following,
    Outcome,
    RunStore,
    Status,
    StoreError,
    UsageError,
)
from bili_common.compare._repository import PartialList
from bili_common.compare._store.database import Database
from bili_common.compare.stored import StoredComparison
from bili_common.testing import FakeBilibili, InstantClock

from .outcomes import make_outcome, write_store
from .runs import make_client


START = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
USERS = range(1, 9)
UPS = range(1, 16)


class World:
    """An account and some users who follow and unfollow, and lists that show both."""

    def __init__(self, seed):
        self.draw = random.Random(seed)
        self.mine = dict.fromkeys(self.draw.sample(UPS, 10), START - DAY)
        self.theirs = {v: set(self.draw.sample(UPS, 6)) for v in USERS}

    def live(self, now):
        """Let a few things happen shortly before *now*."""
        at = now - timedelta(hours=1)
        for mid in self.draw.sample(UPS, 2):
            if self.draw.random() < 0.5:
                self.mine.pop(mid, None)
            else:
                self.mine.setdefault(mid, at)
        for vmid in self.draw.sample(USERS, 3):
            self.theirs[vmid] ^= set(self.draw.sample(UPS, 1))

    def outcome(self, vmid, now):
        """Return the list of a user, as the server has it."""
        mids = sorted(self.theirs[vmid] & self.mine.keys())
        items = tuple(Following(mid=mid, mtime=int(self.mine[mid].timestamp())) for mid in mids)
        return Outcome(vmid, Status.OK, items, None, None, now)


async def _run(path, outcomes):
    async with RunStore(path) as store, store.repository("default") as repository:
        for outcome in outcomes:
            await repository.write(outcome)


def _mids(outcome):
    return {item.mid for item in outcome.items}


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_changes_add_up_and_tell_the_account_from_the_user(seed):
    """Over ten runs changes are the difference of states, and never blame a user."""
    world = World(seed)
    states, theirs = [], []
    with TemporaryDirectory() as folder:
        path = Path(folder, "run.sqlite")
        for day in range(10):
            now = START + day * DAY
            world.live(now)
            # Some are not fetched in some runs.
            asked = [v for v in USERS if world.draw.random() < 0.8]
            outcomes = [world.outcome(vmid, now) for vmid in asked]
            asyncio.run(_run(path, outcomes))
            last = states[-1] if states else {}
            states.append({**last, **{o.vmid: (_mids(o), now) for o in outcomes}})
            theirs.append({v: set(mids) for v, mids in world.theirs.items()})
        with StoredComparison(path) as comparison:
            changes = list(comparison.changes())
            recent = list(comparison.changes(START + 4 * DAY))

    assert recent == [c for c in changes if c.after > START + 4 * DAY]
    for first in (0, 3):
        for vmid in states[first]:
            mids = set(states[first][vmid][0])
            for change in changes:
                if change.vmid == vmid and change.after > START + first * DAY:
                    assert change.removed <= mids
                    assert not change.added & mids
                    mids = mids - change.removed | change.added
            assert mids == states[-1][vmid][0]
    for change in (c for c in changes if c.by == "user"):
        before = theirs[(change.before - START).days][change.vmid]
        after = theirs[(change.after - START).days][change.vmid]
        assert change.removed <= before - after
        assert change.added <= after - before


async def test_who_did_it(tmp_path):
    """What left all of several lists, or came by the account's own follow, is the account's."""
    path = tmp_path / "run.sqlite"
    await _run(
        path,
        [make_outcome(1, Status.OK, [5, 6, 7]), make_outcome(2, Status.OK, [5, 6, 8])],
    )
    old = Following(mid=9, mtime=1)
    new = Following(mid=10, mtime=2_000_000_000)
    later = [make_outcome(1, Status.OK, [5], age=60), make_outcome(2, Status.OK, [], age=60)]
    later[0] = Outcome(
        1, Status.OK, (*later[0].items, old, new), None, None, later[0].fetched_at
    )

    await _run(path, later)

    async with RunStore(path) as store:
        changes = [change async for change in store.changes()]
    at = make_outcome(1, Status.OK).fetched_at, make_outcome(1, Status.OK, age=60).fetched_at
    assert changes == [
        Change(1, *at, frozenset({9}), frozenset(), "user"),
        Change(1, *at, frozenset({10}), frozenset({6}), "account"),
        Change(1, *at, frozenset(), frozenset({7}), "unknown"),
        Change(2, *at, frozenset(), frozenset({5}), "user"),
        Change(2, *at, frozenset(), frozenset({6}), "account"),
        Change(2, *at, frozenset(), frozenset({8}), "unknown"),
    ]


async def test_the_changes_of_the_last_run_are_those_since_it_began(tmp_path):
    """`runs` tells begin and end of each, and of one that was killed no end."""

    def fetched_now(mids):
        # The run asks for it once it has begun.
        yield attrs.evolve(make_outcome(1, Status.OK, mids), fetched_at=datetime.now(UTC))

    path = tmp_path / "run.sqlite"
    for mids in ([5], [5, 6], [7, 6]):
        await _run(path, fetched_now(mids))
    killed = Database(path, create=False, busy_timeout=5, endpoint=SAME_FOLLOWINGS.path)
    killed.begin_run("default", datetime.now(UTC))
    killed.close()

    async with RunStore(path) as store:
        runs = await store.runs()
        assert [run.ended_at is None for run in runs] == [False] * 3 + [True]
        times = [at for run in runs[:3] for at in (run.began_at, run.ended_at)]
        assert times == sorted(times)
        changes = [change async for change in store.changes(since=runs[2].began_at)]
        comparison = await store.comparison()
        assert comparison.runs() == runs

    assert [(change.added, change.removed) for change in changes] == [
        (frozenset({7}), frozenset()),
        (frozenset(), frozenset({5})),
    ]
    # It has left every list, and still has its name.
    assert comparison.users[5].uname == "up 5 at 0"
    assert comparison.counts().keys() == {6, 7}
    comparison.close()


async def test_a_run_and_its_lists_have_one_clock(tmp_path):
    """`runs` tells begin and end by the client's clock, as outcomes tell their moment."""
    clock, path = InstantClock(), tmp_path / "run.sqlite"
    async with (
        FakeBilibili() as fake,
        make_client(fake, clock=clock) as client,
        RunStore(path) as store,
    ):
        async with client.compare_same_followings([1, 2], store=store) as run:
            moments = []
            async for outcome in run:
                moments.append(outcome.fetched_at)
                await clock.sleep(3600)
        (told,) = await store.runs()

    assert told.began_at <= min(moments) <= max(moments) <= told.ended_at
    assert told.ended_at - told.began_at >= timedelta(hours=2)
    assert max(moments) - told.began_at < timedelta(hours=3)


async def test_only_whole_lists_are_compared(tmp_path):
    """A hidden list is no list that lost everything, and a part of one lost nothing."""
    path = tmp_path / "run.sqlite"
    for status, mids in [
        (Status.OK, [5, 6]),
        (Status.INCOMPLETE, [5]),
        (Status.PRIVATE, []),
        (Status.OK, [6]),
    ]:
        await _run(path, [make_outcome(1, status, mids)])

    assert list(StoredComparison(path).changes()) == []


def test_a_moment_without_a_time_zone_is_refused(tmp_path):
    """`since` must say in which time zone it is."""
    path = write_store(tmp_path / "run.sqlite", [])
    for since in (datetime(2026, 1, 1), "2026-01-01"):  # noqa: DTZ001 - that is the point
        with pytest.raises(UsageError, match="since must be a datetime with a time zone"):
            StoredComparison(path).changes(since)


async def test_labels_are_kept(tmp_path):
    """Users have the names they were given, until they are taken away."""
    async with RunStore(tmp_path / "run.sqlite") as store:
        await store.set_labels({1: "one", 2: "two"}, account="main")
        await store.set_labels({2: "", 3: "three"})
        assert await store.labels() == {1: "one", 3: "three"}
        comparison = await store.comparison()
        assert comparison.labels == {1: "one", 3: "three"}
        with pytest.raises(UsageError, match=r"labels must be .* 0"):
            await store.set_labels({0: "zero"})
        with pytest.raises(UsageError, match="labels must map ids to texts"):
            await store.set_labels({1: 5})


async def test_an_account_is_bound_to_its_label(tmp_path):
    """Another account under the same label is refused, the same one is not."""
    async with RunStore(tmp_path / "run.sqlite") as store:
        for account, mid in [("main", 7), ("main", 7), ("other", 8)]:
            async with store.repository(account) as repository:
                await repository.bind(mid)
        async with store.repository("main") as repository:
            with pytest.raises(StoreError, match="another account under the label 'main'"):
                await repository.bind(8)


async def test_what_was_asked_settles_a_miss(tmp_path):
    """The stored relations of the account make the absence of a followed one a miss."""
    path = tmp_path / "run.sqlite"
    async with RunStore(path) as store:
        async with store.repository("default") as repository:
            await repository.write(make_outcome(1, Status.OK, [5]))
            await repository.write_follows({8: 2, 9: 0}, START)
        assert await store.follows() == {8: True, 9: False}
        answer = (await store.comparison()).against([5, 8, 9])[1]

    assert (answer.found, answer.missing, answer.unknown) == ({5}, {8}, {9})


async def test_an_interrupted_list_waits_for_the_next_run(tmp_path):
    """What was seen of a list is kept until an outcome takes its place; it is no outcome."""
    items = make_outcome(1, Status.OK, [5, 6]).items
    partial = PartialList(cursor="anything", items=items)
    async with RunStore(tmp_path / "run.sqlite") as store:
        async with store.repository("default") as repository:
            await repository.write_partial(1, partial)
            assert await repository.read_partial(2) is None
        assert (await store.summary()).done == 0
        async with store.repository("default") as repository:
            assert await repository.read_partial(1) == partial
            await repository.write(make_outcome(1, Status.OK, [5, 6, 7]))
            assert await repository.read_partial(1) is None


@pytest.mark.parametrize("link", [os.symlink, os.link], ids=["symlink", "hard link"])
async def test_a_second_name_is_the_same_store(tmp_path, link):
    """A run into another name of the same file is refused while one is under way."""
    path, other = tmp_path / "run.sqlite", tmp_path / "elsewhere" / "other.sqlite"
    other.parent.mkdir()
    async with RunStore(path) as store, store.repository("default"):
        link(path, other)
        # SQLite itself may refuse to open a file under a second name.
        with pytest.raises(
            StoreError, match=r"in use by another run|cannot be read or written"
        ):
            async with RunStore(other) as second:
                await second.repository("default").__aenter__()
    async with RunStore(path) as store, store.repository("default"):
        pass


async def _everything(path):
    """Return all that a store says, its labels, follows, changes and runs included."""
    async with RunStore(path, create=False) as store:
        with await store.comparison(account="default") as comparison:
            return [
                await store.accounts(),
                [outcome async for outcome in store.outcomes(account="default")],
                comparison.counts(),
                await store.labels(account="default"),
                await store.follows(account="default"),
                [change async for change in store.changes(account="default")],
                await store.runs(account="default"),
            ]


@pytest.mark.slow
async def test_a_flipped_bit_is_told_or_harmless(tmp_path):
    """Of 300 flipped bits each is a StoreError, or everything is as it was stored."""
    path = tmp_path / "run.sqlite"
    for step in (1, 2):
        outcomes = [
            make_outcome(v, Status.OK, range(step, 40, 1 + v % 7)) for v in range(1, 60)
        ]
        await _run(path, outcomes)
    async with RunStore(path) as store, store.repository("default") as repository:
        await store.set_labels({v: f"user {v}" for v in range(1, 60)}, account="default")
        await repository.bind(7)
        await repository.write_follows({v: 2 * (v % 2) for v in range(1, 40)}, START)
    whole, expected = path.read_bytes(), await _everything(path)
    assert all(expected)
    draw = random.Random(9)
    told = 0
    for _ in range(300):
        data = bytearray(whole)
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        path.write_bytes(data)
        try:
            found = await _everything(path)
        except StoreError:
            told += 1
            continue
        assert found == expected
    assert told > 50
