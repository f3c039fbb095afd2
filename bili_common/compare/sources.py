"""The sources: where a comparison has its outcomes from."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from operator import attrgetter
from types import MappingProxyType
from typing import Protocol

from ..models import Following
from .change import Change
from .outcome import Outcome, Status


__all__ = ["MemorySource", "OutcomeSource"]


class OutcomeSource(Protocol):
    """
    Outcomes of one account, at most one for each user.

    Lists are handed out as *ids*: small numbers, counted from 0, that stand for the
    accounts in them. `mids` says which account each number is. Numbers take less
    room than 64-bit mids, and count and compare faster.
    """

    @property
    def outcomes(self) -> Mapping[int, Outcome]:
        """The outcomes by vmid."""
        ...

    @property
    def users(self) -> Mapping[int, Following]:
        """The accounts in the lists by mid, as they were last read."""
        ...

    def labels(self) -> Mapping[int, str]:
        """Return the names that were given to users."""
        ...

    def follows(self) -> Mapping[int, bool]:
        """Return which accounts the logged-in account follows, as far as it was asked."""
        ...

    def changes(self, since: datetime | None) -> Iterator[Change]:
        """Return what changed between fetches that ended after *since*."""
        ...

    def statuses(self) -> Counter[Status]:
        """Return how many users have each status."""
        ...

    def status(self, vmid: int) -> Status | None:
        """Return the status of a user, None for one who is not there."""
        ...

    def mids(self) -> Sequence[int]:
        """Return the mid of each id: always the same sequence, which may grow."""
        ...

    def ids(self, vmid: int) -> Sequence[int]:
        """Return the list of a user who is there, each id once."""
        ...

    def lists(self) -> Iterator[tuple[int, Status, Sequence[int]]]:
        """Return user, status and list of all, in the order of `outcomes`."""
        ...

    def id_counts(self) -> Counter[int]:
        """Return for each id in how many lists it is."""
        ...

    def dated_lists(self) -> Iterator[tuple[int, Status, datetime, Sequence[int]]]:
        """Return user, status, moment of the fetch and list of all, in that order."""
        ...


class MemorySource:
    """
    Outcomes that are in memory.

    Args:
        outcomes: At most one for each user counts: the last.

        labels: Names of users.

        follows: Which accounts the logged-in account follows, where that is known.
    """

    def __init__(
        self,
        outcomes: Iterable[Outcome],
        *,
        labels: Mapping[int, str] | None = None,
        follows: Mapping[int, bool] | None = None,
    ) -> None:
        self._outcomes = {outcome.vmid: outcome for outcome in outcomes}
        self._labels = dict(labels or {})
        self._follows = dict(follows or {})

    @property
    def outcomes(self) -> Mapping[int, Outcome]:
        """The outcomes by vmid."""
        return MappingProxyType(self._outcomes)

    @cached_property
    def _users(self) -> dict[int, Following]:
        by_age = sorted(self._outcomes.values(), key=attrgetter("fetched_at"))
        return {item.mid: item for outcome in by_age for item in outcome.items}

    @property
    def users(self) -> Mapping[int, Following]:
        """The accounts in the lists by mid, as they were last read."""
        return MappingProxyType(self._users)

    @cached_property
    def _ids(self) -> dict[int, int]:
        return {mid: number for number, mid in enumerate(self._users)}

    @cached_property
    def _lists(self) -> dict[int, Sequence[int]]:
        ids = self._ids
        return {
            vmid: array("I", dict.fromkeys(ids[item.mid] for item in outcome.items))
            for vmid, outcome in self._outcomes.items()
        }

    def labels(self) -> Mapping[int, str]:
        """Return the names that were given to users."""
        return MappingProxyType(self._labels)

    def follows(self) -> Mapping[int, bool]:
        """Return which accounts the logged-in account follows, as far as it was asked."""
        return MappingProxyType(self._follows)

    def changes(self, since: datetime | None) -> Iterator[Change]:  # noqa: ARG002
        """Return nothing: one outcome for each user has no history."""
        return iter(())

    def statuses(self) -> Counter[Status]:
        """Return how many users have each status."""
        return Counter(outcome.status for outcome in self._outcomes.values())

    def status(self, vmid: int) -> Status | None:
        """Return the status of a user, None for one who is not there."""
        outcome = self._outcomes.get(vmid)
        return None if outcome is None else outcome.status

    @cached_property
    def _mids(self) -> list[int]:
        return list(self._ids)

    def mids(self) -> Sequence[int]:
        """Return the mid of each id."""
        return self._mids

    def ids(self, vmid: int) -> Sequence[int]:
        """Return the list of a user who is there, each id once."""
        return self._lists[vmid]

    def lists(self) -> Iterator[tuple[int, Status, Sequence[int]]]:
        """Return user, status and list of all, in the order of `outcomes`."""
        lists = self._lists
        return ((vmid, o.status, lists[vmid]) for vmid, o in self._outcomes.items())

    def id_counts(self) -> Counter[int]:
        """Return for each id in how many lists it is."""
        counts: Counter[int] = Counter()
        for ids in self._lists.values():
            counts.update(ids)
        return counts

    def dated_lists(self) -> Iterator[tuple[int, Status, datetime, Sequence[int]]]:
        """Return user, status, moment of the fetch and list of all, in that order."""
        return ((v, s, self._outcomes[v].fetched_at, ids) for v, s, ids in self.lists())
