"""What 3D pose networks learn from, by hand."""

from math import exp, log

import pytest
import torch

from viewsync.networks.cuboid import Cuboid
from viewsync.networks.volumetric import Pose
from viewsync.pose3d.losses import (
    absolute_error_cm,
    heatmap_cross_entropy,
    heatmap_error_pixels,
    pose_loss,
    smooth_squared_error,
    volumetric_cross_entropy,
)

KNOWN = torch.ones(1, 2).bool()
TRUE = torch.tensor([[[0.1, 0.2, 0.3], [0.0, 0.0, 0.0]]])


def off(*metres):
    """The second joint is off by so much along each axis."""
    return TRUE + torch.tensor([[[0.0, 0.0, 0.0], metres]])


def test_absolute_errors_are_in_centimetres():
    # 3 and 6 cm along two of six coordinates.
    assert absolute_error_cm(off(0.03, -0.06, 0), TRUE, KNOWN).item() == pytest.approx(9 / 6)


def test_small_squared_errors_are_in_square_centimetres():
    assert smooth_squared_error(off(0.03, -0.06, 0), TRUE, KNOWN).item() == pytest.approx((9 + 36) / 6)


def test_large_squared_errors_hardly_count_for_more():
    # 1 m is 10⁴ cm²: (10⁴)^0.1 · 400^0.9 = 552; 20 cm is just at the limit.
    found = smooth_squared_error(off(1.0, -0.2, 0), TRUE, KNOWN).item()
    assert found == pytest.approx((1e4**0.1 * 400**0.9 + 400) / 6, rel=1e-4)
    assert found < smooth_squared_error(off(2.0, -0.2, 0), TRUE, KNOWN).item() < 1.3 * found


def test_the_volumetric_term_by_hand():
    cuboid = Cuboid(torch.zeros(1, 3), torch.zeros(1), 3, side_metres=2.0)
    probabilities = torch.zeros(1, 2, 3, 3, 3)
    # Voxels are at −1, 0, 1: the truth is nearest to the middle one.
    probabilities[0, 0, 1, 1, 1], probabilities[0, 1, 1, 1, 1] = 0.5, 0.0
    found = volumetric_cross_entropy(probabilities, cuboid, TRUE, KNOWN).item()
    assert found == pytest.approx((-log(0.5 + 1e-6) - log(1e-6)) / 2, rel=1e-5)


def test_what_is_outside_is_looked_for_at_the_surface():
    cuboid = Cuboid(torch.zeros(1, 3), torch.zeros(1), 3, side_metres=2.0)
    probabilities = torch.zeros(1, 1, 3, 3, 3)
    probabilities[0, 0, 2, 0, 1] = 1.0
    outside = torch.tensor([[[5.0, -3.0, 0.1]]])
    assert volumetric_cross_entropy(probabilities, cuboid, outside, KNOWN[:, :1]).item() == pytest.approx(0, abs=1e-5)


def test_the_networks_loss_is_both():
    cuboid = Cuboid(torch.zeros(1, 3), torch.zeros(1), 3, side_metres=2.0)
    probabilities = torch.full((1, 2, 3, 3, 3), 1 / 27)
    pose = Pose(off(0.03, -0.06, 0), probabilities, cuboid, None, None, None)
    assert pose_loss(pose, TRUE, KNOWN).item() == pytest.approx(1.5 + 0.01 * log(27), rel=1e-4)


LOSSES = [absolute_error_cm, smooth_squared_error]


@pytest.mark.parametrize("loss", LOSSES)
def test_joints_that_are_not_known_do_not_count(loss):
    """Nor do they spoil gradients, though their place is nan."""
    true, known = TRUE.clone(), torch.tensor([[False, True]])
    true[0, 0] = torch.nan
    found = off(0.5, 0.03, 0.0).requires_grad_()
    value = loss(found, true, known)
    value.backward()
    assert value.item() == pytest.approx(loss(found[:, 1:], TRUE[:, 1:], KNOWN[:, 1:]).item())
    assert torch.isfinite(found.grad).all()
    assert not found.grad[0, 0].any()
    assert found.grad[0, 1, :2].all()


