"""Metrics, worked by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from viewsync.association.frames import UNKNOWN
from viewsync.association.metrics import (
    PairOutcome,
    average_precision,
    counted,
    false_positive_rate,
    measure,
)
from viewsync.types import InputError


def outcome(ids_a, ids_b, matches, scores=None):
    ids_a, ids_b = np.array(ids_a, dtype=int), np.array(ids_b, dtype=int)
    scores = np.zeros((len(ids_a), len(ids_b))) if scores is None else np.array(scores, dtype=np.float64)
    return PairOutcome(ids_a, ids_b, scores, np.array(matches, dtype=int).reshape(-1, 2))


# Persons 1, 2, 3 are in both, 4 in a only, 5 in b only; 1 is matched rightly, 2 and 3 crosswise, 4 with 5.
MIXED = outcome([1, 2, 3, 4], [1, 2, 3, 5], [(0, 0), (1, 2), (2, 1), (3, 3)])
# As before, but 4 and 5 are left alone.
ALONE = outcome([1, 2, 3, 4], [1, 2, 3, 5], [(0, 0), (1, 2), (2, 1)])


def test_who_was_rightly_matched_and_rightly_left_alone():
    mixed, alone = counted(MIXED), counted(ALONE)
    assert (mixed.people, mixed.shared, mixed.kept, mixed.correct, mixed.left_alone) == (5, 3, 4, 1, 0)
    assert (alone.people, alone.shared, alone.kept, alone.correct, alone.left_alone) == (5, 3, 3, 1, 2)


def test_accuracy_is_pooled_over_pairs_of_views():
    # (1 + 0 + 1 + 2) of 10 people; 4 matches + 3 of which 2 are right; 6 shared.
    found = measure([MIXED, ALONE])
    assert found.accuracy == 4 / 10
    assert (found.precision, found.recall, found.f1) == (2 / 7, 2 / 6, 4 / 13)
    assert found.f1 == pytest.approx(2 * found.precision * found.recall / (found.precision + found.recall))


def test_ipaa_counts_pairs_of_views_that_reach_a_level():
    right = outcome(range(10), range(10), [(i, i) for i in range(10)])
    nine = outcome(range(10), range(10), [(i, i) for i in range(9)])
    eight = outcome(range(10), range(10), [(i, i) for i in range(8)])
    assert measure([right, nine, eight, MIXED]).ipaa == (1 / 4, 2 / 4, 3 / 4)


def test_a_missed_person_counts_against_accuracy_though_nothing_was_matched():
    # Of two who are in both views one is found; the other is neither matched nor rightly left alone.
    assert measure([outcome([1, 2], [1, 2], [(0, 0)])]).accuracy == 1 / 2


def test_unknown_people_count_in_precision_only():
    both = outcome([UNKNOWN, 1], [UNKNOWN, 1], [(0, 0), (1, 1)])
    found = measure([both])
    assert (found.accuracy, found.precision, found.recall) == (1.0, 1 / 2, 1.0)
    # Known with unknown: wrong, and the known one wasn't left alone.
    one = measure([outcome([1], [UNKNOWN], [(0, 0)])])
    assert (one.accuracy, one.precision, one.recall, one.f1) == (0.0, 0.0, None, 0.0)
    # Neither is known: nothing to be right about, but a match all the same.
    none = measure([outcome([UNKNOWN], [UNKNOWN], [(0, 0)])])
    assert (none.pairs, none.accuracy, none.ipaa, none.precision) == (1, None, (None, None, None), 0.0)


def test_a_view_without_people_says_nothing():
    found = measure([outcome([1, 2], [], []), outcome([], [], [])])
    assert found.pairs == 0
    assert found.ipaa == (None, None, None)
    assert {found.accuracy, found.precision, found.recall, found.f1} == {None}
    assert (found.average_precision, found.false_positive_rate) == (None, None)


def test_one_person_in_each_view():
    same = measure([outcome([7], [7], [(0, 0)], [[0.0]])])
    assert (same.accuracy, same.ipaa, same.f1, same.average_precision) == (1.0, (1.0, 1.0, 1.0), 1.0, 1.0)
    assert same.false_positive_rate is None
    other = measure([outcome([7], [8], [], [[0.9]])])
    assert (other.accuracy, other.precision, other.recall, other.average_precision) == (1.0, None, None, None)


def test_average_precision_by_hand():
    same, scores = np.array([True, False, True, False]), np.array([0.9, 0.8, 0.7, 0.1])
    # Found first of 1 and second of 3: (1/1 + 2/3) / 2.
    assert average_precision(same, scores) == pytest.approx(5 / 6)
    # Ties are one threshold: all four at once, two of them right.
    assert average_precision(same, np.ones(4)) == pytest.approx(1 / 2)
    # 1/2 at the first two together, then 2/3.
    assert average_precision(same, np.array([0.9, 0.9, 0.7, 0.1])) == pytest.approx((1 / 2 + 2 / 3) / 2)


def test_false_positive_rate_by_hand():
    # 20 true pairs; 19 are 95 %. Two of five false ones score higher than the 19th, one more than the 20th.
    true, false = np.arange(100, 80, -1), np.array([99.5, 82.5, 81.5, 10, 9])
    same = np.repeat([True, False], [20, 5])
    assert false_positive_rate(same, np.concatenate([true, false]).astype(float)) == 2 / 5
    # A false one that ties with the 19th counts.
    false[2] = 82
    assert false_positive_rate(same, np.concatenate([true, false]).astype(float)) == 3 / 5


def test_scores_are_pooled_without_unknown_people():
    first = outcome([1, UNKNOWN], [1, 2], [], [[0.9, 0.1], [1.0, 1.0]])
    second = outcome([1], [2], [], [[0.95]])
    # Scores of known people: 0.9 (true), 0.1, 0.95.
    assert measure([first, second]).average_precision == pytest.approx(1 / 2)
    assert measure([first, second]).false_positive_rate == 1 / 2


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_metrics_do_not_depend_on_the_order_of_people_or_of_the_two_views(seed):
    rng = np.random.default_rng(seed)
    a, b = rng.permutation(8)[:5], rng.permutation(8)[:6]
    a[rng.uniform(size=5) < 0.2] = UNKNOWN
    scores = rng.integers(0, 4, size=(5, 6)) / 3
    matches = np.stack([rng.permutation(5)[:3], rng.permutation(6)[:3]], axis=1)
    straight = measure([PairOutcome(a, b, scores, matches)])
    assert measure([PairOutcome(b, a, scores.T, matches[:, ::-1])]) == straight
    order = rng.permutation(5)
    moved = np.column_stack([np.argsort(order)[matches[:, 0]], matches[:, 1]])
    assert measure([PairOutcome(a[order], b, scores[order], moved)]) == straight
    assert 0 <= straight.accuracy <= 1


def test_outcomes_refuse_nan_and_double_matches():
    with pytest.raises(InputError, match="finite"):
        outcome([1], [1], [], [[np.nan]])
    with pytest.raises(InputError, match="matched to two people"):
        outcome([1, 2], [1], [(0, 0), (1, 0)])
