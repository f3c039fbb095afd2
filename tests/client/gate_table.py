"""A gate's questions as a table: `python -m tests.client.gate_table` rewrites the pages'."""

from __future__ import annotations

import asyncio
import re

from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

from bili_common import (
    Client,
    Credential,
    Following,
    ListEndpoint,
    RateLimit,
    RetryPolicy,
    Verdict,
)
from bili_common.testing import FakeAccount, FakeBilibili


__all__ = ["PAGES", "count_rows", "measure", "replace"]

_JOBS = Path(__file__).parents[2] / "docs" / "jobs"

_BEGIN = "<!-- gate: begin -->"
_END = "<!-- gate: end -->"
_BLOCK = re.compile(f"{_BEGIN}.*{_END}", re.DOTALL)
_HEAD = (
    *("The account's own follows", "YES", "NO", "UNKNOWN"),
    *("Requests for lists", "Beside them"),
)

FOLLOWED, STRANGER = (1000, 1001), 1002
UPS = (*FOLLOWED, STRANGER)
USERS = range(5000, 5060)
# With the two UPs, the account follows 2,000.
OWN = (*FOLLOWED, *range(10_000, 11_998))
FOLLOWINGS = ListEndpoint("/x/relation/followings", "followings", Following)
ME = 7

Known = Callable[[Client], Awaitable[object]]


def follows(vmid: int) -> set[int]:
    """Return whom a user follows: each of the UPs or not, and some of the others."""
    return {up for bit, up in enumerate(UPS) if vmid >> bit & 1} | {*OWN[2 : vmid % 40]}


def expected(vmid: int, up: int, *, known: bool) -> Verdict:
    """Return what can be known: of the stranger nothing, of a miss only what is told."""
    if up == STRANGER:
        return Verdict.UNKNOWN
    if up in follows(vmid):
        return Verdict.YES
    return Verdict.NO if known else Verdict.UNKNOWN


async def nothing(_client: Client) -> None:
    return None


async def ask(_client: Client) -> str:
    return "ask"


async def page_own(client: Client) -> list[int]:
    pager = client.iter_list(FOLLOWINGS, {"vmid": ME})
    return [following.mid async for following in pager]


ROWS: dict[str, tuple[Known, str]] = {
    "Not known: no `caller_follows`": (nothing, "absent"),
    '`"ask"`, and the server is silent about who is not followed': (ask, "absent"),
    '`"ask"`, and the server says so': (ask, "zero"),
    "All 2,000 paged beforehand": (page_own, "absent"),
}

_CHINESE = {
    "The account's own follows": "账号自己的关注",
    "YES": "YES",
    "NO": "NO",
    "UNKNOWN": "UNKNOWN",
    "Requests for lists": "取列表的请求",
    "Beside them": "另外的请求",
    "Not known: no `caller_follows`": "不知道：没有写 `caller_follows`",
    '`"ask"`, and the server is silent about who is not followed': (
        '`"ask"`，服务器不提没有关注的人'
    ),
    '`"ask"`, and the server says so': '`"ask"`，服务器会说没有关注',
    "All 2,000 paged beforehand": "事先翻完全部 2,000 个",
}

# Each page with what it calls the columns and the rows.
PAGES = {
    _JOBS / "group-gate.md": {words: words for words in _CHINESE},
    _JOBS / "group-gate.zh.md": _CHINESE,
}


async def measure(known: Known, strangers: str) -> tuple[dict[tuple[int, int], Verdict], int]:
    """Return the verdicts on each user and UP, and how many requests there were in all."""
    async with FakeBilibili() as fake:
        fake.account = FakeAccount(mid=ME, follows=OWN, strangers=strangers)
        fake.add_list(FOLLOWINGS, [*OWN], {"vmid": ME})
        for vmid in USERS:
            fake.add_user(vmid, followings=sorted(follows(vmid)))
        async with Client(
            Credential("synthetic"),
            base_url=fake.base_url,
            rate_limit=RateLimit(per_second=None),
            retry=RetryPolicy(attempts=1),
        ) as client:
            caller_follows = await known(client)
            verdicts = {}
            for vmid in USERS:
                for up in UPS:
                    told = await client.check_same_followings(
                        vmid, [up], caller_follows=caller_follows
                    )
                    verdicts[vmid, up] = told.verdict
        return verdicts, fake.requests


async def count_rows() -> dict[str, list[int]]:
    """Return the figures of each row."""
    lists = len(USERS) * len(UPS)
    rows = {}
    for words, (known, strangers) in ROWS.items():
        verdicts, requests = await measure(known, strangers)
        counts = Counter(verdicts.values())
        rows[words] = [*(counts[verdict] for verdict in Verdict), lists, requests - lists]
    return rows


def _render(rows: dict[str, list[int]], words: dict[str, str]) -> str:
    """Return the block of a page, with its marks."""
    lines = [
        [words[column] for column in _HEAD],
        ["---"] * len(_HEAD),
        *([words[row], *map(str, figures)] for row, figures in rows.items()),
    ]
    return "\n".join([_BEGIN, *(f"| {' | '.join(line)} |" for line in lines), _END])


def replace(page: str, rows: dict[str, list[int]], words: dict[str, str]) -> str:
    """Return the text of a page with its block as it should be."""
    block = _render(rows, words)
    text, count = _BLOCK.subn(lambda _: block, page)
    assert count == 1, f"the page has {count} blocks between {_BEGIN} and {_END}"
    return text


async def main() -> None:
    rows = await count_rows()
    for page, words in PAGES.items():
        text = replace(page.read_text(encoding="utf-8"), rows, words)
        page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(main())
