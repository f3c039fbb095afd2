"""
Bad days of a server, and what 500 users cost on them.

`python -m tests.compare.days` measures again, and writes the figures and the page's tables.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import re
import sys
import tempfile
import warnings

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path

import aiohttp
import attrs

from bili_common import BiliCommonError, Client, Credential, Outcome, Status
from bili_common.testing import FakeBilibili, InstantClock


__all__ = [
    "DAYS",
    "FIGURES",
    "FOR_EVER",
    "LOOPS",
    "Bill",
    "load",
    "measure",
    "replace",
    "table",
]

FIGURES = Path(__file__).with_name("days.json")
PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"

# The pace of a default client, so that the columns of minutes can be compared.
_PAUSE = 1.0
_PATH = "/x/relation/same/followings"
_VMIDS = range(1, 501)

# What to say to the fake server for each day; the seconds are of the clock.
DAYS: dict[str, Callable[[FakeBilibili], None]] = {
    "is well": lambda _: None,
    **{
        f"throttles {share} % of the requests": partial(
            FakeBilibili.throttle, share=share / 100, seed=1
        )
        for share in (1, 5, 10, 20, 30)
    },
    **{
        f"throttles 10 %, {burst} in a row": partial(
            FakeBilibili.throttle, share=0.1, burst=burst, seed=1
        )
        for burst in (3, 5, 10)
    },
    **{
        f"throttles {on} of each {every} s": partial(
            FakeBilibili.throttle, seconds=on, every=every, after=20
        )
        for on, every in ((45, 300), (200, 600))
    },
    **{
        f"is down for {seconds} s": partial(
            FakeBilibili.fail, seconds=seconds, how="502", after=100
        )
        for seconds in (60, 120, 300)
    },
}

_FAULTS: dict[str, int | str] = {
    "says HTTP 502": "502",
    "refuses with -403": -403,
    "refuses with HTML, HTTP 403": "403",
    "refuses with -401": -401,
}
_WALLS = {
    "asks for a captcha, -352": "-352",
    "asks for a captcha, code 0 and a voucher": "voucher",
    "asks for a captcha, -401 and `ga_data`": "ga_data",
    "asks for a captcha by a header": "gaia",
}
FOR_EVER: dict[str, Callable[[FakeBilibili], None]] = {
    "throttles": partial(FakeBilibili.throttle, times=None, after=100),
    "refuses connections": partial(FakeBilibili.refuse, after=100),
    **{
        name: partial(FakeBilibili.fail, times=None, how=how, after=100)
        for name, how in _FAULTS.items()
    },
    **{
        name: partial(FakeBilibili.ban, seconds=1e9, after=100, window=1e9, form=form)
        for name, form in _WALLS.items()
    },
}


@attrs.frozen
class Bill:
    """
    What a day cost.

    Attributes:
        lost: Users who were passed by without their whole list.

        vain: Requests beyond one per page that was read.

        minutes: Of the clock.

        ending: The error that ended the run, "" if none did.

        later: How many lists are whole after the same command on a good day; 0 where
            that was not asked.
    """

    lost: int
    vain: int
    minutes: int
    ending: str = ""
    later: int = 0


def _fill(fake: FakeBilibili) -> None:
    for vmid in _VMIDS:
        fake.add_user(vmid, followings=60 if vmid % 5 == 0 else 10)


def _bill(fake: FakeBilibili, clock: InstantClock, *, sent: int, lost: int = 0) -> Bill:
    # What finds no server is in no log of the server's.
    return Bill(lost, sent - fake.answers["ok"], round((clock.monotonic() - 1000) / 60))


async def _ours(day: str, fake: FakeBilibili, clock: InstantClock) -> Bill:
    """Run as the documentation says, with all defaults, and go on later if it ended."""
    with tempfile.TemporaryDirectory() as folder:
        # A day that passes is one run, for which nothing need survive.
        path = None if day in DAYS else Path(folder) / "run.sqlite"
        known, bill = await _run(fake, clock, path)
        bill = attrs.evolve(bill, lost=len(known) - _whole(known, fake))
        if path is None:
            assert len(known) == len(_VMIDS)
            return bill

        fake.reset()
        known, _ = await _run(fake, clock, path)
        return attrs.evolve(bill, later=_whole(known, fake))


async def _run(
    fake: FakeBilibili, clock: InstantClock, path: Path | None
) -> tuple[Mapping[int, Outcome], Bill]:
    """Return what is known after a run, and what it cost."""
    credential, ending = Credential(sessdata="x"), ""
    async with Client(credential, base_url=fake.base_url, clock=clock) as client:
        run = client.compare_same_followings(_VMIDS, store=path)
        async with run:
            try:
                async for _ in run:
                    pass
            except BiliCommonError as exc:
                ending = type(exc).__name__
        bill = _bill(fake, clock, sent=client.stats.requests)
        return (await run.collect()).outcomes, attrs.evolve(bill, ending=ending)


def _whole(known: Mapping[int, Outcome], fake: FakeBilibili) -> int:
    """Return how many lists are whole; what is called so must be, and nothing is half known."""
    assert {outcome.status for outcome in known.values()} <= {Status.OK, Status.FAILED}
    whole = [outcome for outcome in known.values() if outcome.status is Status.OK]
    for outcome in whole:
        assert [item.mid for item in outcome.items] == fake.user(outcome.vmid).mids
    return len(whole)


# Returns page *pn* of a user as a dict, or raises.
_Ask = Callable[[int, int], Awaitable[dict]]


async def _gather(ask: _Ask, fake: FakeBilibili, clock: InstantClock) -> Bill:
    """Ask as many scripts do: a gather over all users, pages in a loop, one retry."""
    few = asyncio.Semaphore(4)
    sent = 0

    async def page(vmid: int, pn: int) -> dict:
        nonlocal sent
        await clock.sleep(_PAUSE)
        sent += 1
        return await ask(vmid, pn)

    async def fetch(vmid: int) -> list:
        items, pn = [], 1
        async with few:
            while True:
                try:
                    data = await page(vmid, pn)
                except Exception:  # noqa: BLE001 - as such scripts do
                    data = await page(vmid, pn)
                items += data["list"]
                if len(items) >= data["total"]:
                    return items
                pn += 1

    lists = await asyncio.gather(*map(fetch, _VMIDS), return_exceptions=True)
    lost = sum(not isinstance(items, list) for items in lists)
    return _bill(fake, clock, sent=sent, lost=lost)


async def _naive(_day: str, fake: FakeBilibili, clock: InstantClock) -> Bill:
    async with aiohttp.ClientSession(headers={"Cookie": "SESSDATA=x"}) as session:

        async def ask(vmid: int, pn: int) -> dict:
            params = {"vmid": vmid, "pn": pn, "ps": 50}
            async with session.get(fake.base_url + _PATH, params=params) as response:
                body = await response.json(content_type=None)
            if body["code"] != 0:
                raise RuntimeError(body["message"])
            return body["data"]

        return await _gather(ask, fake, clock)


async def _peer(_day: str, fake: FakeBilibili, clock: InstantClock) -> Bill:
    """Ask by bilibili-api-python, pointed at loopback, with its own requests switched off."""
    import bilibili_api as peer  # noqa: PLC0415 - may be missing

    peer.select_client("aiohttp")
    peer.request_settings.set_enable_auto_buvid(False)
    peer.request_settings.set_enable_bili_ticket(False)
    peer.user.API["info"]["get_same_followings"]["url"] = fake.base_url + _PATH
    credential = peer.Credential(sessdata="x")

    async def ask(vmid: int, pn: int) -> dict:
        asked = peer.user.User(vmid, credential=credential)
        return await asked.get_self_same_followers(pn=pn, ps=50)

    try:
        return await _gather(ask, fake, clock)
    finally:
        await peer.get_client().close()


LOOPS = {"bili_common": _ours, "gather": _naive}
if importlib.util.find_spec("bilibili_api"):
    LOOPS["bilibili_api"] = _peer


def measure(day: str, loop: str) -> Bill:
    """Return what *day* costs 500 users who are asked for by *loop*."""

    async def run() -> Bill:
        clock = InstantClock()
        async with FakeBilibili(clock=clock) as fake:
            _fill(fake)
            {**DAYS, **FOR_EVER}[day](fake)
            return await LOOPS[loop](day, fake, clock)

    with warnings.catch_warnings():
        # The other library's own, of things that are to go.
        if loop == "bilibili_api":
            warnings.simplefilter("ignore")
        return asyncio.run(run())


def load() -> dict[str, dict[str, Bill]]:
    """Return the figures that are written down, by day and loop."""
    told = json.loads(FIGURES.read_text(encoding="utf-8"))
    return {
        day: {loop: Bill(**bill) for loop, bill in bills.items()} for day, bills in told.items()
    }


def table(bills: dict[str, dict[str, Bill]], name: str) -> str:
    """Return the table *name* of the page, "days" or "for ever"."""
    if name == "days":
        head = ["The server", "Lost", "In vain", "Minutes"]
        head += [
            "Gather: lost",
            "In vain",
            "Minutes",
            "bilibili-api: lost",
            "In vain",
            "Minutes",
        ]
        rows = [[day, *_cells(bills[day])] for day in DAYS]
    else:
        head = ["The server, for ever", "The run ends with", "In vain", "`FAILED`"]
        head += ["Later", "Gather: lost", "In vain", "bilibili-api: lost", "In vain"]
        rows = [[day, *_endings(bills[day])] for day in FOR_EVER]
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def _cells(bills: dict[str, Bill]) -> list:
    return [
        cell for bill in bills.values() for cell in (bill.lost, f"{bill.vain:,}", bill.minutes)
    ]


def _endings(bills: dict[str, Bill]) -> list:
    ours, *others = bills.values()
    cells = [f"`{ours.ending}`", ours.vain, ours.lost, f"{ours.later} `OK`"]
    return cells + [cell for bill in others for cell in (bill.lost, f"{bill.vain:,}")]


def replace(page: str, bills: dict[str, dict[str, Bill]]) -> str:
    """Return the text of a page with its tables as they should be."""
    for name in ("days", "for ever"):
        begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
        block = f"{begin}\n\n{table(bills, name)}\n\n{end}"
        page, count = re.subn(f"{begin}.*{end}", lambda _, b=block: b, page, flags=re.DOTALL)
        assert count == 1, f"the page has {count} blocks of {name}"
    return page


def main(*loops: str) -> None:
    """Measure again, all *loops* or those that are named, and write everything down."""
    bills = load() if FIGURES.exists() else {}
    for day in (*DAYS, *FOR_EVER):
        for loop in loops or LOOPS:
            bills.setdefault(day, {})[loop] = bill = measure(day, loop)
            print(f"{day:45} {loop:15} {bill}", flush=True)  # noqa: T201 - a program
    told = {
        day: {k: attrs.asdict(bill) for k, bill in row.items()} for day, row in bills.items()
    }
    FIGURES.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(replace(PAGE.read_text(encoding="utf-8"), load()), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
