"""Corresponding points lie on one another's epipolar lines."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from seen_bodies import Body, camera_at, panned
from viewsync.geometry.camera import CalibratedCamera
from viewsync.geometry.epipolar import fundamental_matrices, fundamental_matrix, homogeneous
from viewsync.geometry.lens import Lens

A, B = camera_at(0, "a"), camera_at(75, "b", Lens(1920, 1080, (1500.0, 1400.0), (950.0, 560.0)), roll_degrees=10)


def test_projections_of_one_point_agree():
    points = np.random.default_rng(0).uniform(-1, 1, (50, 3))
    in_a, in_b = homogeneous(A.project(points)), homogeneous(B.project(points))
    matrix = fundamental_matrix(A, B)
    assert np.linalg.norm(matrix) == pytest.approx(1)
    agreeing = np.einsum("ni,ij,nj->n", in_a, matrix, in_b)
    crossed = np.einsum("ni,ij,nj->n", in_a, matrix, in_b[::-1])
    assert np.abs(agreeing).max() < 1e-9 * np.abs(crossed).max()


def test_the_lens_is_taken_as_straight():
    bent = CalibratedCamera("a", Lens(1280, 720, (1000.0, 1000.0), (639.5, 359.5), (0.1, 0.0, 0.0, 0.0, 0.0)), *pose(A))
    assert fundamental_matrix(bent, B) == pytest.approx(fundamental_matrix(A, B))


def pose(camera):
    return camera.rotation, camera.translation_metres


def test_swapping_transposes():
    forward, backward = fundamental_matrix(A, B), fundamental_matrix(B, A)
    sign = np.sign(np.sum(forward * backward.T))
    assert backward == pytest.approx(sign * forward.T)


def test_the_world_can_be_turned_and_moved():
    turn, shift = Rotation.from_rotvec([0.3, -0.2, 1.0]).as_matrix(), np.array([10.0, -3.0, 2.0])
    moved = [CalibratedCamera.at(c.name, c.lens, c.rotation @ turn.T, turn @ c.position_metres + shift) for c in (A, B)]
    assert fundamental_matrix(*moved) == pytest.approx(fundamental_matrix(A, B))


def test_two_views_by_hand():
    """Side by side, a metre apart along x: the same rows correspond, y_a = y_b."""
    lens = Lens(101, 101, (100.0, 100.0), (50.0, 50.0))
    left, right = (CalibratedCamera.at(str(x), lens, np.eye(3), np.array([x, 0.0, 0.0])) for x in (0.0, 1.0))
    matrix = fundamental_matrix(left, right)
    expected = np.array([[0, 0, 0], [0, 0, -1], [0, 1, 0]]) / np.sqrt(2)
    assert matrix == pytest.approx(expected * np.sign(matrix[2, 1]), abs=1e-12)


@pytest.mark.parametrize("turned", [0.0, 0.3])
def test_cameras_at_one_place_are_refused(turned):
    with pytest.raises(ValueError, match="a and twin stand at the same place"):
        fundamental_matrix(A, CalibratedCamera.at("twin", A.lens, panned(A, turned).rotation, A.position_metres))


def test_all_pairs_of_a_rig():
    found = fundamental_matrices([A, B])
    assert found[0, 1] == pytest.approx(fundamental_matrix(A, B))
    assert found[1, 0] == pytest.approx(fundamental_matrix(B, A))
    assert not found[[0, 1], [0, 1]].any()


def test_homogeneous_keeps_what_is_unseen():
    points = Body(0).at(np.zeros(2))[..., :2]
    points[0, 0] = np.nan
    found = homogeneous(points)
    assert found.shape == (2, 17, 3)
    assert np.isnan(found[0, 0, :2]).all()
    assert np.all(found[..., 2] == 1)
