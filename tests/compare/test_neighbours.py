"""Who is like whom, against every pair by hand."""

from __future__ import annotations

import pickle
import random
import subprocess
import sys

from itertools import combinations

import numpy as np
import pytest

from hypothesis import given
from hypothesis import strategies as st

from bili_common import Comparison, Status
from bili_common.compare._popcounts import Popcounts
from bili_common.compare.neighbours import Bitsets, neighbourhood

from .outcomes import make_outcome, outcome_lists


MEASURES = st.sampled_from(["jaccard", "overlap"])
SCORES = st.sampled_from([0.0, 0.2, 1 / 3, 0.5, 1.0])


def scores_by_hand(outcomes, measure):
    """Return the score of each two users who have one, by the definition."""
    known = {o.vmid: {i.mid for i in o.items} for o in outcomes if o.status is Status.OK}
    scores = {}
    for a, b in combinations(sorted(known), 2):
        one, other = known[a], known[b]
        whole = len(one | other) if measure == "jaccard" else min(len(one), len(other))
        if whole:
            scores[a, b] = scores[b, a] = len(one & other) / whole
    return scores


def neighbours_by_hand(outcomes, measure, k, min_score, vmids):
    """Return what `neighbours` yields, by sorting all scores of each user."""
    scores = scores_by_hand(outcomes, measure)
    expected = []
    for vmid in sorted(vmids):
        near = [(-s, b) for (a, b), s in scores.items() if a == vmid and s >= min_score]
        expected += [(vmid, other, -score) for score, other in sorted(near)[:k]]
    return expected


@given(outcome_lists(), MEASURES, st.none() | st.integers(0, 9), SCORES)
def test_neighbours_are_the_most_alike(outcomes, measure, k, min_score):
    """Each known list has its k best others, the best first, equal ones by their ids."""
    comparison = Comparison(outcomes)
    vmids = [outcome.vmid for outcome in outcomes]
    options = {"measure": measure, "min_score": min_score}

    assert list(comparison.neighbours(k, **options)) == neighbours_by_hand(
        outcomes, measure, k, min_score, vmids
    )
    some = vmids[::2]
    assert list(comparison.neighbours(k, vmids=some, **options)) == neighbours_by_hand(
        outcomes, measure, k, min_score, some
    )
    for vmid in vmids:
        assert [
            (vmid, other, score) for other, score in comparison.most_like(vmid, k, **options)
        ] == neighbours_by_hand(outcomes, measure, k, min_score, [vmid])


@given(outcome_lists(), MEASURES, st.none() | st.integers(0, 9), SCORES)
def test_similarity_is_of_the_closest_pairs(outcomes, measure, k, min_score):
    """The k best pairs come, the best first, equal ones by a, then b."""
    scores = scores_by_hand(outcomes, measure)
    pairs = [(a, b, s) for (a, b), s in scores.items() if a < b and s >= min_score]
    pairs.sort(key=lambda pair: (-pair[2], *pair[:2]))

    assert Comparison(outcomes).similarity(measure, k=k, min_score=min_score) == pairs[:k]


@given(outcome_lists())
def test_edges_and_followers_are_what_the_lists_hold(outcomes):
    """An edge stands for each account in each list, whatever is known of the list."""
    comparison = Comparison(outcomes)
    expected = [(o.vmid, item.mid) for o in outcomes for item in o.items]

    assert list(comparison.edges()) == expected
    for mid in range(1, 15):
        assert comparison.followers_of(mid) == {v for v, m in expected if m == mid}


def test_nothing_is_read_before_the_first_neighbour_is_asked_for():
    """`neighbours` checks its arguments at once, and works while it is iterated."""
    comparison = Comparison([make_outcome(v, Status.OK, [7]) for v in (1, 2)])

    near = comparison.neighbours()

    assert next(near) == (1, 2, 1.0)
    assert list(near) == [(2, 1, 1.0)]


@pytest.mark.parametrize("status", [s for s in Status if s is not Status.OK])
def test_a_list_that_is_not_wholly_known_has_no_neighbours(status):
    """Nobody is called like or unlike a user by a part of the list, or by nothing."""
    comparison = Comparison([make_outcome(1, status), make_outcome(2, Status.OK, [7])])

    assert comparison.most_like(1) == []
    assert list(comparison.neighbours()) == []


