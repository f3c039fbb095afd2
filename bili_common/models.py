"""The records that the server sends, frozen, and the page that holds them.

Names are Bilibili's own in snake_case. Facts about fields come from the public
description of ``/x/relation/same/followings`` and its two sample answers of
2020 and 2021; keys that came later are optional.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar, cast

import attrs

from ._records.by_function import unexpected
from ._records.fields import wire
from ._records.structurer import record_reader, to_wire


__all__ = [
    "Account",
    "ContractInfo",
    "Following",
    "OfficialVerify",
    "Page",
    "Relation",
    "Vip",
    "VipLabel",
]

# Bilibili's values for 已关注 and 已互粉.
_FOLLOWED = (2, 6)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


T_co = TypeVar("T_co", covariant=True)


def _extra() -> Any:
    # Each record calls it: `dict[str, Any]` would be slower.
    factory = cast("Callable[[], dict[str, Any]]", dict)
    # Left out of the hash, since a dict has none.
    return attrs.field(factory=factory, hash=False, eq=_without_nulls)


def _without_nulls(extra: dict[str, Any]) -> dict[str, Any]:
    # A null says what an absent key says; it is kept to be given back.
    return {key: value for key, value in extra.items() if value is not None}


def _moment(milliseconds: int) -> datetime | None:
    try:
        return _EPOCH + timedelta(milliseconds=milliseconds) if milliseconds > 0 else None
    except OverflowError:
        return None


@attrs.frozen(weakref_slot=False)
class OfficialVerify:
    """
    What Bilibili certifies about an account.

    Attributes:
        type: -1 for nothing; the samples use 0 and 1 for certified accounts,
            and values that are not known today are kept.

        desc: The certificate's text, or ``""``.

        extra: Keys that this version does not know.
    """

    type: int = wire(default=-1)
    desc: str = wire(default="")
    extra: dict[str, Any] = _extra()

    @property
    def is_verified(self) -> bool:
        """Whether the account is certified, by any *type* but -1."""
        return self.type != -1


@attrs.frozen(weakref_slot=False)
class VipLabel:
    """
    The badge of a membership: only *path* in 2020, the rest came later.

    Attributes:
        path: Often ``""``.

        text: The badge's words. None, like all below, where the server sent none.

        extra: Keys that this version does not know.
    """

    path: str = wire(default="")
    text: str | None = wire(default=None)
    label_theme: str | None = wire(default=None)
    text_color: str | None = wire(default=None)
    bg_style: int | None = wire(default=None)
    bg_color: str | None = wire(default=None)
    border_color: str | None = wire(default=None)
    extra: dict[str, Any] = _extra()


@attrs.frozen(weakref_slot=False)
class Vip:
    """
    A membership (大会员).

    Attributes:
        vip_type: 0 none, 1 monthly, 2 yearly; other values are kept.

        vip_due_date: When it ends or ended, milliseconds since 1970 UTC, or 0.

        vip_status: 1 while it runs.

        extra: Keys that this version does not know. Sibling lists spell ``vipType``
            as ``type`` and so on: what comes in that spelling is here too.
    """

    vip_type: int = wire(name="vipType", second_name="type", default=0)
    vip_due_date: int = wire(name="vipDueDate", second_name="due_date", default=0)
    due_remark: str = wire(name="dueRemark", default="")
    access_status: int = wire(name="accessStatus", default=0)
    vip_status: int = wire(name="vipStatus", second_name="status", default=0)
    vip_status_warn: str = wire(name="vipStatusWarn", default="")
    theme_type: int = wire(name="themeType", second_name="theme_type", default=0)
    label: VipLabel = wire(repeats=True, factory=VipLabel)
    avatar_subscript: int | None = wire(default=None)
    nickname_color: str | None = wire(default=None)
    avatar_subscript_url: str | None = wire(default=None)
    extra: dict[str, Any] = _extra()

    @property
    def is_active(self) -> bool:
        """Whether the membership runs now."""
        return self.vip_status == 1

    @property
    def due_at(self) -> datetime | None:
        """When the membership ends or ended, in UTC; None if there was none."""
        return _moment(self.vip_due_date)


@attrs.frozen(weakref_slot=False)
class ContractInfo:
    """
    The 契约者 state between the two accounts; each key may be missing (None).

    Attributes:
        ts: Seconds since 1970 UTC, or 0.

        extra: Keys that this version does not know.
    """

    is_contract: bool | None = wire(default=None)
    is_contractor: bool | None = wire(default=None)
    ts: int | None = wire(default=None)
    user_attr: int | None = wire(default=None)
    extra: dict[str, Any] = _extra()


@attrs.frozen(weakref_slot=False)
class Following:
    """
    One account that both the logged-in account and the other user follow.

    *attribute*, *mtime*, *tag* and *special* describe the logged-in account's
    own relation to it. They are private data: leave them out of what you share.

    Attributes:
        mid: The account's user id.

        attribute: 2 followed, 6 mutual; other values are kept.

        mtime: When the logged-in account followed it, seconds since 1970 UTC.
            A mutual follow renews it. None where the server sent none.

        tag: Ids of the logged-in account's groups that hold it; -10 is the
            special group, and ``()`` the default one.

        special: 1 for a special follow (特别关注).

        contract_info: None where the server sent none, as before 2021.

        uname: The name, which can change: compare by *mid*.

        face: The avatar's URL, as sent.

        sign: The signature, which may hold line breaks.

        extra: A plain JSON-able dict of all that the other attributes do not show:
            keys that this version does not know, and under its key each value that
            is of another type than the attribute. Below *vip*, *official_verify* and
            *contract_info*, an integer above 64 bits in an unknown key may be there
            as a float, unless something else on the page is odd.
    """

    mid: int = wire()
    attribute: int = wire(default=0)
    mtime: int | None = wire(default=None)
    tag: tuple[int, ...] = wire(default=())
    special: int = wire(default=0)
    contract_info: ContractInfo | None = wire(repeats=True, default=None)
    uname: str = wire(default="")
    face: str = wire(default="")
    sign: str = wire(default="")
    official_verify: OfficialVerify = wire(repeats=True, factory=OfficialVerify)
    vip: Vip = wire(factory=Vip)
    face_nft: int | None = wire(default=None)
    nft_icon: str | None = wire(default=None)
    rec_reason: str | None = wire(default=None)
    track_id: str | None = wire(default=None)
    follow_time: str | None = wire(default=None)
    extra: dict[str, Any] = _extra()

    @classmethod
    def from_wire(cls, obj: Mapping[str, Any]) -> Following:
        """
        Return the record for the server's object *obj*.

        A value of a wrong type costs no more than itself: it is converted where
        nothing is lost by that, else the field's default stands in its place, and
        ``extra`` keeps what came.

        Raises:
            SchemaError: *obj* is no object, or has no *mid*; its paths start at the
                record, as in ``$.mid``.
        """
        plain = dict(obj) if isinstance(obj, Mapping) else obj  # pyright: ignore[reportUnnecessaryIsInstance] - JSON is not typed, and a list gets a SchemaError
        reading = record_reader(Following).read([plain])
        if reading.bad:
            raise unexpected(*(f"${path}" for _, path in reading.bad))

        return cast(Following, reading.records[0])

    def to_wire(self) -> dict[str, Any]:
        """Return the server's object: its names, an empty *tag* as null."""
        return to_wire(self)

    @property
    def is_mutual(self) -> bool:
        """Whether it follows the logged-in account back."""
        return self.attribute == 6  # noqa: PLR2004 - Bilibili's value for 已互粉

    @property
    def is_special(self) -> bool:
        """Whether it is a special follow (特别关注)."""
        return self.special == 1

    @property
    def followed_at(self) -> datetime | None:
        """When the logged-in account followed it, in UTC; None if not known."""
        return _moment((self.mtime or 0) * 1000)


