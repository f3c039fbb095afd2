"""The Redis store: one pace for any number of machines (extra: redis)."""

from __future__ import annotations

import asyncio
import os

from collections.abc import Callable
from typing import Any, Final, TypeVar

import redis.asyncio

from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from .._util.arguments import check_number
from ..errors import PaceError, UsageError
from ._settings import MICROSECONDS
from ._state import PaceState


__all__ = ["RedisPace"]

R = TypeVar("R")

# The rules are in Python alone: the server tells its time, compares and swaps.
_READ: Final = """
local time = redis.call('TIME')
return {redis.call('GET', KEYS[1]) or '', time[1], time[2]}
"""
_SWAP: Final = """
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
local time = redis.call('TIME')
if time[1] * 1000000 + time[2] - ARGV[3] > 50000 then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[4])
return 1
"""

# A state that nobody changed for so long says nothing more. Rests are longer.
_KEPT: Final = 2 * 3600 * MICROSECONDS

# Others came between so often: the store is as good as out of reach.
_ATTEMPTS: Final = 200


class RedisPace:
    """
    Keeps the pace in Redis or Valkey. Its time is the server's own.

    Args:
        url: Where the server is, such as ``redis://localhost:6379/0``.

        timeout: Seconds for one command.

    Raises:
        UsageError: An argument is wrong.
    """

    def __init__(self, url: str, *, timeout: float = 1.0) -> None:
        self._url = url
        self._timeout = check_number("timeout", timeout, 0.001, 3600)
        # A client belongs to the loop and the process that it was made in.
        self._owner: object = None
        self._server: redis.asyncio.Redis | None = None
        self._check()

    def __repr__(self) -> str:
        # There may be a password in the URL.
        return "<RedisPace>"

    async def change(
        self, name: str, step: Callable[[PaceState | None, int], tuple[PaceState, R]]
    ) -> R:
        """Replace the state called *name* by what *step* makes of it."""
        try:
            # A command that is cut in two could leave its answer to the next one.
            return await asyncio.shield(asyncio.ensure_future(self._change(name, step)))
        except (RedisError, OSError, TimeoutError) as exc:
            kind = type(exc).__name__
            raise PaceError(f"the pace in Redis cannot be asked: {kind}: {exc}") from None

    async def aclose(self) -> None:
        """Close the connections. A later `change` opens new ones."""
        server, self._server = self._server, None
        if server is not None and self._owner == _here():
            await server.aclose()

    async def _change(
        self, name: str, step: Callable[[PaceState | None, int], tuple[PaceState, R]]
    ) -> R:
        server = self._connected()
        # The braces keep the key on one node of a cluster.
        key = f"bili_common:pace:{{{name}}}"
        for _ in range(_ATTEMPTS):
            raw, seconds, rest = await _run(server, _READ, key)
            now = int(seconds) * MICROSECONDS + int(rest)
            old = PaceState.loads(raw) if raw else None
            state, result = step(old, now)
            if state is old:
                return result

            kept = _KEPT + max((state.breaker.until or now) - now, 0)
            if await _run(server, _SWAP, key, raw, state.dumps(), now, kept // 1000):
                return result

        raise PaceError("the pace in Redis cannot be asked: others came between each time")

    def _connected(self) -> redis.asyncio.Redis:
        here = _here()
        if self._server is None or self._owner != here:
            self._owner = here
            self._server = self._check()
        return self._server

    def _check(self) -> redis.asyncio.Redis:
        try:
            return redis.asyncio.Redis.from_url(  # pyright: ignore[reportUnknownMemberType] - its options are not typed
                self._url,
                socket_timeout=self._timeout,
                socket_connect_timeout=self._timeout,
                # Its own retries would wait beyond the timeout.
                retry=Retry(NoBackoff(), 0),
            )
        except (ValueError, TypeError, AttributeError):
            # Not shown: there may be a password in it.
            raise UsageError("url must be like redis://host:6379/0") from None


def _here() -> tuple[int, asyncio.AbstractEventLoop]:
    # The loop itself, not its number, which a later loop may have too.
    return os.getpid(), asyncio.get_running_loop()


async def _run(server: redis.asyncio.Redis, script: str, key: str, *arguments: Any) -> Any:
    answer: Any = server.eval(script, 1, key, *arguments)
    return await answer
