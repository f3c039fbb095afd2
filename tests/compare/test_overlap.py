"""What many lists have in common, against sets made by hand."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import pytest

from hypothesis import given
from hypothesis import strategies as st

from bili_common import Against, Comparison, Status, UsageError
from bili_common.compare import comparison as comparison_module
from bili_common.compare.stored import StoredComparison
from bili_common.report.heatmap import SERIATE_AT_MOST, clustered_order

from .outcomes import SEEN, make_outcome, outcome_lists, write_store


@pytest.fixture(params=["memory", "store"])
def compared(request, tmp_path):
    """Return the function that makes a comparison of outcomes, of either kind."""
    if request.param == "memory":
        return Comparison
    return lambda outcomes: StoredComparison(write_store(tmp_path / "run.sqlite", outcomes))


def _seen(outcomes):
    return {outcome.vmid: {item.mid for item in outcome.items} for outcome in outcomes}


def _known(outcomes):
    return {o.vmid: {item.mid for item in o.items} for o in outcomes if o.status is Status.OK}


@pytest.mark.slow
@given(outcome_lists())
def test_counts_and_sets_are_those_of_what_was_seen(outcomes):
    """Counts, the most shared and the sets follow from what was seen, in part or whole."""
    comparison = Comparison(outcomes)
    counts = Counter()
    for mids in _seen(outcomes).values():
        counts.update(mids)

    assert comparison.counts() == counts
    assert comparison.most_shared() == sorted(counts.items(), key=lambda x: (-x[1], x[0]))
    for n in range(4):
        assert comparison.most_shared(n) == comparison.most_shared()[:n]
        assert comparison.shared_by(n) == {mid for mid in counts if counts[mid] >= n}
    assert comparison.union() == set().union(*_seen(outcomes).values())
    assert comparison.incomplete == {o.vmid for o in outcomes if o.status is not Status.OK}
    assert comparison.statuses() == Counter(o.status for o in outcomes)
    assert comparison.users.keys() == comparison.union()
    assert list(comparison.outcomes) == [o.vmid for o in outcomes]


@given(outcome_lists())
def test_intersection_is_of_lists_of_which_something_is_known(outcomes):
    """Without arguments the users of whom nothing is known are left out; named, they raise."""
    comparison = Comparison(outcomes)
    seen = {o.vmid: _seen([o])[o.vmid] for o in outcomes if o.status in SEEN}

    expected = set.intersection(*seen.values()) if seen else set()
    assert comparison.intersection() == expected
    for a, b in combinations(comparison.outcomes, 2):
        if a in seen and b in seen:
            assert comparison.intersection(a, b) == seen[a] & seen[b]
            continue
        with pytest.raises(UsageError, match="nothing is known of the list of vmid="):
            comparison.intersection(a, b)


@given(outcome_lists())
def test_ratios_are_of_known_lists_or_none(outcomes):
    """A pair has a score if both lists are known and a ratio of them exists, else none."""
    comparison = Comparison(outcomes)
    known = _known(outcomes)
    expected = {"jaccard": {}, "overlap": {}}
    for a, b in combinations(sorted(known), 2):
        both, either = known[a] & known[b], known[a] | known[b]
        if either:
            expected["jaccard"][a, b] = len(both) / len(either)
        if known[a] and known[b]:
            expected["overlap"][a, b] = len(both) / min(len(known[a]), len(known[b]))

    for a, b in combinations(sorted(comparison.outcomes), 2):
        assert comparison.jaccard(a, b) == expected["jaccard"].get((a, b))
        assert comparison.jaccard(b, a) == comparison.jaccard(a, b)
    for measure, scores in expected.items():
        triples = [(a, b, score) for (a, b), score in scores.items()]
        triples.sort(key=lambda x: (-x[2], x[0], x[1]))
        assert comparison.similarity(measure) == triples


def _expected_against(outcomes, mids, followed):
    """Return the answers by the definition: user by user, account by account."""
    followed = followed | {item.mid for outcome in outcomes for item in outcome.items}
    answers = {}
    for outcome in outcomes:
        found = _seen([outcome])[outcome.vmid] & mids
        missing = (mids - found) & followed if outcome.status is Status.OK else set()
        unknown = mids - found - missing
        share = None if unknown else len(found) / len(mids)
        answers[outcome.vmid] = Against(found, missing, unknown, share)
    return answers


@pytest.mark.slow
@given(
    outcome_lists(),
    st.sets(st.integers(1, 15), min_size=1),
    st.sets(st.integers(1, 15)),
    st.dictionaries(st.integers(1, 15), st.booleans()),
)
def test_against_never_takes_the_unseen_for_a_miss(outcomes, mids, named, asked):
    """A miss needs a list that is wholly known and an account that the caller follows."""
    comparison = Comparison(outcomes, follows=asked)
    told = {mid for mid, follows in asked.items() if follows}

    answers = comparison.against(list(mids), caller_follows=named)

    assert list(answers) == [o.vmid for o in outcomes]
    assert answers == _expected_against(outcomes, mids, named | told)
    assert comparison.against(mids) == _expected_against(outcomes, mids, told)


def test_a_hidden_list_does_not_follow_nothing():
    """PRIVATE, NOT_FOUND and FAILED are no empty lists, an empty list that is known is one."""
    unknown = [Status.PRIVATE, Status.NOT_FOUND, Status.FAILED]
    outcomes = [make_outcome(vmid, status) for vmid, status in enumerate(unknown, 2)]
    comparison = Comparison([make_outcome(1, Status.OK), *outcomes])

    answers = comparison.against([7], caller_follows=[7])

    assert answers[1] == Against(frozenset(), frozenset({7}), frozenset(), 0.0)
    for vmid in (2, 3, 4):
        assert answers[vmid] == Against(frozenset(), frozenset(), frozenset({7}), None)
        assert comparison.jaccard(1, vmid) is None
    assert comparison.incomplete == {2, 3, 4}


def test_an_account_that_the_caller_may_not_follow_is_unknown():
    """A list holds only what both follow: the miss of any other account says nothing."""
    comparison = Comparison([make_outcome(1, Status.OK, [7]), make_outcome(2, Status.OK)])

    assert comparison.against([12345])[1] == Against(
        found=frozenset(), missing=frozenset(), unknown=frozenset({12345}), share=None
    )
    assert comparison.against([12345], caller_follows=[12345])[1].share == 0.0
    # The list of user 1 shows that the caller follows 7.
    assert comparison.against([7])[2].missing == {7}


def test_an_incomplete_list_that_has_all_has_a_share():
    """Where every account was found, nothing is unknown, also in a list known in part."""
    comparison = Comparison([make_outcome(1, Status.INCOMPLETE, [7, 8])])

    assert comparison.against([7, 8])[1].share == 1.0
    assert comparison.against([7, 9])[1].share is None


def test_two_empty_lists_are_not_alike():
    """0 by 0 is no score: two users without same followings are neither alike nor not."""
    comparison = Comparison(
        [make_outcome(v, Status.OK, m) for v, m in [(1, ()), (2, ()), (3, [9])]]
    )

    assert comparison.jaccard(1, 2) is None
    assert comparison.jaccard(1, 3) == 0.0
    assert comparison.similarity() == [(1, 3, 0.0), (2, 3, 0.0)]
    assert comparison.similarity("overlap") == []


def test_the_last_outcome_of_a_user_and_the_latest_record_count():
    """A user counts once, and an account is shown as it was read last, whatever the order."""
    comparison = Comparison(
        [
            make_outcome(1, Status.OK, [7, 8]),
            make_outcome(2, Status.OK, [9], age=20),
            make_outcome(1, Status.OK, [9], age=10),
        ]
    )

    assert comparison.counts() == {9: 2}
    assert comparison.users[9].uname == "up 9 at 20"
    assert comparison.users.keys() == {9}


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda c: c.jaccard(1, 404), "vmid=404 is not in the comparison"),
        (lambda c: c.intersection(404), "vmid=404 is not in the comparison"),
        (lambda c: c.similarity(vmids=[1, 404]), "vmid=404 is not in the comparison"),
        (lambda c: c.similarity("cosine"), "measure must be .* 'cosine'"),
        (lambda c: c.jaccard(1, "1"), "vmid must be .* '1'"),
        (lambda c: c.against([]), "mids is empty"),
        (lambda c: c.against([True]), "mids must be .* True"),
        (lambda c: c.against("12"), "mids must be .* '12'"),
        (lambda c: c.most_shared(-1), "n must be .* -1"),
        (lambda c: c.shared_by(-1), "min_count must be .* -1"),
        (lambda c: c.shared_by(1.0), "min_count must be .* 1.0"),
        (lambda c: c.against([7], caller_follows=[0]), "caller_follows must be .* 0"),
        (lambda c: c.similarity(k=-1), "k must be .* -1"),
        (lambda c: c.similarity(min_score=2), "min_score must be .* 2"),
        (lambda c: c.neighbours(-1), "k must be .* -1"),
        (lambda c: c.neighbours(min_score=float("nan")), "min_score must be .* nan"),
        (lambda c: c.neighbours(measure="cosine"), "measure must be .* 'cosine'"),
        (lambda c: c.neighbours(vmids=[404]), "vmid=404 is not in the comparison"),
        (lambda c: c.most_like(404), "vmid=404 is not in the comparison"),
        (lambda c: c.followers_of(0), "mid must be .* 0"),
    ],
)
def test_a_wrong_question_is_named(ask, words, compared):
    """A UsageError names the argument and the value, in memory and from a store alike."""
    with pytest.raises(UsageError, match=words):
        ask(compared([make_outcome(1, Status.OK, [7])]))


def test_every_pair_of_too_many_is_refused(compared, monkeypatch):
    """All pairs of more lists than find room are refused; fewer, by any argument, are not."""
    monkeypatch.setattr(comparison_module, "PAIRS_OF_AT_MOST", 3)
    comparison = compared([make_outcome(vmid, Status.OK, [7]) for vmid in range(1, 6)])

    with pytest.raises(UsageError, match=r"every pair of 5 lists.* name k or min_score"):
        comparison.similarity()

    assert comparison.similarity(vmids=[5, 1]) == [(1, 5, 1.0)]
    assert comparison.similarity(k=2) == [(1, 2, 1.0), (1, 3, 1.0)]
    assert len(comparison.similarity(min_score=0.5)) == 10


def _average_linkage(matrix):
    """Return the clusters in the order in which they are made, by the definition."""
    clusters = [(place,) for place in range(len(matrix))]
    made = []
    while len(clusters) > 1:

        def mean(pair):
            a, b = pair
            return sum(matrix[i][j] for i in a for j in b) / (len(a) * len(b))

        a, b = max(combinations(clusters, 2), key=mean)
        clusters = [c for c in clusters if c not in (a, b)] + [a + b]
        made.append(set(a + b))
    return made


@st.composite
def _matrices(draw):
    size = draw(st.integers(0, 8))
    # Different scores, so that no tie decides; and exact ones.
    count = size * (size - 1) // 2
    scores = draw(st.permutations(range(1, count + 1)))
    matrix = [[0.0] * size for _ in range(size)]
    for (a, b), score in zip(combinations(range(size), 2), scores, strict=True):
        matrix[a][b] = matrix[b][a] = float(3**score)
    return matrix


@given(_matrices())
def test_clusters_stand_together(matrix):
    """Every cluster that average linkage makes has its members side by side."""
    order = clustered_order(matrix)

    assert sorted(order) == list(range(len(matrix)))
    for cluster in _average_linkage(matrix):
        places = [order.index(member) for member in cluster]
        assert max(places) - min(places) == len(cluster) - 1


def test_like_ends_meet():
    """A join turns both sides so that the most alike ends are neighbours."""
    near = {(0, 1): 9, (2, 3): 8, (0, 3): 5}
    matrix = [[float(near.get((min(a, b), max(a, b)), 0)) for b in range(4)] for a in range(4)]

    assert clustered_order(matrix) in ([1, 0, 3, 2], [2, 3, 0, 1])


def test_the_order_of_unknown_scores_is_that_of_the_places():
    """None counts as 0, and equal scores go by place."""
    assert clustered_order([[None] * 3] * 3) == [0, 1, 2]
    assert clustered_order([]) == []


@pytest.mark.parametrize(
    ("scores", "words"),
    [
        ([[1.0], [1.0]], "square: 2 rows of 2"),
        ([[0, 1], [2, 0]], "symmetric, not so at 0, 1"),
        ([[0] * (SERIATE_AT_MOST + 1)] * (SERIATE_AT_MOST + 1), "at most 200 rows, not 201"),
    ],
)
def test_a_wrong_matrix_is_named(scores, words):
    """A UsageError says what is wrong with the matrix."""
    with pytest.raises(UsageError, match=words):
        clustered_order(scores)
