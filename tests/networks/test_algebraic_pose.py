"""Joints from heat-maps by triangulation."""

import numpy as np
import pytest
import torch

from seen_bodies import camera_at
from viewsync.geometry.lens import Lens
from viewsync.geometry.triangulation import projected, projection_matrices
from viewsync.networks.algebraic_pose import SHARPNESS, algebraic_pose, soft_argmax_pixels

PIXELS = (96, 128)
LENS = Lens(128, 96, (150.0, 150.0), (63.5, 47.5))
MATRICES = projection_matrices([camera_at(degrees, f"cam{degrees}", LENS) for degrees in (0, 60, 140)])
CAMERAS = torch.from_numpy(MATRICES)[None].expand(2, -1, -1, -1)
POINTS = np.random.default_rng(0).uniform(-0.6, 0.6, (2, 4, 3))
ALL = torch.ones(2, 3).bool()


def shown(points=POINTS, stride=4, sigma_pixels=6.0):
    """Heat-maps of which the softmax is a Gaussian hill around where each view shows each point."""
    pixels = torch.from_numpy(np.moveaxis(projected(MATRICES, points), 0, 1).copy())
    rows, columns = PIXELS[0] // stride, PIXELS[1] // stride
    middle = (stride - 1) / 2
    y, x = torch.meshgrid(middle + stride * torch.arange(rows), middle + stride * torch.arange(columns), indexing="ij")
    far = (x - pixels[..., 0, None, None]) ** 2 + (y - pixels[..., 1, None, None]) ** 2
    return -far / (2 * sigma_pixels**2 * SHARPNESS)


def test_a_single_hot_cell_is_where_its_middle_is():
    heatmaps = torch.zeros(1, 12, 32)
    heatmaps[0, 2, 5] = 1.0
    # Cells are 8 pixels high and 4 wide: rows 16 to 23, columns 20 to 23.
    assert soft_argmax_pixels(heatmaps, PIXELS)[0].tolist() == pytest.approx([21.5, 19.5], abs=1e-3)


def test_without_any_sign_it_is_the_pictures_middle():
    assert soft_argmax_pixels(torch.zeros(5, 24, 32), PIXELS)[3].tolist() == pytest.approx([63.5, 47.5])


def test_sharpness_by_hand():
    # Two cells in a picture of 2 × 1 pixels; 100 · 0.01 more makes one e times as likely.
    found = soft_argmax_pixels(torch.tensor([[[0.0, 0.01]]]), (1, 2))
    assert found[0].tolist() == pytest.approx([np.e / (1 + np.e), 0.0])


@pytest.mark.parametrize("confidences", [None, torch.ones(2, 3, 4, dtype=torch.float64)])
def test_what_heatmaps_show_is_found(confidences):
    found = algebraic_pose(shown(), CAMERAS, PIXELS, ALL, confidences)
    assert np.abs(found.joints_metres.numpy() - POINTS).max() < 1e-4
    assert found.before.all()


def test_a_view_without_confidence_hardly_counts():
    """As released, it keeps a share of 1e-5."""
    heatmaps, confidences = shown(), torch.ones(2, 3, 4, dtype=torch.float64)
    heatmaps[:, 2] = heatmaps[:, 2].flip(-1)
    wrong = algebraic_pose(heatmaps, CAMERAS, PIXELS, ALL, confidences)
    confidences[:, 2] = 0
    found = algebraic_pose(heatmaps, CAMERAS, PIXELS, ALL, confidences)
    assert np.abs(wrong.joints_metres.numpy() - POINTS).max() > 0.05
    assert np.abs(found.joints_metres.numpy() - POINTS).max() < 1e-3


@pytest.mark.parametrize("confident", [False, True])
def test_a_missing_view_has_no_effect(confident):
    heatmaps, present = shown(), torch.tensor([[True, False, True], [True, True, True]])
    confidences = torch.rand(2, 3, 4).double() if confident else None
    first = algebraic_pose(heatmaps, CAMERAS, PIXELS, present, confidences)
    heatmaps[0, 1] = heatmaps[0, 1].flip(-1) + 7
    if confident:
        confidences[0, 1] = 5.0
    second = algebraic_pose(heatmaps, CAMERAS, PIXELS, present, confidences)
    assert torch.equal(first.joints_metres, second.joints_metres)
    assert not second.weights[0, 1].any()


def test_only_ratios_of_confidences_matter():
    confidences = torch.rand(2, 3, 4, generator=torch.Generator().manual_seed(0)).double()
    heatmaps = shown() + 1e-3 * torch.rand(2, 3, 4, 24, 32, generator=torch.Generator().manual_seed(0))
    one, other = (algebraic_pose(heatmaps, CAMERAS, PIXELS, ALL, scale * confidences).joints_metres for scale in (1, 0.1))
    assert torch.allclose(one, other)


def test_gradients_reach_heatmaps_and_confidences():
    heatmaps = (shown() + 1e-3 * torch.rand(2, 3, 4, 24, 32)).requires_grad_()
    confidences = torch.rand(2, 3, 4).double().requires_grad_()
    algebraic_pose(heatmaps, CAMERAS, PIXELS, ALL, confidences).joints_metres.sum().backward()
    for inputs in (heatmaps, confidences):
        assert torch.isfinite(inputs.grad).all()
        assert (inputs.grad.flatten(3).any(dim=3) if inputs.dim() > 3 else inputs.grad != 0).all()
