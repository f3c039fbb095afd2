"""Lists that a walk's rules are tried on: a server in memory, which may move and lie."""

from __future__ import annotations

import asyncio

from collections.abc import Callable, Sequence

import attrs

from bili_common import Cursor, ListEndpoint, Page, Pager
from bili_common._paging.walk_options import WalkOptions


VMID = 7


@attrs.frozen
class Item:
    """A record with nothing but what a walk needs."""

    mid: int


RECORDS = ListEndpoint(path="/records", noun="records", record=Item)
ENDLESS = ListEndpoint(
    path="/endless", noun="records", record=Item, total=None, has_more="has_more"
)


class ListServer:
    """
    Answers for one list as the endpoint does, and counts.

    Args:
        mids: The list, which may be changed at any time.

        clamp: No page holds more records.

        total: Said instead of the length.

        keep: Records for which it is false are left out of their page.

        before: Called with the page's number before each answer.

        turns: Returns how many turns of the loop an answer takes.

        has_more: Whether it says that more pages follow, and names no length.
    """

    def __init__(
        self,
        mids: Sequence[int],
        *,
        clamp: int = 50,
        total: int | None = None,
        keep: Callable[[int], bool] = lambda _mid: True,
        before: Callable[[int], None] = lambda _pn: None,
        turns: Callable[[], int] = lambda: 0,
        has_more: bool = False,
    ) -> None:
        self.endpoint = ENDLESS if has_more else RECORDS
        self.mids = list(mids)
        self.clamp = clamp
        self.total = total
        self.keep = keep
        self.before = before
        self.turns = turns
        self.asked: list[int] = []
        self.totals: list[int] = []
        self.under_way = 0

    @property
    def requests(self) -> int:
        return len(self.asked)

    async def page(self, pn: int, ps: int, meter) -> Page[Item]:
        meter.spend()
        self.asked.append(pn)
        self.under_way += 1
        try:
            for _ in range(self.turns()):
                await asyncio.sleep(0)
            self.before(pn)
            return self.answer(pn, ps)
        finally:
            self.under_way -= 1

    def answer(self, pn: int, ps: int) -> Page[Item]:
        size = min(ps, self.clamp)
        mids = filter(self.keep, self.mids[(pn - 1) * size : pn * size])
        items = tuple(map(Item, mids))
        if self.endpoint is ENDLESS:
            more = pn * size < len(self.mids)
            return Page(items=items, pn=pn, ps=ps, total=None, has_more=more)

        total = len(self.mids) if self.total is None else self.total
        self.totals.append(total)
        return Page(items=items, pn=pn, ps=ps, total=total)

    def pager(self, *, ps: int = 50, start: Cursor | None = None, **options) -> Pager[Item]:
        begin = start or Cursor(vmid=VMID, page_size=ps)
        options.setdefault("max_pages", 400)
        return Pager(WalkOptions(pages=self, start=begin, **options))


def pages_for(total: int, ps: int) -> int:
    """Return how many requests a list costs: at least one."""
    return max(1, -(-total // ps))


def mids_of(items) -> list[int]:
    return [item.mid for item in items]


async def drain(walk) -> list[int]:
    return [item.mid async for item in walk]


async def pour(walk, got: list) -> None:
    """Append to *got* what comes, so that it is there after an error too."""
    async for thing in walk:
        got.append(getattr(thing, "mid", thing))  # noqa: PERF401 - an error may come


# The views of a walk: each takes a pager and returns its mids. `got` receives what came
# before an error, and the same object goes on afterwards.
class View:
    """One way to read a walk, which goes on with the same object after an error."""

    def __init__(self, pager, prefetch: int = 0) -> None:
        self.got: list[int] = []
        self.prefetch = prefetch
        self._source = self._open(pager)

    def _open(self, pager):
        return aiter(pager)

    def _take(self, thing) -> list[int]:
        return [thing.mid]

    async def read(self) -> list[int]:
        """Read to the end or to an error; a second call goes on."""
        async for thing in self._source:
            self.got += self._take(thing)
        return self.got

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_exc_info):
        pass


class Pages(View):
    def _open(self, pager):
        return pager.pages()

    def _take(self, thing):
        return mids_of(thing.items)


class Batches(View):
    def _open(self, pager):
        return pager.batched(7)

    def _take(self, thing):
        return mids_of(thing)


class Ahead(View):
    def _open(self, pager):
        self._context = pager.walk(prefetch=4)

    async def __aenter__(self):
        self._source = await self._context.__aenter__()
        return self

    async def __aexit__(self, *exc_info):
        await self._context.__aexit__(*exc_info)


VIEWS = {"iteration": View, "pages": Pages, "batched": Batches, "prefetch": Ahead}