def test_voxels_of_joints_that_are_not_known_do_not_count():
    cuboid = Cuboid(torch.zeros(1, 3), torch.zeros(1), 3, side_metres=2.0)
    true, known = TRUE.clone(), torch.tensor([[False, True]])
    true[0, 0] = torch.nan
    probabilities = torch.rand(1, 2, 3, 3, 3).requires_grad_()
    volumetric_cross_entropy(probabilities, cuboid, true, known).backward()
    assert probabilities.grad.flatten(2).count_nonzero(dim=2).tolist() == [[0, 1]]


@pytest.mark.parametrize("loss", LOSSES)
def test_without_any_known_joint_there_is_no_loss(loss):
    found = off(0.5, 0.03, 0.0).requires_grad_()
    value = loss(found, torch.full_like(TRUE, torch.nan), torch.zeros(1, 2).bool())
    value.backward()
    assert value.item() == 0
    assert not found.grad.any()


def test_errors_of_heat_maps_are_in_pixels():
    """Of two views alike, which look along z from 2 m off, at 100 pixels per unit of slope, 64 × 48 pixels."""
    camera = torch.tensor([[100.0, 0, 32, 64], [0, 100.0, 24, 48], [0, 0, 1, 2]]).expand(1, 2, -1, -1)
    true = torch.tensor([[[0.2, 0.0, 0.0], [0.0, 0.1, 0.0], [0.0, 0.0, -5.0], [1.0, 0.0, 0.0], [torch.nan] * 3]])
    shown = torch.tensor([[[True, True, True, True, False], [True, False, False, False, False]]])
    # The first two are at (42, 24) and (32, 29); the next are behind the camera, beside the picture, and not known.
    pixels = torch.tensor([[42.0, 24.0], [32.0, 29.0], [5.0, 5.0], [5.0, 5.0], [5.0, 5.0]]).expand(1, 2, -1, -1).clone()
    assert heatmap_error_pixels(pixels, camera, true, shown, (48, 64)).item() == pytest.approx(0, abs=1e-5)
    pixels += torch.tensor([3.0, -6.0])
    pixels.requires_grad_()
    error = heatmap_error_pixels(pixels, camera, true, shown, (48, 64))
    assert error.item() == pytest.approx(4.5, abs=1e-5)
    error.backward()
    assert pixels.grad.isfinite().all()
    assert pixels.grad.abs().sum(dim=3).bool().tolist() == [[[True, True] + 3 * [False], [True] + 4 * [False]]]
    nothing = heatmap_error_pixels(pixels.detach(), camera, true, torch.zeros_like(shown), (48, 64))
    assert nothing.item() == 0


def test_the_cross_entropy_of_heatmaps_is_least_at_a_gaussian_about_the_truth():
    # A pixel is a metre; cells are of 4 pixels, the joint is in the middle of the third one from the left.
    camera = torch.tensor([[[[1.0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]]]])
    true, shown = torch.tensor([[[9.5, 1.5, 0.0], [-90.0, 1.5, 0.0]]]), torch.ones(1, 1, 2).bool()
    told = camera, true, shown, (4, 16)
    weights = [exp(-0.5 * steps**2) for steps in (-2, -1, 0, 1)]
    wanted = torch.tensor(weights) / sum(weights)
    flat, right = torch.zeros(1, 1, 2, 1, 4), wanted.log().expand(1, 1, 2, 1, 4) / 100
    assert heatmap_cross_entropy(flat, *told).item() == pytest.approx(log(4), rel=1e-5)
    assert heatmap_cross_entropy(right, *told).item() == pytest.approx(-(wanted * wanted.log()).sum().item(), rel=1e-4)
    maps = right.clone().requires_grad_()
    heatmap_cross_entropy(maps, *told).backward()
    assert maps.grad.abs().max() < 1e-4
    assert heatmap_cross_entropy(flat, camera, true, ~shown, (4, 16)).item() == 0
