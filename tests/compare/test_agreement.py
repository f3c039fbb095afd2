"""What a comparison says of a user and what a check says never differ, nor from the truth."""

from __future__ import annotations

import asyncio
import tempfile

from collections.abc import Mapping
from pathlib import Path

import attrs
import pytest

from hypothesis import given, settings
from hypothesis import strategies as st

from bili_common import (
    Against,
    ApiError,
    Comparison,
    Membership,
    PrivacyError,
    Status,
    UserNotFoundError,
)
from bili_common.compare.membership import Verdict, check_membership
from bili_common.testing import FakeAccount, FakeBilibili

from .outcomes import make_outcome
from .runs import make_client, page_of, walks


UPS = range(1, 9)
_mids = st.frozensets(st.sampled_from(UPS))


@attrs.frozen
class World:
    """
    Who follows whom, and how much of it the server tells.

    Attributes:
        account: Whom the account follows.

        users: Whom each user follows, and how the list comes.

        named: Of whom the caller says that the account follows them.

        strangers: How the server tells that the account does not follow somebody.
    """

    account: frozenset[int]
    users: Mapping[int, tuple[frozenset[int], Status]]
    named: frozenset[int]
    strangers: str

    def shared(self, vmid: int) -> frozenset[int]:
        return self.users[vmid][0] & self.account

    @property
    def shown(self) -> frozenset[int]:
        """Whom the account is seen to follow, by any list of which something is seen."""
        seen = [self.shared(u) for u, (_, status) in self.users.items() if status in _SEEN]
        return frozenset().union(*seen)


_SEEN = (Status.OK, Status.INCOMPLETE)
_RAISED = {
    Status.PRIVATE: PrivacyError,
    Status.NOT_FOUND: UserNotFoundError,
    Status.FAILED: ApiError,
}
_statuses = st.sampled_from([Status.OK, *Status])


@st.composite
def worlds(draw, *, statuses=_statuses):
    account = draw(_mids)
    users = draw(
        st.dictionaries(
            st.integers(101, 199), st.tuples(_mids, statuses), min_size=1, max_size=5
        )
    )
    named = account & draw(_mids)
    strangers = draw(st.sampled_from(["absent", "mixed", "null", "zero"]))
    return World(account, users, named, strangers)


def _agree(world: World, vmid: int, said: Against, told: Membership, *, require: str) -> None:
    """Hold what a comparison *said* against what a check *told*, and both to the truth."""
    follows = world.users[vmid][0]
    wanted = said.found | said.missing | said.unknown
    assert said.found <= follows
    assert not said.missing & follows
    assert said.share == (None if said.unknown else len(said.found) / len(wanted))

    verdict = {
        "any": [(said.found, Verdict.YES), (said.missing == wanted, Verdict.NO)],
        "all": [(said.found == wanted, Verdict.YES), (said.missing, Verdict.NO)],
    }[require]
    assert told.verdict is next((it for holds, it in verdict if holds), Verdict.UNKNOWN)
    truth = {"any": bool(wanted & follows), "all": wanted <= follows}[require]
    assert told.verdict in (Verdict.UNKNOWN, Verdict.YES if truth else Verdict.NO)
    assert told.found.keys() <= said.found


@given(
    world=worlds(statuses=st.sampled_from(_SEEN)),
    wanted=_mids.filter(bool),
    require=st.sampled_from(["any", "all"]),
)
def test_a_check_with_the_same_knowledge_says_the_same(world, wanted, require):
    """Found is YES, missing is NO and unknown is UNKNOWN, in every world and both ways."""
    outcomes = [
        make_outcome(vmid, status, sorted(world.shared(vmid)))
        for vmid, (_, status) in world.users.items()
    ]
    answers = Comparison(outcomes).against(wanted, caller_follows=world.named)

    async def fetch(vmid, _pn):
        mids = sorted(world.shared(vmid))
        missing = world.users[vmid][1] is not Status.OK
        return page_of(*mids, total=len(mids) + missing)

    async def check(vmid):
        walk = walks(fetch).walk(vmid, total=None)
        known = world.named | world.shown
        return await check_membership(walk, wanted, require=require, caller_follows=known)

    for vmid in world.users:
        _agree(world, vmid, answers[vmid], asyncio.run(check(vmid)), require=require)


def _serve(fake: FakeBilibili, world: World) -> None:
    fake.account = FakeAccount(follows=world.account, strangers=world.strangers)
    for vmid, (follows, status) in world.users.items():
        fake.add_user(vmid, followings=sorted(follows), private=status is Status.PRIVATE)
        if status is Status.INCOMPLETE:
            fake.lie(vmid, total=len(world.shared(vmid)) + 1)
        elif status is Status.NOT_FOUND:
            fake.fail(None, how=-404, vmid=vmid)
        elif status is Status.FAILED:
            fake.fail(None, how=-1, vmid=vmid)


@pytest.mark.slow
@settings(max_examples=20)
@given(world=worlds(), wanted=_mids.filter(bool), asks=st.booleans())
def test_they_agree_over_http(world, wanted, asks):
    """A run and checks over HTTP say the same, also where the server is asked about misses."""

    async def compare():
        with tempfile.TemporaryDirectory() as folder:
            async with FakeBilibili() as fake, make_client(fake) as client:
                _serve(fake, world)
                run = client.compare_same_followings(
                    world.users,
                    store=Path(folder) / "run.sqlite",
                    ask_follows=wanted if asks else (),
                    give_up_after=None,
                )
                comparison = await run.collect()
                named = () if asks else world.named
                answers = dict(comparison.against(wanted, caller_follows=named))
                for vmid, (_, status) in world.users.items():
                    await hold(client, vmid, status, answers[vmid])

    async def hold(client, vmid, status, said):
        if status not in _SEEN:
            assert said.unknown == wanted
            with pytest.raises(_RAISED[status]):
                await client.check_same_followings(vmid, wanted)
            return

        known = "ask" if asks else world.named | world.shown
        for require in ("any", "all"):
            told = await client.check_same_followings(
                vmid, wanted, require=require, caller_follows=known
            )
            _agree(world, vmid, said, told, require=require)

    asyncio.run(compare())
