"""Whatever the server and the network do, a documented error comes, and nothing else stays."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import socket
import ssl
import time
import warnings

import aiohttp
import pytest
import trustme

from aiohttp.abc import AbstractResolver

import bili_common

from bili_common import (
    BiliCommonError,
    Client,
    Credential,
    NotLoggedInError,
    RetryPolicy,
    RiskControlError,
)
from bili_common.testing import InstantClock

from .faults import canary, table
from .faults.catalogue import FAULTS, TAKEN, Door
from .faults.servers import PAGE_SIZE, TOTAL, VMID, Stage


CREDENTIALS = {
    "sessdata": Credential(sessdata=canary.SESSDATA, cookies={"other": canary.SESSDATA}),
    "access_key": Credential(access_key=canary.ACCESS_KEY),
}
# What hangs is ended by this; all else has time even on a machine that is busy.
SHORT, LONG = 0.25, 10.0


@pytest.fixture(scope="module")
def ca():
    return trustme.CA()


@pytest.fixture
def records():
    with canary.listening() as kept:
        yield kept


class _NoName(AbstractResolver):
    async def resolve(self, *_address, **_family):
        raise OSError(None, "Name or service not known")

    async def close(self):
        pass


def _server_tls(door: Door, ca: trustme.CA) -> ssl.SSLContext | None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    past = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    match door:
        case Door.UNTRUSTED:
            trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
        case Door.EXPIRED:
            ca.issue_cert("127.0.0.1", not_after=past).configure_cert(context)
        case Door.WRONG_HOST:
            ca.issue_cert("other.example").configure_cert(context)
        case Door.TLS:
            ca.issue_cert("127.0.0.1").configure_cert(context)
        case _:
            return None
    return context


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _base_url(door: Door, port: int) -> str:
    match door:
        case Door.HTTP | Door.TLS:
            return f"http://127.0.0.1:{port}"
        case Door.REFUSED:
            return f"http://127.0.0.1:{_free_port()}"
        case Door.NAMELESS:
            return "https://nowhere.example"
        case _:
            return f"https://127.0.0.1:{port}"


@contextlib.asynccontextmanager
async def _session(door: Door, ca: trustme.CA):
    """Yield a session to borrow where a door needs one, or None."""
    if door is Door.NAMELESS:
        connector = aiohttp.TCPConnector(resolver=_NoName(), use_dns_cache=False)
    elif door in {Door.EXPIRED, Door.WRONG_HOST}:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        ca.configure_trust(context)
        connector = aiohttp.TCPConnector(ssl=context)
    else:
        yield None
        return
    async with aiohttp.ClientSession(connector=connector) as session:
        yield session


# On a connection of its own, and on one that page 1 came by, where there is one.
CASES = [
    pytest.param(
        fault,
        reused,
        id=f"{fault.name}-{'reused' if reused else 'fresh'}",
        # All together take a minute, and most find what the others do.
        marks=[pytest.mark.slow] if reused else [],
    )
    for fault in FAULTS
    for reused in ([False, True] if fault.door is Door.HTTP else [False])
]


@pytest.mark.parametrize(("fault", "reused"), CASES)
async def test_each_fault_ends_in_its_documented_error(
    fault, reused, ca, records, asyncio_errors
):
    """
    Each fault ends within its deadline in its own error, which says what came, where, and how
    to go on. No task, connection or secret gets out, and the walk goes on from there.
    """
    asyncio.get_running_loop().set_debug(enabled=True)
    at = 2 if fault.door is Door.HTTP else 0 if fault.door is Door.RAW else 1
    tls, clock = _server_tls(fault.door, ca), InstantClock()
    credential = CREDENTIALS["access_key" if reused else "sessdata"]
    async with (
        Stage(fault.act, at=at, keep_alive=reused, tls=tls) as stage,
        _session(fault.door, ca) as session,
    ):
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            client = Client(
                credential,
                base_url=_base_url(fault.door, stage.port),
                session=session,
                retry=RetryPolicy(attempts=1),
                timeout=SHORT if fault.hangs else LONG,
                clock=clock,
            )
            tasks = asyncio.all_tasks()
            walk = aiter(client.iter_same_followings(VMID, page_size=PAGE_SIZE))
            got, error, seconds = await _until_error(walk)

            assert seconds < (SHORT + 2 if fault.hangs else LONG / 2)
            _check_error(error, fault, delivered=len(got))
            assert len(got) == (PAGE_SIZE if at == 2 else 0)
            assert stage.asked.get(2, 0) == (1 if at == 2 else 0)
            await _until_done(tasks, stage)

            if at == 2:
                if isinstance(error, RiskControlError):
                    clock.advance(error.retry_after)
                got += [following async for following in walk]
                assert len({following.mid for following in got}) == len(got) == TOTAL
                assert walk.report.complete
                assert stage.asked == {1: 1, 2: 2}
            assert stage.has_credential
            await client.aclose()
            await stage.until_empty()
        leaks = canary.leaks(
            canary.error_exits(error),
            canary.exits(client),
            canary.exits(walk.report),
            canary.record_exits(records),
            (("warning", str(warning.message)) for warning in warned),
        )
        assert not leaks
        assert not warned
    if fault.door in {Door.UNTRUSTED, Door.EXPIRED, Door.WRONG_HOST, Door.TLS}:
        # The server's side of a handshake that failed, as it should.
        asyncio_errors.clear()


async def _until_error(walk):
    got = []
    began = time.monotonic()
    try:
        async for following in walk:
            got.append(following)  # noqa: PERF401 - what came before the error counts
    except Exception as exc:  # noqa: BLE001 - which one is what is tested
        return got, exc, time.monotonic() - began
    raise AssertionError("the walk ended without an error")


def _check_error(error: BaseException, fault, *, delivered: int) -> None:
    assert type(error) is fault.error, repr(error)
    assert isinstance(error, BiliCommonError)
    assert type(error).__name__ in bili_common.__all__
    assert fault.says in str(error)
    assert len(str(error)) < 500

    assert error.retryable is fault.again
    assert error.__cause__ is None
    assert error.__context__ is None
    assert len(getattr(error, "body", b"")) <= 2048
    pn = 1 + delivered // PAGE_SIZE
    assert (error.vmid, error.pn) == (VMID, pn)
    assert (error.cursor.pn, error.cursor.index) == (pn, 0)
    # Beside the place, a refused cookie tells until when it was to be good.
    *hints, note = error.__notes__
    assert not hints or (fault.error is NotLoggedInError and "expire" in hints[0])
    assert f"page {pn} " in note
    assert f"{delivered} records were delivered" in note
    assert repr(error.cursor.dumps()) in note


async def _until_done(before: set[asyncio.Task], stage: Stage) -> None:
    """Wait for the server's own tasks; whatever is left then is ours."""
    async with asyncio.timeout(2):
        while left := {
            task for task in asyncio.all_tasks() - before if "Stage" not in repr(task)
        }:
            assert left
            await asyncio.sleep(0.001)


@pytest.mark.parametrize("comes", TAKEN)
async def test_what_is_odd_and_good_is_taken(comes):
    """An answer that is odd, and has everything, costs nothing: no error, no request more."""
    async with (
        Stage(TAKEN[comes]) as stage,
        Client(
            CREDENTIALS["sessdata"],
            base_url=f"http://127.0.0.1:{stage.port}",
            retry=RetryPolicy(attempts=1),
            clock=InstantClock(),
        ) as client,
    ):
        walk = aiter(client.iter_same_followings(VMID, page_size=PAGE_SIZE))
        got = [following.mid async for following in walk]
        assert got == [10_000, 10_001, 10_002, 10_003]
        assert walk.report.complete
        assert stage.asked == {1: 1, 2: 1}


def test_the_catalogue_is_large_enough():
    """There are far more than 50 faults, and no two have one name."""
    assert len(FAULTS) >= 50
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)


def test_the_page_shows_what_the_test_runs():
    """The table in the docs is rendered from the very catalogue that the test plays."""
    page = table.PAGE.read_text(encoding="utf-8")
    assert table.replace(page) == page, "run `python -m tests.faults.table`"
