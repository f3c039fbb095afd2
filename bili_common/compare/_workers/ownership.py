"""The ownership: whose account a run asks by, and whom that account follows."""

from __future__ import annotations

import asyncio
import logging

from collections.abc import Iterable
from datetime import UTC, datetime

import attrs

from ..._transport.executor import RequestExecutor
from ..._transport.meter import RequestMeter
from ..._wire.account_data import RelationsReader, read_account
from ..._wire.request import Request
from ...credentials import Credential
from ...endpoints import NAV, RELATIONS
from ...errors import BiliCommonError, NotLoggedInError
from ...models import Account, Relation
from .._repository import OutcomeRepository


__all__ = ["Ownership", "RemoteAccount"]

_log = logging.getLogger("bili_common")


@attrs.define(eq=False)
class RemoteAccount:
    """
    What the server tells of the account that asks.

    Attributes:
        executor: Sends the requests.
    """

    executor: RequestExecutor
    # The last answer to `mid`, and to which credential it was given.
    _mid: int = 0
    _asked_by: Credential | None = attrs.field(default=None, repr=False)

    async def whoami(self) -> Account:
        """Return who is logged in, by one request."""
        return await self.executor.send(Request(NAV.path, {}), read_account, RequestMeter())

    async def mid(self) -> int:
        """Return the account's mid, which is asked once for each credential."""
        if self._asked_by is None or self._asked_by is not await self._credential():
            self._mid = (await self.whoami()).mid
            self._asked_by = await self._credential()
        return self._mid

    async def relations(self, mids: Iterable[int]) -> dict[int, Relation]:
        """Return the account's relation to each of *mids*, by a request for each 40."""
        asked = tuple(mids)
        relations: dict[int, Relation] = {}
        for begin in range(0, len(asked), RELATIONS.at_once):
            some = asked[begin : begin + RELATIONS.at_once]
            request = Request(RELATIONS.path, {"fids": ",".join(map(str, some))})
            reader = RelationsReader(some)
            relations |= await self.executor.send(request, reader.read, RequestMeter())
        return relations

    async def _credential(self) -> Credential:
        return await self.executor.session.login.credential()


class Ownership:
    """
    Writes down, once in a run and before its first list, whose results come.

    Args:
        account: Answers.

        binds: Whether results are kept for good, so that they need an owner.

        follows: Users to ask the account's own relation to.
    """

    def __init__(
        self, account: RemoteAccount, *, binds: bool, follows: tuple[int, ...] = ()
    ) -> None:
        self._account = account
        self._binds = binds
        self._follows = follows
        self._lock = asyncio.Lock()
        self._is_settled = False

    async def settle(self, repository: OutcomeRepository) -> None:
        """
        Ask what is to be asked, and write it into *repository*.

        Raises:
            NotLoggedInError: The cookie is dead.

            StoreError: The results are those of another account.

            BiliCommonError: The relations did not come.
        """
        async with self._lock:
            if self._is_settled:
                return

            if self._binds:
                await self._bind(repository)
            if self._follows:
                await self._write_follows(repository)
            self._is_settled = True

    async def _bind(self, repository: OutcomeRepository) -> None:
        try:
            mid = await self._account.mid()
        except NotLoggedInError:
            raise
        except BiliCommonError as exc:
            # The lists may come all the same, and nothing wrong is written.
            _log.warning(
                "the store does not know whose results these are",
                extra={"bili_error": type(exc).__name__},
            )
            return

        await repository.bind(mid)

    async def _write_follows(self, repository: OutcomeRepository) -> None:
        relations = await self._account.relations(self._follows)
        at = datetime.fromtimestamp(self._account.executor.clock.time(), UTC)
        told = {mid: one.attribute for mid, one in relations.items()}
        known = {mid: value for mid, value in told.items() if value is not None}
        await repository.write_follows(known, at)
