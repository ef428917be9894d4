"""Costs and matches, worked by hand."""

import numpy as np
import pytest
import torch

from viewsync.association.costs import matched, mixed_cost


def column(*values):
    return torch.tensor(values, dtype=torch.float64)[:, None]


def test_geometry_and_appearance_are_each_of_the_largest():
    cost = mixed_cost(column(0, 4), column(1, 8), column(0, 1), column(1, 0), alpha=0.25)
    # Distances 1, 8, 3, 4 of 8; and 1, 0, 0, 1 of 1.
    by_hand = 0.75 * torch.tensor([[1, 8], [3, 4]]) / 8 + 0.25 * torch.tensor([[1, 0], [0, 1]])
    torch.testing.assert_close(cost, by_hand.double(), atol=1e-5, rtol=0)


def test_without_appearance_geometry_is_all():
    cost = mixed_cost(column(0, 4), column(1, 8), alpha=0.25)
    torch.testing.assert_close(cost, torch.tensor([[1, 8], [3, 4]]).double() / 8, atol=1e-5, rtol=0)
    torch.testing.assert_close(mixed_cost(column(0, 4), column(1, 8), column(0, 1), None), cost)


def test_halfway_costs_a_half_in_any_company():
    assert mixed_cost(column(0), column(3), halfway=3.0).item() == 0.5
    torch.testing.assert_close(mixed_cost(column(0, 1), column(3, 9), halfway=3.0)[0], torch.tensor([0.5, 0.75]).double())


def test_appearance_as_different_as_usual_costs_a_half_of_its_share():
    # The only two: nobody is to be compared with, so they are as usual, however alike.
    for other in (column(5), column(1e-3)):
        cost = mixed_cost(column(0), column(3), column(0), other, alpha=0.2, halfway=3.0)
        assert cost.item() == pytest.approx(0.8 * 0.5 + 0.2 * 0.5)
    # Differences 1, 2, 4: the median costs a half, others less and more.
    cost = mixed_cost(column(0), column(3, 3, 3), column(0), column(1, 2, 4), alpha=0.2, halfway=3.0)
    torch.testing.assert_close(cost, 0.8 * 0.5 + 0.2 * torch.tensor([[1 / 3, 1 / 2, 2 / 3]]).double())
    # Of nobody there is no median.
    assert mixed_cost(column(), column(0, 1), column(), column(0, 1), halfway=1.0).shape == (0, 2)


def test_padding_changes_nothing():
    a, b = torch.randn(2, 3, 5), torch.randn(2, 4, 5)
    present = torch.zeros(2, 3, 4, dtype=torch.bool)
    present[:, :2, :3] = True
    far = b.clone()
    far[:, 3] = 1e6
    padded = mixed_cost(a, far, present=present)[:, :2, :3]
    torch.testing.assert_close(padded, mixed_cost(a[:, :2], b[:, :3]))


def test_the_sum_is_least_and_a_bad_match_is_dropped():
    cost = np.array([[0.1, 0.2, 0.9], [0.15, 0.9, 0.9]])
    np.testing.assert_array_equal(matched(cost), [[0, 1], [1, 0]])
    np.testing.assert_array_equal(matched(cost, threshold=0.82), [[1, 0]])
    np.testing.assert_array_equal(matched(cost.T), [[0, 1], [1, 0]])


@pytest.mark.parametrize(("keep_one", "kept"), [(True, [[1, 1]]), (False, np.zeros((0, 2)))])
def test_the_best_match_may_be_kept(keep_one, kept):
    np.testing.assert_array_equal(matched(np.array([[0.8, 0.9], [0.9, 0.7]]), 0.5, keep_one), kept)


def test_nobody_is_matched_to_nobody():
    assert matched(np.zeros((0, 3)), keep_one=True).shape == (0, 2)
    assert mixed_cost(torch.zeros(0, 2), torch.zeros(3, 2)).shape == (0, 3)
