"""The account that asks: who it is, whom it follows, and what happens when its login dies."""

from __future__ import annotations

import asyncio

import pytest

from hypothesis import given
from hypothesis import strategies as st

from bili_common import (
    Account,
    Client,
    Credential,
    NotLoggedInError,
    RateLimit,
    Relation,
    RetryPolicy,
    UsageError,
    Verdict,
)
from bili_common.testing import FakeAccount, FakeBilibili


VMID = 42
UPS = range(1000, 1100)


def make(fake, credential=None):
    return Client(
        Credential(sessdata="value") if credential is None else credential,
        base_url=fake.base_url,
        rate_limit=RateLimit(per_second=None),
        retry=RetryPolicy(attempts=1),
    )


class Vault:
    """Where a service keeps its cookie: each question takes the next one, then the last."""

    def __init__(self, *values, account="default"):
        self.values = list(values)
        self.account = account
        self.asked = 0

    async def __call__(self):
        self.asked += 1
        await asyncio.sleep(0)
        value = self.values.pop(0) if len(self.values) > 1 else self.values[0]
        return Credential(sessdata=value, account=self.account)


async def test_whoami(fake_bilibili):
    """A live login is told its mid and its name, by one request."""
    fake_bilibili.account = FakeAccount(mid=7, uname="我")
    async with make(fake_bilibili) as client:
        assert await client.whoami() == Account(mid=7, uname="我")
        assert client.stats.requests == 1


async def test_whoami_of_a_dead_login(fake_bilibili):
    """A dead cookie is NotLoggedInError, before any list is asked."""
    fake_bilibili.log_out()
    async with make(fake_bilibili) as client:
        with pytest.raises(NotLoggedInError):
            await client.whoami()


