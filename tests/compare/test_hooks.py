"""What a user passes in may fail in any way: the error is raised where outcomes are awaited."""

from __future__ import annotations

import asyncio

from contextlib import AsyncExitStack
from queue import Queue
from threading import Thread

import aiohttp
import pytest

from bili_common import (
    BiliCommonError,
    Client,
    Credential,
    Following,
    ListEndpoint,
    LocalPace,
    RateLimit,
    RunStoppedError,
    Status,
)
from bili_common.testing import FakeBilibili, InstantClock


VMIDS = range(1, 9)
ERRORS = [asyncio.CancelledError, KeyboardInterrupt, ZeroDivisionError]

# These are aiohttp's to call, which may turn an error into one of its own, and ours then
# into a failure of one request.
OF_AIOHTTP = ("middleware", "trace", "resolver")


class Trap:
    """Raises *error* at the call with the number *at*, counted from 1."""

    def __init__(self, error, at):
        self.error, self.left = error, at

    def __call__(self):
        self.left -= 1
        if self.left == 0:
            raise self.error


def _source(trap):
    def vmids():
        for vmid in VMIDS:
            trap()
            yield vmid

    return {"vmids": vmids()}


def _async_source(trap):
    async def vmids():
        for vmid in VMIDS:
            trap()
            await asyncio.sleep(0)
            yield vmid

    return {"vmids": vmids()}


def _on_progress(trap):
    return {"run": {"on_progress": lambda _summary: trap()}}


def _credential(trap):
    async def login():
        trap()
        return Credential(sessdata="x")

    return {"credential": login}


def _clock(name):
    def make(trap):
        class Clock(InstantClock):
            pass

        def called(self, *args):
            trap()
            return getattr(InstantClock, name)(self, *args)

        setattr(Clock, name, called)
        return {"client": {"clock": Clock()}}

    return make


def _sleep(trap):
    class Clock(InstantClock):
        async def sleep(self, seconds):
            trap()
            await super().sleep(seconds)

    return {"client": {"clock": Clock()}}


def _pace(trap):
    class Pace:
        def __init__(self):
            self.inner = LocalPace()

        async def change(self, name, step):
            trap()
            return await self.inner.change(name, step)

        async def aclose(self):
            pass

    return {"client": {"pace": Pace()}}


def _middleware(trap):
    async def middleware(request, handler):
        trap()
        return await handler(request)

    return {"session": lambda: aiohttp.ClientSession(middlewares=[middleware])}


def _trace(trap):
    async def begin(*_):
        trap()

    def session():
        trace = aiohttp.TraceConfig()
        trace.on_request_start.append(begin)
        return aiohttp.ClientSession(trace_configs=[trace])

    return {"session": session}


def _resolver(trap):
    class Resolver(aiohttp.abc.AbstractResolver):
        async def resolve(self, host, port=0, family=0):  # noqa: ARG002 - aiohttp's
            trap()
            return [
                {
                    "hostname": host,
                    "host": "127.0.0.1",
                    "port": port,
                    "family": 2,
                    "proto": 0,
                    "flags": 0,
                }
            ]

        async def close(self):
            pass

    def session():
        connector = aiohttp.TCPConnector(
            resolver=Resolver(), use_dns_cache=False, force_close=True
        )
        return aiohttp.ClientSession(connector=connector)

    return {"session": session, "host": "localhost"}


HOOKS = {
    "source": _source,
    "async source": _async_source,
    "on_progress": _on_progress,
    "credential": _credential,
    "clock.monotonic": _clock("monotonic"),
    "clock.time": _clock("time"),
    "clock.random": _clock("random"),
    "clock.sleep": _sleep,
    "pace": _pace,
    "middleware": _middleware,
    "trace": _trace,
    "resolver": _resolver,
}


@pytest.fixture(scope="module")
def url():
    """The server, in a loop of its own: an interrupt of the client's loop is none of its."""
    ready = Queue()

    async def serve():
        async with FakeBilibili() as fake:
            for vmid in (2, 3):
                fake.add_user(vmid, followings=120)
            end = asyncio.Event()
            ready.put((fake.base_url, asyncio.get_running_loop(), end))
            await end.wait()

    thread = Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    base_url, loop, end = ready.get()
    yield base_url
    loop.call_soon_threadsafe(end.set)
    thread.join()


async def run_with(hook, *, url, ordered, told):
    """Run over the users with what the hook says, and append each outcome to *told*."""
    async with AsyncExitStack() as stack:
        options = {"rate_limit": RateLimit(per_second=None), "clock": InstantClock()}
        if hook.get("client", {}).keys() & {"clock"}:
            # Somebody must wait for there to be sleeps and chance.
            del options["rate_limit"]
        options |= hook.get("client", {})
        if "session" in hook:
            options["session"] = await stack.enter_async_context(hook["session"]())
        base_url = url.replace("127.0.0.1", hook.get("host", "127.0.0.1"))
        client = await stack.enter_async_context(
            Client(
                hook.get("credential", Credential(sessdata="x")), base_url=base_url, **options
            )
        )
        run = client.compare_same_followings(
            hook.get("vmids", VMIDS), ordered=ordered, **hook.get("run", {})
        )
        async with asyncio.timeout(20), run:
            async for outcome in run:
                told.append(outcome)


