"""The repository: where a run writes its outcomes down, and what it knows before."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import attrs

from ..models import Following
from .outcome import Outcome, Status


__all__ = ["InMemoryRepository", "Known", "OutcomeRepository"]


@attrs.frozen
class Known:
    """
    What is known of a user before a run asks.

    Attributes:
        status: What came of it.

        fetched_at: When, in UTC.
    """

    status: Status
    fetched_at: datetime


class OutcomeRepository(Protocol):
    """Where a run writes its outcomes down."""

    @property
    def advice(self) -> str:
        """How to go on after a run that ended early, for people."""
        ...

    async def known(self, vmids: Sequence[int], /) -> Mapping[int, Known]:
        """Return what is known of those of *vmids* that were written down before."""
        ...

    async def write(self, outcome: Outcome) -> None:
        """Write *outcome* down, so that it survives the process."""
        ...

    async def read(self, vmids: Collection[int]) -> list[Outcome]:
        """Return the outcomes of those of *vmids* that were written down."""
        ...


class InMemoryRepository:
    """
    The repository of a run without a store. Nothing survives.

    It keeps each outcome, since nothing else could give the comparison of a run
    that was iterated. Equal records are kept once: they all describe accounts
    that one account follows, so that few are different.
    """

    advice = "without a store, run it again with the users that are left"

    def __init__(self) -> None:
        self._outcomes: dict[int, Outcome] = {}
        self._records: dict[int, Following] = {}

    async def known(self, _vmids: Sequence[int]) -> Mapping[int, Known]:
        """Return nothing: each run without a store begins anew."""
        return {}

    async def write(self, outcome: Outcome) -> None:
        """Keep *outcome*."""
        items = tuple(map(self._only, outcome.items))
        self._outcomes[outcome.vmid] = attrs.evolve(outcome, items=items)

    async def read(self, vmids: Collection[int]) -> list[Outcome]:
        """Return the outcomes of *vmids*."""
        return [self._outcomes[vmid] for vmid in vmids if vmid in self._outcomes]

    def _only(self, item: Following) -> Following:
        kept = self._records.setdefault(item.mid, item)
        if kept != item:
            kept = self._records[item.mid] = item
        return kept
