from math import exp, inf

import numpy as np
import pytest
import torch
from made_views import RECTIFIED, camera

from viewsync.geometry.epipolar import fundamental_matrix
from viewsync.networks.epipolar_band import (
    EpipolarBand,
    all_blocks,
    band_blocks,
    epipolar_lines,
    epipolar_mask,
    positions,
    sigma_for,
)

A, B = camera("a", 0), camera("b", 70)
SHAPE, STRIDES = (12, 16), (10.0, 10.0)


def matrix(a, b):
    return torch.tensor(fundamental_matrix(a, b))[None]


def test_what_two_cameras_see_of_a_point_lies_on_the_ridge():
    points = np.random.default_rng(0).uniform((-2, -2, 0), (2, 2, 2), (200, 3))
    points = points[A.sees(points) & B.sees(points)]
    assert len(points) > 100
    mask = epipolar_mask(matrix(A, B), (30, 40), (30, 40), (4.0, 4.0), EpipolarBand(2.0))[0]
    (x, y), (x_other, y_other) = (torch.tensor(np.rint((each.project(points).T - 1.5) / 4).astype(int)) for each in (A, B))
    # Rounding to cells moves both the line and the point by half a cell or so.
    assert float(mask[y, x, y_other, x_other].min()) > exp(-(1.5**2) / 2 / 2**2)
    assert float(mask[y, x, y_other.flip(0), x_other.flip(0)].mean()) < 0.5


def test_coarse_cells_lie_where_their_pixels_do():
    """A point in the middle of a cell of either view: a line through both middles, at any stride."""
    pixel_of = torch.tensor([[10, 0, 4.5], [0, 10, 4.5], [0, 0, 1]], dtype=torch.float64)
    fine = positions(SHAPE, like=pixel_of) @ pixel_of.T @ matrix(A, B)[0] @ pixel_of
    lines = epipolar_lines(matrix(A, B), SHAPE, STRIDES)[0]
    torch.testing.assert_close(lines, fine / fine[:, :2].norm(dim=1, keepdim=True))


def test_swapped_cameras_have_the_transposed_ridge():
    """Distances are measured in one view, so the masks are only the same where both have one scale."""
    band = EpipolarBand(1.5)
    forward = epipolar_mask(RECTIFIED[None], (4, 5), (4, 6), (1.0, 1.0), band)
    backward = epipolar_mask(RECTIFIED.T[None], (4, 6), (4, 5), (1.0, 1.0), band)
    torch.testing.assert_close(forward, backward.permute(0, 3, 4, 1, 2))
    forward = epipolar_lines(matrix(A, B), SHAPE, STRIDES)[0] @ positions(SHAPE, like=matrix(A, B)).T
    backward = epipolar_lines(matrix(B, A), SHAPE, STRIDES)[0] @ positions(SHAPE, like=matrix(A, B)).T
    assert torch.equal(forward.sign(), backward.T.sign()) or torch.equal(forward.sign(), -backward.T.sign())


def test_rectified_rows_by_hand():
    mask = epipolar_mask(RECTIFIED[None], (5, 2), (5, 3), (1.0, 1.0), EpipolarBand(1.0, cut_sigmas=2.0))[0]
    assert mask.shape == (5, 2, 5, 3)
    assert mask[1, 0, :, 2].tolist() == pytest.approx([exp(-0.5), 1, exp(-0.5), exp(-2), 0])


def test_the_released_falloff():
    distances = torch.tensor([-3.0, 0.0, 1.0])
    assert EpipolarBand(2.0, inf, "laplacian").weigh(distances).tolist() == pytest.approx([exp(-1.5), 1, exp(-0.5)])


def test_larger_cells_are_fewer_and_have_the_same_mask():
    """Why one mask can weigh the difference of two scales: σ halves with the cells' number."""
    fine = epipolar_mask(matrix(A, B), (24, 32), (24, 32), (5.0, 5.0), EpipolarBand(4.0))[0]
    coarse = epipolar_mask(matrix(A, B), (12, 16), (12, 16), (10.0, 10.0), EpipolarBand(2.0))[0]
    pooled = torch.nn.functional.avg_pool2d(fine.flatten(0, 1)[None], 2)[0].unflatten(0, (24, 32)).permute(2, 3, 0, 1)
    pooled = torch.nn.functional.avg_pool2d(pooled, 2).permute(2, 3, 0, 1)
    assert float((pooled - coarse).abs().mean()) < 0.01


@pytest.mark.parametrize("other", [B, camera("side", 8), camera("above", 40, away=4, height=12)], ids=lambda each: each.name)
@pytest.mark.parametrize("reach", [0.7, 3.0, 50.0])
def test_blocks_hold_the_band_once_and_little_more(other, reach):
    lines = epipolar_lines(matrix(A, other), SHAPE, STRIDES)[0]
    times = torch.zeros(192, 192)
    for references, others in band_blocks(lines, SHAPE, reach):
        times[references[:, None], others] += 1
    within = (lines @ positions(SHAPE, like=lines).T).abs() <= reach
    assert set(times[within].tolist()) <= {1}
    assert set(times.flatten().tolist()) <= {0, 1}


def test_blocks_of_a_narrow_band_are_few_pairs():
    lines = epipolar_lines(matrix(A, B), (48, 64), (2.5, 2.5))[0]
    formed = sum(len(references) * len(others) for references, others in band_blocks(lines, (48, 64), 3.0))
    within = int(((lines @ positions((48, 64), like=lines).T).abs() <= 3.0).sum())
    assert within <= formed < 2.5 * within < 0.5 * 3072**2


def test_all_blocks_are_all_pairs_once():
    times = torch.zeros(1100, 30)
    for references, others in all_blocks(1100, 30, torch.device("cpu")):
        times[references[:, None], others] += 1
    assert set(times.flatten().tolist()) == {1}


def test_who_walks_away_all_the_time_gets_to_the_cut():
    sigmas = sigma_for(3.0, 20.0, (16, 4), speed_metres_per_second=1.5)
    assert [sigma * 3 * stride for sigma, stride in zip(sigmas, (16, 4), strict=True)] == pytest.approx([90, 90])
    assert sigma_for(0.0, 20.0, (4,)) == (1.0,)


def test_a_view_that_shows_the_other_camera_has_finite_lines():
    ahead = camera("ahead", 0, away=6.0)
    # The epipole is the middle of column 7, row 5.
    middle = torch.eye(3, dtype=torch.float64)
    middle[:2, 2] = -torch.tensor([74.5, 54.5])
    across = torch.tensor([[0, -1.0, 0], [1, 0, 0], [0, 0, 0]], dtype=torch.float64)
    for fundamental in (matrix(A, ahead), (middle.T @ across @ middle)[None]):
        lines = epipolar_lines(fundamental, SHAPE, STRIDES)
        assert bool(lines.isfinite().all())
        assert len(list(band_blocks(lines[0], SHAPE, 1.0))) > 0
    assert bool((lines[0].view(*SHAPE, 3)[5, 7] == 0).all())
