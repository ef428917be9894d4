import math

import pytest
import torch

from viewsync.synnet.losses import shift_loss


def test_by_hand():
    logits = torch.log(torch.tensor([[0.5, 0.25, 0.25, 0.0001]]))
    entropy = -math.log(0.25 / 1.0001)
    # The mean class is 0.25 + 2 · 0.25 (+ 0.0003), so the true one, 2, is 1.25 away; the likeliest one is 2 away.
    for penalty, distance in (("expected", 1.25), ("argmax", 2.0)):
        loss = shift_loss(logits, torch.tensor([2]), alpha=0.6, penalty=penalty)
        assert loss.item() == pytest.approx(0.6 * entropy + 0.4 * distance, abs=1e-3)
    assert shift_loss(logits, torch.tensor([2]), penalty="none").item() == pytest.approx(entropy, abs=1e-4)


def gradient(penalty, alpha):
    logits = torch.tensor([[0.3, -0.2, 0.1, 0.5]], requires_grad=True)
    shift_loss(logits, torch.tensor([1]), alpha=alpha, penalty=penalty).backward()
    return logits.grad


def test_only_the_expected_class_has_a_gradient():
    assert bool(gradient("expected", 0.0).any())
    torch.testing.assert_close(gradient("argmax", 0.5), 0.5 * gradient("none", 0.5))


def test_far_off_costs_more():
    certain = 20 * torch.eye(8)
    for penalty in ("expected", "argmax"):
        costs = [shift_loss(certain[[guess]], torch.tensor([0]), penalty=penalty).item() for guess in range(8)]
        assert costs == sorted(costs)
        assert costs[0] < 1e-3