@pytest.mark.parametrize("count", [0, 1, 40, 41, 100])
@pytest.mark.parametrize("strangers", ["absent", "null", "zero"])
async def test_relations(fake_bilibili, count, strangers):
    """40 users to a request; True and False are told, and a silence is neither."""
    mids = list(UPS)[:count]
    fake_bilibili.account = FakeAccount(follows=mids[::2], strangers=strangers)
    async with make(fake_bilibili) as client:
        relations = await client.get_relations([*mids, *mids])
        assert client.stats.requests == -(-count // 40)

    silence = False if strangers == "zero" else None
    assert list(relations) == mids
    assert {mid: relation.follows for mid, relation in relations.items()} == {
        mid: True if mid in mids[::2] else silence for mid in mids
    }


@pytest.mark.parametrize(
    ("attribute", "follows"),
    [(2, True), (6, True), (0, False), (128, None), (1, None), (None, None)],
)
def test_what_is_a_follow(attribute, follows):
    """Only 2 and 6 are a yes and only 0 is a no; a value that nobody knows is neither."""
    assert Relation(mid=1, attribute=attribute).follows is follows


@pytest.mark.parametrize("mids", [["1"], [0], "123", 5, [True]])
async def test_wrong_mids_are_named(fake_bilibili, mids):
    """Nothing is sent for what can be no user's id."""
    async with make(fake_bilibili) as client:
        with pytest.raises(UsageError, match="mids"):
            await client.get_relations(mids)
        assert client.stats.requests == 0


async def test_a_miss_is_asked_about(fake_bilibili):
    """YES asks nothing more; a miss of a complete walk asks once for the client's life."""
    followed, other, stranger = 1000, 1001, 1002
    fake_bilibili.account = FakeAccount(follows=[followed, other], strangers="absent")
    fake_bilibili.add_user(VMID, followings=[followed])
    async with make(fake_bilibili) as client:

        async def verdict(*mids, require="any"):
            before = client.stats.requests
            told = await client.check_same_followings(
                VMID, mids, require=require, caller_follows="ask"
            )
            return told.verdict, client.stats.requests - before

        assert await verdict(followed) == (Verdict.YES, 1)
        assert await verdict(other) == (Verdict.NO, 2)
        assert await verdict(other) == (Verdict.NO, 1)
        assert await verdict(stranger) == (Verdict.UNKNOWN, 2)
        assert await verdict(other, stranger) == (Verdict.UNKNOWN, 1)
        assert await verdict(followed, other, require="all") == (Verdict.NO, 1)
        assert await verdict(followed, stranger, require="all") == (Verdict.UNKNOWN, 1)


async def test_nothing_is_asked_about_an_incomplete_walk(fake_bilibili):
    """A walk that is not complete leaves the question open, whomever the account follows."""
    fake_bilibili.account = FakeAccount(follows=[1000, 1001])
    fake_bilibili.add_user(VMID, followings=[1000])
    fake_bilibili.lie(VMID, total=9)
    async with make(fake_bilibili) as client:
        told = await client.check_same_followings(VMID, [1001], caller_follows="ask")
        assert told.verdict is Verdict.UNKNOWN
        assert {seen.path for seen in fake_bilibili.log} == {"/x/relation/same/followings"}


mids = st.sets(st.sampled_from(UPS[:8]))


@given(
    account=mids,
    user=mids,
    wanted=mids.filter(bool),
    require=st.sampled_from(["any", "all"]),
    strangers=st.sampled_from(["absent", "null", "zero", "mixed"]),
)
def test_no_verdict_contradicts_the_truth(account, user, wanted, require, strangers):
    """YES and NO are true in every world; UNKNOWN only where a miss says nothing."""

    async def ask():
        async with FakeBilibili() as fake:
            fake.account = FakeAccount(follows=account, strangers=strangers)
            fake.add_user(VMID, followings=sorted(account & user))
            async with make(fake) as client:
                return await client.check_same_followings(
                    VMID, wanted, require=require, caller_follows="ask"
                )

    told = asyncio.run(ask())
    truth = bool(wanted & user) if require == "any" else wanted <= user
    if told.verdict is Verdict.UNKNOWN:
        missing = wanted - (account & user)
        assert missing - account if require == "any" else not missing & account
    else:
        assert (told.verdict is Verdict.YES) == truth


@pytest.mark.parametrize(
    ("sessdata", "notes"),
    [
        ("f00d%2C1893456000%2Cbeef", ["it was to expire on 2030-01-01 00:00 UTC"]),
        ("f00d,1893456000,beef", ["2030-01-01 00:00 UTC", "a browser shows %2C for ,"]),
        ("f00d%2Cx*b1", ["a browser shows %2A for *"]),
        ("f,*", ["a browser shows %2C for , and %2A for * in SESSDATA"]),
        ("f00d", []),
    ],
)
async def test_a_dead_cookie_says_what_it_can(fake_bilibili, sessdata, notes):
    """The error tells when the cookie was to expire, and what a browser shows as %2C."""
    fake_bilibili.log_out()
    async with make(fake_bilibili, Credential(sessdata)) as client:
        for ask in (client.whoami, lambda: client.get_same_followings(VMID)):
            with pytest.raises(NotLoggedInError) as caught:
                await ask()
            told = getattr(caught.value, "__notes__", [])
            assert len(told) == len(notes)
            assert all(note in text for note, text in zip(notes, told, strict=True))
            assert sessdata not in "".join(told)


async def test_an_access_key_says_nothing_of_itself(fake_bilibili):
    """A key tells no time and is shown nowhere; another error has no such notes."""
    fake_bilibili.log_out()
    async with make(fake_bilibili, Credential(access_key="f00d,1893456000,")) as client:
        with pytest.raises(NotLoggedInError) as caught:
            await client.whoami()
    assert not hasattr(caught.value, "__notes__")


async def test_the_notes_are_of_the_cookie_that_was_refused_last(fake_bilibili):
    """After a swap that did not help, the new cookie's own time is told, once."""
    fake_bilibili.fail(None, how=-101)
    async with make(fake_bilibili, Vault("a%2C1893456000%2C", "b%2C1924992000%2C")) as client:
        with pytest.raises(NotLoggedInError) as caught:
            await client.get_same_followings(VMID)
    assert ["2031-01-01" in note for note in caught.value.__notes__] == [True]


async def test_a_new_cookie_is_taken_without_a_restart(fake_bilibili):
    """A swap in the middle of a walk: nothing is lost, and one request more is sent."""
    fake_bilibili.add_user(VMID, followings=100)
    fake_bilibili.log_out(after=2)
    vault = Vault("old", "new")
    async with make(fake_bilibili, vault) as client:
        walk = aiter(client.iter_same_followings(VMID, page_size=20))
        got = [item.mid async for item in walk]

        assert got == fake_bilibili.user(VMID).mids
        assert walk.report.complete
        assert (vault.asked, client.stats.requests) == (2, 6)


async def test_many_requests_ask_for_one_new_cookie(fake_bilibili):
    """Requests that are refused together wait for one answer of the vault."""
    fake_bilibili.log_out()
    vault = Vault("old", "new")
    async with make(fake_bilibili, vault) as client:
        await asyncio.gather(*(client.get_same_followings(vmid) for vmid in range(1, 9)))
        assert vault.asked == 2


async def test_the_same_dead_cookie_is_no_loop(fake_bilibili):
    """A vault that gives the dead cookie again: the error once, after one question."""
    fake_bilibili.log_out()
    vault = Vault("old")
    async with make(fake_bilibili, vault) as client:
        with pytest.raises(NotLoggedInError):
            await client.get_same_followings(VMID)
        assert (vault.asked, client.stats.requests) == (2, 1)


async def test_a_second_dead_cookie_is_no_loop(fake_bilibili):
    """Another cookie that is dead too: the error, after one question and one request more."""
    fake_bilibili.fail(None, how=-101)
    async with make(fake_bilibili, Vault("old", "older", "oldest")) as client:
        with pytest.raises(NotLoggedInError):
            await client.get_same_followings(VMID)
        assert client.stats.requests == 2


async def test_results_belong_to_one_account(fake_bilibili):
    """A vault says whose cookies it gives; one of another label is refused."""
    async with make(fake_bilibili, Vault("value", account="work")) as client:
        assert client.account == "work"
        await client.get_same_followings(VMID)

    async def anonymous():
        return Credential(sessdata="value", account="work")

    async with make(fake_bilibili, anonymous) as client:
        with pytest.raises(UsageError, match="account 'work'"):
            await client.get_same_followings(VMID)


@pytest.mark.parametrize("value", ["cookie-0123456789", 5, None])
async def test_what_is_no_credential_is_not_shown(fake_bilibili, value):
    """In place of a credential may stand a cookie: its kind is named, not its value."""

    async def vault():
        return value

    async with make(fake_bilibili, vault) as client:
        with pytest.raises(UsageError, match=type(value).__name__) as caught:
            await client.get_same_followings(VMID)
    assert "cookie-0123456789" not in str(caught.value)
    if value is not None:
        with pytest.raises(UsageError, match="credential must be"):
            Client(value)
