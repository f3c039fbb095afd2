"""The client: the one door to the library."""

from __future__ import annotations

import os

from collections.abc import AsyncIterable, Callable, Collection, Iterable, Mapping
from copy import copy
from datetime import timedelta
from functools import partial
from os import PathLike
from types import EllipsisType
from typing import Any, Literal, Self, TypeVar

import aiohttp
import attrs

from ._paging.cursor import Cursor
from ._paging.pager import Pager
from ._paging.walk import Walk
from ._paging.walk_options import WalkOptions
from ._transport.address import check_base_url
from ._transport.executor import RequestExecutor
from ._transport.pace import Pace
from ._transport.policy import RateLimit, RetryPolicy
from ._transport.session import Session
from ._transport.stats import Stats
from ._util.arguments import check_bool, check_int, check_seconds, check_user_id, check_user_ids
from ._util.clock import Clock, SystemClock
from ._wire.page import read_page
from ._wire.request import MAX_PAGE_SIZE, SAME_FOLLOWINGS, Request
from .compare.membership import Membership, Require, check_membership
from .compare.outcome import RunSummary
from .compare.run import ComparisonRun
from .compare.store import RunStore
from .credentials import Credential
from .errors import ClientClosedError, UsageError
from .models import Following, Page


__all__ = ["Client", "OnBadRecord"]

T = TypeVar("T")

OnBadRecord = Literal["raise", "skip"]


