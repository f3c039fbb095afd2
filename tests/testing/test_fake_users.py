"""The synthetic users and the shapes of their records."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import unicodedata

import pytest

from hypothesis import given
from hypothesis import strategies as st

from bili_common.errors import UsageError
from bili_common.testing import DEMO_CIRCLES, DEMO_VMIDS, make_record
from bili_common.testing.backend import Backend
from bili_common.testing.records import index_of, mid_of
from bili_common.testing.users import POOL, Numbered, make_user


VIP = [
    "vipType",
    "vipDueDate",
    "dueRemark",
    "accessStatus",
    "vipStatus",
    "vipStatusWarn",
    "themeType",
    "label",
]
RELATION = ["mid", "attribute", "mtime", "tag", "special"]
PERSON = ["uname", "face", "sign"]

# The keys of the two bodies that were recorded, in the order of the server.
RECORD_2020 = [*RELATION, *PERSON, "official_verify", "vip"]
RECORD_2021 = [*RELATION, "contract_info", *PERSON, "official_verify", "vip"]
RECORD_2025 = [
    *RELATION,
    "contract_info",
    *PERSON,
    "face_nft",
    "official_verify",
    "vip",
    "name_render",
    "nft_icon",
    "rec_reason",
    "track_id",
    "follow_time",
]
VIP_2025 = [*VIP, "avatar_subscript", "nickname_color", "avatar_subscript_url"]
LABEL_2025 = [
    "path",
    "text",
    "label_theme",
    "text_color",
    "bg_style",
    "bg_color",
    "border_color",
]

MIDS = [mid_of(index) for index in range(POOL)]


@pytest.mark.parametrize(
    ("shape", "record_keys", "vip_keys", "label_keys"),
    [
        ("2020", RECORD_2020, VIP, ["path"]),
        ("2021", RECORD_2021, VIP, ["path"]),
        ("2025", RECORD_2025, VIP_2025, LABEL_2025),
    ],
)
def test_shape(shape, record_keys, vip_keys, label_keys):
    """Records of a year have that year's keys, in the server's order."""
    for mid in MIDS:
        record = make_record(mid, shape=shape)

        assert record_keys == list(record)
        assert list(record["official_verify"]) == ["type", "desc"]
        assert vip_keys == list(record["vip"])
        assert label_keys == list(record["vip"]["label"])


def test_contract_info():
    """Contract_info is small in 2021; later it is empty or full."""
    old = {tuple(make_record(mid, shape="2021")["contract_info"]) for mid in MIDS}
    new = {tuple(make_record(mid, shape="2025")["contract_info"]) for mid in MIDS}

    assert {("is_contractor", "ts")} == old
    assert {(), ("is_contract", "is_contractor", "ts", "user_attr")} == new


def test_mixed_shapes_and_values():
    """The pool has every shape, and every value that the server was seen to send."""
    records = [make_record(mid) for mid in MIDS]

    assert {len(RECORD_2020), len(RECORD_2021), len(RECORD_2025)} == {len(r) for r in records}
    assert {2, 6} == {r["attribute"] for r in records}
    assert {-1, 0, 1} == {r["official_verify"]["type"] for r in records}
    assert {0, 1, 2} == {r["vip"]["vipType"] for r in records}
    assert {0, 1} == {r["vip"]["vipStatus"] for r in records}
    assert any(r["tag"] is None for r in records)
    assert any(len(r["tag"] or ()) > 1 for r in records)
    assert all((-10 in (r["tag"] or ())) == (r["special"] == 1) for r in records)
    assert any(r["mid"] > 2**32 for r in records)
    assert any("\n" in r["sign"] for r in records)
    assert all(
        (r["official_verify"]["type"] == -1) == (not r["official_verify"]["desc"])
        for r in records
    )


def test_names():
    """Names are Chinese and distinct, and some would harm a terminal or a sheet."""
    names = [make_record(mid)["uname"] for mid in MIDS]

    assert len(names) == len(set(names))
    assert all(any("\u4e00" <= c <= "\u9fff" for c in name) for name in names)
    assert any(name.startswith("=") for name in names)
    assert any(name.startswith("@") for name in names)
    assert any("\x1b" in name for name in names)
    assert any("<script>" in name for name in names)
    assert any(ord(c) > 0xFFFF for c in "".join(names))
    odd = [n for n in names if any(unicodedata.category(c)[0] != "L" for c in n)]
    assert 0 < len(odd) < len(names) / 8


def test_fields_replace():
    """A field that is given replaces or adds a key of the record."""
    record = make_record(1, shape="2020", uname="x", new=None)

    assert [*RECORD_2020, "new"] == list(record)
    assert (record["uname"], record["new"]) == ("x", None)


@given(st.integers(0, 799_999_999))
def test_mid_of_and_back(index):
    """Every index has a mid of its own, which leads back to it."""
    mid = mid_of(index)

    assert index == index_of(mid)
    assert 0 < mid < 2**53


@pytest.mark.parametrize("mid", [1, 293793435, 2**31, 2**63 - 1])
def test_foreign_mid(mid):
    """Any mid has a record, also one that is not of the synthetic ones."""
    assert mid == make_record(mid)["mid"]


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("demo", 73), ("empty", 0), ("one", 1), ("49", 49), ("50", 50), ("51", 51),
        ("100", 100), ("101", 101), ("1000", 1000),
    ],
)  # fmt: skip
def test_demo_users(name, size):
    """Each demo user has a list of the size that its name says, without repeats."""
    user = Backend().user(DEMO_VMIDS[name])

    assert size == len(user.mids) == len(set(user.mids))
    assert not user.private
    assert not user.gone


def test_demo_catalogue():
    """The catalogue has the well-known UIDs, and the users hold them."""
    backend = Backend()

    assert DEMO_VMIDS["demo"] == 293793435
    assert set(DEMO_VMIDS.values()) == set(backend.users)
    assert backend.users[DEMO_VMIDS["private"]].private
    assert backend.users[DEMO_VMIDS["gone"]].gone


def test_any_user():
    """Any other UID has a list: mostly short, some empty, none with repeats."""
    lists = [make_user(vmid).mids for vmid in range(1, 2001)]

    assert all(len(mids) == len(set(mids)) <= 100 for mids in lists)
    assert all(set(mids) <= set(MIDS) for mids in lists)
    assert 0.02 < sum(not mids for mids in lists) / len(lists) < 0.09
    assert 20 < sum(map(len, lists)) / len(lists) < 50


def test_the_whole_pool():
    """A user can follow as many as there are in the pool, each once."""
    assert set(make_user(1, size=POOL).mids) == set(MIDS)


def jaccard(one, two):
    return len(one & two) / len(one | two) if one | two else 0.0


def test_circles():
    """Users of one circle have more in common than users of two."""
    users = [
        (circle, set(make_user(vmid).mids))
        for circle, vmids in DEMO_CIRCLES.items()
        for vmid in vmids
    ]
    same, other = [], []
    for (a, one), (b, two) in itertools.combinations(users, 2):
        (same if a == b else other).append(jaccard(one, two))

    assert sum(same) / len(same) > 2 * sum(other) / len(other) > 0


def test_popularity():
    """A few UPs are followed by many, most by few."""
    counts = dict.fromkeys(MIDS, 0)
    for vmid in range(1, 1001):
        for mid in make_user(vmid).mids:
            counts[mid] += 1
    ranked = sorted(counts.values(), reverse=True)

    assert sum(ranked[:48]) > 0.3 * sum(ranked)
    assert ranked[-1] < ranked[0] / 10


@pytest.mark.slow
def test_same_in_every_process():
    """Users and their bodies are the same in every process, whatever its hash seed."""
    code = (
        "import hashlib;from bili_common.testing.backend import PATH, Backend;b = Backend();"
        "h = hashlib.sha256();"
        "[h.update(b.answer(PATH, {'vmid': str(v)}, login=b'x').body)"
        " for v in (293793435, *range(1, 60), 3900001000)];print(h.hexdigest())"
    )
    digests = {
        subprocess.run(  # noqa: S603 - our own interpreter and text
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2")
    }

    assert len(digests) == 1
    assert b"" not in digests


def test_numbered():
    """Numbered mids are a sequence like the list of them."""
    numbers = Numbered(range(30))
    mids = [mid_of(index) for index in range(30)]

    assert mids == list(numbers)
    assert mids[5:9] == list(numbers[5:9])
    assert mids[-1] == numbers[-1]
    assert list(numbers[10**20 :]) == []


def test_big_list_is_lazy():
    """A list of a million records is set up without making one of them."""
    backend = Backend()
    backend.add_user(5, followings=1_000_000)
    answer = backend.answer(
        "/x/relation/same/followings", {"vmid": "5", "pn": "20000"}, login=b"x"
    )

    assert b'"total":1000000' in answer.body
    assert backend._record.cache_info().misses == 50


@pytest.mark.slow
def test_caches_are_bounded():
    """Walking many users keeps neither all of them nor all of their records."""
    backend = Backend()
    backend.add_user(10**9, followings=5000)
    for vmid in range(1, 2001):
        backend.user(vmid)
    backend.truth(10**9)

    assert backend._generated.cache_info().currsize <= 1024
    assert backend._record.cache_info().currsize <= 2048
    assert len(DEMO_VMIDS) + 1 == len(backend.users)


def test_add_user_verbatim():
    """An object is sent as it is, a mid as its made-up record, in the order given."""
    backend = Backend()
    backend.add_user(5, followings=[7, {"mid": "8", "odd": 1}, {"no": "mid"}])

    assert [make_record(7), {"mid": "8", "odd": 1}, {"no": "mid"}] == backend.truth(5)
    assert backend.user(5).mids == [7, 8, 0]


def test_add_user_keeps_the_made_up_list():
    """Without a list, an added user has the one that is made up for it."""
    backend = Backend()

    assert make_user(5).mids == backend.add_user(5, private=True).mids
    assert backend.user(5).private


@pytest.mark.parametrize(
    ("vmid", "followings"), [(0, None), (1, -1), (1, ["7"]), (1, [0]), (1, [None])]
)
def test_add_user_bad(vmid, followings):
    """A wrong UID or list is a UsageError."""
    with pytest.raises(UsageError, match=r"vmid|followings"):
        Backend().add_user(vmid, followings=followings)
