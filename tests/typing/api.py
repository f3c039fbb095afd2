"""
The public API as its users' type checkers see it. Checked by mypy and pyright, never run.

A call whose type becomes wider than it stands here, or `Any`, is an error of both checkers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Hashable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, assert_type

import aiohttp
import attrs

from bili_common import (
    SAME_FOLLOWINGS,
    Against,
    ApiError,
    BiliCommonError,
    BudgetSpentError,
    Client,
    Comparison,
    ComparisonRun,
    ContractInfo,
    Credential,
    Cursor,
    Following,
    IncompleteWalkError,
    ListEndpoint,
    Membership,
    OfficialVerify,
    Outcome,
    Page,
    Pager,
    PrivacyError,
    RateLimit,
    ResponseError,
    RetryPolicy,
    RiskControlError,
    RunStore,
    RunSummary,
    SchemaError,
    Status,
    StopReason,
    ThrottledError,
    Verdict,
    Vip,
    VipLabel,
    Walk,
    WalkReport,
    __version__,
)
from bili_common.testing import (
    BANS,
    DEMO_CIRCLES,
    DEMO_VMIDS,
    FAULTS,
    FakeBilibili,
    FakeList,
    FakeUser,
    InstantClock,
    Seen,
    make_record,
)


version: str = __version__


def credentials() -> None:
    credential = Credential("value")
    assert_type(credential, Credential)
    assert_type(Credential(sessdata="value", account="a", cookies={"b": "c"}), Credential)
    assert_type(Credential(access_key="value"), Credential)
    assert_type(Credential.from_env(), Credential)
    assert_type(Credential.from_env(prefix="MY_"), Credential)
    assert_type(Credential.from_cookie_header("SESSDATA=x", account="a"), Credential)
    assert_type(credential.account, str)


def clients(session: aiohttp.ClientSession) -> None:
    client = Client(
        Credential("value"),
        base_url="https://api.bilibili.com",
        session=session,
        rate_limit=RateLimit(per_second=None, burst=2, jitter=0),
        retry=RetryPolicy(
            attempts=None,
            base=0,
            max_wait=None,
            max_elapsed=None,
            cool_down=1,
            breaker=60,
            risk_control_waits=(90, 180.0),
        ),
        timeout=None,
        headers={"User-Agent": "mine"},
        proxy="http://127.0.0.1:8080",
        trust_env=True,
        clock=InstantClock(),
    )
    assert_type(client, Client)
    assert_type(Client.from_env(timeout=5), Client)
    assert_type(client.with_options(timeout=None, retry=RetryPolicy(attempts=1)), Client)
    assert_type(client.stats.requests, int)
    assert_type(client.stats.retries, int)
    assert_type(client.stats.throttled, int)
    assert_type(client.stats.bytes, int)
    assert_type(client.stats.waited, float)


async def lifetimes(client: Client) -> None:
    async with client as same:
        assert_type(same, Client)
    assert_type(await client.aclose(), None)


def notice(page: Page[Following]) -> None:
    assert_type(page.items, tuple[Following, ...])
    assert_type(page.pn, int)
    assert_type(page.ps, int)
    assert_type(page.total, int | None)
    assert_type(page.re_version, int | str | None)
    assert_type(page.raw, Mapping[str, Any])
    assert_type(page.bad_records, int)
    assert_type(page.odd_values, int)
    assert_type(page.odd_paths, frozenset[str])


async def pagers(client: Client, cursor: Cursor) -> None:
    pager = client.iter_same_followings(2)
    assert_type(pager, Pager[Following])
    assert_type(
        client.iter_same_followings(
            2,
            limit=10,
            page_size=50,
            start=cursor,
            max_pages=None,
            dedupe=False,
            verify=True,
            strict=True,
            on_bad_record="skip",
            on_page=notice,
        ),
        Pager[Following],
    )
    assert_type(client.iter_same_followings(2, start=cursor.dumps()), Pager[Following])
    async for following in pager:
        assert_type(following, Following)
    assert_type(await pager.collect(), list[Following])
    assert_type(await pager.collect(prefetch=2), list[Following])
    assert_type(await pager.first(), Following | None)
    assert_type(await pager.count(), int)
    assert_type(pager.batched(3), AsyncIterator[tuple[Following, ...]])
    assert_type(pager.pages(), AsyncIterator[Page[Following]])
    assert_type(pager.walk(prefetch=1), AbstractAsyncContextManager[Walk[Following]])
    async with pager.walk() as walk:
        assert_type(walk, Walk[Following])
    assert_type(await client.get_same_followings(2, pn=1, ps=50), Page[Following])


@attrs.frozen
class Media:
    """A record of a list that is the user's own."""

    id: int
    title: str

    @classmethod
    def read(cls, obj: Mapping[str, Any]) -> Media:
        return cls(obj["id"], obj["title"])


