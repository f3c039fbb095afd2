"""Four lists on the fake server: same followings, and three that are described by a test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter, itemgetter
from typing import Any

import attrs

from bili_common import (
    SAME_FOLLOWINGS,
    Client,
    Cursor,
    Following,
    ListEndpoint,
    Pager,
    PrivacyError,
)
from bili_common.testing import FakeBilibili, FakeList, make_record


PS = 5
COUNT = 23
PAGES = 5
NUMBERS = list(range(1, COUNT + 1))


@attrs.frozen
class Media:
    """A record without a *mid*, of which two may have one *id*."""

    id: int
    type: int

    @classmethod
    def read(cls, obj: Mapping[str, Any]) -> Media:
        return cls(obj["id"], obj["type"])


def _made_up(number: int) -> dict[str, Any]:
    return make_record(number)


@attrs.frozen
class Kind:
    """One kind of list: how it is described, and what its records look like."""

    endpoint: ListEndpoint[Any]
    params: Mapping[str, int | str]
    make: Callable[[int], dict[str, Any]]
    number: Callable[[Any], int]

    @property
    def has_total(self) -> bool:
        return self.endpoint.total is not None


KINDS = {
    "same followings": Kind(SAME_FOLLOWINGS, {"vmid": 7}, _made_up, attrgetter("mid")),
    "followings": Kind(
        ListEndpoint("/x/relation/followings", "followings", Following),
        {"vmid": 7, "order": "desc"},
        _made_up,
        attrgetter("mid"),
    ),
    "medias": Kind(
        ListEndpoint(
            "/x/v3/fav/resource/list",
            "medias",
            Media.read,
            key=lambda media: (media.type, media.id),
            items="medias",
            total="info.media_count",
            max_page_size=20,
            codes={-404: PrivacyError, -101: PrivacyError},
        ),
        {"media_id": 9},
        # Odd and even numbers share their ids: only both parts tell two records apart.
        lambda number: {"id": number // 2, "type": number % 2},
        lambda media: 2 * media.id + media.type,
    ),
    "visits": Kind(
        ListEndpoint(
            "/x/example/visits",
            "visits",
            itemgetter("at", "where"),
            key=itemgetter(0),
            items="page.visits",
            total=None,
            has_more="page.has_more",
        ),
        {},
        lambda number: {"at": number, "where": "here"},
        itemgetter(0),
    ),
}


class Served:
    """
    One list on a fake server, and the client's walks over it.

    Args:
        kind: Of list.

        fake: The server.

        client: Asks it.
    """

    def __init__(self, kind: Kind, fake: FakeBilibili, client: Client) -> None:
        self.kind, self.fake, self.client = kind, fake, client
        self.handle: int | FakeList = 0
        self.serve(map(kind.make, NUMBERS))

    def serve(self, records) -> None:
        """Put the list on the server, in place of what was there."""
        if self.kind.endpoint is SAME_FOLLOWINGS:
            self.handle = self.fake.add_user(7, followings=tuple(records)).vmid
        else:
            args = self.kind.endpoint, tuple(records), self.kind.params
            self.handle = self.fake.add_list(*args)

    def shift(self, pn: int, *, insert=(), **change) -> None:
        """Let the list move before page *pn* is answered."""
        new = tuple(map(self.kind.make, insert))
        self.fake.shift(self.handle, pn=pn, insert=new, **change)

    def lie(self, **lie) -> None:
        self.fake.lie(self.handle, **lie)

    def fail(self, **fault) -> None:
        self.fake.fail(path=self.kind.endpoint.path, **fault)

    @property
    def asked(self) -> list[int]:
        """The pages that were asked for, in order."""
        return sorted(seen.pn for seen in self.fake.log)

    def pager(self, start: Cursor | str | None = None, **options) -> Pager[Any]:
        kind = self.kind
        options.setdefault("page_size", PS)
        return self.client.iter_list(kind.endpoint, kind.params, start=start, **options)

    def numbers(self, records) -> list[int]:
        return list(map(self.kind.number, records))

    async def read(self, *, prefetch: int = 0, got: list[int] | None = None, **options):
        """Walk to the end; return the records' numbers and the report."""
        got = [] if got is None else got
        async with self.pager(**options).walk(prefetch=prefetch) as walk:
            async for record in walk:
                got.append(self.kind.number(record))
            return got, walk.report
