"""The same answers from a store, in bounded memory."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import random
import sqlite3
import subprocess
import sys

from pathlib import Path
from tempfile import TemporaryDirectory

import attrs
import pytest

from hypothesis import given
from hypothesis import strategies as st

from bili_common import Comparison, PrivacyError, RunStore, Status, StoreError, UsageError
from bili_common.compare._store.rows import outcome_row
from bili_common.compare._store.sums import row_check
from bili_common.compare.stored import StoredComparison

from .outcomes import make_outcome, outcome_lists, write_store


SIZE = 1_000_000 if os.environ.get("BILI_FULL") else 50_000


def _answer(ask):
    try:
        return ask()
    except UsageError as error:
        return str(error)


@pytest.mark.slow
@given(outcome_lists(), outcome_lists(), st.sets(st.integers(1, 15), min_size=1))
def test_a_store_gives_the_answers_of_memory(outcomes, others, mids):
    """Each question has the same answer over the same outcomes, without the other account."""
    # A store holds one record of an account: the one that was read last.
    users = Comparison(outcomes).users
    plain = Comparison(
        attrs.evolve(outcome, items=tuple(users[item.mid] for item in outcome.items))
        for outcome in outcomes
    )
    with TemporaryDirectory() as folder:
        path = write_store(Path(folder, "run.sqlite"), outcomes, others=others)
        with StoredComparison(path) as stored:
            assert stored.outcomes == plain.outcomes
            assert stored.users == plain.users
            assert (len(stored.outcomes), len(stored.users)) == (
                len(outcomes),
                len(plain.users),
            )
            assert stored.incomplete == plain.incomplete
            assert stored.statuses() == plain.statuses()
            assert stored.counts() == plain.counts()
            assert stored.most_shared(3) == plain.most_shared(3)
            assert stored.shared_by(2) == plain.shared_by(2)
            assert stored.union() == plain.union()
            assert stored.against(mids) == plain.against(mids)
            assert stored.similarity() == plain.similarity()
            assert stored.similarity("overlap") == plain.similarity("overlap")
            # A store has its lists in the order of the vmids.
            assert list(stored.edges()) == sorted(plain.edges(), key=lambda edge: edge[0])
            assert list(stored.neighbours(3)) == list(plain.neighbours(3))
            for mid in mids:
                assert stored.followers_of(mid) == plain.followers_of(mid)
            assert stored.intersection() == plain.intersection()
            for a in plain.outcomes:
                assert stored.outcomes[a] == plain.outcomes[a]
                assert stored.against(mids)[a] == plain.against(mids)[a]
                for b in plain.outcomes:
                    assert stored.jaccard(a, b) == plain.jaccard(a, b)
                    ask = [lambda c=c: c.intersection(a, b) for c in (stored, plain)]  # noqa: B023
                    assert _answer(ask[0]) == _answer(ask[1])


async def test_a_run_store_gives_a_comparison(tmp_path):
    """`RunStore.comparison` answers as a `Comparison`, in any thread."""
    outcomes = [make_outcome(1, Status.OK, [7, 8]), make_outcome(2, Status.INCOMPLETE, [8])]
    async with RunStore(write_store(tmp_path / "run.sqlite", outcomes)) as store:
        comparison = await store.comparison(account="default")

        assert isinstance(comparison, Comparison)
        assert comparison.most_shared(1) == [(8, 2)]
        assert await asyncio.to_thread(comparison.most_shared, 1) == [(8, 2)]


async def test_a_comparison_outlives_its_store(tmp_path):
    """What a comparison handed out reads on, when the store and the comparison are gone."""
    lists = [make_outcome(1, Status.OK, [7, 8])]
    path = write_store(tmp_path / "run.sqlite", lists, others=None)
    async with RunStore(path) as store:
        comparison = await store.comparison()
        users, outcomes = (await store.comparison()).users, (await store.comparison()).outcomes
        shares = (await store.comparison()).against([7])
        edges, near = (
            (await store.comparison()).edges(),
            (await store.comparison()).neighbours(),
        )
    gc.collect()

    assert comparison.most_shared(1) == [(7, 1)]
    assert (len(users), users[8].mid, len(list(users.items()))) == (2, 8, 2)
    assert [item.mid for item in outcomes[1].items] == [7, 8]
    assert shares[1].share == 1.0
    assert (list(edges), list(near)) == ([(1, 7), (1, 8)], [])
    # Nobody has the file open any more.
    del comparison, users, outcomes, shares, edges, near
    gc.collect()
    assert [each.name for each in tmp_path.iterdir() if "-lock" not in each.name] == [path.name]


def test_what_went_wrong_comes_back(tmp_path):
    """The error of an outcome is of its class, with its words, without a request."""
    error = PrivacyError("hidden", code=22115)
    outcome = attrs.evolve(make_outcome(1, Status.PRIVATE), error=error)
    path = write_store(tmp_path / "run.sqlite", [outcome])

    error = StoredComparison(path).outcomes[1].error

    assert isinstance(error, PrivacyError)
    assert (str(error), error.code, error.vmid) == ("hidden", 22115, 1)


def test_mappings_read_as_they_are_asked(tmp_path):
    """A look-up finds what is there, and only ints; iterating goes by vmid."""
    outcomes = [make_outcome(vmid, Status.OK, [vmid]) for vmid in (9, 3, 5)]
    comparison = StoredComparison(write_store(tmp_path / "run.sqlite", outcomes))

    assert list(comparison.outcomes) == [3, 5, 9]
    assert [outcome.vmid for outcome in comparison.outcomes.values()] == [3, 5, 9]
    assert 3 in comparison.users
    for key in (4, "3", 3.0, 0, 2**63):
        assert key not in comparison.outcomes
        assert key not in comparison.users
        assert key not in comparison.against([3])


def test_it_sees_what_a_run_writes_meanwhile(tmp_path):
    """Every question is asked of the store as it is then, while a run holds it open."""
    path = write_store(tmp_path / "run.sqlite", [make_outcome(1, Status.OK, [7])])
    comparison = StoredComparison(path)
    assert comparison.counts() == {7: 1}

    write_store(path, [make_outcome(2, Status.OK, [7])])

    assert comparison.counts() == {7: 2}


def test_reading_leaves_nothing_behind(tmp_path):
    """The store's bytes and its folder are as before, also if nobody closed the comparison."""
    path = write_store(tmp_path / "run.sqlite", [make_outcome(1, Status.OK, [7])])
    before, names = path.read_bytes(), sorted(tmp_path.iterdir())
    comparison = StoredComparison(path)
    assert comparison.against([7])[1].share == 1.0
    rows = iter(comparison.outcomes.items())
    next(rows)

    del comparison, rows
    gc.collect()

    assert path.read_bytes() == before
    assert sorted(tmp_path.iterdir()) == names


