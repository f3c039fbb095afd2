"""The membership: whether some accounts are among a user's same followings."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import Enum
from typing import Literal

import attrs

from .._paging.walk import Walk
from .._paging.walk_report import WalkReport
from ..errors import IncompleteWalkError
from ..models import Following


__all__ = ["Membership", "Require", "Verdict", "check_membership", "settle"]

Require = Literal["any", "all"]


class Verdict(Enum):
    """
    The answer to a membership question.

    `YES` and `NO` are known for certain. `UNKNOWN` is neither: the walk was not
    complete, or the logged-in account may not follow the missing accounts
    itself, and then they cannot be among the same followings.
    """

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@attrs.frozen
class Membership:
    """
    Whether a user follows some accounts, as far as same followings can tell.

    Attributes:
        verdict: The answer.

        found: The accounts that were found, by mid.

        missing: The mids that were asked for and not found.

        report: What the walk saw; it stops early once the answer is YES.
    """

    verdict: Verdict
    found: Mapping[int, Following]
    missing: frozenset[int]
    report: WalkReport


async def check_membership(
    walk: Walk[Following],
    mids: frozenset[int],
    *,
    require: Require,
    caller_follows: frozenset[int],
) -> Membership:
    """Walk until the answer is known. The arguments are those of the client."""
    found: dict[int, Following] = {}
    wanted = 1 if require == "any" else len(mids)
    try:
        async for following in walk:
            if following.mid in mids:
                found[following.mid] = following
                if len(found) >= wanted:
                    break
    except IncompleteWalkError:
        # Its report is in the walk, and it makes the answer UNKNOWN, or no
        # difference: what was found was found.
        pass

    membership = Membership(
        verdict=Verdict.YES if len(found) >= wanted else Verdict.UNKNOWN,
        found=found,
        missing=mids.difference(found),
        report=walk.report,
    )
    return settle(membership, require=require, caller_follows=caller_follows)


def settle(
    membership: Membership, *, require: Require, caller_follows: Collection[int]
) -> Membership:
    """Return *membership*, with NO for UNKNOWN where the misses answer the question."""
    is_open = membership.verdict is Verdict.UNKNOWN and membership.report.complete
    if is_open and _settles(membership.missing, require, frozenset(caller_follows)):
        return attrs.evolve(membership, verdict=Verdict.NO)

    return membership


def _settles(missing: frozenset[int], require: Require, caller_follows: frozenset[int]) -> bool:
    """Tell whether the misses answer the question, and the answer is no."""
    # An account that the caller does not follow is in no list of same
    # followings, whoever else follows it.
    meaningful = missing & caller_follows
    return meaningful == missing if require == "any" else bool(meaningful)