@attrs.frozen
class Account:
    """
    Who is logged in.

    Attributes:
        mid: The account's user id.

        uname: Its name.
    """

    mid: int
    uname: str = ""


@attrs.frozen
class Relation:
    """
    The logged-in account's own relation to a user. It is private data.

    Attributes:
        mid: The user.

        attribute: 0 none, 2 followed, 6 mutual, 128 blocked; None where the server
            told nothing of this user.

        mtime: When the relation was last changed, seconds since 1970 UTC, or 0.

        tag: Ids of the account's groups that hold the user.

        special: 1 for a special follow (特别关注).
    """

    mid: int
    attribute: int | None = None
    mtime: int | None = None
    tag: tuple[int, ...] = ()
    special: int = 0

    @property
    def follows(self) -> bool | None:
        """Whether the account follows the user; None where that is not known."""
        if self.attribute in _FOLLOWED:
            return True

        # Of whom the server tells nothing, it may be silent for another reason; and a
        # value that is not known today may be a kind of following.
        return False if self.attribute == 0 else None


@attrs.frozen
class Page(Generic[T_co]):
    """
    One page of a list, as the server gave it.

    Attributes:
        items: The records in the server's order.

        pn: The page's number, counted from 1.

        ps: How many records were asked for; the server may give fewer.

        total: How long the server says the list is; None for a list that names no
            length.

        re_version: The list's version, of unknown use: an int, ``""`` or None.

        raw: The ``data`` object, decoded and otherwise untouched.

        bad_records: How many records were skipped as broken.

        has_more: Whether the server said that more pages follow; None for a list
            that names its length.

        odd_values: How many values in them were of a wrong type, and cost no record.

        odd_paths: Where those stood: ``$.data.list[*].vip.vipType``.
    """

    items: tuple[T_co, ...]
    pn: int
    ps: int
    total: int | None
    re_version: int | str | None = None
    raw: Mapping[str, Any] = attrs.field(factory=dict[str, Any], repr=False, eq=False)
    bad_records: int = 0
    has_more: bool | None = None
    odd_values: int = 0
    odd_paths: frozenset[str] = frozenset()
