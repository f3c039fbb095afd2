"""The comparison: what the lists of many users have in common."""

from __future__ import annotations

import heapq

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from operator import attrgetter
from types import MappingProxyType

import attrs

from .._util.arguments import check_int, check_user_id, check_user_ids
from ..errors import UsageError
from ..models import Following
from ._measures import Measure, check_measure, ratio, similar_pairs
from .outcome import Outcome, Status


__all__ = ["Against", "Comparison", "place"]

_NONE: frozenset[int] = frozenset()


@attrs.frozen
class Against:
    """
    What is known of one user about some accounts.

    Attributes:
        found: The accounts that are in the user's list.

        missing: The accounts that are not, as the whole list is known. The list
            holds only accounts that the logged-in account follows too: of any
            other account a miss says nothing.

        unknown: The accounts that were not seen in a list that is known in part
            or not at all.

        share: The part of the accounts that was found, from 0 to 1; None while
            any is *unknown*.
    """

    found: frozenset[int]
    missing: frozenset[int]
    unknown: frozenset[int]
    share: float | None


def place(wanted: frozenset[int], found: frozenset[int], status: Status) -> Against:
    """Return what a list with *status*, in which *found* was seen, says of *wanted*."""
    rest = wanted - found
    missing, unknown = (rest, _NONE) if status is Status.OK else (_NONE, rest)
    share = None if unknown else len(found) / len(wanted)
    return Against(found=found, missing=missing, unknown=unknown, share=share)