def media_id(media: Media) -> int:
    return media.id


def read_pair(obj: Mapping[str, Any]) -> tuple[int, str]:
    return obj["id"], obj["title"]


MEDIAS = ListEndpoint(
    "/x/v3/fav/resource/list",
    "medias",
    Media,
    key=media_id,
    items="medias",
    total="info.media_count",
    max_page_size=20,
    codes={7201: PrivacyError},
)


def endpoints() -> None:
    assert_type(SAME_FOLLOWINGS, ListEndpoint[Following])
    assert_type(MEDIAS, ListEndpoint[Media])
    assert_type(ListEndpoint("/x/medias", "medias", Media.read), ListEndpoint[Media])
    assert_type(
        ListEndpoint("/x/log", "pairs", read_pair, total=None, has_more="has_more"),
        ListEndpoint[tuple[int, str]],
    )
    by_lambda = ListEndpoint("/x", "medias", Media.read, key=lambda media: media.id)
    assert_type(by_lambda, ListEndpoint[Media])
    assert_type(MEDIAS.record, type[Media] | Callable[[Mapping[str, Any]], Media])
    assert_type(MEDIAS.key, Callable[[Media], Hashable])
    assert_type(MEDIAS.codes, Mapping[int, type[ApiError]])


async def lists_of_a_class(client: Client, cursor: Cursor) -> None:
    pager = client.iter_list(MEDIAS, {"media_id": 9})
    assert_type(pager, Pager[Media])
    async for media in pager:
        assert_type(media, Media)
    assert_type(await pager.collect(prefetch=2), list[Media])
    assert_type(await pager.first(), Media | None)
    assert_type(pager.batched(3), AsyncIterator[tuple[Media, ...]])
    assert_type(pager.pages(), AsyncIterator[Page[Media]])
    async with pager.walk(prefetch=1) as walk:
        assert_type(walk, Walk[Media])
    assert_type(client.iter_list(MEDIAS, {"media_id": "9"}, start=cursor), Pager[Media])
    page = await client.get_list_page(MEDIAS, {"media_id": 9}, pn=1, ps=20)
    assert_type(page, Page[Media])
    assert_type(page.items, tuple[Media, ...])
    assert_type(page.has_more, bool | None)
    assert_type(client.iter_list(SAME_FOLLOWINGS, {"vmid": 2}), Pager[Following])


async def lists_of_a_function(client: Client) -> None:
    endpoint = ListEndpoint("/x/log", "pairs", read_pair, total=None, has_more="has_more")
    pager = client.iter_list(endpoint, {})
    assert_type(pager, Pager[tuple[int, str]])
    async for pair in pager:
        assert_type(pair, tuple[int, str])
    assert_type(await client.get_list_page(endpoint, {}), Page[tuple[int, str]])

    by_method = ListEndpoint("/x/medias", "medias", Media.read, key=media_id)
    assert_type(client.iter_list(by_method, {"id": 1}), Pager[Media])
    assert_type(await client.get_list_page(by_method, {"id": 1}), Page[Media])


async def walks(pager: Pager[Following]) -> None:
    walk = aiter(pager)
    assert_type(walk, Walk[Following])
    assert_type(await anext(walk), Following)
    assert_type(walk.total, int | None)
    assert_type(walk.pages_read, int)
    assert_type(walk.yielded, int)
    assert_type(walk.cursor, Cursor)
    assert_type(walk.report, WalkReport)


