"""The store: outcomes in a file, that a run can be resumed from."""

from __future__ import annotations

import os

from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import Any, Final, Self

from .._util.arguments import check_bool, check_file, check_labels, check_number
from .._util.clock import Clock, SystemClock
from ..errors import StoreError, UsageError
from ._repository import Known, OutcomeRepository, PartialList
from ._store.outcome_batches import OutcomeBatches
from ._store.thread import StoreThread
from ._workers.counters import summarize
from .change import Change
from .outcome import Outcome, RunSummary
from .stored import StoredComparison
from .stored_run import StoredRun
from .upgrade_report import UpgradeReport


__all__ = ["RunStore"]

# Changes that are read at a time.
_BATCH: Final = 100


class RunStore:
    """
    Outcomes in an SQLite file. One file holds those of several accounts.

    Use it by ``async with``:

        async with RunStore("run.sqlite") as store:
            async for outcome in store.outcomes():
                print(outcome.vmid, outcome.status)

    Each outcome is written before you are told of it, by one transaction with those
    that came with it: it survives the process, however that ends. A loss of power may
    take the last ones, and leaves the file sound. A failure never replaces what is
    known: a FAILED outcome replaces only a FAILED one, and INCOMPLETE never OK.

    One run at a time uses a store, in all processes; a second one is refused by a
    StoreError. Reading is possible meanwhile, also from another process. No
    credential is in it, but *tag*, *special*, *mtime* and *attribute* of its
    records are the account's private data.

    Args:
        path: The file.

        create: Whether to make the file if it is not there.

        busy_timeout: Seconds to wait while another program locks the file.

    Raises:
        UsageError: An argument is wrong.
    """

    def __init__(
        self, path: str | PathLike[str], *, create: bool = True, busy_timeout: float = 5.0
    ) -> None:
        self._path = check_file("store", path)
        self._create = check_bool("create", create)
        self._busy_timeout = check_number("busy_timeout", busy_timeout, 0)
        # There while the store is open.
        self._thread: StoreThread | None = None
        self._is_running = False

    def __repr__(self) -> str:
        return f"<RunStore {os.fspath(self._path)!r} {'open' if self.is_open else 'closed'}>"

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    @property
    def is_open(self) -> bool:
        """Whether it is inside its ``async with``."""
        return self._thread is not None

    async def __aenter__(self) -> Self:
        if self._thread is not None:
            raise UsageError(f"the store {self._path} is open already")

        thread = StoreThread(self._path, create=self._create, busy_timeout=self._busy_timeout)
        try:
            await thread.opened()
        except BaseException:
            await thread.aclose()
            raise

        self._thread = thread
        return self

    async def __aexit__(self, *_exc_info: object) -> None:
        thread, self._thread = self._thread, None
        if thread is not None:
            await thread.aclose()

    async def accounts(self) -> list[str]:
        """Return the names of the accounts that have outcomes here."""
        return list(await self._opened.do(lambda file: file.accounts()))

    async def outcomes(self, *, account: str | None = None) -> AsyncIterator[Outcome]:
        """
        Iterate over the outcomes, in the order of their vmids.

        A few are in memory at a time. What a run writes meanwhile is seen if its
        vmid is still to come.

        Args:
            account: Whose; None for the only account that is here.

        Raises:
            UsageError: There are several accounts, and none is named.

            StoreError: There is no such account.
        """
        thread, name = self._opened, await self._choose(account)
        after = 0
        while batch := await thread.do(partial(_next_outcomes, name, after)):
            for outcome in batch:
                yield outcome
            after = batch[-1].vmid

    async def runs(self, *, account: str | None = None) -> list[StoredRun]:
        """
        Return when runs wrote to the store, the last one at the end.

        What changed in the last run is ``changes(since=runs[-1].began_at)``. Runs of
        an older version of the library are not known.

        Args:
            account: Whose, as for `outcomes`.

        Raises:
            UsageError: There are several accounts, and none is named.

            StoreError: There is no such account.
        """
        name = await self._choose(account)
        return list(await self._opened.do(lambda file: file.reader(name).runs()))

    async def changes(
        self, *, account: str | None = None, since: datetime | None = None
    ) -> AsyncIterator[Change]:
        """
        Iterate over what changed in the lists that were fetched again, run by run.

        Args:
            account: Whose lists, as for `outcomes`.

            since: Leaves out what was fetched before; None for all that is known.

        Raises:
            UsageError: There are several accounts, and none is named, or *since*
                is no moment with a time zone.

            StoreError: There is no such account.
        """
        name = await self._choose(account)
        with await self._opened.do(lambda _: StoredComparison(self._path, name)) as comparison:
            changes = comparison.changes(since)
            while batch := await self._opened.do(lambda _: list(islice(changes, _BATCH))):
                for change in batch:
                    yield change

    async def labels(self, *, account: str | None = None) -> dict[int, str]:
        """
        Return the names that were given to users, by vmid.

        Args:
            account: Under which account, as for `outcomes`.

        Raises:
            UsageError: There are several accounts, and none is named.

            StoreError: There is no such account.
        """
        name = await self._choose(account)
        return dict(await self._opened.do(lambda file: file.reader(name).labels()))

    async def set_labels(
        self, labels: Mapping[int, str], *, account: str | None = None
    ) -> None:
        """
        Give users names, which reports and exports show.

        Args:
            labels: The names by vmid; ``""`` takes a name away.

            account: Under which account; None for the only one.

        Raises:
            UsageError: *labels* is no mapping from ids to texts, or there are
                several accounts, and none is named.

            StoreError: The store cannot be written to.
        """
        checked = check_labels(labels)
        name = account if account is not None else await self._choose(None)
        await self._opened.do(lambda file: file.set_labels(name, checked))

    async def follows(self, *, account: str | None = None) -> dict[int, bool]:
        """
        Return which accounts the account itself follows, as far as a run asked.

        Args:
            account: Whose, as for `outcomes`.

        Raises:
            UsageError: There are several accounts, and none is named.

            StoreError: There is no such account.
        """
        name = await self._choose(account)
        return dict(await self._opened.do(lambda file: file.reader(name).follows()))

    async def comparison(self, *, account: str | None = None) -> StoredComparison:
        """
        Return what all lists have in common, read from the file when it is asked.

        It opens the file for itself, and goes on when this store is closed.
        Its questions block: ask a large store in a thread, by `asyncio.to_thread`.

        Args:
            account: Whose, as for `outcomes`.

        Raises:
            UsageError: There are several accounts, and none is named.

            StoreError: There is no such account.
        """
        name = await self._choose(account)
        return await self._opened.do(lambda _: StoredComparison(self._path, name))

    async def summary(self, *, account: str | None = None) -> RunSummary:
        """
        Return how many users have which status. The other counts are 0.

        Args:
            account: Whose, as for `outcomes`.

        Raises:
            UsageError: There are several accounts, and none is named.

            StoreError: There is no such account.
        """
        name = await self._choose(account)
        return summarize(await self._opened.do(lambda file: file.reader(name).statuses()))

    async def upgrade(self) -> UpgradeReport:
        """
        Upgrade the file of an older version of the library, and say what was done.

        The first run that writes to it does the same. It is one transaction: a file
        whose upgrade is interrupted, by whatever, is as it was before.

        Raises:
            StoreError: The store cannot be written to, or a run uses it.
        """
        return await self._opened.do(_upgraded)

    @asynccontextmanager
    async def repository(
        self,
        account: str,
        clock: Clock = SystemClock(),  # noqa: B008 - has no state
    ) -> AsyncGenerator[OutcomeRepository]:
        """
        Open the store for one run of *account*, and close it for all others.

        Args:
            account: Whose run it is.

            clock: What says when it begins and ends: the one that also says when its
                lists were fetched.

        Raises:
            StoreError: Another run uses it, or it cannot be written to.
        """
        thread = self._opened
        if self._is_running:
            raise StoreError(f"the store {self._path} is in use by another run")

        self._is_running = True
        try:
            began = _now(clock)
            writer = await thread.do(lambda file: file.begin_run(account, began))
            yield _StoredRepository(self, thread, account, writer)
        finally:
            self._is_running = False
            # Behind the writes that are under way.
            await thread.do(lambda file: file.end_run(_now(clock)))

    @property
    def _opened(self) -> StoreThread:
        if self._thread is None:
            raise UsageError(f"the store {self._path} is not open: use `async with`")

        return self._thread

    async def _choose(self, account: str | None) -> str:
        """Return *account*, or the name of the only one."""
        accounts = await self.accounts()
        names = f"the account{'s' * (len(accounts) > 1)} {', '.join(map(repr, accounts))}"
        if account is None and len(accounts) > 1:
            raise UsageError(f"account must be named: the store {self._path} holds {names}")
        if account is None:
            return accounts[0] if accounts else "default"
        # A store that nobody wrote to yet is empty for everyone.
        if accounts and account not in accounts:
            raise StoreError(f"the store {self._path} holds {names}, not {account!r}")

        return account


