"""The account behind the fake server: who it is, and whom it follows."""

from __future__ import annotations

import pytest

from hypothesis import given
from hypothesis import strategies as st

from bili_common.errors import UsageError
from bili_common.testing import DEMO_VMIDS, FakeAccount, make_record
from bili_common.testing.account import NAV, RELATIONS
from bili_common.testing.backend import PATH, Backend
from bili_common.testing.records import mid_of


DEMO = DEMO_VMIDS["demo"]


async def _relations(visitor, *mids):
    answer = await visitor.ask(path=RELATIONS, fids=",".join(map(str, mids)))
    assert answer["code"] == 0
    return answer["data"]


async def test_nav(visitor, fake_bilibili):
    """Nav tells a login who it is, with the keys of the server."""
    fake_bilibili.account = FakeAccount(mid=42, uname="我")

    answer = await visitor.ask(path=NAV)

    assert (answer["code"], answer["message"]) == (0, "0")
    data = answer["data"]
    assert (data["isLogin"], data["mid"], data["uname"]) == (True, 42, "我")
    assert {"face", "level_info", "official", "vipStatus", "wbi_img"} <= set(data)


async def test_nav_logged_out(visitor, fake_bilibili):
    """Without a login it is -101, beside data that says so too."""
    answer = await visitor.ask(path=NAV, headers={})

    assert (answer["code"], answer["message"]) == (-101, "账号未登录")
    assert answer["data"]["isLogin"] is False
    assert set(answer["data"]) == {"isLogin", "wbi_img"}
    seen = fake_bilibili.log[-1]
    assert (seen.path, seen.kind, seen.vmid, seen.pn) == (NAV, "not_logged_in", None, None)


async def test_a_login_dies_everywhere(visitor, fake_bilibili):
    """A dead login is dead for the list, for nav and for relations."""
    fake_bilibili.log_out(after=2)

    asked = [{"vmid": 1}, {"path": NAV}, {"vmid": 1}, {"path": NAV}]
    codes = [(await visitor.ask(**query))["code"] for query in asked]
    codes.append((await visitor.ask(path=RELATIONS, fids=1))["code"])

    assert codes == [0, 0, -101, -101, -101]


async def test_relations(visitor, fake_bilibili):
    """Whom it follows has the attribute, the time and the groups that lists show."""
    followed = fake_bilibili.user(DEMO).mids[:3]

    data = await _relations(visitor, *followed)

    keys = ("mid", "attribute", "mtime", "tag", "special")
    assert data == {str(mid): {key: make_record(mid)[key] for key in keys} for mid in followed}
    assert {entry["attribute"] for entry in data.values()} <= {2, 6}


@pytest.mark.parametrize(
    ("strangers", "told"),
    [
        ("absent", {}),
        ("null", {"7": None}),
        ("zero", {"7": {"mid": 7, "attribute": 0, "mtime": 0, "tag": None, "special": 0}}),
    ],
)
async def test_strangers(visitor, fake_bilibili, strangers, told):
    """One whom it does not follow is absent, null, or has an attribute of 0."""
    fake_bilibili.account = FakeAccount(strangers=strangers)

    assert await _relations(visitor, 7) == told


async def test_strangers_mixed(visitor):
    """By default each of the three comes, the same for a mid every time."""
    data = await _relations(visitor, *range(1, 41))

    told = {str(data[str(mid)] and 0) if str(mid) in data else "absent" for mid in range(1, 41)}
    assert told == {"absent", "None", "0"}
    assert await _relations(visitor, *range(1, 41)) == data


def test_bad_strangers():
    """No other way is known."""
    with pytest.raises(UsageError, match="strangers must"):
        FakeAccount(strangers="odd")


async def test_blocked(visitor, fake_bilibili):
    """One whom it blocked has the attribute 128, is not followed, and in no list."""
    mid = fake_bilibili.user(DEMO).mids[0]
    fake_bilibili.account = FakeAccount(blocks={mid})

    data = await _relations(visitor, mid)

    assert data[str(mid)]["attribute"] == 128
    assert not fake_bilibili.follows(mid)
    assert mid not in await visitor.mids(DEMO)


@pytest.mark.parametrize("count", [1, 40])
async def test_relations_to_some(visitor, count):
    """Up to 40 at once."""
    data = await _relations(visitor, *(mid_of(index) for index in range(count)))

    assert len(data) == count


@pytest.mark.parametrize("fids", ["", "0", "x", "1,", "1,,2", ",".join(["1"] * 41), None])
async def test_bad_relations(visitor, fids):
    """More than 40, none, or what is no mid is -400."""
    query = {} if fids is None else {"fids": fids}

    assert (await visitor.ask(path=RELATIONS, **query))["code"] == -400


async def test_scenarios_are_for_these_too(visitor, fake_bilibili):
    """A fault meets nav and relations like any request, or by their path alone."""
    fake_bilibili.fail(how="truncated_gzip", path=RELATIONS)
    fake_bilibili.throttle(path=NAV)

    assert (await visitor.ask(vmid=1))["code"] == 0
    assert (await visitor.ask(path=NAV))["code"] == -799
    assert (await visitor.ask(path=NAV))["code"] == 0
    assert [seen.kind for seen in fake_bilibili.log] == ["ok", "throttle", "ok"]


# -- whom it follows ---------------------------------------------------------


def _mids(backend, vmid):
    return [record["mid"] for record in backend.truth(vmid)]


@given(
    account=st.sets(st.integers(1, 12)),
    user=st.lists(st.integers(1, 12), unique=True),
    but_not=st.sets(st.integers(1, 12)),
)
def test_a_list_is_what_both_follow(account, user, but_not):
    """A list holds, in the user's order, whom both the account and the user follow."""
    backend = Backend()
    backend.add_user(5, followings=user)
    backend.account = FakeAccount(follows=account, but_not=but_not)

    assert _mids(backend, 5) == [mid for mid in user if mid in account - but_not]
    assert {mid for mid in range(1, 13) if backend.follows(mid)} == account - but_not
    assert backend.user(5).mids == user


def test_by_default_it_follows_who_stands_in_a_list():
    """Without more, the account follows whoever stands in any list, and no other."""
    backend = Backend()
    backend.add_user(5, followings=[7, {"mid": "8"}])
    backend.add_user(6, followings=1000)

    assert all(map(backend.follows, [7, 8, mid_of(0), mid_of(479), mid_of(999)]))
    assert not any(map(backend.follows, [9, mid_of(1000), 0]))
    backend.shift(5, insert=[9])
    backend.answer(PATH, {"vmid": "5"}, login=b"x")
    assert backend.follows(9)
    backend.reset()
    assert not backend.follows(9)


def test_broken_records_stay():
    """A record without a mid is in the list whatever the account follows."""
    backend = Backend()
    backend.add_user(5, followings=[7, {"no": "mid"}, 8])
    backend.account = FakeAccount(follows={8})

    assert backend.truth(5) == [{"no": "mid"}, make_record(8)]


def test_since():
    """When the account followed an UP stands in every list alike, if it is said."""
    backend = Backend()
    backend.add_user(5, followings=[7, 8])
    assert backend.truth(5) == [make_record(7), make_record(8)]

    backend.account = FakeAccount(since={7: 1_800_000_000})

    assert backend.truth(5) == [make_record(7, mtime=1_800_000_000), make_record(8)]
