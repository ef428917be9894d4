"""The differentiable twin: the same points, finite gradients also where rays tell nothing."""

import numpy as np
import pytest
import torch

from seen_bodies import camera_at
from viewsync.geometry.camera import CalibratedCamera
from viewsync.geometry.triangulation import projected, projection_matrices, triangulated
from viewsync.networks.triangulation import LEAST_CONFIDENCE, shared_confidences, triangulate

MATRICES = projection_matrices([camera_at(degrees, f"cam{degrees}") for degrees in (0, 50, 130)])
POINTS = np.random.default_rng(0).uniform(-1, 1, (4, 5, 3))


def tensors(pixels, weights, matrices=MATRICES):
    """With the views last but one, as networks have them, and gradients."""
    seen = torch.tensor(np.moveaxis(pixels, 0, -2), requires_grad=True)
    strength = torch.tensor(np.moveaxis(weights, 0, -1), requires_grad=True)
    shape = (*strength.shape[:-1], *matrices.shape)
    return torch.tensor(np.broadcast_to(matrices, shape).copy()), seen, strength


def test_it_is_the_twin_of_numpy_s():
    rng = np.random.default_rng(1)
    pixels, weights = projected(MATRICES, POINTS) + rng.normal(0, 5, (3, 4, 5, 2)), rng.uniform(0.1, 1, (3, 4, 5))
    weights[2, 0] = 0
    found = triangulate(*tensors(pixels, weights))
    twin = triangulated(MATRICES, pixels, weights)
    assert np.abs(found.points.detach().numpy() - twin.points_metres).max() < 1e-9
    assert found.before.numpy().all()


def test_gradients_are_those_of_finite_differences():
    pixels, weights = projected(MATRICES, POINTS[:1, :2]), np.array([0.3, 0.9, 0.6])[:, None, None] * np.ones((3, 1, 2))
    pixels += np.random.default_rng(1).normal(0, 5, pixels.shape)
    matrices, seen, strength = tensors(pixels, weights)
    assert torch.autograd.gradcheck(lambda *inputs: triangulate(matrices, *inputs).points, (seen, strength), atol=1e-6)


def parallel():
    left = camera_at(0, "left")
    right = CalibratedCamera.at("right", left.lens, left.rotation, left.position_metres + left.rotation[0])
    return projection_matrices([left, right])


def one_place():
    one = camera_at(0, "one")
    return projection_matrices([one, CalibratedCamera("other", one.lens, one.rotation, one.translation_metres)])


@pytest.mark.parametrize("matrices", [parallel(), one_place()], ids=["parallel", "one place"])
@pytest.mark.parametrize("strength", [1.0, 0.0])
def test_rays_that_tell_nothing_have_finite_points_and_gradients(matrices, strength):
    inputs = tensors(np.full((2, 3, 2), [639.5, 359.5]), np.full((2, 3), strength), matrices)
    found = triangulate(*inputs)
    found.points.sum().backward()
    assert torch.isfinite(found.points).all()
    assert all(torch.isfinite(one.grad).all() for one in inputs[1:])


def test_float32_comes_back_as_float32_and_nearly_as_exact():
    matrices, seen, strength = tensors(projected(MATRICES, POINTS), np.ones((3, 4, 5)))
    found = triangulate(matrices.float(), seen.float(), strength.float()).points
    assert found.dtype == torch.float32
    # Pixels of float32 are off by 6e-5.
    assert np.abs(found.detach().numpy() - POINTS).max() < 1e-5


def test_a_point_behind_a_camera_is_told():
    behind = np.array([[0.0, -12.5, 2.5]])
    assert not triangulate(*tensors(projected(MATRICES, behind), np.ones((3, 1)))).before.any()


def test_one_view_alone_is_told():
    weights = np.array([[1.0], [0.0], [0.0]])
    found = triangulate(*tensors(projected(MATRICES, POINTS[0, :1]), weights))
    assert torch.isfinite(found.points).all()
    assert not found.before.any()


def test_confidences_are_shares():
    shared = shared_confidences(torch.tensor([[1.0, 3.0], [0.0, 0.0]]))
    assert shared[0].tolist() == pytest.approx([0.25 + LEAST_CONFIDENCE, 0.75 + LEAST_CONFIDENCE])
    assert shared[1].tolist() == pytest.approx([LEAST_CONFIDENCE] * 2)
