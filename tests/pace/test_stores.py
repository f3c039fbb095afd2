"""The stores: one state for all who share it, whatever becomes of one of them."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import time

import attrs
import pytest

from bili_common import (
    Client,
    Credential,
    FilePace,
    LocalPace,
    PaceError,
    RateLimit,
    RedisPace,
    RetryPolicy,
    ServerError,
    ThrottledError,
    UsageError,
)
from bili_common.pace import PaceState
from bili_common.pace._state import Breaker
from bili_common.testing import FakeBilibili, check_pace_store

from ..checkout import isolated


needs_redis = pytest.mark.skipif(
    shutil.which("redis-server") is None, reason="needs redis-server"
)


class Redis:
    """A real server on loopback, which keeps nothing on disk."""

    def __init__(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def start(self):
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1"]
        command += ["--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 - our own words
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
            except OSError:
                time.sleep(0.01)
            else:
                return

    def kill(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def server():
    redis = Redis()
    redis.start()
    yield redis
    redis.kill()


@pytest.fixture(params=["local", "file", pytest.param("redis", marks=needs_redis)])
def make(request, tmp_path):
    if request.param == "redis":
        url = request.getfixturevalue("server").url
        return lambda: RedisPace(url, timeout=30)
    if request.param == "file":
        return lambda: FilePace(tmp_path / "new" / "pace.sqlite", busy_timeout=30)
    return LocalPace


@pytest.fixture
async def store(make):
    made = make()
    yield made
    await made.aclose()


def add_one(state, now):
    state = state or PaceState()
    return attrs.evolve(state, tickets=state.tickets + 1, seen=now), state.tickets + 1


def look(state, now):
    return state or PaceState(), (state, now)


async def test_changes_at_the_same_time_are_one_after_the_other(store):
    """Fifty changes at once: each sees what the one before it left."""
    seen = await asyncio.gather(*(store.change("a", add_one) for _ in range(50)))
    assert sorted(seen) == list(range(1, 51))


async def test_names_are_apart_and_states_outlive_aclose(store):
    """Each name has a state of its own, which is there when the store is opened again."""
    await store.change("a", add_one)
    await store.aclose()
    assert await store.change("a", add_one) == 2
    assert await store.change("b", add_one) == 1


@needs_redis
def test_redis_goes_on_in_the_next_event_loop(server):
    """A store that nobody closed is used again by another `asyncio.run`."""
    code = f"""if True:
        import asyncio, attrs
        from bili_common.pace import PaceState, RedisPace
        def step(state, now):
            state = state or PaceState()
            return attrs.evolve(state, tickets=state.tickets + 1), state.tickets + 1
        store = RedisPace({server.url!r})
        for _ in range(3):
            print(asyncio.run(store.change("a", step)))
    """
    # Connections that were not closed in their loop speak up.
    words = [sys.executable, "-W", "ignore", "-c", code]
    done = subprocess.run(words, capture_output=True, text=True, check=True)  # noqa: S603 - the text above
    assert done.stdout.split() == ["1", "2", "3"]


async def test_time_goes_on(store):
    """The store's time is in microseconds and does not go back."""
    _, before = await store.change("a", look)
    await asyncio.sleep(0.02)
    _, after = await store.change("a", look)
    assert 20_000 <= after - before < 5_000_000


async def test_an_error_of_the_step_changes_nothing(store):
    """What the step raises comes through, and the state is as it was."""
    await store.change("a", add_one)

    def fail(state, now):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await store.change("a", fail)
    assert await store.change("a", add_one) == 2


async def test_two_clients_share_one_pace(store):
    """Two clients at 20 per second are not forty: the server sees twenty."""
    async with FakeBilibili() as fake:
        fake.add_user(2, followings=3)
        options = {
            "base_url": fake.base_url,
            "rate_limit": RateLimit(20, jitter=0),
            "pace": store,
        }
        async with (
            Client(Credential("a"), **options) as one,
            Client(Credential("a"), **options) as two,
        ):
            await asyncio.gather(
                *(client.get_same_followings(2) for client in (one, two) for _ in range(5))
            )
        times = [seen.at for seen in fake.log]
    assert len(times) == 10
    assert times[-1] - times[0] >= 9 / 20 - 0.02


