import pytest
import torch

from viewsync.pose_embedding.correlation import correlations, lags, overlaps, peak


def slow(a, b):
    """Term by term."""
    sums = torch.zeros(len(a), len(b), a.shape[1] + b.shape[1] - 1, dtype=a.dtype)
    for place, lag in enumerate(lags(a.shape[1], b.shape[1]).tolist()):
        for t in range(b.shape[1]):
            if 0 <= t + lag < a.shape[1]:
                sums[:, :, place] += a[:, t + lag] @ b[:, t].T
    return sums


@pytest.mark.parametrize(("frames_a", "frames_b"), [(7, 7), (9, 4), (3, 8), (1, 1)])
def test_the_same_as_its_slow_twin(frames_a, frames_b):
    a, b = torch.randn(2, frames_a, 5, dtype=torch.float64), torch.randn(3, frames_b, 5, dtype=torch.float64)
    torch.testing.assert_close(correlations(a, b), slow(a, b))


def test_swapping_turns_the_lags_round():
    a, b = torch.randn(1, 9, 5, dtype=torch.float64), torch.randn(1, 6, 5, dtype=torch.float64)
    torch.testing.assert_close(correlations(a, b)[0, 0].flip(0), correlations(b, a)[0, 0])


def test_lags_and_overlaps_by_hand():
    assert lags(3, 2).tolist() == [-1, 0, 1, 2]
    assert overlaps(3, 2).tolist() == [1, 2, 2, 1]


def test_a_late_copy_peaks_at_its_lag():
    row = torch.randn(1, 80, 4, dtype=torch.float64)
    assert lags(60, 50)[correlations(row[:, 10:70], row[:, 25:75]).argmax()].item() == 15


def test_gradients_are_those_of_the_sums():
    a, b = (torch.randn(1, 4, 2, dtype=torch.float64, requires_grad=True) for _ in range(2))
    assert torch.autograd.gradcheck(correlations, (a, b))


@pytest.mark.parametrize("truth", [3.0, 3.3, 3.5, 7.8, 0.9])
def test_the_peak_of_a_parabola_is_exact(truth):
    place = torch.arange(10, dtype=torch.float64)
    assert peak(-((place - truth) ** 2)).item() == pytest.approx(truth)


def test_a_peak_at_the_end_stays_there_or_within_a_step():
    assert peak(torch.arange(6.0)).item() == pytest.approx(4, abs=1)
