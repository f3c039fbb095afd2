"""The options: everything that a walk was told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

import attrs

from .._util.text import counted
from ..errors import BiliCommonError
from ..models import Keyed, Page
from .cursor import Cursor
from .fetcher import Fetch


__all__ = ["WalkOptions"]

T = TypeVar("T", bound=Keyed)


@attrs.frozen
class WalkOptions(Generic[T]):
    """
    Everything that a walk was told.

    Attributes:
        fetch: Asks the server for a page.

        noun: What the list holds, for messages.

        start: Where to begin.

        on_request: Called before each request, may raise to forbid it.

    The others are those of `Client.iter_same_followings`.
    """

    fetch: Fetch[T]
    noun: str
    start: Cursor
    limit: int | None = None
    max_pages: int | None = None
    dedupe: bool = True
    verify: bool = False
    strict: bool = False
    on_page: Callable[[Page[T]], object] | None = None
    on_request: Callable[[], None] | None = None

    def locate(self, exc: BiliCommonError, *, pn: int, cursor: Cursor, delivered: int) -> None:
        """Write on *exc* where it happened and how to go on."""
        exc.vmid, exc.pn, exc.cursor = cursor.vmid, pn, cursor
        were = "was" if delivered == 1 else "were"
        exc.add_note(
            f"at page {pn} (ps={cursor.page_size}) of {self.noun} of {cursor.vmid}; "
            f"{counted(delivered, 'record')} {were} delivered; "
            f"go on with start={cursor.dumps()!r}"
        )