def test_a_comparison_pickles():
    """A comparison goes to another process with all it knows."""
    outcomes = [make_outcome(v, Status.OK, [7, v]) for v in (1, 2)]
    comparison = Comparison(outcomes, labels={1: "one"}, follows={9: True})

    copy = pickle.loads(pickle.dumps(comparison))  # noqa: S301 - our own

    assert copy.outcomes == comparison.outcomes
    assert copy.labels == {1: "one"}
    assert copy.counts() == {7: 2, 1: 1, 2: 1}
    assert copy.against([9])[1].missing == {9}
    assert repr(copy) == "<Comparison of 2 users: 2 ok>"


def _both_ways(outcomes):
    """Return the lists made ready by plain Python, and by NumPy."""
    lists = [
        (o.vmid, [item.mid for item in o.items]) for o in outcomes if o.status is Status.OK
    ]
    return Bitsets(lists), Popcounts(lists)


@given(outcome_lists(most=25), MEASURES, st.none() | st.integers(0, 9), SCORES)
def test_the_quick_way_is_the_plain_way(outcomes, measure, k, min_score):
    """NumPy finds the same neighbours and pairs, in the same order with the same scores."""
    plain, quick = _both_ways(outcomes)

    assert list(quick.nearest(None, k, measure, min_score)) == list(
        plain.nearest(None, k, measure, min_score)
    )
    assert quick.closest(k, measure, min_score) == plain.closest(k, measure, min_score)


@pytest.mark.slow
@pytest.mark.parametrize("measure", ["jaccard", "overlap"])
@pytest.mark.parametrize("longest", [40, 300])
def test_the_quick_way_is_the_plain_way_beyond_the_popular(measure, longest):
    """Accounts beyond the most popular, lists over 255, and several chunks count alike."""
    draw = random.Random(5)
    sizes = [draw.randint(longest // 4, longest) for _ in range(1099)]
    lists = []
    for vmid, size in enumerate(sizes, 1):
        popular = draw.sample(range(1, 61), min(size // 2, 60))
        lists.append((vmid, popular + draw.sample(range(61, 900), size - len(popular))))
    plain, quick = Bitsets(lists), Popcounts(lists)
    some = draw.sample(range(1, 1100), 20)

    assert list(quick.nearest(some, 7, measure, 0.0)) == list(
        plain.nearest(some, 7, measure, 0.0)
    )
    assert quick.closest(50, measure, 0.0) == plain.closest(50, measure, 0.0)


@pytest.mark.slow
def test_the_scores_are_those_of_a_sparse_product():
    """Over ten thousand lists the best scores of each user are those that SciPy finds."""
    sparse = pytest.importorskip("scipy.sparse")
    draw = np.random.default_rng(3)
    chances = 1 / np.arange(1, 2001) ** 0.8
    chances /= chances.sum()
    rows = [draw.choice(2000, 36, replace=False, p=chances) for _ in range(10_000)]
    matrix = sparse.csr_array(
        (np.ones(360_000), (np.repeat(np.arange(10_000), 36), np.concatenate(rows)))
    )
    quick = Popcounts((v, row.tolist()) for v, row in enumerate(rows, 1))
    asked = list(range(1, 10_001, 50))

    found = [score for _, _, score in quick.nearest(asked, 20, "jaccard", 0.0)]

    both = (matrix[[v - 1 for v in asked]] @ matrix.T).toarray()
    scores = both / (72 - both)
    scores[np.arange(len(asked)), [v - 1 for v in asked]] = -1
    best = -np.sort(-scores, axis=1)[:, :20]
    assert found == best.ravel().tolist()


def test_numpy_is_used_for_many_lists_only():
    """Few lists do not load NumPy; many do, unless it is not there, with the same answer."""
    lists = [(vmid, [vmid % 7, 8]) for vmid in range(1, 600)]
    code = """
import sys
from bili_common.compare.neighbours import neighbourhood
lists = [(vmid, [vmid % 7, 8]) for vmid in range(1, 600)]
neighbourhood(lists[:10])
assert "numpy" not in sys.modules
sys.modules["numpy"] = None
print(type(neighbourhood(lists)).__name__)
"""
    done = subprocess.run(  # noqa: S603 - our own interpreter and the text above
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert done.stdout == "Bitsets\n"
    assert isinstance(neighbourhood(lists), Popcounts)