class _StoredRepository:
    """The repository of a run with a store."""

    def __init__(self, store: RunStore, thread: StoreThread, account: str, writer: Any) -> None:
        self.advice = f"run it again with the store {store.path} to go on where it stopped"
        self._store = store
        self._thread = thread
        self._account = account
        self._writer = writer
        self._batches = OutcomeBatches(thread, writer.write)

    async def bind(self, mid: int) -> None:
        """Write down whose account the run's is."""
        await self._thread.do(lambda _: self._writer.bind(mid))

    async def known(self, vmids: Sequence[int]) -> Mapping[int, Known]:
        """Return what the store knows of *vmids*."""
        return await self._thread.do(lambda file: file.reader(self._account).known(vmids))

    async def write(self, outcome: Outcome) -> None:
        """Write *outcome* into the file."""
        await self._batches.add(outcome)

    async def read_partial(self, vmid: int) -> PartialList | None:
        """Return how far the list of *vmid* was read."""
        # Hardly any was interrupted, and the way to the thread costs more than to look.
        if not self._writer.has_partial(vmid):
            return None

        return await self._thread.do(lambda _: self._writer.read_partial(vmid))

    async def write_partial(self, vmid: int, partial: PartialList) -> None:
        """Write how far the list of *vmid* was read into the file."""
        await self._thread.do(lambda _: self._writer.write_partial(vmid, partial))

    async def write_follows(self, attributes: Mapping[int, int], at: datetime) -> None:
        """Write the account's own relation to others into the file."""
        await self._thread.do(lambda _: self._writer.write_follows(attributes, at))

    async def read(self, vmids: Collection[int]) -> list[Outcome]:
        """Return the outcomes of *vmids*. The store may be opened anew for it."""
        stored = self._store.outcomes(account=self._account)
        return [outcome async for outcome in stored if outcome.vmid in vmids]

    async def follows(self) -> Mapping[int, bool]:
        """Return which accounts the account follows, as the store knows."""
        return await self._store.follows(account=self._account)

    async def labels(self) -> Mapping[int, str]:
        """Return the names that were given to users, as the store knows."""
        return await self._store.labels(account=self._account)


def _now(clock: Clock) -> datetime:
    return datetime.fromtimestamp(clock.time(), UTC)


def _next_outcomes(name: str, after: int, file: Any) -> list[Outcome]:
    return list(file.reader(name).next_outcomes(after))


def _upgraded(file: Any) -> UpgradeReport:
    report: UpgradeReport = file.upgrade()
    return report
