"""The source: user ids read from an iterable, each once, no sooner than needed."""

from __future__ import annotations

from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Generator,
    Iterable,
    Iterator,
)
from typing import Any, Final, cast

from ..._util.arguments import check_user_id, shown
from ...errors import UsageError


__all__ = ["UserSource"]

_END: Final = object()


class UserSource:
    """
    Reads user ids. One task at a time may ask.

    Args:
        vmids: The ids, from a synchronous or an asynchronous iterable. Nothing
            is read of it before the first `read`.

    Raises:
        UsageError: *vmids* is no iterable, or is a text.
    """

    def __init__(self, vmids: Iterable[int] | AsyncIterable[int]) -> None:
        self._vmids = _check_iterable(vmids)
        self._ids: Iterator[int] | AsyncIterator[int] | None = None
        self._seen: set[int] = set()
        # What ended the reading behind ids that were returned before it.
        self._failure: Exception | None = None
        self._is_over = False

    @property
    def is_async(self) -> bool:
        """Whether the next id may take its time."""
        return isinstance(self._vmids, AsyncIterable)

    @property
    def seen(self) -> frozenset[int]:
        """The ids that were read so far."""
        return frozenset(self._seen)

    async def read(self, count: int) -> list[int]:
        """
        Return the next *count* ids that are new, or less at the end.

        Raises:
            UsageError: An element is no user id. Those before it were returned.

            Exception: What the iterable raised.
        """
        ids: list[int] = []
        while len(ids) < count and not self._is_over:
            try:
                value = await self._next()
                self._is_over = value is _END
                if (
                    not self._is_over
                    and check_user_id("each of vmids", value) not in self._seen
                ):
                    self._seen.add(value)
                    ids.append(value)
            except Exception as exc:  # noqa: BLE001 - raised below, or by the next call
                self._is_over, self._failure = True, exc

        if not ids and self._failure is not None:
            raise self._failure

        return ids

    async def aclose(self) -> None:
        """Close the iterable if it is a generator, so that it cleans up now."""
        self._is_over = True
        # One that was never begun is its iterable's own, and closed all the same.
        ids = self._vmids if self._ids is None else self._ids
        if isinstance(ids, AsyncGenerator):
            await ids.aclose()
        elif isinstance(ids, Generator):
            ids.close()

    async def _next(self) -> Any:
        if self._ids is None:
            vmids = self._vmids
            self._ids = aiter(vmids) if isinstance(vmids, AsyncIterable) else iter(vmids)
        if isinstance(self._ids, AsyncIterator):
            return await anext(self._ids, _END)

        return next(self._ids, _END)


def _check_iterable(vmids: Any) -> Iterable[int] | AsyncIterable[int]:
    # The elements of bytes are ints, and those of a text look like ids.
    is_text = isinstance(vmids, str | bytes | bytearray)
    if is_text or not isinstance(vmids, Iterable | AsyncIterable):
        raise UsageError(f"vmids must be an iterable of ints, not {shown(vmids)}")

    return cast(Iterable[int] | AsyncIterable[int], vmids)
