"""The remote account: what the server tells of the account that asks."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from .._transport.executor import RequestExecutor
from .._transport.meter import RequestMeter
from .._wire.account_data import RelationsReader, read_account
from .._wire.request import Request
from ..credentials import Credential
from ..endpoints import NAV, RELATIONS
from ..models import Account, Relation


__all__ = ["RemoteAccount"]


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
