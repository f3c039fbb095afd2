"""The command ``list``: one user's same followings."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import attrs

from .._paging.walk import Walk
from .._paging.walk_report import StopReason
from ..client import Client
from ..errors import BiliCommonError, IncompleteWalkError
from ..models import Following
from .access import Access, open_client
from .exits import Exit, exit_for, exit_for_walk
from .formats import Format, Writer, make_writer
from .messages import explain, say
from .output import Output
from .verdict import resume_option, verdict


__all__ = ["Listing"]


@attrs.define
class Listing:
    """
    One run of ``list``.

    Attributes:
        vmid: The user.

        form: How to write.

        path: Where to, None for standard output.

        limit: How many at the most.

        start: The cursor to go on at.

        private: Whether the caller's own fields are shown.
    """

    vmid: int
    form: Format
    path: Path | None
    limit: int | None
    start: str | None
    private: bool
    _walk: Walk[Following] | None = attrs.field(init=False, default=None)

    async def run(self, access: Access) -> Exit:
        """Write the list, and say what it is worth."""
        try:
            return await self._run(access)
        except BiliCommonError as exc:
            explain(exc, resume="--start" if self._walk and self._walk.yielded else None)
            return exit_for(exc)

    async def _run(self, access: Access) -> Exit:
        async with open_client(access) as client:
            self._walk = walk = self._begin(client)
            with Output(self.path) as output:
                writer = make_writer(self.form, output, private=self.private)
                # All that came is written then too, and the verdict tells the rest.
                with suppress(IncompleteWalkError):
                    await _copy(walk, writer)

        say(verdict(walk.report))
        if walk.report.stop_reason not in {StopReason.END, StopReason.DRIFT}:
            say(f"go on with {resume_option(walk.cursor)}", label="note", style="bold")
        return exit_for_walk(walk.report)

    def interrupted(self) -> str:
        """Return how far it got and how to go on."""
        if self._walk is None or not self._walk.yielded:
            return "nothing was read; the same command begins again"

        return (
            f"{self._walk.yielded} same followings were read; "
            f"go on with {resume_option(self._walk.cursor)}"
        )

    def _begin(self, client: Client) -> Walk[Following]:
        pager = client.iter_same_followings(self.vmid, limit=self.limit, start=self.start)
        return aiter(pager)


async def _copy(walk: Walk[Following], writer: Writer) -> None:
    """Write what *walk* delivers: something even of nothing, but not of an error."""
    begun = False
    try:
        async for following in walk:
            if not begun:
                writer.begin()
            begun = True
            writer.add(following)
    except BaseException:
        # What came until then is told in full, a table or an array too.
        if begun:
            writer.end()
        raise

    if not begun:
        writer.begin()
    writer.end()
