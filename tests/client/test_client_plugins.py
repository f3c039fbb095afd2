"""What a user brings along fails: resolvers, middlewares, hooks, another event loop."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from bili_common import (
    BiliCommonError,
    Client,
    Credential,
    RateLimit,
    ResponseError,
    TransportError,
    UsageError,
)

from .rawserver import COOKIE


class OddError(Exception):
    """What no library knows."""


FOREIGN = [
    ValueError(f"SESSDATA={COOKIE}"),
    KeyError(COOKIE),
    LookupError(),
    AttributeError("x"),
    OddError(COOKIE),
    ExceptionGroup("several", [ValueError(COOKIE)]),
    UnicodeError("label too long"),
    RuntimeError("no such loop"),
    OSError(5, "input or output"),
    TimeoutError(),
    aiohttp.ClientError(COOKIE),
    aiohttp.InvalidURL("x"),
    aiohttp.ServerDisconnectedError(),
]
each_foreign = pytest.mark.parametrize("foreign", FOREIGN, ids=lambda it: type(it).__name__)


def is_ours(error: BiliCommonError) -> bool:
    return (
        isinstance(error, TransportError | ResponseError)
        and error.__cause__ is error.__context__ is None
        and COOKIE not in repr(error)
    )


@each_foreign
async def test_a_middlewares_exception_is_an_error_of_ours(make, raw, foreign):
    """Whatever a middleware of a borrowed session raises, the caller gets our error."""

    async def middleware(_request, _handler):
        raise foreign

    async with (
        aiohttp.ClientSession(middlewares=(middleware,)) as session,
        make(raw.url, session=session) as client,
    ):
        with pytest.raises(BiliCommonError) as caught:
            await client.get_same_followings(2)
    assert is_ours(caught.value)
    assert "sent" not in str(caught.value)
    assert not raw.heads


@each_foreign
async def test_a_resolvers_exception_is_an_error_of_ours(make, foreign):
    """So it is with a resolver."""

    class Resolver(aiohttp.ThreadedResolver):
        async def resolve(self, *_address, **_family):
            raise foreign

    connector = aiohttp.TCPConnector(resolver=Resolver(), use_dns_cache=False)
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        make("https://nowhere.example", session=session) as client,
    ):
        with pytest.raises(BiliCommonError) as caught:
            await client.get_same_followings(2)
    assert is_ours(caught.value)
    assert "sent" not in str(caught.value)


@each_foreign
@pytest.mark.parametrize("when", ["on_request_start", "on_request_end"])
async def test_a_hooks_exception_is_an_error_of_ours(make, raw, foreign, when):
    """So it is with the hooks that trace requests."""

    async def hook(_session, _context, _params):
        raise foreign

    trace = aiohttp.TraceConfig()
    getattr(trace, when).append(hook)
    async with (
        aiohttp.ClientSession(trace_configs=[trace]) as session,
        make(raw.url, session=session) as client,
    ):
        with pytest.raises(BiliCommonError) as caught:
            await client.get_same_followings(2)
    assert is_ours(caught.value)


@pytest.mark.parametrize("cls", [asyncio.CancelledError, KeyboardInterrupt, SystemExit])
async def test_what_ends_a_program_passes(make, raw, cls):
    """A cancellation, Ctrl-C and an exit are nobody's to translate."""

    async def middleware(_request, _handler):
        raise cls

    async with (
        aiohttp.ClientSession(middlewares=(middleware,)) as session,
        make(raw.url, session=session) as client,
    ):
        with pytest.raises(cls):
            await client.get_same_followings(2)


async def test_a_second_event_loop_is_refused_while_the_client_is_busy(raw):
    """Calls under way and calls in the queue for a turn: another loop is told at once."""
    raw.reply = "hang"
    client = Client(
        Credential("anything"), base_url=raw.url, rate_limit=RateLimit(per_second=0.001)
    )
    busy = [asyncio.create_task(client.get_same_followings(vmid)) for vmid in (2, 3, 4)]
    await raw.came.wait()

    def elsewhere():
        async def ask():
            for call in (
                client.whoami,
                lambda: client.get_same_followings(5),
                lambda: client.iter_same_followings(5).collect(),
                lambda: client.check_same_followings(5, [1]),
                lambda: client.compare_same_followings([5, 6]).collect(),
            ):
                with pytest.raises(UsageError, match="another event loop"):
                    await call()

        asyncio.run(asyncio.wait_for(ask(), 5))

    await asyncio.to_thread(elsewhere)
    assert len(raw.heads) == 1
    for task in busy:
        task.cancel()
    await asyncio.gather(*busy, return_exceptions=True)
    await client.aclose()


async def test_a_vault_that_fails_is_not_asked_for_ever(raw):
    """A function for the cookie that raises: each call gets that, and nothing is left over."""

    async def vault() -> Credential:
        await asyncio.sleep(0)
        raise OddError("the vault is shut")

    async with Client(vault, base_url=raw.url) as client:
        told = await asyncio.gather(
            *(client.get_same_followings(vmid) for vmid in range(1, 9)), return_exceptions=True
        )
        assert [type(error) for error in told] == [OddError] * 8
        # Of tasks that nobody waits for any more, no exception is left unseen.
        tasks = [asyncio.create_task(client.get_same_followings(vmid)) for vmid in range(1, 9)]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        assert all(task.cancelled() for task in tasks)
    assert not raw.heads
