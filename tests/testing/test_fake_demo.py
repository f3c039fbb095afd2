"""The demo world: circles, groups, labels, and what changes on the second day."""

from __future__ import annotations

import itertools

import pytest

from bili_common.errors import UsageError
from bili_common.testing import (
    DEMO_CIRCLES,
    DEMO_GROUPS,
    DEMO_LABELS,
    DEMO_VMIDS,
    InstantClock,
    demo_users,
)
from bili_common.testing.backend import Backend


CIRCLES = [vmid for vmids in DEMO_CIRCLES.values() for vmid in vmids]
WATCHED = [*CIRCLES, DEMO_VMIDS["demo"]]


def lists(backend):
    """Return the mids of each list that is there, with when the account followed them."""
    return {
        vmid: {record["mid"]: record["mtime"] for record in backend.truth(vmid)}
        for vmid in WATCHED
        if not backend.user(vmid).private
    }


def test_labels():
    """Every user of a circle has a name of its own, and no UP has that name."""
    names = [DEMO_LABELS[vmid] for vmid in CIRCLES]
    ups = [name for group in DEMO_GROUPS.values() for name in group.values()]

    assert len({*names, *ups}) == len(names) + len(ups)


@pytest.mark.parametrize("name", DEMO_GROUPS)
def test_groups(name):
    """The account follows all twelve UPs of one group, and all but one of the other."""
    backend = Backend()
    group = DEMO_GROUPS[name]

    strangers = [mid for mid in group if not backend.follows(mid)]
    assert (len(group), len(strangers)) == (12, {"山雀电台": 0, "萤火放映室": 1}[name])
    assert all(label.isalnum() for label in group.values())
    shares = {
        circle: sum(len(group.keys() & set(backend.user(vmid).mids)) for vmid in vmids)
        for circle, vmids in DEMO_CIRCLES.items()
    }
    best, other = sorted(shares.values(), reverse=True)[:2]
    assert best > 2 * other


def test_the_first_day_is_the_same_everywhere():
    """The first day is the default, and each day the same in every server."""
    one, other = (
        [(user.vmid, user.mids) for user in users]
        for users in (demo_users(), demo_users(day=1))
    )
    assert one == other
    assert lists(Backend()) == lists(Backend(day=1))
    clock = InstantClock()
    assert lists(Backend(day=2, clock=clock)) == lists(Backend(day=2, clock=clock))


def test_what_the_users_did():
    """On the second day some users follow others, and one has closed the list."""
    one, two = ({user.vmid: user for user in demo_users(day=day)} for day in (1, 2))

    closed = [vmid for vmid in two if two[vmid].private and vmid != DEMO_VMIDS["private"]]
    assert closed == [DEMO_CIRCLES["历史"][3]]
    demo = DEMO_VMIDS["demo"]
    added = set(two[demo].mids) - set(one[demo].mids)
    lost = set(one[demo].mids) - set(two[demo].mids)
    assert (len(added), len(lost)) == (3, 1)


def test_what_the_account_did():
    """It followed one UP just now, and unfollowed one that many users follow."""
    clock = InstantClock(epoch=1_800_000_000)
    one, two = Backend(clock=clock), Backend(clock=clock, day=2)
    before, after = lists(one), lists(two)

    seen = set().union(*before.values())
    [lost] = {mid for mid in seen if one.follows(mid) and not two.follows(mid)}
    assert sum(lost in entries for entries in before.values()) > 5
    assert not any(lost in entries for entries in after.values())
    new = {
        mid: since
        for entries in after.values()
        for mid, since in entries.items()
        if since >= clock.time() - 1
    }
    assert len(new) == 1
    assert not new.keys() & seen
    assert sum(next(iter(new)) in entries for entries in after.values()) == 6


def test_every_cause_of_a_change_is_there():
    """There are changes of users, of the account, and one whose cause is not known."""
    before, after = (lists(Backend(day=day)) for day in (1, 2))
    left = {
        mid: [vmid for vmid in after if mid in before[vmid]]
        for mid in set(itertools.chain(*(before[vmid] for vmid in after)))
        if not any(mid in entries for entries in after.values())
    }
    by_users = [
        vmid
        for vmid in after
        if (before[vmid].keys() - after[vmid].keys()) - left.keys()
        and after[vmid].keys() - before[vmid].keys()
    ]

    alone = [mid for mid, vmids in left.items() if len(vmids) == 1]
    assert len(alone) == 1
    assert len(left) == 2
    assert len(by_users) >= 3


@pytest.mark.parametrize("day", [0, 3, "2"])
def test_no_other_day(day):
    """There are two days."""
    with pytest.raises(UsageError, match="day must"):
        Backend(day=day)
