"""The command ``compare``: the same followings of many users."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import attrs

from .._util.text import counted
from ..client import Client
from ..compare.comparison import Comparison
from ..compare.outcome import RunSummary
from ..compare.run import ComparisonRun
from ..compare.store import RunStore
from ..report.writer import write_report
from .access import Access, open_client
from .exits import Exit, exit_for_run
from .messages import say
from .output import Output, check_writable
from .progress import show_progress, statuses
from .table import add_row, make_table, show_table


__all__ = ["Comparing", "demo_vmids"]

# So many accounts are named at the end; a report or an export has them all.
_TOP = 10


def demo_vmids() -> list[int]:
    """Return the demo's users: some circles, and one of each kind that has no list."""
    # A web server is loaded only where one runs.
    from ..testing import DEMO_CIRCLES, DEMO_VMIDS  # noqa: PLC0415 - see above

    circles = [vmid for circle in DEMO_CIRCLES.values() for vmid in circle]
    return [*circles, *(DEMO_VMIDS[name] for name in ("demo", "empty", "private", "gone"))]


@attrs.define
class Comparing:
    """
    One run of ``compare``.

    Attributes:
        vmids: The users.

        store: Where outcomes are kept; None, in the demo, for nowhere.

        report: Where a report is written at the end, None for none.

        max_concurrency: How many users at the same time.

        private: Whether the report shows the caller's own fields.
    """

    vmids: list[int]
    store: Path | None
    report: Path | None
    max_concurrency: int
    private: bool
    _run: ComparisonRun | None = attrs.field(init=False, default=None)
    _account: str = attrs.field(init=False, default="default")

    async def run(self, access: Access) -> Exit:
        """Fetch what is not in the store, and tell what all lists have in common."""
        if self.report is not None:
            check_writable(self.report)
        async with open_client(access) as client:
            self._account = access.account
            run = await self._fetch(client)
        say(self._tell(run.summary))
        async with self._compared(run) as comparison:
            _show_most_shared(comparison)
            if self.report is not None:
                write_report(comparison, self.report, include_private=self.private)
                say(f"the report is in {self.report}")
        return exit_for_run(run.summary)

    def interrupted(self) -> str:
        """Return how far it got and how to go on."""
        done = 0 if self._run is None else self._run.summary.done
        if self.store is None:
            return f"{done} of {len(self.vmids)} UIDs were read; only --store keeps them"

        return f"{done} of {len(self.vmids)} UIDs are in {self.store}; the same command goes on"

    async def _fetch(self, client: Client) -> ComparisonRun:
        self._run = run = client.compare_same_followings(
            self.vmids, store=self.store, max_concurrency=self.max_concurrency
        )
        async with run:
            # Inside, so that a store that is refused leaves no bar behind.
            with show_progress(len(self.vmids)) as display:
                async for _ in run:
                    display.update(run.summary)
        return run

    def _tell(self, summary: RunSummary) -> str:
        known = f", {summary.skipped} of them from {self.store}" if summary.skipped else ""
        return (
            f"{counted(summary.done, 'UID')}{known}: {statuses(summary)} "
            f"({counted(summary.requests, 'request')}, {summary.elapsed:.1f} s)"
        )

    @asynccontextmanager
    async def _compared(self, run: ComparisonRun) -> AsyncGenerator[Comparison]:
        """Give the comparison: of all that the store holds, however large, or in memory."""
        if self.store is None:
            yield await run.collect()
            return

        async with RunStore(self.store, create=False) as store:
            with await store.comparison(account=self._account) as comparison:
                yield comparison


def _show_most_shared(comparison: Comparison) -> None:
    """Write who is in the most lists, and what is not known."""
    shared = [(mid, count) for mid, count in comparison.most_shared(_TOP) if count > 1]
    if shared:
        table = make_table("Lists", "MID", "Name", right=("Lists", "MID"))
        for mid, count in shared:
            add_row(table, str(count), str(mid), comparison.users[mid].uname)
        with Output(None) as output:
            show_table(table, output)
    else:
        say("no account is in more than one list")
    if unknown := len(comparison.incomplete):
        say(
            f"of {counted(unknown, 'UID')} the whole list is not known, "
            "so counts are lower bounds",
            label="note",
            style="bold",
        )
