"""The lists of a run: how the walk over one user's list is made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import attrs

from ..._paging.cursor import Cursor
from ..._paging.fetcher import RemoteList
from ..._paging.pager import Pager
from ..._paging.walk import Walk
from ..._paging.walk_options import WalkOptions
from ..._transport.executor import RequestExecutor
from ..._transport.meter import RequestMeter
from ...endpoints import SAME_FOLLOWINGS
from ...models import Following


__all__ = ["RemoteLists", "UserLists"]

_MAX_PAGES = 400


class UserLists(Protocol):
    """Makes the walk over one user's list."""

    def walk(
        self,
        vmid: int,
        *,
        total: RequestMeter,
        start: Cursor | None = None,
        known: Sequence[int] = (),
    ) -> Walk[Following]:
        """Return the walk over the list of *vmid*; it goes on at *start*, behind *known*."""
        ...


@attrs.frozen
class RemoteLists:
    """
    The lists of same followings on the server.

    Attributes:
        executor: Sends the requests.

        page_size: Records per request.

        verify: Whether to read page 1 again at the end.

        skip_bad: Whether to drop records that cannot be read.
    """

    executor: RequestExecutor
    page_size: int
    verify: bool = False
    skip_bad: bool = False

    def walk(
        self,
        vmid: int,
        *,
        total: RequestMeter,
        start: Cursor | None = None,
        known: Sequence[int] = (),
    ) -> Walk[Following]:
        """Return the walk over the list of *vmid*; it goes on at *start*, behind *known*."""
        begin = Cursor(vmid=vmid, page_size=self.page_size)
        # A cursor of other pages than these is of no use.
        fits = start is not None and start.page_size == self.page_size
        start = start if start is not None and fits else begin
        pages = RemoteList(SAME_FOLLOWINGS, start.params, self.executor, skip_bad=self.skip_bad)
        options = WalkOptions(
            pages,
            start,
            max_pages=_MAX_PAGES,
            verify=self.verify,
            total=total,
            known=known if fits else (),
        )
        return aiter(Pager(options))
