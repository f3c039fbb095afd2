"""Whose account it is: a store is one account's, and knows whom that follows."""

from __future__ import annotations

import logging

import pytest

from bili_common import NotLoggedInError, RunStore, Status, StoreError, UsageError
from bili_common.testing import FakeAccount, FakeBilibili

from .runs import make_client


NAV = "/x/web-interface/nav"
RELATIONS = "/x/relation/relations"


async def run_all(client, vmids, **options):
    async with client.compare_same_followings(vmids, **options) as run:
        outcomes = [outcome async for outcome in run]
    return run, outcomes


def paths(fake):
    return [seen.path for seen in fake.log]


async def test_the_account_is_asked_once_before_the_first_list(tmp_path):
    """Two runs of one client with stores ask once, which no run counts."""
    async with FakeBilibili() as fake, make_client(fake) as client:
        first, _ = await run_all(client, [2, 3], store=tmp_path / "a")
        second, _ = await run_all(client, [2, 3], store=tmp_path / "b")
        assert fake.requests == 1 + first.summary.requests + second.summary.requests
        assert paths(fake)[0] == NAV
        assert paths(fake).count(NAV) == 1


async def test_without_a_store_nothing_is_asked():
    """A run that keeps nothing asks for lists alone."""
    async with FakeBilibili() as fake, make_client(fake) as client:
        await run_all(client, [2, 3])
        assert NAV not in paths(fake)


async def test_what_is_known_asks_nothing(tmp_path):
    """A run that finds all users in its store sends nothing at all."""
    async with FakeBilibili() as fake:
        for expected in (True, False):
            fake.reset()
            async with make_client(fake) as client:
                await run_all(client, [2, 3], store=tmp_path / "store")
            assert bool(fake.requests) is expected


async def test_another_account_under_the_same_label_is_refused(tmp_path):
    """The second account's cookie is a StoreError, before a list is asked for."""
    store = tmp_path / "store"
    async with FakeBilibili() as fake:
        async with make_client(fake) as client:
            await run_all(client, [2], store=store)
        fake.account = FakeAccount(mid=fake.account.mid + 1)
        fake.reset()
        async with make_client(fake) as client:
            with pytest.raises(StoreError, match="another account"):
                await run_all(client, [2, 3], store=store)
        assert paths(fake) == [NAV]
        async with make_client(fake, account="other") as client:
            _, outcomes = await run_all(client, [3], store=store)
        assert [outcome.status for outcome in outcomes] == [Status.OK]


async def test_a_dead_cookie_ends_before_a_list(tmp_path):
    """A cookie that died is a NotLoggedInError of the first request."""
    async with FakeBilibili() as fake, make_client(fake) as client:
        fake.log_out()
        with pytest.raises(NotLoggedInError):
            await run_all(client, [2, 3], store=tmp_path / "store")
        assert paths(fake) == [NAV]


@pytest.mark.parametrize("how", ["500", "html", -404])
async def test_any_other_failure_leaves_a_warning(how, tmp_path, caplog):
    """Where the server does not say whose cookie it is, the run goes on unbound."""
    async with FakeBilibili() as fake, make_client(fake) as client:
        fake.fail(times=None, how=how, path=NAV)
        with caplog.at_level(logging.WARNING, "bili_common"):
            _, outcomes = await run_all(client, [2, 3], store=tmp_path / "store")
    assert len(outcomes) == 2
    told = [record for record in caplog.records if "whose results" in record.message]
    assert len(told) == 1


async def test_relations_are_asked_and_stored(tmp_path):
    """ask_follows asks 40 at a time, and the store knows whom the account follows."""
    async with FakeBilibili() as fake, make_client(fake) as client:
        fake.add_user(7, followings=60)
        page = await client.get_same_followings(7)
        followed = [item.mid for item in page.items]
        store = tmp_path / "store"
        await run_all(client, [7], store=store, ask_follows=followed)
        assert paths(fake).count(RELATIONS) == 2
        async with RunStore(store) as opened:
            assert await opened.follows() == dict.fromkeys(followed, True)


@pytest.mark.parametrize("is_stored", [False, True])
async def test_what_was_asked_is_in_the_comparison_of_the_run(tmp_path, is_stored):
    """An account that no list shows is missing, and not unknown, once the run asked for it."""
    async with FakeBilibili() as fake, make_client(fake) as client:
        fake.add_user(7, followings=3)
        fake.add_user(8, followings=0)
        first, *_ = (await client.get_same_followings(7)).items
        store = tmp_path / "store" if is_stored else None
        if is_stored:
            async with RunStore(store) as opened:
                await opened.set_labels({8: "eight"}, account="default")

        run = client.compare_same_followings([8], store=store, ask_follows=[first.mid])
        asked = await run.collect()
        run = client.compare_same_followings([8])
        unasked = await run.collect()

    assert asked.against([first.mid])[8].missing == {first.mid}
    assert unasked.against([first.mid])[8].unknown == {first.mid}
    assert asked.labels == ({8: "eight"} if is_stored else {})


async def test_what_is_no_collection_of_ids_is_refused():
    """ask_follows is checked at the call, by its name."""
    async with FakeBilibili() as fake, make_client(fake) as client:
        with pytest.raises(UsageError, match="ask_follows"):
            client.compare_same_followings([2], ask_follows=[0])
