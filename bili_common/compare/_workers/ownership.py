"""The ownership: whose account a run asks by, and whom that account follows."""

from __future__ import annotations

import asyncio
import logging

from datetime import UTC, datetime

from ..._paging.remote_account import RemoteAccount
from ...errors import BiliCommonError, NotLoggedInError
from .._repository import OutcomeRepository


__all__ = ["Ownership"]

_log = logging.getLogger("bili_common")


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
