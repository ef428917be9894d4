"""Triangulation: what other programs find, laws of space, and rays that tell nothing."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import least_squares
from scipy.spatial.transform import Rotation

from seen_bodies import camera_at
from viewsync.geometry.camera import CalibratedCamera
from viewsync.geometry.triangulation import (
    Triangulated,
    distances_pixels,
    projected,
    projection_matrices,
    refined,
    robust,
    triangulated,
)

CAMERAS = [camera_at(degrees, f"cam{degrees}") for degrees in (0, 50, 130, 260)]
MATRICES = projection_matrices(CAMERAS)
POINTS = np.random.default_rng(0).uniform(-1, 1, (6, 5, 3))
"""Of six instants and five joints, about the middle of the cameras."""
MILLIMETRE = 1e-3


def vectors(most: float):
    return st.lists(st.floats(-most, most), min_size=3, max_size=3)


def noisy(pixels, seed=1, spread=3.0):
    return pixels + np.random.default_rng(seed).normal(0, spread, pixels.shape)


def test_matrices_project_as_cameras_do():
    seen = projected(MATRICES, POINTS)
    for camera, pixels in zip(CAMERAS, seen, strict=True):
        assert camera.project(POINTS) == pytest.approx(pixels, abs=1e-9)


@pytest.mark.parametrize("way", ["linear", "refined", "robust"])
@pytest.mark.parametrize("views", [2, 3, 4])
def test_exact_points_come_back(way, views):
    found = by(way, MATRICES[:views], projected(MATRICES[:views], POINTS))
    assert found.found.all()
    assert found.used.all()
    assert np.abs(found.points_metres - POINTS).max() < 1e-3 * MILLIMETRE


def by(way: str, matrices, pixels, weights=None) -> Triangulated:
    if way == "robust":
        return robust(matrices, pixels, weights, inlier_pixels=20.0)
    linear = triangulated(matrices, pixels, weights)
    return refined(matrices, pixels, linear, weights) if way == "refined" else linear


def test_two_views_are_opencv_s():
    seen = projected(MATRICES[:2], POINTS).reshape(2, -1, 2)
    homogeneous = cv2.triangulatePoints(MATRICES[0], MATRICES[1], seen[0].T, seen[1].T)
    found = triangulated(MATRICES[:2], seen).points_metres
    assert np.abs(found - (homogeneous[:3] / homogeneous[3]).T).max() < 1e-3 * MILLIMETRE


def test_refined_points_are_those_of_a_slow_twin():
    seen, weights = noisy(projected(MATRICES, POINTS)), np.random.default_rng(2).uniform(0.2, 1, (4, 6, 5))
    found = by("refined", MATRICES, seen, weights)
    for instant, joint in np.ndindex(6, 5):

        def apart(point, at=(instant, joint)):
            pixels = np.array([camera.project(point) for camera in CAMERAS])
            return (weights[:, *at, None] * (pixels - seen[:, *at])).ravel()

        twin = least_squares(apart, found.points_metres[instant, joint] + 0.05, xtol=1e-15, ftol=1e-15, gtol=1e-15).x
        assert np.abs(twin - found.points_metres[instant, joint]).max() < 1e-3 * MILLIMETRE


def test_linear_points_are_those_of_a_slow_twin():
    seen, weights = noisy(projected(MATRICES, POINTS)), np.random.default_rng(2).uniform(0.2, 1, (4, 6, 5))
    found = triangulated(MATRICES, seen, weights).points_metres
    for at in np.ndindex(6, 5):
        rows = []
        for matrix, (x, y), weight in zip(MATRICES, seen[:, *at], weights[:, *at], strict=True):
            rows += [weight * (x * matrix[2] - matrix[0]), weight * (y * matrix[2] - matrix[1])]
        twin = np.linalg.lstsq(np.array(rows)[:, :3], -np.array(rows)[:, 3])[0]
        assert np.abs(twin - found[at]).max() < 1e-6 * MILLIMETRE


# ── laws ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("way", ["linear", "refined", "robust"])
def test_the_order_of_views_does_not_matter(way):
    seen, order = noisy(projected(MATRICES, POINTS)), [2, 0, 3, 1]
    one, other = by(way, MATRICES, seen), by(way, MATRICES[order], seen[order])
    assert np.abs(one.points_metres - other.points_metres).max() < 1e-6 * MILLIMETRE
    assert np.array_equal(one.used[order], other.used)


@pytest.mark.parametrize("way", ["linear", "refined", "robust"])
@given(turn=vectors(3.0), move=vectors(20.0), scale=st.floats(0.1, 10))
@settings(max_examples=15, deadline=None)
def test_a_world_turned_moved_and_scaled_has_its_points_turned_moved_and_scaled(way, turn, move, scale):
    rotation, move = Rotation.from_rotvec(turn).as_matrix(), np.array(move)
    moved = [
        CalibratedCamera.at(one.name, one.lens, one.rotation @ rotation.T, scale * rotation @ one.position_metres + move)
        for one in CAMERAS
    ]
    seen = noisy(projected(MATRICES, POINTS))
    here, there = by(way, MATRICES, seen), by(way, projection_matrices(moved), seen)
    assert np.abs(there.points_metres - (scale * here.points_metres @ rotation.T + move)).max() < 1e-7 * max(scale, 1)


def test_only_ratios_of_weights_matter():
    seen, weights = noisy(projected(MATRICES, POINTS)), np.random.default_rng(2).uniform(0.2, 1, (4, 6, 5))
    one, other = triangulated(MATRICES, seen, weights), triangulated(MATRICES, seen, 0.01 * weights)
    assert other.points_metres == pytest.approx(one.points_metres, abs=1e-10)


def test_no_weight_is_not_seen():
    seen = projected(MATRICES, POINTS)
    gone, wrong = seen.copy(), seen.copy()
    gone[1], wrong[1] = np.nan, 1e5
    weights = np.ones((4, 6, 5))
    weights[1] = 0
    one, other = triangulated(MATRICES, gone), triangulated(MATRICES, wrong, weights)
    assert np.array_equal(one.points_metres, other.points_metres)
    assert np.array_equal(one.used, other.used)


def test_refined_points_are_never_farther_from_what_was_seen():
    seen = noisy(projected(MATRICES, POINTS), spread=8.0)
    linear = triangulated(MATRICES, seen)
    before, after = (
        (distances_pixels(MATRICES, seen, one.points_metres) ** 2).sum(axis=0)
        for one in (linear, refined(MATRICES, seen, linear))
    )
    assert (after <= before).all()
    assert after.sum() < before.sum()


# ── views that are wrong, missing, or tell nothing ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("wrong", range(4))
def test_a_view_that_is_wrong_is_left_out(wrong):
    seen = projected(MATRICES, POINTS)
    seen[wrong] += 150.0
    found = by("robust", MATRICES, seen)
    assert np.abs(found.points_metres - POINTS).max() < 1e-3 * MILLIMETRE
    assert not found.used[wrong].any()
    assert np.abs(triangulated(MATRICES, seen).points_metres - POINTS).max() > 10 * MILLIMETRE


def test_a_point_on_which_no_two_views_agree_is_missing():
    seen = projected(MATRICES[:3], POINTS)
    seen += np.array([[0.0, 300.0], [0.0, -300.0], [0.0, 900.0]])[:, None, None]
    found = by("robust", MATRICES[:3], seen)
    assert not found.found.any()
    assert np.isnan(found.points_metres).all()


def test_many_views_draw_their_pairs_by_a_seed():
    matrices = projection_matrices([camera_at(degrees, f"cam{degrees}") for degrees in range(0, 320, 40)])
    seen = noisy(projected(matrices, POINTS), spread=12.0)
    one, same, other = (robust(matrices, seen, inlier_pixels=15.0, seed=seed).points_metres for seed in (0, 0, 1))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_a_point_that_fewer_than_two_views_show_is_missing():
    seen = projected(MATRICES, POINTS)
    seen[1:, 2, 3] = np.nan
    seen[:, 4, 0] = np.nan
    for way in ("linear", "refined", "robust"):
        found = by(way, MATRICES, seen)
        missing = np.zeros((6, 5), dtype=bool)
        missing[2, 3] = missing[4, 0] = True
        assert np.array_equal(found.found, ~missing)
        assert np.array_equal(np.isnan(found.points_metres).all(axis=2), missing)
        assert np.array_equal(np.isnan(found.points_metres).any(axis=2), missing)


def test_parallel_rays_give_finite_points_that_are_not_believed():
    left = camera_at(0, "left")
    right = CalibratedCamera.at("right", left.lens, left.rotation, left.position_metres + left.rotation[0])
    matrices, seen = projection_matrices([left, right]), np.full((2, 3, 2), [639.5, 359.5])
    for way in ("linear", "refined", "robust"):
        found = by(way, matrices, seen)
        assert np.isfinite(found.points_metres).all()
        assert not found.found.any()
        assert np.isnan(found.known_metres).all()


def test_cameras_at_one_place_give_finite_points_that_are_not_believed():
    one = camera_at(0, "one")
    turn = Rotation.from_rotvec([0, 0.1, 0]).as_matrix()
    other = CalibratedCamera.at("other", one.lens, turn @ one.rotation, one.position_metres)
    matrices = projection_matrices([one, other])
    for seen in (projected(matrices, POINTS), noisy(projected(matrices, POINTS), spread=30)):
        found = by("robust", matrices, seen)
        assert np.isfinite(found.points_metres).all()
        assert not found.found.any()


def test_a_point_behind_a_camera_is_not_believed():
    behind = 2.5 * CAMERAS[0].position_metres
    matrices = MATRICES[[0, 2]]
    found = triangulated(matrices, projected(matrices, behind[None]))
    assert found.points_metres[0] == pytest.approx(behind, abs=1e-9)
    assert not found.found[0]


def test_float32_pixels_are_worked_on_in_float64():
    seen = projected(MATRICES, POINTS).astype(np.float32)
    assert triangulated(MATRICES, seen).points_metres.dtype == np.float64