class Comparison:
    """
    What the lists of many users have in common.

    All lists are relative to the logged-in account: each holds the accounts
    that a user and that account both follow, so two users can share much more
    than is seen here. Never compare lists that were read with two accounts.

    What was seen counts, also in a list that is known only in part (INCOMPLETE).
    What was not seen is not taken for "does not follow" unless the whole list is
    known (OK): counts and sets are then lower bounds, and ratios are None. Show
    `statuses` or `incomplete` beside any number.

    Args:
        outcomes: At most one for each user counts: the last.
    """

    def __init__(self, outcomes: Iterable[Outcome]) -> None:
        by_vmid = {outcome.vmid: outcome for outcome in outcomes}
        self._outcomes = MappingProxyType(by_vmid)
        self._lists = {
            vmid: frozenset(map(attrgetter("mid"), outcome.items))
            for vmid, outcome in by_vmid.items()
        }
        by_age = sorted(by_vmid.values(), key=attrgetter("fetched_at"))
        self._users = MappingProxyType({item.mid: item for o in by_age for item in o.items})

    @property
    def outcomes(self) -> Mapping[int, Outcome]:
        """What became of each user, by vmid."""
        return self._outcomes

    @property
    def users(self) -> Mapping[int, Following]:
        """The accounts in the lists, by mid, as they were last read."""
        return self._users

    @property
    def incomplete(self) -> frozenset[int]:
        """The users whose whole list is not known, for whatever reason."""
        return frozenset(v for v, o in self._outcomes.items() if o.status is not Status.OK)

    def statuses(self) -> Counter[Status]:
        """Return how many users there are of each status."""
        return Counter(outcome.status for outcome in self._outcomes.values())

    def counts(self) -> Counter[int]:
        """Return for each account in how many lists it was seen."""
        return Counter(mid for mids in self._lists.values() for mid in mids)

    def most_shared(self, n: int | None = None) -> list[tuple[int, int]]:
        """
        Return the accounts seen in the most lists, as (mid, count).

        Args:
            n: How many at the most; None for all. The smaller mid goes first
                where counts are equal.

        Raises:
            UsageError: *n* is negative or no int.
        """
        counts = self.counts()
        size = len(counts) if n is None else check_int("n", n, 0)
        return heapq.nsmallest(size, counts.items(), key=lambda item: (-item[1], item[0]))

    def shared_by(self, min_count: int) -> set[int]:
        """
        Return the accounts seen in at least *min_count* lists.

        Raises:
            UsageError: *min_count* is negative or no int.
        """
        check_int("min_count", min_count, 0)
        return {mid for mid, count in self.counts().items() if count >= min_count}

    def intersection(self, *vmids: int) -> set[int]:
        """
        Return the accounts that were seen in the list of every user.

        Args:
            vmids: The users. Without any: all of whose list something is known
                (OK and INCOMPLETE); `statuses` tells how many were left out.

        Raises:
            UsageError: One of *vmids* is not in the comparison, or nothing is
                known of its list, which no set could say.
        """
        if vmids:
            first, *others = map(self._seen, vmids)
            return set(first.intersection(*others))

        statuses = self.statuses()
        lists = statuses[Status.OK] + statuses[Status.INCOMPLETE]
        return {mid for mid, count in self.counts().items() if count == lists}

    def union(self) -> set[int]:
        """Return the accounts that were seen in any list."""
        return set(self.counts())

    def jaccard(self, a: int, b: int) -> float | None:
        """
        Return how alike two lists are: accounts in both by accounts in either.

        Args:
            a: One user.

            b: The other.

        Returns:
            0 to 1, or None if one of the lists is not wholly known or both are
            empty, since nothing can be said of two users by nothing.

        Raises:
            UsageError: One of the users is not in the comparison.
        """
        statuses = {self._status(vmid) for vmid in (a, b)}
        if statuses != {Status.OK}:
            return None

        return ratio("jaccard", self._mids(a), self._mids(b))

    def similarity(
        self, measure: Measure = "jaccard", *, vmids: Iterable[int] | None = None
    ) -> list[tuple[int, int, float]]:
        """
        Return how alike the lists of each two users are, the most alike first.

        Args:
            measure: ``"jaccard"``, accounts in both by accounts in either; or
                ``"overlap"``, accounts in both by the length of the shorter list.

            vmids: The users to look at; None for all.

        Returns:
            Triples (a, b, score) with a < b; equal scores by a, then b. A pair
            whose score would be None is left out.

        Raises:
            UsageError: *measure* is neither, one of *vmids* is not in the
                comparison, or more than 3,000 lists are known.
        """
        check_measure(measure)
        wanted = None if vmids is None else check_user_ids("vmids", vmids, at_least=1)
        known = (v for v in wanted if self._status(v) is Status.OK) if wanted else self._known()
        return similar_pairs(measure, ((vmid, self._mids(vmid)) for vmid in known))

    def against(self, mids: Iterable[int]) -> Mapping[int, Against]:
        """
        Return for each user which of some accounts are in the list.

        Args:
            mids: The accounts, at least one.

        Raises:
            UsageError: There is none, or one that no user can have.
        """
        wanted = check_user_ids("mids", mids, at_least=1)
        return {
            vmid: place(wanted, self._lists[vmid] & wanted, outcome.status)
            for vmid, outcome in self._outcomes.items()
        }

    def _status(self, vmid: int) -> Status:
        status = self._find_status(check_user_id("vmid", vmid))
        if status is None:
            raise UsageError(f"vmid={vmid} is not in the comparison")

        return status

    def _seen(self, vmid: int) -> frozenset[int]:
        status = self._status(vmid)
        if status not in (Status.OK, Status.INCOMPLETE):
            raise UsageError(f"nothing is known of the list of vmid={vmid} ({status.value})")

        return self._mids(vmid)

    # A comparison over other data replaces these three, the properties, `statuses`,
    # `counts` and `against`; the rules stay the same.

    def _find_status(self, vmid: int) -> Status | None:
        outcome = self._outcomes.get(vmid)
        return None if outcome is None else outcome.status

    def _mids(self, vmid: int) -> frozenset[int]:
        return self._lists[vmid]

    def _known(self) -> Iterator[int]:
        return (v for v, outcome in self._outcomes.items() if outcome.status is Status.OK)
