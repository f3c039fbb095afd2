"""The floors hold for calls too: nothing that runs below asks for what stands above."""

from __future__ import annotations

import re

import pytest

from bili_common import RetryPolicy, ServerError, ThrottledError
from bili_common.testing import InstantClock

from .checkout import ROOT
from .compare.runs import make_client
from .test_architecture import RANKS
from .tracing import Call, functions_of, traced


# In a run these are the consumer's loop and the tasks that it waits for, on one floor.
VMID = 9


def _rank(place: str) -> int:
    return RANKS[Call.module_of(place).split(".")[0] or "__init__"]


def _climbs(calls: list[Call]) -> set[str]:
    """Return the calls that go up, those that a `partial` or another library passes on too."""
    return {
        f"{call.caller} -> {call.callee}"
        for call in calls
        if call.caller is not None and _rank(call.callee) < _rank(call.caller)
    }


async def _walk(client, fake, _path):
    await client.iter_same_followings(VMID, page_size=10, verify=True).collect()


async def _walk_ahead(client, fake, _path):
    await client.iter_same_followings(VMID, page_size=10).collect(prefetch=3)


async def _retry(client, fake, _path):
    fake.fail(2, how="502", vmid=VMID)
    await client.iter_same_followings(VMID, page_size=10).collect()


async def _rest(client, fake, _path):
    fake.throttle(1, vmid=VMID)
    await client.iter_same_followings(VMID, page_size=10).collect()


async def _fail(client, fake, _path):
    fake.fail(None, how="502", vmid=VMID)
    with pytest.raises((ServerError, ThrottledError)):
        await client.iter_same_followings(VMID).collect()


async def _check(client, fake, _path):
    await client.check_same_followings(VMID, [1, 2])


async def _compare(client, fake, path):
    run = client.compare_same_followings([VMID, 10, 11], store=path / "run.sqlite")
    (await run.collect()).most_shared(3)


@pytest.mark.parametrize(
    "act",
    [_walk, _walk_ahead, _retry, _rest, _fail, _check, _compare],
    ids=lambda act: act.__name__,
)
async def test_calls_go_down(act, fake_bilibili, tmp_path):
    """No function is entered from a floor below its own, whoever stands between them."""
    fake_bilibili.add_user(VMID, followings=35)
    clock = InstantClock()
    client = make_client(fake_bilibili, clock=clock)
    async with client:
        client = client.with_options(retry=RetryPolicy(attempts=3, base=0, cool_down=0))
        with traced() as calls:
            await act(client, fake_bilibili, tmp_path)

    assert calls
    assert _climbs(calls) == set()


async def test_the_drawn_calls_are_made(fake_bilibili):
    """Each call that the page on the code's design draws is made while a list is walked."""
    page = (ROOT / "docs" / "how-it-is-built.md").read_text(encoding="utf-8")
    drawn = {
        (caller.strip(), callee)
        for line in re.findall(r"^\S+ +-> .+$", page, re.MULTILINE)
        for caller, _, callees in [line.partition("->")]
        for callee in callees.strip().split(", ")
    }
    fake_bilibili.add_user(VMID, followings=35)
    async with make_client(fake_bilibili) as client:
        with traced() as calls:
            await _walk(client, fake_bilibili, None)

    made = {(_function(call.caller), _function(call.callee)) for call in calls}
    assert len(drawn) > 20
    assert drawn - made == set()


async def test_the_life_of_a_request_is_as_short_as_told(fake_bilibili):
    """To its first record a walk passes no more functions and modules than the page says."""
    page = (ROOT / "docs" / "how-it-is-built.md").read_text(encoding="utf-8")
    told = re.search(r"at most (\d+) functions of (\d+) modules", page)
    assert told is not None
    fake_bilibili.add_user(VMID, followings=30)
    async with make_client(fake_bilibili) as client:
        # What is made once is made by then.
        await client.iter_same_followings(VMID).collect()
        with traced() as calls:
            await anext(aiter(client.iter_same_followings(VMID)))

    functions = functions_of(calls)
    assert len(functions) <= int(told[1]), functions
    assert len({*map(Call.module_of, functions)}) <= int(told[2])
    assert len(functions) > 40


def _function(place: str | None) -> str:
    return (place or "").partition(":")[2]


def test_a_climb_is_seen():
    """The test above can fail: a call up is told by its two ends."""
    up = Call("_transport.session:Session.exchange", "client:Client.iter_list")
    down = Call("client:Client.iter_list", "_transport.session:Session.exchange")
    assert _climbs([up, down, Call(None, up.callee)]) == {f"{up.caller} -> {up.callee}"}
