"""The client: the one door to the library."""

from __future__ import annotations

import os

from collections.abc import AsyncIterable, Callable, Collection, Iterable, Mapping
from copy import copy
from datetime import timedelta
from os import PathLike
from types import EllipsisType
from typing import Any, Final, Literal, Self, TypeVar, cast

import aiohttp
import attrs

from . import compare
from ._paging.cursor import Cursor
from ._paging.fetcher import RemoteList
from ._paging.odd_values import OddValues
from ._paging.pager import Pager
from ._paging.remote_account import RemoteAccount
from ._paging.walk_options import WalkOptions
from ._transport.address import check_base_url
from ._transport.executor import RequestExecutor
from ._transport.login import CredentialSource, Login
from ._transport.meter import RequestMeter
from ._transport.policy import RateLimit, RetryPolicy, pace_settings
from ._transport.session import Session
from ._transport.stats import Stats
from ._util.arguments import (
    check_bool,
    check_call,
    check_int,
    check_params,
    check_seconds,
    check_user_id,
    check_user_ids,
    shown,
)
from ._util.clock import Clock, SystemClock
from .compare.membership import Membership, Require, Verdict, check_membership, settle
from .credentials import Credential
from .endpoints import SAME_FOLLOWINGS, ListEndpoint
from .errors import UsageError
from .models import Account, Following, Page, Relation
from .pace._protocol import PaceStore
from .pace._shared import OnPaceLoss, make_pace, usual_name


__all__ = ["Client", "OnBadRecord"]

T = TypeVar("T")

OnBadRecord = Literal["raise", "skip"]

# What of a retry policy holds for a client and all its copies together.
_OF_CLIENT: Final = ("cool_down", "breaker", "risk_control_waits", "outage_waits")


