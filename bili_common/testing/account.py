"""The account: who asks the fake server, and whom it follows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Literal, get_args

import attrs

from ..errors import UsageError
from .answers import Answer, envelope, refusal
from .records import make_record, mix


__all__ = [
    "NAV",
    "RELATIONS",
    "FakeAccount",
    "Strangers",
    "logged_out",
    "nav_of",
    "relations_of",
]

NAV = "/x/web-interface/nav"
RELATIONS = "/x/relation/relations"

Strangers = Literal["absent", "mixed", "null", "zero"]

# What a page is signed with elsewhere; it comes whether or not one is logged in.
_WBI_IMG: Mapping[str, Any] = {
    "img_url": "https://i0.hdslb.com/bfs/wbi/00000000000000000000000000000000.png",
    "sub_url": "https://i0.hdslb.com/bfs/wbi/11111111111111111111111111111111.png",
}


def _mids(value: Iterable[int]) -> frozenset[int]:
    return frozenset(value)


def _mids_or_none(value: Iterable[int] | None) -> frozenset[int] | None:
    return None if value is None else frozenset(value)


def _times(value: Mapping[int, int]) -> dict[int, int]:
    return dict(value)


def _is_stranger(_self: object, field: attrs.Attribute[Any], value: Any) -> None:
    if value not in get_args(Strangers):
        raise UsageError(f"{field.name} must be one of {get_args(Strangers)}, not {value!r}")


@attrs.frozen(kw_only=True)
class FakeAccount:
    """
    The account whose login the fake server sees: its own follows are the truth.

    Attributes:
        mid: Its own UID.

        uname: Its name.

        follows: Whom it follows: then every list of same followings holds only
            these. None for whoever stands in a list.

        but_not: Whom it does not follow, whatever *follows* says.

        blocks: Whom it has blocked; it follows none of them.

        since: When it followed whom, in seconds since 1970, where that matters.

        strangers: How the relation to one whom it does not follow is told:
            "absent", "null", "zero" (an attribute of 0), or "mixed".
    """

    mid: int = 3_907_000_001
    uname: str = "虚构的测试号"
    follows: frozenset[int] | None = attrs.field(default=None, converter=_mids_or_none)
    but_not: frozenset[int] = attrs.field(factory=frozenset[int], converter=_mids)
    blocks: frozenset[int] = attrs.field(factory=frozenset[int], converter=_mids)
    since: Mapping[int, int] = attrs.field(factory=dict[int, int], converter=_times)
    strangers: Strangers = attrs.field(default="mixed", validator=_is_stranger)

    @property
    def follows_everyone(self) -> bool:
        """Whether it follows whoever stands in a list, without exception."""
        return self.follows is None and not (self.but_not or self.blocks)

    def may_follow(self, mid: int) -> bool:
        """Return whether *mid* stands in its lists, if anyone follows it."""
        if mid in self.but_not or mid in self.blocks:
            return False
        return self.follows is None or mid in self.follows

    def when(self, mid: int) -> Mapping[str, int]:
        """Return when it followed *mid* as a record's field, if it is said."""
        return {"mtime": self.since[mid]} if mid in self.since else {}


def nav_of(account: FakeAccount) -> Answer:
    """Return what tells *account* who it is."""
    level = {"current_level": 5, "current_min": 10800, "current_exp": 12345, "next_exp": 28800}
    data: dict[str, Any] = {
        "isLogin": True,
        "email_verified": 1,
        "face": "https://i0.hdslb.com/bfs/face/member/noface.jpg",
        "level_info": level,
        "mid": account.mid,
        "mobile_verified": 1,
        "money": 0,
        "moral": 70,
        "official": {"role": 0, "title": "", "desc": "", "type": -1},
        "uname": account.uname,
        "vipDueDate": 0,
        "vipStatus": 0,
        "vipType": 0,
        "wbi_img": _WBI_IMG,
    }
    return Answer("ok", envelope(0, "0", data=data))


def logged_out() -> Answer:
    """Return what tells a visitor that nobody is logged in: a code with data."""
    data = {"isLogin": False, "wbi_img": _WBI_IMG}
    return refusal("not_logged_in", -101, data=data)


def relations_of(
    account: FakeAccount, mids: Collection[int], followed: Collection[int]
) -> Answer:
    """Return the account's relation to *mids*, of whom it follows *followed*."""
    relations: dict[str, Any] = {}
    for mid in mids:
        if mid in followed:
            relations[str(mid)] = _relation(mid, **account.when(mid))
        elif mid in account.blocks:
            relations[str(mid)] = _relation(mid, attribute=128, tag=None, special=0)
        else:
            relations |= _stranger(mid, account.strangers)
    return Answer("ok", envelope(0, "0", data=relations))


def _relation(mid: int, **fields: Any) -> dict[str, Any]:
    record = make_record(mid) | fields
    return {key: record[key] for key in ("mid", "attribute", "mtime", "tag", "special")}


def _stranger(mid: int, told: Strangers) -> dict[str, Any]:
    if told == "mixed":
        told = ("absent", "null", "zero")[mix(mid) % 3]
    if told == "absent":
        return {}
    nothing = _relation(mid, attribute=0, mtime=0, tag=None, special=0)
    return {str(mid): None if told == "null" else nothing}