def reports(report: WalkReport, cursor: Cursor) -> None:
    assert_type(report.complete, bool)
    assert_type(report.stop_reason, StopReason | None)
    assert_type(report.yielded, int)
    assert_type(report.duplicates, int)
    assert_type(report.bad_records, int)
    assert_type(report.odd_values, int)
    assert_type(report.requests, int)
    assert_type(report.total_first, int | None)
    assert_type(report.total_last, int | None)
    assert_type(report.cursor, Cursor)
    assert_type(StopReason(report.stop_reason), StopReason)
    assert_type(cursor.dumps(), str)
    assert_type(Cursor.loads("{}"), Cursor)
    assert_type(Cursor(vmid=2, page_size=50, pn=1, index=0, seen=0, total=None), Cursor)
    assert_type(cursor.vmid, int | None)
    assert_type(cursor.page_size, int)
    assert_type(cursor.pn, int)
    assert_type(cursor.index, int)
    assert_type(cursor.seen, int)
    assert_type(cursor.total, int | None)


def records(following: Following) -> None:
    assert_type(following.mid, int)
    assert_type(following.attribute, int)
    assert_type(following.mtime, int | None)
    assert_type(following.tag, tuple[int, ...])
    assert_type(following.special, int)
    assert_type(following.contract_info, ContractInfo | None)
    assert_type(following.uname, str)
    assert_type(following.face, str)
    assert_type(following.sign, str)
    assert_type(following.official_verify, OfficialVerify)
    assert_type(following.vip, Vip)
    assert_type(following.face_nft, int | None)
    assert_type(following.nft_icon, str | None)
    assert_type(following.rec_reason, str | None)
    assert_type(following.track_id, str | None)
    assert_type(following.follow_time, str | None)
    assert_type(following.extra, dict[str, Any])
    assert_type(following.is_mutual, bool)
    assert_type(following.is_special, bool)
    assert_type(following.followed_at, datetime | None)
    assert_type(following.to_wire(), dict[str, Any])
    assert_type(Following.from_wire({"mid": 2}), Following)
    assert_type(Following(mid=2, uname="x", vip=Vip(vip_type=2)), Following)


def parts(verify: OfficialVerify, vip: Vip, label: VipLabel, contract: ContractInfo) -> None:
    assert_type(verify.type, int)
    assert_type(verify.desc, str)
    assert_type(verify.is_verified, bool)
    assert_type(vip.vip_type, int)
    assert_type(vip.vip_due_date, int)
    assert_type(vip.vip_status, int)
    assert_type(vip.is_active, bool)
    assert_type(vip.due_at, datetime | None)
    assert_type(vip.label, VipLabel)
    assert_type(label.path, str)
    assert_type(label.text, str | None)
    assert_type(label.bg_style, int | None)
    assert_type(contract.is_contract, bool | None)
    assert_type(contract.ts, int | None)


async def memberships(client: Client) -> None:
    answer = await client.check_same_followings(2, [3, 4], require="all", caller_follows={3, 4})
    assert_type(answer, Membership)
    assert_type(answer.verdict, Verdict)
    assert_type(answer.found, Mapping[int, Following])
    assert_type(answer.missing, frozenset[int])
    assert_type(answer.report, WalkReport)


def progress(summary: RunSummary) -> None:
    assert_type(summary.done, int)
    assert_type(summary.ok, int)
    assert_type(summary.incomplete, int)
    assert_type(summary.private, int)
    assert_type(summary.not_found, int)
    assert_type(summary.failed, int)
    assert_type(summary.skipped, int)
    assert_type(summary.requests, int)
    assert_type(summary.elapsed, float)


async def numbers() -> AsyncIterator[int]:
    yield 2


async def runs(client: Client, store: RunStore) -> None:
    run = client.compare_same_followings(
        [2, 3],
        max_concurrency=2,
        ordered=True,
        store=store,
        refresh_after=timedelta(days=1),
        budget=100,
        on_progress=progress,
        page_size=20,
    )
    assert_type(run, ComparisonRun)
    assert_type(client.compare_same_followings(numbers(), store="run.sqlite"), ComparisonRun)
    assert_type(client.compare_same_followings({2}, store=Path("run.sqlite")), ComparisonRun)
    assert_type(client.compare_same_followings(range(9), refresh_after=3600), ComparisonRun)
    async with run as same:
        assert_type(same, ComparisonRun)
        async for outcome in run:
            assert_type(outcome, Outcome)
    assert_type(run.summary, RunSummary)
    assert_type(await run.collect(), Comparison)


def outcomes(outcome: Outcome) -> None:
    assert_type(outcome.vmid, int)
    assert_type(outcome.status, Status)
    assert_type(outcome.items, tuple[Following, ...])
    assert_type(outcome.report, WalkReport | None)
    assert_type(outcome.error, BiliCommonError | None)
    assert_type(outcome.fetched_at, datetime)