class Client:
    """
    Asks Bilibili for same followings on behalf of the user's own account.

    Use it by ``async with``, or call `aclose` at the end. It belongs to the
    event loop that it first asks in.

    Args:
        credential: The logged-in account; or an async function that returns it. That
            is asked before the first request, and once more whenever the server
            says that the account is not logged in, before the error is raised: so
            a service takes a new cookie without a restart. Its attribute
            *account*, if there is one, is the label of all that it returns.

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

        pace: Where the pace lives: a `FilePace` or `RedisPace` that other
            processes share. None means in this client alone. It is closed with
            the client, and opens again for others.

        pace_name: Whose pace it is; the account's label by default, with ``@`` and
            the host behind it for a server that is not Bilibili's.

        on_pace_loss: Where *pace* cannot be asked for 3 seconds: ``"stop"`` with
            a `PaceError`, or go on ``"slow"``, at a part of the pace.

        pace_share: How many clients share the pace: each goes on alone at that
            part of it. ``"slow"`` needs it.

    Raises:
        UsageError: An argument is wrong.
    """

    def __init__(
        self,
        credential: Credential | CredentialSource,
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
        pace: PaceStore | None = None,
        pace_name: str | None = None,
        on_pace_loss: OnPaceLoss = "stop",
        pace_share: int | None = None,
    ) -> None:
        login, server = Login(credential), check_base_url(base_url)
        _check_type("rate_limit", rate_limit, RateLimit)
        _check_type("retry", retry, RetryPolicy)
        if session is not None:
            _check_type("session", session, aiohttp.ClientSession)
        seconds = check_seconds("timeout", timeout)
        # Whom the account follows, as far as it was asked; None where nothing was told.
        self._follows: dict[int, bool | None] = {}
        self._executor = RequestExecutor(
            session=Session(
                login,
                base_url=server,
                borrowed=session,
                headers=headers,
                proxy=proxy,
                trust_env=check_bool("trust_env", trust_env),
                clock=clock,
            ),
            pace=make_pace(
                pace,
                pace_settings(
                    rate_limit, retry, lease=None if pace is None else (seconds or 60) + 5
                ),
                clock,
                name=usual_name(login.account, server) if pace_name is None else pace_name,
                on_loss=on_pace_loss,
                share=pace_share,
            ),
            policy=retry,
            timeout=seconds,
            clock=clock,
        )
        self._remote_account = RemoteAccount(self._executor)
        # A copy made by `with_options` closes nothing but itself.
        self._is_copy = False

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
        self._executor.check_open()
        return self

    async def __aexit__(self, *_exc_info: object) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        state = "closed" if self._executor.is_closed else "open"
        return f"<Client account={self.account!r} {state}>"

    async def aclose(self) -> None:
        """Close the connections that are the client's own. May be called again."""
        self._executor.is_closed = True
        if not self._is_copy:
            await self._executor.session.aclose()
            await self._executor.pace.aclose()

    @property
    def account(self) -> str:
        """The label of the account that asks."""
        return self._executor.session.login.account

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

            retry: What to do after a failure. What concerns the client as a
                whole must be as in the client's own policy: ``cool_down``,
                ``breaker`` and ``risk_control_waits``.

        Raises:
            UsageError: An argument is wrong.
        """
        changes: dict[str, Any] = {}
        if timeout is not ...:
            changes["timeout"] = check_seconds("timeout", timeout)
        if retry is not None:
            changes["policy"] = _check_retry(retry, self._executor.policy)
        twin = copy(self)
        # Also where nothing changes: a copy is closed by itself.
        twin._executor = attrs.evolve(self._executor, **changes)  # noqa: SLF001 - our own class
        twin._remote_account = attrs.evolve(self._remote_account, executor=twin._executor)  # noqa: SLF001 - the same
        twin._is_copy = True  # noqa: SLF001 - the same
        return twin

    def iter_same_followings(
        self,
        vmid: int,
        *,
        limit: int | None = None,
        page_size: int = SAME_FOLLOWINGS.max_page_size,
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
        return self.iter_list(
            SAME_FOLLOWINGS,
            {"vmid": check_user_id("vmid", vmid)},
            limit=limit,
            page_size=check_int("page_size", page_size, 1, SAME_FOLLOWINGS.max_page_size),
            start=start,
            max_pages=max_pages,
            dedupe=dedupe,
            verify=verify,
            strict=strict,
            on_bad_record=on_bad_record,
            on_page=on_page,
        )

    async def get_same_followings(
        self, vmid: int, *, pn: int = 1, ps: int = SAME_FOLLOWINGS.max_page_size
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
        params = {"vmid": check_user_id("vmid", vmid)}
        check_int("ps", ps, 1, SAME_FOLLOWINGS.max_page_size)
        return await self.get_list_page(SAME_FOLLOWINGS, params, pn=pn, ps=ps)

    def iter_list(
        self,
        endpoint: ListEndpoint[T],
        params: Mapping[str, int | str],
        *,
        limit: int | None = None,
        page_size: int | None = None,
        start: Cursor | str | None = None,
        max_pages: int | None = 400,
        dedupe: bool = True,
        verify: bool = False,
        strict: bool = False,
        on_bad_record: OnBadRecord = "raise",
        on_page: Callable[[Page[T]], object] | None = None,
    ) -> Pager[T]:
        """
        Return the records of any list that the server pages by ``pn`` and ``ps``.

        Nothing is sent until you iterate. See `ListEndpoint` for how a list is
        described.

        Args:
            endpoint: Which list.

            params: Whose list, or of what: the query's names and values, without
                ``pn`` and ``ps``.

            limit: How many records to deliver at the most; None for all.

            page_size: Records per request; None for the endpoint's largest page.

            start: Where to go on: a cursor of an earlier walk over the same list
                with the same *page_size*, or its `Cursor.dumps` text.

            max_pages: How many pages to read at the most; None for any number.

            dedupe: Whether to deliver each record once.

            verify: Whether to read page 1 again at the end.

            strict: Whether to raise an `IncompleteWalkError` for every walk that
                is not complete.

            on_bad_record: ``"raise"`` a `SchemaError`, or ``"skip"`` the record.

            on_page: Called with each `Page` before its records are delivered.

        Returns:
            A pager. Every ``async for`` over it is a walk of its own.

        Raises:
            UsageError: An argument is wrong; at this call, before anything is
                sent. Iterating raises any other `BiliCommonError`.
        """
        self._executor.check_open()
        _check_type("endpoint", endpoint, ListEndpoint)
        begin = _first_cursor(endpoint, check_params("params", params), page_size)
        if on_bad_record not in ("raise", "skip"):
            raise UsageError(
                f"on_bad_record must be 'raise' or 'skip', not {shown(on_bad_record)}"
            )
        if on_page is not None:
            check_call("on_page", on_page)

        skip_bad = on_bad_record == "skip"
        options = WalkOptions(
            pages=RemoteList(endpoint, begin.params, self._executor, skip_bad=skip_bad),
            start=begin if start is None else _check_start(start, begin),
            limit=None if limit is None else check_int("limit", limit, 0),
            max_pages=None if max_pages is None else check_int("max_pages", max_pages, 0),
            dedupe=check_bool("dedupe", dedupe),
            verify=check_bool("verify", verify),
            strict=check_bool("strict", strict),
            on_page=on_page,
        )
        return Pager(options)

    async def get_list_page(
        self,
        endpoint: ListEndpoint[T],
        params: Mapping[str, int | str],
        *,
        pn: int = 1,
        ps: int | None = None,
    ) -> Page[T]:
        """
        Return one page of any list, as the server gives it, by one request.

        Args:
            endpoint: Which list.

            params: Whose list, or of what, as for `iter_list`.

            pn: The page, counted from 1.

            ps: Records per page; None for the endpoint's largest page.

        Raises:
            BiliCommonError: The page did not come, or an argument is wrong.
        """
        self._executor.check_open()
        _check_type("endpoint", endpoint, ListEndpoint)
        check_int("pn", pn, 1)
        size = _check_page_size("ps", ps, endpoint)
        pages = RemoteList(endpoint, check_params("params", params), self._executor)
        page = await pages.page(pn, size, RequestMeter())
        if page.odd_values:
            OddValues().take(page, pages.params)
        return page

    async def check_same_followings(
        self,
        vmid: int,
        mids: Collection[int],
        *,
        require: Require = "any",
        caller_follows: Collection[int] | Literal["ask"] | None = None,
    ) -> Membership:
        """
        Tell whether *vmid* follows some accounts, as far as this endpoint can.

        Args:
            vmid: The other user's id.

            mids: The accounts to look for, at least one.

            require: ``"any"`` or ``"all"`` of them.

            caller_follows: Accounts that the logged-in account follows for
                certain. Only a miss among these says that *vmid* does not
                follow them; any other miss leaves the answer UNKNOWN. ``"ask"``
                asks the server, once the walk is complete and only where it
                matters: `get_relations` for what is missing, 40 to a request.
                Each is asked once in the life of the client.

        Returns:
            The verdict, with what was found. Stops asking once it is YES.

        Raises:
            BiliCommonError: The list could not be read, a hidden one included,
                or an argument is wrong.
        """
        wanted = check_user_ids("mids", mids, at_least=1)
        if require not in ("any", "all"):
            raise UsageError(f"require must be 'any' or 'all', not {shown(require)}")

        asks = caller_follows == "ask"
        follows = check_user_ids(
            "caller_follows", () if asks or caller_follows is None else caller_follows
        )
        walk = aiter(self.iter_same_followings(vmid))
        membership = await check_membership(
            walk, wanted, require=require, caller_follows=follows
        )
        if not asks or membership.verdict is not Verdict.UNKNOWN or not walk.report.complete:
            return membership

        followed = await self._ask_follows(membership.missing)
        return settle(membership, require=require, caller_follows=followed)

    async def whoami(self) -> Account:
        """
        Return who is logged in, by one request: a test before a long run.

        Raises:
            NotLoggedInError: The cookie is dead.

            BiliCommonError: The answer did not come.
        """
        return await self._remote_account.whoami()

    async def get_relations(self, mids: Iterable[int]) -> dict[int, Relation]:
        """
        Return the logged-in account's own relation to some users.

        Sends a request for each 40 of them. What the server tells of users who are
        not followed varies: see `Relation.follows`.

        Args:
            mids: The users.

        Returns:
            A relation for each of *mids*, in their order.

        Raises:
            BiliCommonError: An answer did not come, or an argument is wrong.
        """
        asked = tuple(dict.fromkeys(_as_tuple("mids", mids)))
        check_user_ids("mids", asked)
        return await self._remote_account.relations(asked)

    async def _ask_follows(self, mids: Iterable[int]) -> set[int]:
        """Return which of *mids* the account follows for certain; each is asked once."""
        mids = sorted(mids)
        unknown = [mid for mid in mids if mid not in self._follows]
        for mid, relation in (await self.get_relations(unknown)).items():
            self._follows[mid] = relation.follows
        return {mid for mid in mids if self._follows.get(mid)}

    def compare_same_followings(
        self,
        vmids: Iterable[int] | AsyncIterable[int],
        *,
        max_concurrency: int = 4,
        ordered: bool = False,
        store: str | PathLike[str] | compare.RunStore | None = None,
        refresh_after: timedelta | float | None = None,
        budget: int | None = None,
        on_progress: Callable[[compare.RunSummary], object] | None = None,
        page_size: int = SAME_FOLLOWINGS.max_page_size,
        verify: bool = False,
        on_bad_record: OnBadRecord = "skip",
        give_up_after: int | None = 5,
        ask_follows: Collection[int] = (),
    ) -> compare.ComparisonRun:
        """
        Return a run over many users. It fetches while you iterate.

        ::

            async with client.compare_same_followings([2, 3]) as run:
                async for outcome in run:
                    print(outcome.vmid, outcome.status)

        One user's failure is an `Outcome`. What concerns all users ends the
        run: the account is not logged in, risk control, a spent *budget*. While
        the server is busy or down the run rests, and then goes on.

        A store belongs to one account for each label: before its first list, a
        run with a *store* asks who is logged in, once per client. That request
        is not among the run's.

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

            on_progress: Called with the `RunSummary` after each outcome, and
                when a rest begins and ends.

            page_size: Records per request, 1 to 50.

            verify: Whether to read page 1 of each list again at its end.

            on_bad_record: ``"skip"`` a record that cannot be read, which makes its
                list INCOMPLETE, or ``"raise"``: then the page fails.

            give_up_after: How many users in a row may fail without a success
                between, before the run rests (an outage) or ends with a
                `RunStoppedError` (they failed alike, or four times as many in
                several ways); None for any number.

            ask_follows: Users to whom the account's own relation is asked before
                the first list, 40 to a request, and written into the store: see
                `RunStore.follows`.

        Raises:
            UsageError: An argument is wrong. A wrong id among *vmids* is raised
                when it is reached; what was done until then stays.
        """
        # Loaded here, and not with the client: most programs compare nothing.
        from .compare._workers.lists import RemoteLists  # noqa: PLC0415
        from .compare._workers.ownership import Ownership  # noqa: PLC0415

        self._executor.check_open()
        if on_bad_record not in ("raise", "skip"):
            raise UsageError(
                f"on_bad_record must be 'raise' or 'skip', not {shown(on_bad_record)}"
            )

        return compare.ComparisonRun(
            RemoteLists(
                self._executor,
                _check_page_size("page_size", page_size, SAME_FOLLOWINGS),
                verify=check_bool("verify", verify),
                skip_bad=on_bad_record == "skip",
            ),
            vmids,
            account=self.account,
            max_concurrency=max_concurrency,
            ordered=check_bool("ordered", ordered),
            store=store,
            refresh_after=refresh_after,
            budget=budget,
            on_progress=on_progress,
            give_up_after=give_up_after,
            outage_waits=self._executor.policy.outage_waits,
            clock=self._executor.clock,
            owner=Ownership(
                self._remote_account,
                binds=store is not None,
                follows=tuple(sorted(check_user_ids("ask_follows", ask_follows))),
            ),
        )


def _as_tuple(name: str, values: Any) -> tuple[Any, ...]:
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise UsageError(f"{name} must be ints, not {shown(values)}")

    return tuple(cast("Iterable[Any]", values))  # type: ignore[redundant-cast]  # pyright's


def _check_type(name: str, value: Any, kind: type[T]) -> T:
    if not isinstance(value, kind):
        # Not the value: in place of a Credential it may well be a cookie.
        raise UsageError(f"{name} must be a {kind.__name__}, not a {type(value).__name__}")

    return value


def _check_retry(retry: RetryPolicy, own: RetryPolicy) -> RetryPolicy:
    _check_type("retry", retry, RetryPolicy)
    for name in _OF_CLIENT:
        theirs, ours = getattr(retry, name), getattr(own, name)
        if theirs != ours:
            raise UsageError(
                f"retry.{name} concerns the client as a whole, which has {ours!r}: "
                f"a copy cannot have {theirs!r}"
            )

    return retry


def _check_page_size(name: str, value: int | None, endpoint: ListEndpoint[Any]) -> int:
    largest = endpoint.max_page_size
    return largest if value is None else check_int(name, value, 1, largest)


def _first_cursor(
    endpoint: ListEndpoint[Any], params: Mapping[str, int | str], page_size: int | None
) -> Cursor:
    vmid = params.get("vmid")
    return Cursor(
        vmid=None if vmid is None else check_user_id("vmid", vmid),
        page_size=_check_page_size("page_size", page_size, endpoint),
        endpoint=endpoint.path,
        params=params,
    )


def _check_start(start: Cursor | str, begin: Cursor) -> Cursor:
    """Return the cursor *start*, which must be of the list that *begin* is of."""
    try:
        cursor = Cursor.loads(start) if isinstance(start, str) else start
    except UsageError as exc:
        raise UsageError(f"start: {exc}") from None
    _check_type("start", cursor, Cursor)
    for name in ("endpoint", "vmid", "params", "page_size"):
        theirs, ours = getattr(cursor, name), getattr(begin, name)
        if theirs != ours:
            raise UsageError(
                f"start is a cursor of {name}={shown(theirs)}, not of {shown(ours)}"
            )

    return cursor
