"""The others: what they make of the same server, and of servers that lie."""

from __future__ import annotations

import importlib.util

from collections.abc import Callable
from typing import Any

import attrs

from bili_common import SAME_FOLLOWINGS, BiliCommonError, Following, Page
from bili_common._paging.cursor import Cursor
from bili_common._paging.pager import Pager
from bili_common._paging.walk_options import WalkOptions
from bili_common._transport.meter import RequestMeter

from .server import PATH


# Asks for page *pn* of *ps* records: the records and the total that the server names.
Ask = Callable[[int, int], tuple[list[int], int]]


def has(module: str) -> bool:
    """Tell whether a package of the group `bench` is installed."""
    return importlib.util.find_spec(module) is not None


async def count_by_bilibili_api(base_url: str, vmid: int) -> int:
    """Walk a list by bilibili-api-python's method for one page, which gives dicts."""
    from bilibili_api import Credential, request_settings, select_client, user  # noqa: PLC0415

    # Nothing but the request that is compared: no made-up device, no ticket, our own server.
    select_client("aiohttp")
    request_settings.set_enable_auto_buvid(False)
    request_settings.set_enable_bili_ticket(False)
    user.API["info"]["get_same_followings"]["url"] = base_url + PATH

    them = user.User(vmid, credential=Credential(sessdata="bench"))
    seen, pn, total = 0, 1, 1
    while (pn - 1) * 50 < total:
        page = await them.get_self_same_followers(pn=pn, ps=50)
        total = page["total"]
        for obj in page["list"]:
            seen += obj["mid"] > 0
        pn += 1
    return seen


@attrs.define
class Asked:
    """Counts the requests that a pager sends, and stops one that does not."""

    ask: Ask
    requests: int = 0

    def __call__(self, pn: int, ps: int) -> tuple[list[int], int]:
        if self.requests >= 5000:
            raise RuntimeError("does not end")
        self.requests += 1
        return self.ask(pn, ps)


async def by_us(asked: Asked) -> tuple[set[int], str]:
    """Return the records that our walk delivers, and what it says of them."""

    class Pages:
        endpoint = SAME_FOLLOWINGS

        async def page(self, pn: int, ps: int, meter: RequestMeter) -> Page[Following]:
            meter.spend()
            mids, total = asked(pn, ps)
            items = tuple(Following(mid=mid) for mid in mids)
            return Page(items=items, pn=pn, ps=ps, total=total)

    seen: set[int] = set()
    walk = aiter(Pager(WalkOptions(pages=Pages(), start=Cursor(vmid=1))))
    try:
        async for record in walk:
            seen.add(record.mid)
    except BiliCommonError as exc:
        return seen, type(exc).__name__
    return seen, "complete" if walk.report.complete else "not complete"


async def by_coze(asked: Asked) -> tuple[set[int], str]:
    """Return what coze-py's pager for numbered pages delivers."""
    from cozepy.model import AsyncNumberPaged  # noqa: PLC0415

    class Response:
        _raw_response = None

        def __init__(self, mids: list[int], total: int) -> None:
            self.get_total = lambda: total
            self.get_has_more = lambda: None
            self.get_items = lambda: mids

    class Requester:
        async def asend(self, request: tuple[int, int]) -> Response:  # codespell:ignore asend
            return Response(*asked(*request))

    async def request(pn: int, ps: int) -> tuple[int, int]:
        return pn, ps

    pager = await AsyncNumberPaged.build(
        page_num=1,
        page_size=50,
        requestor=Requester(),  # codespell:ignore requestor
        request_maker=request,
    )
    return await _drain(pager)


async def by_openai(asked: Asked) -> tuple[set[int], str]:
    """Return what openai-python's base pager delivers, told only which page is the next."""
    from openai._base_client import BaseAsyncPage, PageInfo  # noqa: PLC0415
    from openai._models import FinalRequestOptions  # noqa: PLC0415

    class Numbered(BaseAsyncPage[Any]):
        data: list[int]
        pn: int

        def _get_page_items(self) -> list[int]:
            return self.data

        def next_page_info(self) -> Any:
            return PageInfo(params={"pn": self.pn + 1})

    class Client:
        async def _request_api_list(self, model: Any, page: Any, options: Any) -> Any:
            pn = options.params["pn"]
            mids, _ = asked(pn, 50)
            made = page(data=mids, pn=pn)
            made._set_private_attributes(model=model, client=self, options=options)
            return made

    first = FinalRequestOptions.construct(method="get", url="/", params={"pn": 1})
    return await _drain(await Client()._request_api_list(int, Numbered, first))


async def _drain(pager: Any) -> tuple[set[int], str]:
    seen: set[int] = set()
    try:
        async for mid in pager:
            seen.add(mid)
    except RuntimeError:
        return seen, "does not end"
    return seen, "ends in silence"


def _cut(pn: int, ps: int, length: int) -> list[int]:
    return list(range(1, length + 1))[(pn - 1) * ps : pn * ps]


def _hole() -> Ask:
    empty_once = {2}

    def ask(pn: int, ps: int) -> tuple[list[int], int]:
        if pn in empty_once:
            empty_once.clear()
            return [], 230
        return _cut(pn, ps, 230), 230

    return ask


def lies() -> dict[str, tuple[int, Callable[[], Ask]]]:
    """Return servers: how many records each really gives, and how it answers."""
    return {
        "honest, 230 records": (230, lambda: lambda pn, ps: (_cut(pn, ps, 230), 230)),
        "a page that is empty once": (230, _hole),
        "a page that stays empty": (
            180,
            lambda: lambda pn, ps: ([] if pn == 2 else _cut(pn, ps, 230), 230),
        ),
        "total 148993 beside 230": (230, lambda: lambda pn, ps: (_cut(pn, ps, 230), 148993)),
        "total 0 beside 230": (230, lambda: lambda pn, ps: (_cut(pn, ps, 230), 0)),
        "pages cut to 20": (230, lambda: lambda pn, _ps: (_cut(pn, 20, 230), 230)),
        "one record filtered from each page": (
            225,
            lambda: lambda pn, ps: (_cut(pn, ps, 230)[1:], 230),
        ),
    }


async def compare_lies() -> list[tuple[str, ...]]:
    """Return for each lie, and each pager, the requests, the records and what is said."""
    pagers = {"ours": by_us}
    if has("cozepy"):
        pagers["coze-py"] = by_coze
    if has("openai"):
        pagers["openai-python"] = by_openai
    lines = []
    for lie, (length, make) in lies().items():
        cells = [lie]
        for pager in pagers.values():
            asked = Asked(make())
            seen, said = await pager(asked)
            cells.append(f"{asked.requests} requests, {len(seen)} of {length}, {said}")
        lines.append((*cells, *["not installed"] * (4 - len(cells))))
    return lines
