"""The options: everything that a walk was told."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

import attrs

from .._transport.meter import RequestMeter
from .._util.text import counted
from ..errors import BiliCommonError
from ..models import Page
from .cursor import Cursor
from .fetcher import PagedList


__all__ = ["WalkOptions"]

T = TypeVar("T")


@attrs.frozen
class WalkOptions(Generic[T]):
    """
    Everything that a walk was told.

    Attributes:
        pages: The list.

        start: Where to begin.

        total: Counts the requests of all walks together; None if there is one.

        known: The keys of what was delivered before *start*, in their order, where
            they are at hand: what comes again is then seen to.

    The others are those of `Client.iter_list`.
    """

    pages: PagedList[T]
    start: Cursor
    limit: int | None = None
    max_pages: int | None = None
    dedupe: bool = True
    verify: bool = False
    strict: bool = False
    on_page: Callable[[Page[T]], object] | None = None
    total: RequestMeter | None = None
    known: Sequence[Hashable] = ()

    @property
    def title(self) -> str:
        """What is walked, for messages: "followings of 7"."""
        params = self.start.params
        whose = ", ".join(
            str(value) if name == "vmid" else f"{name}={value}"
            for name, value in params.items()
        )
        return f"{self.pages.endpoint.noun} of {whose}" if whose else self.pages.endpoint.noun

    def locate(self, exc: BiliCommonError, *, pn: int, cursor: Cursor, delivered: int) -> None:
        """Write on *exc* where it happened and how to go on."""
        exc.vmid, exc.pn, exc.cursor = cursor.vmid, pn, cursor
        were = "was" if delivered == 1 else "were"
        exc.add_note(
            f"at page {pn} (ps={cursor.page_size}) of {self.title}; "
            f"{counted(delivered, 'record')} {were} delivered; "
            f"go on with start={cursor.dumps()!r}"
        )
