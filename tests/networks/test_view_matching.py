from math import inf

import pytest
import torch
from made_views import camera
from torch.nn import functional

from viewsync.geometry.epipolar import fundamental_matrix
from viewsync.networks.epipolar_band import EpipolarBand, epipolar_lines, epipolar_mask
from viewsync.networks.view_matching import Mask, convolve_correlation, correlate, difference_factors, enlarged_correlation
from viewsync.networks.view_warp import MotionNetwork, enlarge

SHAPE, STRIDES = (12, 16), (10.0, 10.0)
BAND = EpipolarBand(0.8)
FUNDAMENTAL = torch.stack([torch.tensor(fundamental_matrix(camera("a", 0), camera("b", turn))) for turn in (70, 20)])


def features(seed, shape=SHAPE, channels=5):
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(2, channels, *shape, generator=rng, dtype=torch.float64)


def mask(band=BAND, normalized=False):
    return Mask(epipolar_lines(FUNDAMENTAL, SHAPE, STRIDES), band, normalized)


def test_a_channel_for_each_reference_position_laid_out_as_the_other_view():
    reference, other = features(0, (2, 3)), features(1, (4, 5))
    found = correlate(reference, other)
    assert found.shape == (2, 6, 4, 5)
    assert found[1, 4, 3, 2] == pytest.approx(float(reference[1, :, 1, 1] @ other[1, :, 3, 2]))


def test_epipolar_correlations_are_weighted():
    weights = epipolar_mask(FUNDAMENTAL, SHAPE, SHAPE, STRIDES, BAND).flatten(1, 2)
    found = correlate(features(0), features(1), mask())
    torch.testing.assert_close(found, weights * correlate(features(0), features(1)))
    assert 0.1 < float((weights > 0).double().mean()) < 0.5


def test_the_released_correlations_sum_to_one_over_the_other_view():
    found = correlate(features(0).abs(), features(1).abs(), mask(EpipolarBand(128.0, inf, "laplacian"), normalized=True))
    torch.testing.assert_close(found.sum(dim=(2, 3)), torch.ones(2, 192, dtype=torch.float64))


def test_the_difference_of_two_scales_comes_from_features():
    """C(j) − up(C(j−1)) enlarges correlations along the positions of both views."""
    reference, other = ([features(seed, (3, 4)), features(seed + 1, (6, 9))] for seed in (0, 2))
    coarse = correlate(reference[0], other[0])
    larger = enlarge(coarse, (6, 9)).unflatten(1, (3, 4)).permute(0, 3, 4, 1, 2).flatten(1, 2)
    larger = enlarge(larger, (6, 9)).unflatten(1, (6, 9)).permute(0, 3, 4, 1, 2).flatten(1, 2)
    torch.testing.assert_close(enlarged_correlation(coarse, (3, 4), (6, 9)), larger)
    expected = correlate(reference[1], other[1]) - larger
    torch.testing.assert_close(correlate(*difference_factors(reference, other)), expected)


WAYS = [("blocked", None), ("factored", None), ("blocked", mask()), ("band", mask())]


@pytest.mark.parametrize(("way", "weights"), WAYS, ids=["blocked", "factored", "blocked epi", "band epi"])
def test_all_ways_agree_in_value_and_gradient(way, weights):
    torch.manual_seed(0)
    convolution = MotionNetwork(192, widths=(6,)).double().first
    torch.nn.init.normal_(convolution.bias)
    maps = [features(seed).requires_grad_() for seed in (0, 1)]
    upstream = features(2, channels=6)

    def value_and_gradients(evaluation):
        found = convolve_correlation(*maps, convolution, weights, evaluation)
        return found, *torch.autograd.grad((found * upstream).sum(), [*maps, convolution.weight, convolution.bias])

    for expected, found in zip(value_and_gradients("dense"), value_and_gradients(way), strict=True):
        assert bool(expected.any())
        torch.testing.assert_close(found, expected)


@torch.inference_mode()
def test_single_precision_is_enough():
    convolution = MotionNetwork(192, widths=(6,)).first
    weights = Mask(mask().lines.float(), BAND)
    dense, band = (
        convolve_correlation(features(0).float(), features(1).float(), convolution, weights, evaluation)
        for evaluation in ("dense", "band")
    )
    assert float((dense - band).abs().max()) < 1e-5 * float(dense.abs().max())


def test_a_band_outside_the_picture_leaves_the_bias():
    """Lines that miss the other view altogether."""
    convolution = MotionNetwork(192, widths=(6,)).double().first
    torch.nn.init.normal_(convolution.bias)
    lines = torch.tensor([0.0, 1.0, 500.0], dtype=torch.float64).expand(2, 192, 3)
    found = convolve_correlation(features(0), features(1), convolution, Mask(lines, BAND), "band")
    torch.testing.assert_close(found, convolution.bias[:, None, None].expand(2, 6, *SHAPE))


def test_the_filters_need_not_be_laid_out_for_it():
    """As after loading into a fresh module, or after a copy."""
    convolution = MotionNetwork(192, widths=(6,)).double().first
    expected = convolve_correlation(features(0), features(1), convolution, mask(), "band")
    convolution.weight = torch.nn.Parameter(convolution.weight.detach().contiguous())
    torch.testing.assert_close(convolve_correlation(features(0), features(1), convolution, mask(), "band"), expected)
    unfolded = functional.conv2d(
        correlate(features(0), features(1), mask()), convolution.weight, convolution.bias, padding=2
    )
    torch.testing.assert_close(unfolded, expected)