def comparisons(comparison: Comparison) -> None:
    assert_type(comparison.outcomes, Mapping[int, Outcome])
    assert_type(comparison.users, Mapping[int, Following])
    assert_type(comparison.incomplete, frozenset[int])
    assert_type(comparison.statuses(), Counter[Status])
    assert_type(comparison.counts(), Counter[int])
    assert_type(comparison.most_shared(10), list[tuple[int, int]])
    assert_type(comparison.shared_by(2), set[int])
    assert_type(comparison.intersection(2, 3), set[int])
    assert_type(comparison.union(), set[int])
    assert_type(comparison.jaccard(2, 3), float | None)
    assert_type(comparison.similarity(measure="overlap"), list[tuple[int, int, float]])
    against = comparison.against([2])
    assert_type(against, Mapping[int, Against])
    assert_type(against[2].found, frozenset[int])
    assert_type(against[2].missing, frozenset[int])
    assert_type(against[2].unknown, frozenset[int])
    assert_type(against[2].share, float | None)


async def stores() -> None:
    async with RunStore("run.sqlite") as store:
        assert_type(store, RunStore)
        comparisons(await store.comparison(account="a"))
        assert_type(await store.accounts(), list[str])
        assert_type(store.outcomes(account="a"), AsyncIterator[Outcome])
        assert_type(await store.summary(account="a"), RunSummary)


def errors(  # noqa: PLR0917 - one parameter for each class
    base: BiliCommonError,
    api: ApiError,
    response: ResponseError,
    schema: SchemaError,
    throttled: ThrottledError,
    risk: RiskControlError,
    incomplete: IncompleteWalkError,
    spent: BudgetSpentError,
) -> None:
    assert_type(base.vmid, int | None)
    assert_type(base.pn, int | None)
    assert_type(base.retryable, bool)
    assert_type(api.code, int)
    assert_type(api.message, str)
    assert_type(api.http_status, int | None)
    assert_type(response.http_status, int | None)
    assert_type(response.body, bytes)
    assert_type(schema.paths, tuple[str, ...])
    assert_type(throttled.retry_after, float | None)
    assert_type(risk.retry_after, float | None)
    # Defined on a floor below walks: see the comment there.
    assert_type(base.cursor, Any)
    assert_type(incomplete.report, Any)
    assert_type(spent.budget, int | None)


async def fakes() -> None:
    async with FakeBilibili(shape="2021", latency=0.1, clock=InstantClock()) as fake:
        assert_type(fake, FakeBilibili)
        assert_type(fake.base_url, str)
        assert_type(fake.requests, int)
        assert_type(fake.answers, Counter[str])
        assert_type(fake.log, tuple[Seen, ...])
        assert_type(fake.add_user(2, followings=[3, make_record(4)]), FakeUser)
        assert_type(fake.user(2), FakeUser)
        assert_type(fake.users, Mapping[int, FakeUser])
        assert_type(fake.truth(2), list[dict[str, Any]])
        fake.throttle(3, after=1, retry_after=2, code=-509, http_status=429, vmid=2, pn=1)
        fake.fail(None, how="502", after=1, vmid=2, pn=1)
        fake.ban(60, after=10, window=5, extend=False, form="html412")
        fake.shift(2, before_request=3, pn=2, insert=1, remove=[3], at=0)
        fake.lie(2, total=1, clamp=20, ignore_pn=True, empty_pages={2}, null_list=True)
        added = fake.add_list(MEDIAS, [{"id": 1}, 2], {"media_id": 9})
        assert_type(added, FakeList)
        assert_type(fake.add_list(MEDIAS, 3), FakeList)
        fake.shift(added, pn=2, insert=[{"id": 3}], remove=1)
        fake.lie(added, total=1)
        fake.fail(how=7201, path=MEDIAS.path)
        fake.reset()
    clock = InstantClock(start=0, epoch=0, seed=1)
    assert_type(clock.slept, list[float])
    assert_type(clock.advance(1), None)
    assert_type(make_record(2, shape="2025"), dict[str, Any])
    assert_type(DEMO_VMIDS, Mapping[str, int])
    assert_type(DEMO_CIRCLES, Mapping[str, tuple[int, ...]])
    assert_type(sorted(FAULTS) + sorted(BANS), list[str])