def test_a_closed_comparison_says_so(tmp_path):
    """After `close` every question is a StoreError."""
    comparison = StoredComparison(write_store(tmp_path / "run.sqlite", []))
    assert comparison.counts() == {}
    comparison.close()

    with pytest.raises(StoreError):
        comparison.counts()


def _of_another_account(path):
    write_store(path, [], account="mine", others=None)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda _: None, "does not exist"),
        (lambda path: path.mkdir(), "is a directory"),
        (lambda path: path.write_bytes(b"vmid,mid\n" * 200), "is no store"),
        (_of_another_account, "no results of account 'default', only of 'mine'"),
    ],
)
def test_what_is_no_store_is_a_store_error(tmp_path, make, words):
    """A file that is not there, is no store, or is of another account is named."""
    path = tmp_path / "run.sqlite"
    make(path)

    with pytest.raises(StoreError, match=words) as caught:
        StoredComparison(path)

    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE outcomes SET status = 'perhaps'",
        "UPDATE outcomes SET report = '{'",
        "UPDATE users SET record = '[]'",
        "DELETE FROM users",
    ],
)
def test_a_damaged_store_is_a_store_error(tmp_path, damage):
    """What no store holds is an error when it is read, never a guess."""
    path = write_store(tmp_path / "run.sqlite", [make_outcome(1, Status.OK, [7])])
    with sqlite3.connect(path) as file:
        file.execute(damage)
    file.close()

    with pytest.raises(StoreError, match="is damaged"):
        StoredComparison(path).outcomes[1]


def _fill(path, size, *, each=20, pool=4000):
    """Write *size* users with *each* accounts, some of them in most of the lists."""
    write_store(path, [])
    draw = random.Random(1).random
    statuses = [Status.OK] * 90 + [Status.INCOMPLETE] * 4 + [Status.PRIVATE] * 6
    kinds = {vmid: statuses[int(100 * draw())] for vmid in range(1, size + 1)}
    users = [(m, m - 1, json.dumps({"mid": m})) for m in range(1, pool + 1)]

    def outcomes():
        for vmid, status in kinds.items():
            none = status is Status.PRIVATE
            ids = [] if none else [mid - 1 for mid in _some(draw, each, pool)]
            yield outcome_row((1, 1, vmid), 1, make_outcome(vmid, status), ids)

    with sqlite3.connect(path) as file:
        file.execute("PRAGMA synchronous = OFF")
        checked = ((*user, row_check(*user)) for user in users)
        file.executemany("INSERT INTO users VALUES (1, ?, ?, ?, ?)", checked)
        marks = ", ".join("?" * 14)
        file.executemany(f"INSERT INTO outcomes VALUES ({marks})", outcomes())  # noqa: S608
    file.close()


def _some(draw, each, pool):
    mids = set()
    while len(mids) < each:
        mids.add(1 + int(pool * draw() ** 3))
    return mids


# In a process of its own, whose memory holds nothing else.
_ASK = """if True:
    import json, re, sys, time
    from pathlib import Path
    from bili_common.compare.stored import StoredComparison
    comparison = StoredComparison(sys.argv[1])
    began = time.monotonic()
    top = comparison.most_shared(20)
    counted = time.monotonic()
    found = dict.fromkeys([mid for mid, _ in top], 0)
    unknown = 0
    for answer in comparison.against(found).values():
        unknown += answer.share is None
        for mid in answer.found:
            found[mid] += 1
    seconds = [round(counted - began, 2), round(time.monotonic() - counted, 2)]
    # Not ru_maxrss, which is at least that of the process that started this one.
    peak = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())
    mib = int(peak[1]) // 1024
    print(json.dumps([seconds, mib, top, list(found.items()), unknown]))
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's /proc")
def test_many_users_are_answered_in_bounded_memory(tmp_path, capsys):
    """A million users with 20 each (fewer without BILI_FULL) take at most 60 s and 1 GiB."""
    path = tmp_path / "large.sqlite"
    _fill(path, SIZE)

    done = subprocess.run(  # noqa: S603 - our own interpreter and the text above
        [sys.executable, "-c", _ASK, path], capture_output=True, text=True, check=True
    )

    seconds, mib, top, found, unknown = json.loads(done.stdout)
    times = f"most_shared {seconds[0]} s, against {seconds[1]} s, {mib} MiB"
    with capsys.disabled():
        sys.stdout.write(f"\n{SIZE:,} users x 20: {times}\n")
    path.unlink()
    # Two ways to the same numbers: by counting, and user by user.
    assert top == found
    assert 0.05 * SIZE < unknown < 0.15 * SIZE
    assert sum(seconds) < 60
    assert mib < 1024
