"""The account's data: who is logged in, and its own relation to others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import attrs

from ..errors import NotLoggedInError, SchemaError
from ..models import Account, Relation
from .envelope import read_data
from .response import RawResponse


__all__ = ["RelationsReader", "read_account"]


def read_account(response: RawResponse) -> Account:
    """
    Return who is logged in.

    Raises:
        NotLoggedInError: Nobody is.

        BiliCommonError: As `read_data`; a SchemaError where no *mid* is told.
    """
    data = read_data(response)
    if data.get("isLogin") is False:
        raise NotLoggedInError(
            "the account is not logged in, or no longer (isLogin is false)",
            code=0,
            http_status=response.status,
        )
    mid, uname = data.get("mid"), data.get("uname")
    if type(mid) is not int or mid < 1:
        raise _unexpected("$.data.mid", response)

    return Account(mid=mid, uname=uname if isinstance(uname, str) else "")


@attrs.frozen
class RelationsReader:
    """
    Reads the account's relation to some users.

    Attributes:
        mids: Who was asked about. One who is absent from the answer, or null in it,
            has a relation of which nothing is known.
    """

    mids: Iterable[int]

    def read(self, response: RawResponse) -> dict[int, Relation]:
        """
        Return the relation to each of *mids*.

        Raises:
            BiliCommonError: As `read_data`; a SchemaError for an entry that is about
                somebody else.
        """
        data = read_data(response)
        return {mid: _relation(mid, data.get(str(mid)), response) for mid in self.mids}


def _relation(mid: int, entry: Any, response: RawResponse) -> Relation:
    if entry is None:
        return Relation(mid=mid)
    told = cast("dict[str, Any]", entry)
    if type(entry) is not dict or told.get("mid", mid) != mid:
        raise _unexpected(f"$.data.{mid}", response)

    tag = told.get("tag")
    groups: list[Any] = [*tag] if isinstance(tag, list) else []  # pyright: ignore[reportUnknownVariableType] - JSON
    return Relation(
        mid=mid,
        attribute=_int(told.get("attribute")),
        mtime=_int(told.get("mtime")),
        tag=tuple(item for item in groups if type(item) is int),
        special=_int(told.get("special")) or 0,
    )


def _int(value: Any) -> int | None:
    # A bool is an int to Python, but tells no relation.
    return value if type(value) is int else None


def _unexpected(path: str, response: RawResponse) -> SchemaError:
    return SchemaError(
        f"the server sent an unexpected value at {path}",
        paths=(path,),
        http_status=response.status,
        body=response.body,
    )
