"""The repository: where a run writes its outcomes down, and what it knows before."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import attrs

from ..models import Following, Relation
from .comparison import Comparison
from .outcome import Outcome, Status


__all__ = [
    "InMemoryRepository",
    "Known",
    "OutcomeRepository",
    "PartialList",
    "comparison_of",
]


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


@attrs.frozen
class PartialList:
    """
    A list that was interrupted: nothing is wrong with it, but it goes on.

    Attributes:
        cursor: Where to go on, as `Cursor.dumps` writes it.

        items: What was seen before that, in the order of the list.
    """

    cursor: str
    items: tuple[Following, ...]


class OutcomeRepository(Protocol):
    """
    Where a run writes its outcomes down.

    A run asks `bind` once, before the first list, if it knows whose account it
    is; then `known` for each user, and `read_partial` for each that it fetches. It
    ends each user by `write`, or by `write_partial` where the run itself ends.
    """

    @property
    def advice(self) -> str:
        """How to go on after a run that ended early, for people."""
        ...

    async def bind(self, mid: int, /) -> None:
        """
        Write down whose account the run's is, by its mid.

        Raises:
            StoreError: Results of another account stand under the same label.
        """
        ...

    async def known(self, vmids: Sequence[int], /) -> Mapping[int, Known]:
        """Return what is known of those of *vmids* that were written down before."""
        ...

    async def write(self, outcome: Outcome, /) -> None:
        """Write *outcome* down, so that it survives the process; a part of it is dropped."""
        ...

    async def read_partial(self, vmid: int, /) -> PartialList | None:
        """Return how far the list of *vmid* was read by a run that was interrupted."""
        ...

    async def write_partial(self, vmid: int, partial: PartialList, /) -> None:
        """Write down how far the list of *vmid* was read."""
        ...

    async def write_follows(self, attributes: Mapping[int, int], at: datetime, /) -> None:
        """Write down the account's own relation to others: *attributes* by mid."""
        ...

    async def read(self, vmids: Collection[int]) -> list[Outcome]:
        """Return the outcomes of those of *vmids* that were written down."""
        ...

    async def follows(self) -> Mapping[int, bool]:
        """Return which accounts the account follows, as far as it was asked."""
        ...

    async def labels(self) -> Mapping[int, str]:
        """Return the names that were given to users."""
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
        self._follows: dict[int, bool] = {}

    async def bind(self, _mid: int) -> None:
        """Do nothing: one run is of one account."""

    async def read_partial(self, _vmid: int) -> PartialList | None:
        """Return nothing: each run without a store begins anew."""
        return None

    async def write_partial(self, _vmid: int, _partial: PartialList) -> None:
        """Do nothing: there is no later run that could use it."""

    async def write_follows(self, attributes: Mapping[int, int], _at: datetime) -> None:
        """Keep *attributes* for the comparison of this run."""
        for mid, attribute in attributes.items():
            follows = Relation(mid, attribute).follows
            if follows is not None:
                self._follows[mid] = follows

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

    async def follows(self) -> Mapping[int, bool]:
        """Return which accounts the account follows, as far as it was asked."""
        return self._follows

    async def labels(self) -> Mapping[int, str]:
        """Return nothing: nobody could give names to users here."""
        return {}

    def _only(self, item: Following) -> Following:
        kept = self._records.setdefault(item.mid, item)
        # By `==`, which attrs makes faster than `!=`.
        if kept is item or kept == item:
            return kept

        self._records[item.mid] = item
        return item


async def comparison_of(repository: OutcomeRepository, vmids: Collection[int]) -> Comparison:
    """Return what the lists of *vmids* have in common, with all else that is known."""
    return Comparison(
        await repository.read(vmids),
        labels=await repository.labels(),
        follows=await repository.follows(),
    )
