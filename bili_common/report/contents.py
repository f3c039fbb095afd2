"""The contents: all that a page holds of a comparison, packed as its script reads it."""

from __future__ import annotations

import base64

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import attrs

from ..compare.cells import printable
from ..compare.comparison import Comparison
from ..compare.outcome import Outcome, Status
from ..models import Following


__all__ = ["STATUSES", "Contents", "contents_of"]

STATUSES: Final = tuple(Status)
"""A status is in the page by its place in this."""

_SEEN: Final = (Status.OK, Status.INCOMPLETE)
# What went wrong says more than the status only here.
_EXPLAINED: Final = (Status.INCOMPLETE, Status.FAILED)
_NOTE_LENGTH: Final = 200


@attrs.define
class Contents:
    """
    What the page's script reads, put together user by user.

    Attributes:
        mids: The accounts, with their places: those in the most lists come first.

        vmids: The users, in the order of their numbers.

        statuses: How many users there are of each status.

        sizes: How many of the lists that are known completely are how long.

        fetched: When each user was fetched, in seconds since 1970.

        known: The users whose whole list is known and not empty.

        listed: How many accounts are in the lists; the others were in earlier ones.
    """

    mids: dict[int, int]
    vmids: list[int] = attrs.field(factory=list[int])
    statuses: Counter[Status] = attrs.field(factory=Counter[Status])
    sizes: Counter[int] = attrs.field(factory=Counter[int])
    fetched: list[int] = attrs.field(factory=list[int])
    known: list[int] = attrs.field(factory=list[int])
    listed: int = 0
    _codes: list[str] = attrs.field(factory=list[str])
    _totals: list[int] = attrs.field(factory=list[int])
    _lists: bytearray = attrs.field(factory=bytearray)
    _notes: dict[str, str] = attrs.field(factory=dict[str, str])
    _records: dict[int, Following] = attrs.field(factory=dict[int, Following])

    def add(self, outcome: Outcome) -> None:
        """Take what is known of one user."""
        status = outcome.status
        mids = {item.mid for item in outcome.items if status in _SEEN}
        if outcome.error is not None and status in _EXPLAINED:
            note = printable(str(outcome.error))
            self._notes[str(len(self.vmids))] = note[:_NOTE_LENGTH]
        self.vmids.append(outcome.vmid)
        self.statuses[status] += 1
        self.fetched.append(_seconds(outcome.fetched_at))
        if status is Status.OK:
            self.sizes[len(mids)] += 1
            self.known += [outcome.vmid] * bool(mids)
        self._codes.append(str(STATUSES.index(status)))
        self._totals.append(_total(outcome))
        # A run may write to the store meanwhile: what is new takes the next place.
        self._lists += _gaps(self.place(mid) for mid in mids)

    def place(self, mid: int) -> int:
        """Return the place of account *mid*, the next one if it has none yet."""
        return self.mids.setdefault(mid, len(self.mids))

    def name(self, mid: int, record: Following) -> None:
        """Take what is known of an account, which an earlier list may have held."""
        self.place(mid)
        self._records[mid] = record

    def users(self, labels: Mapping[int, str]) -> dict[str, Any]:
        """Return the users, each with its list, as values for JSON."""
        begin = min(self.fetched, default=0)
        named = enumerate(labels.get(vmid, "") for vmid in self.vmids)
        return {
            "ids": " ".join(map(str, self.vmids)),
            "statuses": "".join(self._codes),
            "totals": _packed(_varints(self._totals)),
            "begin": begin,
            "fetched": _packed(_varints(moment - begin for moment in self.fetched)),
            "lists": _packed(bytes(self._lists)),
            "notes": self._notes,
            "labels": {str(place): printable(label) for place, label in named if label},
        }

    def accounts(self, *, private: bool) -> dict[str, Any]:
        """Return the accounts, with the caller's *private* fields or without."""
        known = [self._records.get(mid) for mid in self.mids]
        found: dict[str, Any] = {
            "ids": " ".join(map(str, self.mids)),
            "names": [printable(record.uname) if record else "" for record in known],
        }
        if private:
            found["private"] = [_private(record) for record in known]
        return found

    def changes(self, comparison: Comparison, since: datetime | None) -> list[dict[str, Any]]:
        """Return what changed *since*, else what the last fetch of each user found."""
        last = dict(zip(self.vmids, self.fetched, strict=True))
        return [
            {
                "user": str(change.vmid),
                "before": _seconds(change.before),
                "after": _seconds(change.after),
                "added": sorted(map(self.place, change.added)),
                "removed": sorted(map(self.place, change.removed)),
                "by": change.by,
            }
            for change in comparison.changes(since)
            if since is not None or _seconds(change.after) == last.get(change.vmid)
        ]

    @property
    def span(self) -> tuple[datetime, datetime] | None:
        """When the first and the last user was fetched."""
        if not self.fetched:
            return None

        return _moment(min(self.fetched)), _moment(max(self.fetched))


def contents_of(comparison: Comparison) -> Contents:
    """Return the users of *comparison* and their lists."""
    counts = comparison.counts()
    ranked = sorted(counts, key=lambda mid: (-counts[mid], mid))
    contents = Contents({mid: place for place, mid in enumerate(ranked)})
    for outcome in comparison.outcomes.values():
        contents.add(outcome)
    contents.listed = len(contents.mids)
    for mid, record in comparison.users.items():
        contents.name(mid, record)
    return contents


def _total(outcome: Outcome) -> int:
    """Return what the server last said that the list holds, plus one; 0 for nothing."""
    report = outcome.report
    if report is None or report.total_last is None or outcome.status not in _SEEN:
        return 0

    return report.total_last + 1


def _private(record: Following | None) -> list[Any] | None:
    if record is None:
        return None

    return [record.attribute, int(record.is_special), record.mtime or 0, list(record.tag)]


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _varints(numbers: Iterable[int]) -> bytes:
    """
    Return *numbers* as LEB128: seven bits a byte, the lowest first.

    Args:
        numbers: Integers from 0.
    """
    out = bytearray()
    for number in numbers:
        rest = number
        while rest > 0x7F:  # noqa: PLR2004 - seven bits, and the eighth says: there is more
            out.append(rest & 0x7F | 0x80)
            rest >>= 7
        out.append(rest)
    return bytes(out)


def _gaps(places: Iterable[int]) -> bytes:
    """
    Return a set of places: how many there are, then the steps from each to the next.

    Most steps between the accounts of a list are short, so that one takes one byte.

    Args:
        places: Integers from 0, none of them twice, in any order.
    """
    ordered = sorted(places)
    before = [-1, *ordered]
    return _varints([len(ordered), *(b - a - 1 for a, b in zip(before, ordered, strict=False))])


def _packed(data: bytes) -> str:
    """Return *data* in base64."""
    return base64.b64encode(data).decode("ascii")
