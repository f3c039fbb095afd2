"""The command ``compare``: the same followings of many users."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import attrs

from ...client import Client
from ...compare.comparison import Comparison
from ...compare.outcome import RunSummary
from ...compare.run import ComparisonRun
from ...compare.store import RunStore
from ...errors import BiliCommonError
from ..data.output import Output, check_writable
from ..data.ranking import write_ranking
from ..exit_rules import exit_for_run
from ..exits import Exit
from ..input.options import Format
from ..language import tr, trn
from ..reach.access import Access
from ..reach.connection import open_client
from ..speech.console import Messages
from ..speech.explanation import explain
from ..speech.progress import Standing, show_progress
from ..speech.verdict import pace_of, rest_of, statuses
from ..speech.waiting import follow


__all__ = ["Comparing", "demo_users"]


def demo_users() -> tuple[list[int], dict[int, str]]:
    """Return the demo's users and their labels: circles, and one of each kind of no list."""
    # A web server is loaded only where one runs.
    from ...testing import DEMO_CIRCLES, DEMO_LABELS, DEMO_VMIDS  # noqa: PLC0415 - see above

    circles = [vmid for circle in DEMO_CIRCLES.values() for vmid in circle]
    others = [DEMO_VMIDS[name] for name in ("demo", "empty", "private", "gone")]
    return [*circles, *others], dict(DEMO_LABELS)


@attrs.define
class Comparing:
    """
    One run of ``compare``.

    Attributes:
        vmids: The users.

        labels: What the user calls some of them.

        store: Where outcomes are kept; None, in the demo, for nowhere.

        report: Where a report is written at the end, None for none.

        max_concurrency: How many users at the same time.

        budget: How many requests at the most, None for any number.

        refresh_after: From which age a stored list is fetched again, None for never.

        verify: Whether page 1 of each list is read again at its end.

        ask_followed: The accounts of which is asked whether the account follows them.

        top: How many accounts are named at the end.

        form: How they are written.

        private: Whether the report shows the caller's own fields.
    """

    vmids: list[int]
    labels: dict[int, str]
    store: Path | None
    report: Path | None
    max_concurrency: int
    budget: int | None
    refresh_after: timedelta | None
    verify: bool
    ask_followed: Collection[int]
    top: int
    form: Format
    private: bool
    # There once the store is open.
    _run: ComparisonRun | None = attrs.field(init=False, default=None)

    async def run(self, access: Access) -> Exit:
        """Fetch what is not in the store, and tell what all lists have in common."""
        if self.report is not None:
            check_writable(self.report)
        try:
            async with open_client(access) as client:
                run = await self._fetch(client, access)
        except BiliCommonError as exc:
            code = explain(exc, notes=self._run is None)
            if self._run is not None:
                access.messages.note(self.interrupted())
            return code

        access.messages.say(self._tell(run.summary))
        async with self._compared(run, access.account) as comparison:
            self._write(comparison, access.messages)
            self._suggest(access, comparison)
        return exit_for_run(run.summary)

    def interrupted(self) -> str:
        """Return how far it got and how to go on."""
        done = 0 if self._run is None else self._run.summary.done
        where = {"done": done, "total": len(self.vmids), "store": self.store}
        if self.store is None:
            return tr("{done} of {total} UIDs were read; only --store keeps them", **where)
        return tr("{done} of {total} UIDs are in {store}; the same command goes on", **where)

    async def _fetch(self, client: Client, access: Access) -> ComparisonRun:
        run = client.compare_same_followings(
            self.vmids,
            store=self.store,
            max_concurrency=self.max_concurrency,
            budget=self.budget,
            refresh_after=self.refresh_after,
            verify=self.verify,
            ask_follows=self.ask_followed,
        )
        try:
            async with run:
                self._run = run
                # Inside, so that a store that is refused leaves no line behind.
                with (
                    follow(access.messages) as waits,
                    show_progress(
                        access.messages,
                        waits,
                        lambda: self._standing(run.summary),
                        requests=lambda: client.stats.requests,
                    ),
                ):
                    async for _ in run:
                        pass
        finally:
            # However it ended: what is in the store is to have its labels.
            if self._run is not None:
                await self._keep_labels(access.account)
        return run

    def _standing(self, summary: RunSummary) -> Standing:
        total = len(self.vmids)
        parts = (statuses(summary), pace_of(summary, total))
        return Standing(summary.done, total, parts, rest_of(summary))

    def _tell(self, summary: RunSummary) -> str:
        known = ""
        if summary.skipped:
            known = tr(
                ", {count} of them from {store}", count=summary.skipped, store=self.store
            )
        return tr(
            "{users}{known}: {statuses} ({requests}, {elapsed:.1f} s)",
            users=trn("{number} UID", "{number} UIDs", summary.done),
            known=known,
            statuses=statuses(summary),
            requests=trn("{number} request", "{number} requests", summary.requests),
            elapsed=summary.elapsed,
        )

    async def _keep_labels(self, account: str) -> None:
        if self.store is not None and self.labels:
            async with RunStore(self.store, create=False) as store:
                await store.set_labels(self.labels, account=account)

    @asynccontextmanager
    async def _compared(self, run: ComparisonRun, account: str) -> AsyncGenerator[Comparison]:
        """Give the comparison: of all that the store holds, however large, or in memory."""
        if self.store is None:
            yield await run.collect()
            return

        async with RunStore(self.store, create=False) as store:
            with await store.comparison(account=account) as comparison:
                yield comparison

    def _write(self, comparison: Comparison, messages: Messages) -> None:
        try:
            with Output(None) as output:
                write_ranking(comparison, self.top, self.form, output, messages)
        except BrokenPipeError:
            # Nobody reads it; the report and the exit code stand all the same.
            pass
        if unknown := len(comparison.incomplete):
            messages.note(
                trn(
                    "of {number} UID the whole list is not known, so counts are lower bounds",
                    "of {number} UIDs the whole list is not known, so counts are lower bounds",
                    unknown,
                )
            )
        if self.report is not None:
            # A page needs templates, which only those who want one load.
            from ...report.writer import write_report  # noqa: PLC0415 - see above

            write_report(comparison, self.report, include_private=self.private)
            messages.say(tr("the report is in {path}", path=self.report))

    def _suggest(self, access: Access, comparison: Comparison) -> None:
        if self.store is None:
            access.messages.suggest(
                (
                    "bili-common compare --demo --store demo.sqlite",
                    tr("keep the lists, to ask them more"),
                )
            )
            return
        favourite = next((mid for mid, _ in comparison.most_shared(1)), "MID")
        again = "bili-common compare ... --refresh-after 0"
        if access.demo:
            again = f"bili-common compare --demo --day 2 --store {self.store} --refresh-after 0"
        later: tuple[str, str] = (again, tr("the same lists on another day"))
        if self.refresh_after is not None:
            later = (f"bili-common diff {self.store}", tr("what changed meanwhile"))
        access.messages.suggest(
            (f"bili-common report {self.store}", tr("all of it as a page for the browser")),
            (
                f"bili-common show {self.store} --mid {favourite}",
                tr("who has this account in the list"),
            ),
            later,
        )
