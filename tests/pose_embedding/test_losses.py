import pytest
import torch

from viewsync.pose_embedding.losses import contrast, nearby

LAGS = torch.arange(-20, 21, dtype=torch.float64)
TRUTH = torch.tensor([3.4, -7.0], dtype=torch.float64)


def logits(places, height=30.0):
    """Hills of the label's width for the pairs that belong together, nothing for the others."""
    hills = height - ((LAGS - places[:, None]) / 0.7) ** 2 / 2
    made = torch.zeros(2, 2, len(LAGS), dtype=torch.float64)
    made[0, 0], made[1, 1] = hills
    return made


def test_the_true_lag_is_the_best_one():
    right = contrast(logits(TRUTH), LAGS, TRUTH)
    assert all(contrast(logits(TRUTH + shift), LAGS, TRUTH) > right for shift in (-5, -0.3, 0.3, 5))


def test_a_perfect_answer_costs_the_entropy_of_the_label():
    label = torch.softmax(-(((LAGS - TRUTH[:, None]) / 0.7) ** 2) / 2, dim=1)
    entropy = -(label * label.clamp_min(1e-300).log()).sum(1).mean()
    assert contrast(logits(TRUTH), LAGS, TRUTH).item() == pytest.approx(entropy.item(), abs=1e-6)


def test_alike_clips_of_others_cost():
    mixed = logits(TRUTH)
    mixed[0, 1] = mixed[0, 0]
    assert contrast(mixed, LAGS, TRUTH) > contrast(logits(TRUTH), LAGS, TRUTH) + 0.1


def test_short_overlaps_are_left_out():
    cut = logits(TRUTH)
    cut[..., -10:] = -torch.inf
    assert torch.isfinite(contrast(cut, LAGS, TRUTH))


@pytest.mark.parametrize("shift", [0.0, 0.4, -2.0])
def test_the_middle_of_the_hill_is_held_to_the_truth(shift):
    own = torch.diagonal(logits(TRUTH + shift)).T
    # Huber: half the square up to one frame, from there on straight.
    expected = shift**2 / 2 if abs(shift) <= 1 else abs(shift) - 0.5
    assert nearby(own, LAGS, TRUTH).item() == pytest.approx(expected, abs=0.01)
