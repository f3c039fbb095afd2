"""The comparison: what the lists of many users have in common."""

from __future__ import annotations

import heapq

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from .._util.arguments import check_int, check_user_id, check_user_ids, shown
from .._util.text import counted
from ..errors import UsageError
from ..models import Following
from ._flat import FlatTable
from ._html import html_table
from ._measures import Measure, check_measure, check_score, ratio
from ._store.streamed import Streamed
from .against import Against, Chosen, place
from .change import Change
from .neighbours import neighbourhood
from .outcome import Outcome, Status
from .sources import MemorySource, OutcomeSource


__all__ = ["PAIRS_OF_AT_MOST", "Comparison", "flat_table"]

# Accounts that a notebook shows.
_SHOWN = 10
# So many lists make four and a half million pairs, which take some 500 MB.
PAIRS_OF_AT_MOST = 3000


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
        outcomes: At most one for each user counts: the last. Or what hands them
            out by itself, as a store does.

        labels: Names that you gave to users.

        follows: Which accounts the logged-in account follows, where that is known.
    """

    def __init__(
        self,
        outcomes: Iterable[Outcome] | OutcomeSource,
        *,
        labels: Mapping[int, str] | None = None,
        follows: Mapping[int, bool] | None = None,
    ) -> None:
        if isinstance(outcomes, Iterable):
            outcomes = MemorySource(outcomes, labels=labels, follows=follows)
        self._source: OutcomeSource = outcomes

    def __repr__(self) -> str:
        statuses = self.statuses()
        known = ", ".join(f"{statuses[each]} {each.value}" for each in Status if statuses[each])
        return f"<Comparison of {counted(statuses.total(), 'user')}: {known or 'empty'}>"

    def _repr_html_(self) -> str:
        rows: list[tuple[Any, ...]] = []
        for mid, count in self.most_shared(_SHOWN):
            user = self.users.get(mid)
            rows.append((mid, "" if user is None else user.uname, count))
        title = f"{repr(self).strip('<>')}; the accounts in the most lists"
        return html_table(title, ("mid", "uname", "lists"), rows)

    @property
    def outcomes(self) -> Mapping[int, Outcome]:
        """What became of each user, by vmid."""
        return self._source.outcomes

    @property
    def users(self) -> Mapping[int, Following]:
        """
        The accounts in the lists, by mid, as they were last read.

        A store also knows those that have left every list since.
        """
        return self._source.users

    @property
    def labels(self) -> Mapping[int, str]:
        """The names that were given to users, by vmid."""
        return self._source.labels()

    @property
    def incomplete(self) -> frozenset[int]:
        """The users whose whole list is not known, for whatever reason."""
        return frozenset(v for v, s, _ in self._source.lists() if s is not Status.OK)

    def statuses(self) -> Counter[Status]:
        """Return how many users there are of each status."""
        return self._source.statuses()

    def counts(self) -> Counter[int]:
        """Return for each account in how many lists it was seen."""
        counts, mids = self._source.id_counts(), self._source.mids()
        return Counter({mids[number]: n for number, n in counts.items()})

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
            mids = self._source.mids()
            return {mids[number] for number in first.intersection(*others)}

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

        one, other = self._seen(a), self._seen(b)
        return ratio("jaccard", len(one & other), len(one), len(other))

    def similarity(
        self,
        measure: Measure = "jaccard",
        *,
        vmids: Iterable[int] | None = None,
        k: int | None = None,
        min_score: float = 0.0,
    ) -> list[tuple[int, int, float]]:
        """
        Return how alike the lists of each two users are, the most alike first.

        Args:
            measure: ``"jaccard"``, accounts in both by accounts in either; or
                ``"overlap"``, accounts in both by the length of the shorter list.

            vmids: The users to look at; None for all.

            k: How many pairs at the most; None for all.

            min_score: The lowest score to return.

        Returns:
            Triples (a, b, score) with a < b; equal scores by a, then b. A pair
            whose score would be None is left out.

        Raises:
            UsageError: An argument is wrong, one of *vmids* is not in the
                comparison, or every pair of more than 3,000 known lists is asked
                for, which would not find room: name *k* or *min_score*.
        """
        check_measure(measure)
        wanted = None if vmids is None else check_user_ids("vmids", vmids, at_least=1)
        most = None if k is None else check_int("k", k, 0)
        lowest = check_score("min_score", min_score)
        known = list(self._known() if wanted is None else self._known_of(wanted))
        if most is None and lowest == 0 and len(known) > PAIRS_OF_AT_MOST:
            raise UsageError(
                f"similarity would return every pair of {len(known):,} lists, which finds no "
                f"room above {PAIRS_OF_AT_MOST:,}: name k or min_score"
            )

        return neighbourhood(known).closest(most, measure, lowest)

    def neighbours(
        self,
        k: int | None = 20,
        *,
        measure: Measure = "jaccard",
        min_score: float = 0.0,
        vmids: Iterable[int] | None = None,
    ) -> Iterator[tuple[int, int, float]]:
        """
        Yield for each user the *k* others whose lists are most alike.

        It is exact over any number of lists, and yields as it goes.

        Args:
            k: How many for each user at the most; None for all.

            measure: As for `similarity`.

            min_score: The lowest score to yield. With 0, users who share nothing
                are neighbours too, by 0.0, if there are no better ones.

            vmids: The users whose neighbours to find, among all; None for all.

        Yields:
            Triples (vmid, other, score) in the order of the vmids; for each, the
            highest score first, equal ones by the id of the other. Users whose
            whole list is not known have no neighbours and are none.

        Raises:
            UsageError: An argument is wrong, or one of *vmids* is not in the
                comparison.
        """
        check_measure(measure)
        most = None if k is None else check_int("k", k, 0)
        lowest = check_score("min_score", min_score)
        wanted = None if vmids is None else check_user_ids("vmids", vmids)
        asked = None if wanted is None else [vmid for vmid, _ in self._known_of(wanted)]
        # Nothing is read before the first is asked for.
        return self._nearest(asked, most, measure, lowest)

    def most_like(
        self,
        vmid: int,
        k: int | None = 20,
        *,
        measure: Measure = "jaccard",
        min_score: float = 0.0,
    ) -> list[tuple[int, float]]:
        """
        Return the *k* users whose lists are most like that of *vmid*.

        Args:
            vmid: The user.

            k: How many at the most; None for all.

            measure: As for `similarity`.

            min_score: The lowest score to return.

        Returns:
            Pairs (other, score), the highest score first, equal ones by the id of
            the other; nothing if the whole list of *vmid* is not known.

        Raises:
            UsageError: An argument is wrong, or *vmid* is not in the comparison.
        """
        self._status(vmid)
        near = self.neighbours(k, measure=measure, min_score=min_score, vmids=[vmid])
        return [(other, score) for _, other, score in near]

    def followers_of(self, mid: int) -> set[int]:
        """
        Return the users in whose lists *mid* was seen.

        Raises:
            UsageError: *mid* can be no account's id.
        """
        check_user_id("mid", mid)
        chosen = Chosen(frozenset([mid]), self._source.mids())
        return {vmid for vmid, _, ids in self._source.lists() if chosen.among(ids)}

    def edges(self) -> Iterator[tuple[int, int]]:
        """Yield (vmid, mid) for each account in each list, in the order of the lists."""
        mids = self._source.mids()
        for vmid, _, ids in self._source.lists():
            for number in ids:
                yield vmid, mids[number]

    def changes(self, since: datetime | None = None) -> Iterator[Change]:
        """
        Yield what changed in the lists when they were fetched again.

        Only a store remembers that: outcomes in memory have no history.

        Args:
            since: Leaves out what was fetched before; None for all that is known.

        Raises:
            UsageError: *since* is no moment with a time zone.
        """
        if since is not None and (not isinstance(since, datetime) or since.tzinfo is None):  # pyright: ignore[reportUnnecessaryIsInstance] - users pass texts too
            raise UsageError(f"since must be a datetime with a time zone, not {shown(since)}")

        return self._source.changes(since)

    def against(
        self, mids: Iterable[int], *, caller_follows: Iterable[int] | None = None
    ) -> Mapping[int, Against]:
        """
        Return for each user which of some accounts are in the list.

        An account that is not in a list is *missing* only if the whole list is
        known and the logged-in account follows it: it is in *caller_follows*, was
        asked for and stored as followed, or is in any list of the comparison.

        Args:
            mids: The accounts, at least one.

            caller_follows: Accounts that the logged-in account follows.

        Raises:
            UsageError: There is none, or one that no user can have.
        """
        wanted = check_user_ids("mids", mids, at_least=1)
        named = check_user_ids(
            "caller_follows", () if caller_follows is None else caller_follows
        )
        followed = self._followed(wanted, named)
        chosen = Chosen(wanted, self._source.mids())

        def answer(status: Status, ids: Sequence[int]) -> Against:
            return place(wanted, chosen.among(ids), status, followed)

        def find(vmid: int) -> Against | None:
            status = self._source.status(vmid)
            return None if status is None else answer(status, self._source.ids(vmid))

        def stream() -> Iterator[tuple[int, Against]]:
            return ((vmid, answer(status, ids)) for vmid, status, ids in self._source.lists())

        return Streamed(find, stream, lambda: self.statuses().total())

    def to_polars(self, *, include_private: bool = False) -> Any:
        """
        Return a `polars.DataFrame` with one row for each account in each list.

        The columns are those of an `export`. Users without any account in the
        list have no row: `outcomes` knows them.

        Args:
            include_private: Whether to have the logged-in account's private fields.

        Raises:
            UsageError: Polars is not installed.
        """
        # Loaded when it is asked for: it is heavy and optional.
        from ._frames import frame_of  # noqa: PLC0415

        return frame_of(flat_table(self, include_private=include_private, edges=True))

    def to_pandas(self, *, include_private: bool = False) -> Any:
        """
        Return what `to_polars` does, as a `pandas.DataFrame`.

        Raises:
            UsageError: Polars, pandas or pyarrow is not installed.
        """
        from ._frames import pandas_frame_of  # noqa: PLC0415 - as above

        return pandas_frame_of(flat_table(self, include_private=include_private, edges=True))

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Return what `to_polars` does, for any library that takes Arrow streams."""
        return self.to_polars().__arrow_c_stream__(requested_schema)

    def _nearest(
        self, asked: list[int] | None, k: int | None, measure: Measure, min_score: float
    ) -> Iterator[tuple[int, int, float]]:
        near = neighbourhood(self._known())
        yield from near.nearest(asked, k, measure, min_score)

    def _followed(self, wanted: frozenset[int], named: frozenset[int]) -> frozenset[int]:
        """Return those of *wanted* that the logged-in account is known to follow."""
        told = {mid for mid, follows in self._source.follows().items() if follows}
        followed = wanted & (named | told)
        # Whatever is in any list is followed by both. Mostly the first few lists
        # settle it.
        chosen = Chosen(wanted - followed, self._source.mids())
        for _, _, ids in self._source.lists():
            if followed == wanted:
                break
            followed |= chosen.among(ids)
        return followed

    def _known(self) -> Iterator[tuple[int, Sequence[int]]]:
        return ((v, ids) for v, status, ids in self._source.lists() if status is Status.OK)

    def _known_of(self, vmids: Iterable[int]) -> Iterator[tuple[int, Sequence[int]]]:
        statuses = {vmid: self._status(vmid) for vmid in sorted(vmids)}
        return ((v, self._source.ids(v)) for v, s in statuses.items() if s is Status.OK)

    def _status(self, vmid: int) -> Status:
        status = self._source.status(check_user_id("vmid", vmid))
        if status is None:
            raise UsageError(f"vmid={vmid} is not in the comparison")

        return status

    def _seen(self, vmid: int) -> frozenset[int]:
        status = self._status(vmid)
        if status not in (Status.OK, Status.INCOMPLETE):
            raise UsageError(f"nothing is known of the list of vmid={vmid} ({status.value})")

        return frozenset(self._source.ids(vmid))


def flat_table(
    comparison: Comparison, *, include_private: bool = False, edges: bool = False
) -> FlatTable:
    """
    Return *comparison* as a table.

    Args:
        comparison: The lists.

        include_private: Whether the table has the logged-in account's private fields.

        edges: Whether users without any account in the list have no row.
    """
    source = comparison._source  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - our own class
    return FlatTable(source, include_private=include_private, edges=edges)
