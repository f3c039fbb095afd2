"""Directory: the users of the fake server and the bytes of their lists."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any, get_args

import attrs
import orjson

from ..endpoints import ListEndpoint
from ..errors import UsageError
from .account import FakeAccount
from .checks import at_least, check_items
from .demo import demo_account, demo_users
from .fake_list import FakeList
from .lies import Shift
from .records import Shape, index_of, make_record, mid_of, mix
from .users import POOL, FakeUser, Item, Numbered, make_user, mid_in


__all__ = ["Directory"]

# Inserted UPs are numbered from here on, so that no list has them already.
_FRESH = 500_000_000


class Directory:
    """
    Users by UID: the demo ones, the added ones, and any other, made up on demand.

    What they have in common with the account is what its lists show.

    Args:
        shape: Which year's records: "2020", "2021", "2025" or "mixed".

        day: Of the demo users and the account: 1 or 2.

        now: Seconds since 1970, before which all that happened.
    """

    def __init__(self, *, shape: Shape, day: int, now: float) -> None:
        if shape not in get_args(Shape):
            raise UsageError(f"shape must be one of {get_args(Shape)}, not {shape!r}")
        self._shape: Shape = shape
        self._added = {user.vmid: user for user in demo_users(day=day)}
        self._users = dict(self._added)
        self._fresh = _FRESH
        self._account = demo_account(day=day, now=now)
        self._listed: _Listed | None = None
        self._lists: list[FakeList] = []
        # Both caches are bounded, since a test may walk any number of users.
        self._generated = lru_cache(maxsize=1024)(make_user)
        self._record = lru_cache(maxsize=2048)(self._make_record)
        self._shared = lru_cache(maxsize=64)(self._find_shared)

    @property
    def users(self) -> Mapping[int, FakeUser]:
        """A copy of what is known of the demo users and the added ones."""
        return dict(self._users)

    def user(self, vmid: int) -> FakeUser:
        """Return what is true of *vmid* now, after the shifts so far."""
        return self._users.get(vmid) or self._generated(vmid)

    @property
    def account(self) -> FakeAccount:
        """Who asks; it may be replaced at any time."""
        return self._account

    @account.setter
    def account(self, account: FakeAccount) -> None:
        """Let another account ask from now on."""
        self._account = account
        self._record.cache_clear()
        self._shared.cache_clear()

    def follows(self, mid: int) -> bool:
        """Return whether the account itself follows *mid*: the truth, for a test."""
        if not self._account.may_follow(mid):
            return False
        return self._account.follows is not None or mid in self._stand_in_lists()

    def truth(self, vmid: int) -> list[dict[str, Any]]:
        """Return the whole list of *vmid* as wire objects, lies left out."""
        return [orjson.loads(self._render(item)) for item in self._shared(vmid)]

    def add_user(
        self,
        vmid: int,
        *,
        followings: int | Iterable[Item] | None = None,
        private: bool = False,
        gone: bool = False,
    ) -> FakeUser:
        """
        Set what is known of *vmid*, in place of what was.

        Args:
            vmid: The user.

            followings: Whom the user follows; the list shows those of them whom
                the account follows too. Mids, each made up into a record; or
                objects, each sent as it is (see `make_record`); or the number of
                records. By default what is made up for *vmid*.

            private: Whether the list is hidden.

            gone: Whether there is no such user.
        """
        at_least(1, vmid=vmid)
        if followings is None:
            items = self._generated(vmid).followings
        elif isinstance(followings, int):
            at_least(0, followings=followings)
            items = Numbered(range(followings))
        else:
            items = tuple(followings)
            check_items("followings", items)
        user = FakeUser(vmid, items, private=private, gone=gone)
        self._added[vmid] = self._users[vmid] = user
        self._forget_lists()
        return user

    def add_list(
        self,
        endpoint: ListEndpoint[Any],
        records: int | Iterable[Item],
        params: Mapping[str, int | str] = MappingProxyType({}),
    ) -> FakeList:
        """
        Serve a list of another endpoint; `shift` and `lie` take what it returns.

        Args:
            endpoint: How it is asked for, and where in the answer what stands.

            records: Objects, each sent as it is; mids, each made up into a
                record; or how many of those.

            params: Whose list it is: only a query with these asks for it. A later
                list takes the place of an earlier one with the same.
        """
        if isinstance(records, int):
            at_least(0, records=records)
            items: Sequence[Item] = Numbered(range(records))
        else:
            items = tuple(records)
            check_items("records", items)
        added = FakeList(endpoint, {name: str(value) for name, value in params.items()}, items)
        self._lists.insert(0, added)
        return added

    def undo_shifts(self) -> None:
        """Bring every list back to what it was before it shifted."""
        self._users = dict(self._added)
        self._fresh = _FRESH
        self._forget_lists()
        for added in self._lists:
            added.undo_shifts()

    def _forget_lists(self) -> None:
        """Drop what was worked out of lists that have changed."""
        self._listed = None
        self._shared.cache_clear()

    def _find_shared(self, vmid: int) -> Sequence[Item]:
        """Return what the list of *vmid* holds: whom both follow, and broken records."""
        followings = self.user(vmid).followings
        if self._account.follows_everyone:
            return followings
        return [
            item
            for item in followings
            if not mid_in(item) or self._account.may_follow(mid_in(item))
        ]

    def _stand_in_lists(self) -> _Listed:
        """Return who stands in any list, worked out once after each change."""
        if self._listed is None:
            self._listed = _Listed(user.followings for user in self._users.values())
        return self._listed

    def _shift(self, vmid: int | FakeList, shift: Shift) -> None:
        """Put records into a list and take some out."""
        new: Sequence[Item] = (
            self._new_mids(shift.insert) if isinstance(shift.insert, int) else shift.insert
        )
        if isinstance(vmid, FakeList):
            vmid.records = shift.move(vmid.records, new)
            return
        user = self.user(vmid)
        self._users[vmid] = attrs.evolve(user, followings=shift.move(user.followings, new))
        self._forget_lists()

    def _new_mids(self, count: int) -> list[int]:
        first = self._fresh
        self._fresh += count
        return [mid_of(index) for index in range(first, first + count)]

    def _page(self, vmid: int, items: Iterable[Item], *, total: int, null: bool) -> bytes:
        """Return the body of a page that holds *items*; rendered parts are joined."""
        parts = b",".join(map(self._render, items))
        rows = b"null" if null and not parts else b"[" + parts + b"]"
        data = b'{"list":%b,"re_version":%b,"total":%d}' % (rows, self._re_version(vmid), total)
        return b'{"code":0,"message":"0","ttl":1,"data":' + data + b"}"

    def _re_version(self, vmid: int) -> bytes:
        """Return a number of 32 bits; the server of 2025 has 0 or a text as well."""
        bits = mix(vmid)
        if self._shape in {"2020", "2021"} or (self._shape == "mixed" and bits & 1):
            return b"%d" % (bits >> 32)
        return b'""' if bits & 2 else b"0"

    def _render(self, item: Item) -> bytes:
        return self._record(item) if isinstance(item, int) else orjson.dumps(dict(item))

    def _make_record(self, mid: int) -> bytes:
        since = self._account.when(mid)
        return orjson.dumps(make_record(mid, shape=self._shape, **since))


class _Listed(Container[int]):
    """The mids that stand in some list, also in those that are made up on demand."""

    def __init__(self, lists: Iterable[Sequence[Item]]) -> None:
        self._numbers = POOL
        self._mids: set[int] = set()
        for followings in lists:
            if isinstance(followings, Numbered):
                self._numbers = max(self._numbers, len(followings))
            else:
                self._mids.update(map(mid_in, followings))

    def __contains__(self, mid: object) -> bool:
        if not isinstance(mid, int):
            return False
        index = index_of(mid)
        return mid in self._mids or (index < self._numbers and mid_of(index) == mid)