async def test_a_throttle_of_one_is_a_rest_of_all(store):
    """What one client is told, the other keeps: nothing is sent until the rest is over."""
    async with FakeBilibili() as fake:
        fake.add_user(2, followings=3)
        fake.throttle(times=1, retry_after=0.5)
        options = {"base_url": fake.base_url, "rate_limit": RateLimit(None), "pace": store}
        async with (
            Client(Credential("a"), **options) as one,
            Client(Credential("a"), **options) as two,
        ):
            first = asyncio.create_task(one.get_same_followings(2))
            await asyncio.sleep(0.2)
            await asyncio.gather(first, two.get_same_followings(2))
        times = [seen.at for seen in fake.log]
    assert len(times) == 3
    assert times[1] - times[0] >= 0.49


async def test_the_file_is_the_users_alone(tmp_path):
    """Nobody else may read the file, nor what SQLite keeps beside it."""
    store = FilePace(tmp_path / "pace.sqlite")
    await store.change("a", add_one)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    await store.aclose()
    assert modes == {0o600}


async def test_a_name_that_nobody_used_for_a_month_is_forgotten(tmp_path, monkeypatch):
    """A file that is opened drops names of 30 days ago, but none in use, and no rest."""
    began, day = time.time(), 86_400

    async def on_day(number, names, step):
        monkeypatch.setattr(time, "time", lambda: began + number * day)
        store = FilePace(tmp_path / "pace.sqlite")
        found = [await store.change(name, step) for name in names]
        await store.aclose()
        return found

    def look(state, _now):
        return state or PaceState(), state is not None

    def rest(state, now):
        return PaceState(breaker=Breaker(until=now + 3_600_000_000)), None

    await on_day(0, ["idle", "busy"], add_one)
    await on_day(0, ["resting"], rest)
    assert await on_day(29, ["busy"], add_one) == [2]
    with sqlite3.connect(tmp_path / "pace.sqlite") as database:
        before = {name for (name,) in database.execute("SELECT name FROM paces")}
    database.close()

    assert before == {"idle", "busy", "resting"}
    assert await on_day(31, ["idle", "busy", "resting"], look) == [False, True, True]


async def test_a_file_that_is_none_is_a_pace_error(tmp_path):
    """A path that cannot be a file is said, by check and by the first change."""
    store = FilePace(tmp_path)
    with pytest.raises(PaceError):
        store.check()
    with pytest.raises(PaceError):
        await store.change("a", add_one)
    await store.aclose()


async def test_killed_writers_leave_a_whole_file(tmp_path):
    """Processes that are killed in the middle of a change leave a state that goes on."""
    code = f"""if True:
        import asyncio, attrs
        from bili_common.pace import FilePace, PaceState
        def step(state, now):
            state = state or PaceState()
            return attrs.evolve(state, tickets=state.tickets + 1), None
        async def main():
            store = FilePace({str(tmp_path / "pace.sqlite")!r})
            while True:
                await store.change("a", step)
        asyncio.run(main())
    """
    store = FilePace(tmp_path / "pace.sqlite")
    for _ in range(3):
        child = subprocess.Popen([sys.executable, "-c", code])  # noqa: S603, ASYNC220 - the text above
        before = await store.change("a", add_one)
        while await store.change("a", add_one) < before + 500:
            pass
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        after = await store.change("a", add_one)
        assert await store.change("a", add_one) == after + 1
    await store.aclose()


@needs_redis
async def test_a_redis_that_died_stops_or_slows_down(server):
    """Without its store a client sends nothing, or goes on at its share."""
    async with FakeBilibili() as fake:
        fake.add_user(2, followings=3)
        options = {"base_url": fake.base_url, "rate_limit": RateLimit(None)}
        stops = Client(Credential("a"), pace=RedisPace(server.url), **options)
        slow = {"on_pace_loss": "slow", "pace_share": 4}
        slows = Client(Credential("a"), pace=RedisPace(server.url), **slow, **options)
        async with stops, slows:
            await stops.get_same_followings(2)
            await slows.get_same_followings(2)
            server.kill()
            sent = fake.requests
            with pytest.raises(PaceError):
                await stops.get_same_followings(2)
            assert fake.requests == sent
            await slows.get_same_followings(2)
            assert fake.requests == sent + 1
            server.start()
            await stops.get_same_followings(2)


