"""What the account is asked about itself: `whoami`, `relations`, `check --ask-followed`."""

from __future__ import annotations

import json

import pytest

from bili_common.testing import DEMO_CIRCLES, DEMO_VMIDS, FakeAccount


DEMO = DEMO_VMIDS["demo"]
STRANGER = 12345
OTHER = DEMO_CIRCLES["音乐"][0]


@pytest.fixture
def account(fake):
    """Make the server's account one that does not follow the stranger."""
    fake.account = FakeAccount(mid=77, uname="me", but_not={STRANGER})
    yield fake.account
    fake.account = FakeAccount()


def test_whoami(cli, account):
    """Whoami says which account the credential is of."""
    done = cli("whoami", "--format", "json")

    assert done.exit_code == 0
    assert json.loads(done.stdout) == [{"mid": account.mid, "uname": account.uname}]


def test_whoami_of_a_dead_cookie(cli, fake):
    """A cookie that is logged out is exit code 3."""
    fake.log_out()
    done = cli("whoami")

    assert (done.exit_code, done.stdout) == (3, "")


def test_relations(cli, account, fake):
    """Relations says of each MID, in their order, whether the account follows it."""
    known = fake.user(DEMO).mids[0]
    done = cli("relations", STRANGER, known, "--format", "jsonl")

    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.exit_code == 0
    assert [(row["mid"], row["follows"]) for row in rows] == [(STRANGER, False), (known, True)]


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    ("is_followed", "code", "word"), [(True, 1, "NO"), (False, 7, "UNKNOWN")]
)
def test_ask_followed(cli, fake, is_followed, code, word):
    """A miss is NO only if the account is found to follow the MID."""
    unseen = next(mid for mid in fake.user(OTHER).mids if mid not in fake.user(DEMO).mids)
    done = cli("check", DEMO, unseen if is_followed else STRANGER, "--ask-followed")

    assert done.exit_code == code
    assert done.stdout.splitlines()[0] == word


def test_one_way_to_know(cli, fake):
    """What is asked need not be assumed too."""
    done = cli("check", DEMO, 5, "--ask-followed", "--assume-followed")

    assert done.exit_code == 2
    assert fake.requests == 0
