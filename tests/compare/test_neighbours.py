"""Who is like whom, against every pair by hand."""

from __future__ import annotations

import pickle

from itertools import combinations

import pytest

from hypothesis import given
from hypothesis import strategies as st

from bili_common import Comparison, Status

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
