"""The command ``list``: one user's same followings."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import attrs

from ..._paging.walk import Walk
from ..._paging.walk_report import StopReason
from ...client import Client
from ...errors import BiliCommonError, IncompleteWalkError, UsageError
from ...models import Following
from ..data.bookmark import Bookmark, bookmark_of, parse_start, start_option
from ..data.formats import Writer, kept_of, make_writer
from ..data.output import Output, part_of, stdout
from ..exit_rules import exit_for_walk
from ..exits import Exit
from ..input.options import Format
from ..language import tr, trn
from ..reach.access import Access
from ..reach.connection import open_client
from ..speech.explanation import explain
from ..speech.progress import Standing, show_progress
from ..speech.verdict import verdict
from ..speech.waiting import follow


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

        start: Where to go on, as an earlier list said.

        resume: Whether to go on in the file that an earlier list left.

        private: Whether the caller's own fields are shown.

        bom: Whether CSV begins with a byte order mark.

        excel: Whether CSV is made for Excel alone.
    """

    vmid: int
    form: Format
    path: Path | None
    limit: int | None
    start: str | None
    resume: bool
    private: bool
    bom: bool
    excel: bool
    _walk: Walk[Following] | None = attrs.field(init=False, default=None)

    async def run(self, access: Access) -> Exit:
        """Write the list, and say what it is worth."""
        mark = self._bookmark()
        try:
            return await self._run(access, mark)
        except BiliCommonError as exc:
            code = explain(exc, notes=False)
            if self._walk is not None and self._walk.cursor.seen:
                access.messages.note(self.interrupted())
            return code

    async def _run(self, access: Access, mark: Bookmark | None) -> Exit:
        try:
            async with open_client(access) as client:
                self._walk = walk = self._begin(client, mark)
                await self._write(access, client, walk, mark)
        finally:
            self._leave_bookmark(mark)

        access.messages.say(verdict(walk.report))
        if walk.report.stop_reason not in {StopReason.END, StopReason.DRIFT}:
            access.messages.note(self._how())
        elif access.demo:
            access.messages.suggest(*self._next_steps())
        return exit_for_walk(walk.report)

    def interrupted(self) -> str:
        """Return how far it got and how to go on."""
        return tr("{where}; {how}", where=self._count(), how=self._how())

    def _begin(self, client: Client, mark: Bookmark | None) -> Walk[Following]:
        start = mark.cursor if mark else self.start and parse_start(self.start, self.vmid)
        pager = client.iter_same_followings(self.vmid, limit=self.limit, start=start or None)
        return aiter(pager)

    async def _write(
        self, access: Access, client: Client, walk: Walk[Following], mark: Bookmark | None
    ) -> None:
        kept = b""
        if mark is not None and self.path is not None:
            kept = kept_of(self.form, self.path.with_name(mark.data).read_bytes())
        with Output(self.path, begin_with=kept) as output:
            writer = make_writer(
                self.form,
                output,
                private=self.private,
                kept=kept,
                bom=self.bom,
                excel=self.excel,
            )
            failed = True
            try:
                # All that came is written then too, and the verdict tells the rest.
                with suppress(IncompleteWalkError):
                    await self._copy(access, client, walk, writer)
                failed = False
            finally:
                # Something is written even of an empty list, but not of an error.
                if not (walk.yielded or kept or failed):
                    writer.begin()
                if walk.yielded or kept or not failed:
                    writer.end()

    async def _copy(
        self, access: Access, client: Client, walk: Walk[Following], writer: Writer
    ) -> None:
        """Give the writer what *walk* delivers, and show how far it is."""
        with (
            follow(access.messages) as waits,
            show_progress(
                access.messages,
                waits,
                lambda: Standing(walk.cursor.seen, walk.total),
                requests=lambda: client.stats.requests,
                data_on_screen=self._is_on_screen(),
            ),
        ):
            async for following in walk:
                if walk.yielded == 1:
                    writer.begin()
                writer.add(following)

    @property
    def _style(self) -> str:
        """How the file is written, which a later list in it must not change."""
        return "csv --excel" if self.excel else self.form.value

    def _is_on_screen(self) -> bool:
        return self.path is None and self.form is not Format.TABLE and stdout().isatty()

    def _bookmark(self) -> Bookmark | None:
        """
        Return where to go on in the file, None to begin it.

        Raises:
            UsageError: The options do not fit each other, or not the file.
        """
        if not self.resume:
            if self.start and self.path is not None and self.path.is_file():
                raise UsageError(
                    tr(
                        "--start writes only the rest, and {path} is there: "
                        "take another file, or --resume",
                        path=self.path,
                    )
                )
            return None
        if self.path is None or self.form is Format.TABLE or self.start:
            raise UsageError(tr("--resume needs -o FILE in JSON, JSONL or CSV, and no --start"))

        mark = Bookmark.load(self.path)
        if mark is not None:
            mark.check(vmid=self.vmid, form=self._style, private=self.private)
        return mark

    def _leave_bookmark(self, mark: Bookmark | None) -> None:
        """Leave a bookmark beside a file that more can be written to, and no other."""
        walk, path = self._walk, self.path
        if walk is None or path is None or self.form is Format.TABLE:
            return

        is_limited = walk.report.stop_reason is StopReason.LIMIT
        if walk.report.stop_reason is not None and not is_limited:
            bookmark_of(path).unlink(missing_ok=True)
            if mark is not None and mark.data != path.name:
                path.with_name(mark.data).unlink(missing_ok=True)
            return

        data = path if is_limited else part_of(path)
        if walk.yielded and data.is_file():
            size = data.stat().st_size
            Bookmark(data.name, size, self._style, self.private, walk.cursor).save(path)

    def _count(self) -> str:
        if self._walk is None or not self._walk.yielded:
            return tr("nothing was read")

        told = trn(
            "{number} same following was read",
            "{number} same followings were read",
            self._walk.yielded,
        )
        if self.path is None or not (part := part_of(self.path)).is_file():
            return told
        return told + tr(", and kept in {part}", part=part)

    def _how(self) -> str:
        """Return how to go on."""
        if self._walk is None or not self._walk.cursor.seen:
            return tr("the same command begins again")
        if self.path is not None and bookmark_of(self.path).is_file():
            return tr("go on in the same file with --resume")
        return tr("go on with {option}", option=start_option(self._walk.cursor))

    def _next_steps(self) -> list[tuple[str, str]]:
        return [
            (
                f"bili-common check {self.vmid} 3000000000 --demo",
                tr("does this user follow that one?"),
            ),
            (
                "bili-common compare --demo -o report.html",
                tr("what many users share, as a page for the browser"),
            ),
            (
                "bili-common whoami",
                tr("which account is yours? set BILI_SESSDATA first"),
            ),
        ]