@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("at", [1, 2, 7])
@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("name", HOOKS)
def test_an_error_in_a_hook_of_a_run_is_raised_as_it_is(url, name, error, at, ordered):
    """The error itself comes out, in time; without one there are as many outcomes as users."""
    trap, told = Trap(error, at), []
    try:
        asyncio.run(run_with(HOOKS[name](trap), url=url, ordered=ordered, told=told))
    except error:
        assert trap.left <= 0
    else:
        # It was not called so often, or it was aiohttp that called it.
        assert trap.left > 0 or name in OF_AIOHTTP
        assert [outcome.vmid for outcome in sorted(told, key=lambda one: one.vmid)] == [*VMIDS]
        assert not ordered or [outcome.vmid for outcome in told] == [*VMIDS]
    assert len({outcome.vmid for outcome in told}) == len(told)


def test_the_traps_are_met(url):
    """Each hook is called at least twice in such a run, so that the traps are no decoration."""
    for name, make in HOOKS.items():
        trap = Trap(ZeroDivisionError, 0)
        asyncio.run(run_with(make(trap), url=url, ordered=False, told=[]))
        assert trap.left <= (-1 if name == "credential" else -2), name


def test_what_aiohttp_is_given_and_fails_at_once_ends_a_run_after_five(url):
    """A mistake in a middleware is told after `give_up_after` users, not after them all."""

    async def middleware(_request, _handler):
        raise ZeroDivisionError

    told = []
    hook = {"session": lambda: aiohttp.ClientSession(middlewares=[middleware])}
    hook["vmids"] = range(1, 10_001)
    with pytest.raises(RunStoppedError, match="ZeroDivisionError") as caught:
        asyncio.run(run_with(hook, url=url, ordered=False, told=told))
    assert len(caught.value.outcomes) == 5
    assert 5 <= len(told) <= 8
    assert {outcome.status for outcome in told} == {Status.FAILED}


class OwnError(Exception):
    """An ordinary error of a user's own code."""


def _walk_hooks(trap):
    def on_page(_page):
        trap()

    def record(obj):
        trap()
        return Following.from_wire(obj)

    def key(item):
        trap()
        return item.mid

    return {"on_page": on_page, "record": record, "key": key}


@pytest.mark.parametrize("prefetch", [0, 2])
@pytest.mark.parametrize("at", [1, 2, 60])
@pytest.mark.parametrize("error", [*ERRORS, OwnError])
@pytest.mark.parametrize("name", ["on_page", "record", "key"])
def test_an_error_in_a_hook_of_a_walk_is_raised_as_it_is(url, name, error, at, prefetch):
    """What a user's function raises comes out of the walk, or there is the whole list."""
    trap = Trap(error, at)
    hooks = {name: _walk_hooks(trap)[name]}
    on_page = hooks.pop("on_page", None)
    endpoint = ListEndpoint(
        "/x/relation/same/followings", "list", **{"record": Following} | hooks
    )
    got = []

    async def walk():
        async with Client(
            Credential(sessdata="x"), base_url=url, clock=InstantClock()
        ) as client:
            pager = client.iter_list(endpoint, {"vmid": 2}, on_page=on_page)
            async with asyncio.timeout(10), pager.walk(prefetch=prefetch) as found:
                got.extend([item async for item in found])

    try:
        asyncio.run(walk())
    except error:
        assert trap.left <= 0
    except BiliCommonError:
        # A record that a user's own function cannot read is a bad record.
        assert (name, issubclass(error, Exception)) == ("record", True)
    else:
        assert trap.left > 0
        assert len(got) == 120


@pytest.mark.parametrize("error", ERRORS)
def test_after_an_error_in_a_hook_a_store_goes_on(url, tmp_path, error):
    """Runs that a hook ended leave a store with which the next one reads what is left."""
    own, told = {"run": {"store": tmp_path / "store"}}, []
    for at in (1, 2, 3):
        for make in (_async_source, _on_progress):
            trap = Trap(error, at)
            hook = make(trap)
            hook["run"] = hook.get("run", {}) | own["run"]
            try:
                asyncio.run(run_with(hook, url=url, ordered=False, told=told))
            except error:
                assert trap.left <= 0
            else:
                # So few users were left that the hook was not called so often.
                assert trap.left > 0
    asyncio.run(run_with(own, url=url, ordered=True, told=told))
    assert [outcome.vmid for outcome in told if outcome.status is not Status.OK] == []
    vmids = [outcome.vmid for outcome in told]
    assert len(vmids) == len(set(vmids))