class Client:
    """
    Asks Bilibili for same followings on behalf of the user's own account.

    Use it by ``async with``, or call `aclose` at the end. It belongs to the
    event loop that it first asks in.

    Args:
        credential: The logged-in account.

        base_url: The server: https, or http on loopback. The credential goes
            nowhere else, and to no redirect.

        session: An `aiohttp.ClientSession` to borrow. It is never closed here;
            its cookies for the host join the credential's.

        rate_limit: How fast to ask, for all tasks together.

        retry: What to do after a failure.

        timeout: Seconds for one attempt, None for any time. The wait for a turn
            is not part of it.

        headers: Headers that replace or join the usual ones.

        proxy: The URL of a proxy.

        trust_env: Whether to use the proxy that the environment names.

        clock: Time, waiting and chance. Tests pass an instant one.

    Raises:
        UsageError: An argument is wrong.
    """

    def __init__(
        self,
        credential: Credential,
        *,
        base_url: str = "https://api.bilibili.com",
        session: aiohttp.ClientSession | None = None,
        rate_limit: RateLimit = RateLimit(),  # noqa: B008 - frozen
        retry: RetryPolicy = RetryPolicy(),  # noqa: B008 - frozen
        timeout: float | None = 15.0,
        headers: Mapping[str, str] | None = None,
        proxy: str | None = None,
        trust_env: bool = False,
        clock: Clock = SystemClock(),  # noqa: B008 - has no state
    ) -> None:
        _check_type("credential", credential, Credential)
        _check_type("rate_limit", rate_limit, RateLimit)
        _check_type("retry", retry, RetryPolicy)
        if session is not None:
            _check_type("session", session, aiohttp.ClientSession)
        self._credential = credential
        self._executor = RequestExecutor(
            session=Session(
                credential,
                base_url=check_base_url(base_url),
                borrowed=session,
                headers=headers,
                proxy=proxy,
                trust_env=check_bool("trust_env", trust_env),
                clock=clock,
            ),
            pace=Pace(rate_limit, retry, clock),
            policy=retry,
            timeout=check_seconds("timeout", timeout),
            clock=clock,
        )
        # A copy made by `with_options` closes nothing but itself.
        self._is_copy = False
        self._closed = False

    @classmethod
    def from_env(cls, **options: Any) -> Self:
        """
        Return a client with the credential that the environment holds.

        ``BILI_SESSDATA`` or ``BILI_ACCESS_KEY``, and ``BILI_ACCOUNT`` and
        ``BILI_BASE_URL`` if they are set.

        Args:
            options: What `Client` takes beside the credential.

        Raises:
            UsageError: The environment holds no credential, or an option is
                wrong.
        """
        if base_url := os.environ.get("BILI_BASE_URL"):
            options.setdefault("base_url", base_url)
        return cls(Credential.from_env(), **options)

    async def __aenter__(self) -> Self:
        self._check_open()
        return self

    async def __aexit__(self, *_exc_info: object) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        state = "closed" if self._closed else "open"
        return f"<Client account={self._credential.account!r} {state}>"

    async def aclose(self) -> None:
        """Close the connections that are the client's own. May be called again."""
        self._closed = True
        if not self._is_copy:
            await self._executor.session.aclose()

    @property
    def stats(self) -> Stats:
        """What was sent so far, by all copies together; a snapshot."""
        return self._executor.stats

    def with_options(
        self, *, timeout: float | EllipsisType | None = ..., retry: RetryPolicy | None = None
    ) -> Self:
        """
        Return a copy with other options, which shares all else.

        Connections, pace, quota and `stats` are the same. Closing the copy
        leaves this client open; closing this client closes both.

        Args:
            timeout: Seconds for one attempt, None for any time.

            retry: What to do after a failure. The client's rest after a
                throttle or risk control stays the one it was made with.

        Raises:
            UsageError: An argument is wrong.
        """
        executor = self._executor
        if timeout is not ...:
            executor = attrs.evolve(executor, timeout=check_seconds("timeout", timeout))
        if retry is not None:
            executor = attrs.evolve(executor, policy=_check_type("retry", retry, RetryPolicy))
        twin = copy(self)
        twin._executor, twin._is_copy = executor, True  # noqa: SLF001 - our own class
        return twin

    def iter_same_followings(
        self,
        vmid: int,
        *,
        limit: int | None = None,
        page_size: int = MAX_PAGE_SIZE,
        start: Cursor | str | None = None,
        max_pages: int | None = 400,
        dedupe: bool = True,
        verify: bool = False,
        strict: bool = False,
        on_bad_record: OnBadRecord = "raise",
        on_page: Callable[[Page[Following]], object] | None = None,
    ) -> Pager[Following]:
        """
        Return the accounts that both the logged-in account and *vmid* follow.

        Nothing is sent until you iterate::

            async for following in client.iter_same_followings(2):
                print(following.uname)

        Args:
            vmid: The other user's id.

            limit: How many records to deliver at the most; None for all.

            page_size: Records per request, 1 to 50.

            start: Where to go on: a cursor of an earlier walk over the same
                user with the same *page_size*, or its `Cursor.dumps` text.

            max_pages: How many pages to read at the most; None for any number.

            dedupe: Whether to deliver each account once. A list that moves
                between two pages brings some twice.

            verify: Whether to read page 1 again at the end, for one request
                more, to see whether the list moved. If so the walk is not
                complete, and its stop reason is DRIFT.

            strict: Whether to raise an `IncompleteWalkError` for every walk
                that is not complete. Else a walk that reached the end without
                that proof leaves a warning in the log.

            on_bad_record: ``"raise"`` a `SchemaError` for a record that cannot
                be read, or ``"skip"`` it: then the walk is not complete.

            on_page: Called with each `Page` before its records are delivered.

        Returns:
            A pager. Every ``async for`` over it is a walk of its own.

        Raises:
            UsageError: An argument is wrong; at this call, before anything is
                sent. Iterating raises any other `BiliCommonError`.
        """
        self._check_open()
        check_user_id("vmid", vmid)
        check_int("page_size", page_size, 1, MAX_PAGE_SIZE)
        if on_bad_record not in ("raise", "skip"):
            raise UsageError(f"on_bad_record must be 'raise' or 'skip', not {on_bad_record!r}")
        if on_page is not None and not callable(on_page):
            raise UsageError(f"on_page must be callable or None, not {on_page!r:.100}")

        options = WalkOptions(
            fetch=partial(self._fetch, vmid, on_bad_record == "skip"),
            noun=SAME_FOLLOWINGS.noun,
            start=_begin(start, vmid, page_size),
            limit=None if limit is None else check_int("limit", limit, 0),
            max_pages=None if max_pages is None else check_int("max_pages", max_pages, 0),
            dedupe=check_bool("dedupe", dedupe),
            verify=check_bool("verify", verify),
            strict=check_bool("strict", strict),
            on_page=on_page,
        )
        return Pager(options)

    async def get_same_followings(
        self, vmid: int, *, pn: int = 1, ps: int = MAX_PAGE_SIZE
    ) -> Page[Following]:
        """
        Return one page, as the server gives it, by one request.

        Args:
            vmid: The other user's id.

            pn: The page, counted from 1.

            ps: Records per page, 1 to 50.

        Raises:
            BiliCommonError: The page did not come, or an argument is wrong.
        """
        self._check_open()
        check_user_id("vmid", vmid)
        check_int("pn", pn, 1)
        check_int("ps", ps, 1, MAX_PAGE_SIZE)
        return await self._fetch(vmid, False, pn, ps, lambda: None)

    async def check_same_followings(
        self,
        vmid: int,
        mids: Collection[int],
        *,
        require: Require = "any",
        caller_follows: Collection[int] | None = None,
    ) -> Membership:
        """
        Tell whether *vmid* follows some accounts, as far as this endpoint can.

        Args:
            vmid: The other user's id.

            mids: The accounts to look for, at least one.

            require: ``"any"`` or ``"all"`` of them.

            caller_follows: Accounts that the logged-in account follows for
                certain. Only a miss among these says that *vmid* does not
                follow them; any other miss leaves the answer UNKNOWN.

        Returns:
            The verdict, with what was found. Stops asking once it is YES.

        Raises:
            BiliCommonError: The list could not be read, a hidden one included,
                or an argument is wrong.
        """
        wanted = check_user_ids("mids", mids, at_least=1)
        if require not in ("any", "all"):
            raise UsageError(f"require must be 'any' or 'all', not {require!r}")

        follows = check_user_ids(
            "caller_follows", () if caller_follows is None else caller_follows
        )
        walk = aiter(self.iter_same_followings(vmid))
        return await check_membership(walk, wanted, require=require, caller_follows=follows)

    def compare_same_followings(
        self,
        vmids: Iterable[int] | AsyncIterable[int],
        *,
        max_concurrency: int = 4,
        ordered: bool = False,
        store: str | PathLike[str] | RunStore | None = None,
        refresh_after: timedelta | float | None = None,
        budget: int | None = None,
        on_progress: Callable[[RunSummary], object] | None = None,
        page_size: int = MAX_PAGE_SIZE,
    ) -> ComparisonRun:
        """
        Return a run over many users. It fetches while you iterate.

        ::

            async with client.compare_same_followings([2, 3]) as run:
                async for outcome in run:
                    print(outcome.vmid, outcome.status)

        One user's failure is an `Outcome`. What concerns all users ends the
        run: the account is not logged in, risk control, a spent *budget*.

        Args:
            vmids: The users, read as they are needed; repeats are skipped.

            max_concurrency: How many users to walk at the same time. The
                client's pace holds for all of them together.

            ordered: Whether outcomes come in the order of *vmids*, not as they
                are ready.

            store: Where to keep outcomes: a path or a `RunStore`. A run with
                the same store goes on where the last one stopped.

            refresh_after: The age, a timedelta or seconds, from which a stored
                outcome is fetched again: None never, 0 always.

            budget: How many requests to send at the most; None for any number.

            on_progress: Called with the `RunSummary` after each outcome.

            page_size: Records per request, 1 to 50.

        Raises:
            UsageError: An argument is wrong. A wrong id among *vmids* is raised
                when it is reached; what was done until then stays.
        """
        self._check_open()
        check_int("page_size", page_size, 1, MAX_PAGE_SIZE)
        return ComparisonRun(
            partial(self._walk, page_size),
            vmids,
            account=self._credential.account,
            max_concurrency=max_concurrency,
            ordered=check_bool("ordered", ordered),
            store=store,
            refresh_after=refresh_after,
            budget=budget,
            on_progress=on_progress,
        )

    def _walk(
        self, page_size: int, vmid: int, on_request: Callable[[], None]
    ) -> Walk[Following]:
        options = WalkOptions(
            fetch=partial(self._fetch, vmid, False),
            noun=SAME_FOLLOWINGS.noun,
            start=Cursor(vmid=vmid, page_size=page_size),
            max_pages=400,
            on_request=on_request,
        )
        return aiter(Pager(options))

    async def _fetch(
        self, vmid: int, skip_bad: bool, pn: int, ps: int, on_request: Callable[[], None]
    ) -> Page[Following]:
        self._check_open()
        request = Request(SAME_FOLLOWINGS, vmid=vmid, pn=pn, ps=ps)
        decode = partial(read_page, request=request, skip_bad=skip_bad)
        return await self._executor.send(request, decode, on_request)

    def _check_open(self) -> None:
        if self._closed or self._executor.session.closed:
            raise ClientClosedError("the client is closed")


def _check_type(name: str, value: Any, kind: type[T]) -> T:
    if not isinstance(value, kind):
        # Not the value: in place of a Credential it may well be a cookie.
        raise UsageError(f"{name} must be a {kind.__name__}, not {type(value).__name__}")

    return value


def _begin(start: Cursor | str | None, vmid: int, page_size: int) -> Cursor:
    if start is None:
        return Cursor(vmid=vmid, page_size=page_size)

    try:
        cursor = Cursor.loads(start) if isinstance(start, str) else start
    except UsageError as exc:
        raise UsageError(f"start: {exc}") from None
    _check_type("start", cursor, Cursor)
    if cursor.vmid != vmid:
        raise UsageError(f"start is a cursor of vmid={cursor.vmid}, not of {vmid}")
    if cursor.page_size != page_size:
        raise UsageError(
            f"start is a cursor of page_size={cursor.page_size}, not of {page_size}"
        )

    return cursor