class Named(LocalPace):
    """A store that remembers which names it was asked for."""

    def __init__(self):
        super().__init__()
        self.names = set()

    async def change(self, name, step):
        self.names.add(name)
        return await super().change(name, step)


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({}, "work"),
        ({"base_url": "https://API.bilibili.com/"}, "work"),
        ({"base_url": "https://api.bilibili.com:443"}, "work"),
        ({"base_url": "https://mirror.example"}, "work@mirror.example"),
        ({"base_url": "http://127.0.0.1:8080/below"}, "work@127.0.0.1:8080"),
        ({"base_url": "https://mirror.example", "pace_name": "mine"}, "mine"),
    ],
)
async def test_a_pace_is_that_of_an_account_at_a_server(options, name):
    """The label alone names the pace at Bilibili, label and host elsewhere, unless you do."""
    store = Named()
    async with Client(Credential("a", account="work"), pace=store, **options) as client:
        # Asked for without a request.
        await client._executor.pace.take_retry()

    assert store.names == {name}


async def test_servers_of_one_label_do_not_wait_for_each_other():
    """A throttle at one server is no rest at another, in the same store."""
    store = LocalPace()
    async with FakeBilibili() as here, FakeBilibili() as there:
        here.throttle(times=None, retry_after=3600)
        there.add_user(2, followings=3)
        async with (
            Client(Credential("a"), base_url=here.base_url, pace=store) as one,
            Client(Credential("a"), base_url=there.base_url, pace=store) as two,
        ):
            with pytest.raises(ThrottledError):
                await one.get_same_followings(2)
            assert (await two.get_same_followings(2)).total == 3


def test_a_client_of_its_own_pace_loads_no_store():
    """Who shares no pace loads no database, no Redis and no Dask."""
    code = "import sys, bili_common as b; b.Client, b.LocalPace; print(*sys.modules)"
    assert {"sqlite3", "redis", "dask", "distributed"}.isdisjoint(isolated(code).split())


@pytest.mark.parametrize(
    "wrong",
    [
        {"pace": 3},
        {"pace_name": ""},
        {"on_pace_loss": "fast"},
        {"on_pace_loss": "slow"},
        {"on_pace_loss": "slow", "pace_share": 0},
    ],
)
def test_wrong_arguments_are_refused(wrong):
    """An argument of the pace that makes no sense is refused at the call."""
    with pytest.raises(UsageError):
        Client(Credential("a"), **wrong)


async def test_the_retries_of_all_are_counted_together(store):
    """Two clients of one account have a hundred retries between them, not each."""
    async with FakeBilibili() as fake:
        fake.fail(times=None)
        options = {
            "base_url": fake.base_url,
            "rate_limit": RateLimit(None),
            "retry": RetryPolicy(attempts=41, base=0, max_elapsed=None),
            "pace": store,
        }
        async with (
            Client(Credential("a"), **options) as one,
            Client(Credential("a"), **options) as two,
        ):
            for client in (one, two, one, two):
                with pytest.raises(ServerError):
                    await client.get_same_followings(2)
            assert one.stats.retries == 40 + 20
            assert two.stats.retries == 40


async def test_each_store_holds_the_conformance_suite(make, store):
    """Each of our stores is one that clients can share; a memory is shared as one object."""
    await check_pace_store((lambda: store) if isinstance(store, LocalPace) else make)


class Forgetful(LocalPace):
    """A store that breaks one rule."""

    def __init__(self, fault):
        super().__init__()
        self.fault = fault

    async def change(self, name, step):
        if self.fault == "names":
            name = "one"
        if self.fault == "time":
            return await super().change(name, lambda state, _: step(state, 7))
        if self.fault == "order":
            state, result = step(self._states.get(name), 7)
            await asyncio.sleep(0)
            self._states[name] = state
            return result
        if self.fault == "fields":
            return await super().change(name, lambda state, now: step(worse(state), now))
        if self.fault == "errors":
            try:
                return await super().change(name, step)
            except ZeroDivisionError:
                return None
        return await super().change(name, step)

    async def aclose(self):
        if self.fault == "closing":
            self._states.clear()


def worse(state):
    return attrs.evolve(state, breaker=attrs.evolve(state.breaker, strikes=0))


@pytest.mark.parametrize("fault", ["names", "time", "order", "fields", "errors", "closing"])
async def test_the_conformance_suite_finds_each_fault(fault):
    """A store that breaks a rule is found out."""
    faulty = Forgetful(fault)
    with pytest.raises(AssertionError, match="a PaceStore must hold"):
        await check_pace_store(lambda: faulty, steps=600)
