"""What the tests of runs and stores share: clients, walks over scripted pages, files."""

from __future__ import annotations

import sqlite3

from collections import Counter

from bili_common import (
    SAME_FOLLOWINGS,
    Client,
    Credential,
    Cursor,
    Following,
    Page,
    Pager,
    RateLimit,
    RetryPolicy,
)
from bili_common._paging.walk_options import WalkOptions


CANARY = "canary-%2C-0123456789abcdef"


def make_client(fake, *, account="default", attempts=1, **options):
    """Return a client that does not wait and, unless told, does not retry."""
    return Client(
        Credential(sessdata=CANARY, account=account),
        base_url=fake if isinstance(fake, str) else fake.base_url,
        rate_limit=RateLimit(per_second=None),
        retry=RetryPolicy(attempts=attempts, base=0, cool_down=0),
        **options,
    )


def page_of(*mids, pn=1, total=None):
    """Return a page that holds so little of *mids* as a list has."""
    items = tuple(Following(mid=mid) for mid in mids)
    return Page(items=items, pn=pn, ps=50, total=len(mids) if total is None else total)


class _ScriptedList:
    """The list of one user, whose pages come from ``fetch(vmid, pn)``."""

    endpoint = SAME_FOLLOWINGS

    def __init__(self, fetch, vmid):
        self._fetch, self._vmid = fetch, vmid

    async def page(self, pn, _ps, meter):
        meter.spend()
        return await self._fetch(self._vmid, pn)


class walks:  # noqa: N801 - read as a verb where it is used
    """Makes walks, whose pages come from ``fetch(vmid, pn)``."""

    def __init__(self, fetch):
        self._fetch = fetch

    def walk(self, vmid, *, total, start=None, known=()):
        pages, start = _ScriptedList(self._fetch, vmid), start or Cursor(vmid=vmid)
        return aiter(Pager(WalkOptions(pages, start, total=total, known=known)))


async def one_each(vmid, pn):
    """Answer each user's page with one record."""
    return page_of(1_000_000 + vmid)


def mids_of(outcome):
    return [item.mid for item in outcome.items]


def cost_of(fake, vmids):
    """Return how many requests the lists of *vmids* take."""
    return sum(max(1, -(-len(fake.user(vmid).followings) // 50)) for vmid in vmids)


def asked(fake):
    """Return how often each user was asked for, by the log."""
    return Counter(seen.vmid for seen in fake.log)


def rows(path, query, *values):
    """Return the rows of *query*, read beside the library."""
    file = sqlite3.connect(path)
    try:
        return file.execute(query, values).fetchall()
    finally:
        file.close()


def contents(path):
    """Return everything in a store but the times, to compare two of them."""
    return (
        rows(path, "SELECT name FROM accounts ORDER BY name"),
        rows(path, "SELECT vmid, status, error FROM outcomes ORDER BY vmid"),
        sorted((vmid, *mids) for vmid, mids in lists_of(path).items()),
        rows(path, "SELECT mid, record FROM users ORDER BY mid"),
    )


def lists_of(path):
    """Return the mids of each user's list in a store, empty lists included."""
    mids = dict(rows(path, "SELECT id, mid FROM users"))
    lists = {}
    for vmid, size, ids in rows(path, "SELECT vmid, size, ids FROM outcomes"):
        width = len(ids) // size if size else 2
        numbers = memoryview(ids).cast({2: "H", 4: "I"}[width])
        lists[vmid] = [mids[number] for number in numbers]
    return lists


def is_sound(path):
    return rows(path, "PRAGMA integrity_check") == [("ok",)]
