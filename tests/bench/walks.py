"""Walks: CPU per page beside loops by hand and a peer, requests and connections."""

from __future__ import annotations

import asyncio

from collections.abc import Iterator

from bili_common import Client, Credential, RateLimit

from . import byhand, peers
from .measure import Spread, cpu_of_loop, interleave, ratios
from .server import Served, serving, vmid_of
from .table import Row, missing, plain


RECORDS = 5000
PAGES = RECORDS // 50
PEER = "bilibili_api"


def client_of(served: Served) -> Client:
    """Return a client without a limit of its own."""
    return Client(
        Credential(sessdata="bench"),
        base_url=served.url,
        rate_limit=RateLimit(per_second=None),
    )


async def count_by_us(served: Served, vmid: int) -> int:
    """Walk a list by `async for`."""
    seen = 0
    async with client_of(served) as client:
        async for following in client.iter_same_followings(vmid):
            seen += following.mid > 0
    return seen


def rows(rounds: int) -> Iterator[Row]:
    """Yield the rows of CPU per page, for a body sent as it is and a compressed one."""
    for zipped in (False, True):
        with serving(shape="2020", zipped=zipped) as served:
            yield from _cpu_rows(served, rounds, "gzip" if zipped else "plain")
    with serving() as served:
        yield from _request_rows(served)


def _cpu_rows(served: Served, rounds: int, body: str) -> Iterator[Row]:
    vmid = vmid_of(RECORDS)
    walks = {
        "ours": lambda: count_by_us(served, vmid),
        "hand": lambda: byhand.count_records(served.url, vmid),
        "dict": lambda: byhand.count_dicts(served.url, vmid),
    }
    if peers.has(PEER):
        walks["peer"] = lambda: peers.count_by_bilibili_api(served.url, vmid)
    for walk in walks.values():
        assert asyncio.run(walk()) == RECORDS
    measured = interleave(
        {name: lambda walk=walk: cpu_of_loop(walk) / PAGES for name, walk in walks.items()},
        rounds,
    )

    def figure(name: str) -> str:
        return f"{Spread.of(measured[name]).median * 1e6:.0f} us"

    what = f"CPU per page of 50 ({body} body): walk / "
    for name, other, budget in (
        ("hand", "aiohttp+orjson, the records built by hand", 1.15),
        ("dict", "aiohttp+orjson, dicts", 2.1),
    ):
        ratio = ratios(measured["ours"], measured[name])
        yield Row(what + other, figure("ours"), figure(name), ratio, budget)
    if "peer" in measured:
        ratio = ratios(measured["ours"], measured["peer"])
        name = what + "bilibili-api-python, dicts"
        yield Row(name, figure("ours"), figure("peer"), ratio, 0.65)
    else:
        yield missing(what + "bilibili-api-python, dicts", "bilibili-api-python")
    floor = ratios(measured["hand"], measured["dict"])
    what = f"the same ({body} body): the records built by hand / dicts"
    yield Row(what, figure("hand"), figure("dict"), floor)


def _request_rows(served: Served) -> Iterator[Row]:
    lengths = (0, 1, 49, 50, 51, 100, 101, 2500, 5000)
    requests, connections, needed = 0, [], 0
    for length in lengths:
        served.take_counts()
        asyncio.run(count_by_us(served, vmid_of(length)))
        counts = served.take_counts()
        requests += counts["requests"]
        connections.append(counts["connections"])
        needed += max(1, -(-length // 50))
    what = f"requests of walks over {len(lengths)} lists / max(1, ceil(total / 50))"
    yield Row(what, str(requests), str(needed), plain(requests / needed), 1.0, 1.0)
    most = max(connections)
    yield Row("connections per walk, the most", str(most), "1", plain(most), 1.0, 1.0)
