"""Walks: CPU per page beside loops by hand and a peer, requests and connections."""

from __future__ import annotations

import asyncio

from collections.abc import Callable, Iterator
from typing import Any

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


def _walks(served: Served, vmid: int) -> dict[str, Callable[[], Any]]:
    """Return the walks that are compared: all count the same records."""
    walks: dict[str, Callable[[], Any]] = {
        "ours": lambda: count_by_us(served, vmid),
        "hand": lambda: byhand.count_records(served.url, vmid),
        "dicts": lambda: byhand.count_dicts(served.url, vmid),
    }
    if peers.has(PEER):
        walks["peer"] = lambda: peers.count_by_bilibili_api(served.url, vmid)
    if peers.has("msgspec"):
        decoder = byhand.make_struct_decoder()
        walks["structs"] = lambda: byhand.count_structs(served.url, vmid, decoder)
    return walks


def _cpu_rows(served: Served, rounds: int, body: str) -> Iterator[Row]:
    vmid = vmid_of(RECORDS)
    walks = _walks(served, vmid)
    for walk in walks.values():
        assert asyncio.run(walk()) == RECORDS
    walks["socket"] = lambda: byhand.count_bytes(served.url, vmid, PAGES)
    measured = interleave(
        {name: lambda walk=walk: cpu_of_loop(walk) / PAGES for name, walk in walks.items()},
        rounds,
    )

    def row(what: str, ours: str, other: str, budget: float | None = None) -> Row:
        if other not in measured or ours not in measured:
            return missing(what, "a package of the group bench")
        figures = [f"{Spread.of(measured[it]).median * 1e6:.0f} us" for it in (ours, other)]
        ratio = ratios(measured[ours], measured[other])
        return Row(what, *figures, ratio, budget, group="CPU")

    # The budgets are for bodies as they are: unpacking is the same work for all.
    bounds = (2.2, 0.95, 0.68) if body == "plain" else (None, None, None)
    what = f"CPU per page of 50 ({body} body)"
    yield row(f"{what}: walk / aiohttp+orjson, dicts", "ours", "dicts", bounds[0])
    yield row(f"{what}: walk / the same, our records by hand", "ours", "hand", bounds[1])
    yield row(f"{what}: walk / bilibili-api-python, dicts", "ours", "peer", bounds[2])
    yield row(f"{what}: floor, records by hand / dicts", "hand", "dicts")
    yield row(f"{what}: floor, msgspec structs / dicts", "structs", "dicts")
    yield row(f"{what}: floor, a bare socket / dicts", "socket", "dicts")


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
