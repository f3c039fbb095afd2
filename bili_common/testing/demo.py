"""The demo world: users, circles, groups of UPs, and what changes on the second day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

import attrs

from .account import FakeAccount
from .checks import day_of
from .names import CIRCLES
from .records import make_record, mid_of
from .users import FakeUser, Numbered, make_user


__all__ = [
    "DEMO_CIRCLES",
    "DEMO_GROUPS",
    "DEMO_LABELS",
    "DEMO_VMIDS",
    "demo_account",
    "demo_users",
]

_BASE = 3_900_000_000

DEMO_VMIDS: Mapping[str, int] = MappingProxyType(
    {
        "demo": 293793435,
        "empty": _BASE,
        "one": _BASE + 1,
        "49": _BASE + 49,
        "50": _BASE + 50,
        "51": _BASE + 51,
        "100": _BASE + 100,
        "101": _BASE + 101,
        "1000": _BASE + 1000,
        "private": _BASE + 22115,
        "gone": _BASE + 404,
    }
)
"""The users that every `FakeBilibili` knows; a number is the size of the list."""

DEMO_CIRCLES: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {
        circle: tuple(_BASE + 10_020 + 10 * place + k for k in range(1, 5))
        for place, circle in enumerate(CIRCLES)
    }
)
"""Four users of each circle, who follow much the same UPs: for a comparison to find."""

_NICKNAMES = (
    ("下副本的阿澈", "三连暴击", "存档点", "手柄没电了"),
    ("练琴到两点", "降B小调", "耳机线打结", "副歌循环中"),
    ("编译通过了吗", "螺丝刀少一把", "面包板", "散热风扇"),
    ("今天吃火锅", "半糖去冰", "锅气十足", "第二碗饭"),
    ("追番的小满", "片尾彩蛋", "原画摹本", "补番补到三月"),
    ("竹简漏了字", "长安月下", "故纸堆", "断代工程"),
)

DEMO_LABELS: Mapping[int, str] = MappingProxyType(
    {
        DEMO_VMIDS["demo"]: "演示用户",
        DEMO_VMIDS["empty"]: "谁也不关注",
        DEMO_VMIDS["private"]: "关上门的人",
        DEMO_VMIDS["gone"]: "已经离开",
        **{
            vmid: name
            for vmids, names in zip(DEMO_CIRCLES.values(), _NICKNAMES, strict=True)
            for vmid, name in zip(vmids, names, strict=True)
        },
    }
)
"""What the user of a comparison would call some of the users."""


def _group(*indexes: int) -> Mapping[int, str]:
    mids = map(mid_of, indexes)
    return MappingProxyType({mid: make_record(mid)["uname"] for mid in mids})


# The last of the second is followed by no account here: in its case a miss is unknown.
DEMO_GROUPS: Mapping[str, Mapping[int, str]] = MappingProxyType(
    {
        "山雀电台": _group(1, 7, 19, 25, 31, 37, 43, 49, 55, 67, 277, 307),
        "萤火放映室": _group(4, 10, 22, 28, 34, 40, 52, 58, 70, 76, 88, 1006),
    }
)
"""Two groups of UPs with their names, musicians and animators; one the account follows not."""

# The second day: whom some users follow now, and whom no more, by the UP's index.
_CHANGES: Mapping[int, tuple[tuple[int, ...], tuple[int, ...]]] = MappingProxyType(
    {
        DEMO_VMIDS["demo"]: ((19, 33), (3,)),
        DEMO_CIRCLES["游戏"][1]: ((1, 7, 13), (274,)),  # nobody else had 274
        DEMO_CIRCLES["游戏"][2]: ((24, 36), (0,)),
        DEMO_CIRCLES["音乐"][2]: ((4, 10, 22), (2,)),
        DEMO_CIRCLES["科技"][0]: ((2, 8), ()),
        DEMO_CIRCLES["美食"][2]: ((3, 9, 15, 21), ()),
        DEMO_CIRCLES["动画"][3]: ((), (4, 10)),
    }
)
_CLOSED = DEMO_CIRCLES["历史"][3]
# Whom the account itself follows on the second day, and who of the users did before.
_FOLLOWED = 1004
_FANS = (
    DEMO_VMIDS["demo"],
    *DEMO_CIRCLES["科技"][1::2],
    *DEMO_CIRCLES["音乐"][2:],
    DEMO_CIRCLES["游戏"][1],
)
_UNFOLLOWED = 12


def demo_users(*, day: int = 1) -> Iterable[FakeUser]:
    """
    Yield the users that a `FakeBilibili` knows on that day.

    Args:
        day: 1, or 2 when some have changed: who they follow, and one has closed
            the list.
    """
    users = {user.vmid: user for user in _first_day()}
    if day_of(day) == 1:
        return users.values()
    for vmid, (followed, unfollowed) in _CHANGES.items():
        user = users.get(vmid) or make_user(vmid)
        users[vmid] = _moved(user, map(mid_of, followed), set(map(mid_of, unfollowed)))
    for vmid in _FANS:
        user = users.get(vmid) or make_user(vmid)
        users[vmid] = _moved(user, [mid_of(_FOLLOWED)], set())
    users[_CLOSED] = FakeUser(_CLOSED, private=True)
    return users.values()


def demo_account(*, day: int = 1, now: float = 0.0) -> FakeAccount:
    """
    Return the account that asks on that day.

    Args:
        day: 1, or 2 when it has unfollowed one UP and followed another.

        now: Seconds since 1970, just before which it did so.
    """
    if day_of(day) == 1:
        return FakeAccount()
    return FakeAccount(but_not={mid_of(_UNFOLLOWED)}, since={mid_of(_FOLLOWED): int(now)})


def _first_day() -> Iterable[FakeUser]:
    for name, vmid in DEMO_VMIDS.items():
        if name == "private":
            yield FakeUser(vmid, private=True)
        elif name == "gone":
            yield FakeUser(vmid, gone=True)
        elif name == "1000":
            yield FakeUser(vmid, Numbered(range(1000)))
        else:
            size = {"demo": 73, "empty": 0, "one": 1}.get(name)
            yield make_user(vmid, size=int(name) if size is None else size)


def _moved(user: FakeUser, followed: Iterable[int], unfollowed: set[int]) -> FakeUser:
    """Return *user* with other followings, the new ones at the head."""
    new = [mid for mid in followed if mid not in user.mids]
    stayed = [mid for mid in user.mids if mid not in unfollowed]
    return attrs.evolve(user, followings=(*new, *stayed))
