"""Lenses: from directions to pixels and back, and what they can't see."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewsync.geometry.lens import Lens

STRAIGHT = Lens(640, 360, (500.0, 510.0), (320.0, 178.0))
BARREL = Lens(640, 360, (343.0, 343.0), (319.5, 179.5), (-0.238, 0.0787, 0.001, -0.0005, -0.0133))
FOLDING = Lens(640, 480, (300.0, 300.0), (319.5, 239.5), (-0.3, 0.0, 0.0, 0.0, 0.0))
LENSES = [STRAIGHT, BARREL, replace(STRAIGHT, distortion=(0.2, -0.25, 0.002, -0.003, 0.1))]


def every_pixel(lens, step=7):
    return np.stack(np.meshgrid(np.arange(0, lens.width, step), np.arange(0, lens.height, step)), axis=-1).astype(float)


@pytest.mark.parametrize("lens", LENSES)
def test_what_a_pixel_shows_is_shown_at_that_pixel(lens):
    pixels = every_pixel(lens)
    rays = lens.unproject(pixels)
    assert rays.shape == (*pixels.shape[:-1], 3)
    assert lens.project(3.7 * rays) == pytest.approx(pixels, abs=1e-6)
    assert lens.sees(3.7 * rays).all()


@pytest.mark.parametrize("lens", LENSES)
@given(x=st.floats(-0.5, 0.5), y=st.floats(-0.3, 0.3), depth=st.floats(0.01, 1000))
def test_directions_come_back(lens, x, y, depth):
    point = depth * np.array([x, y, 1.0])
    if lens.sees(point):
        assert depth * lens.unproject(lens.project(point)) == pytest.approx(point, abs=1e-6 * depth)


def test_a_point_worked_by_hand():
    # A metre right of the axis and half a metre down, two metres away.
    assert STRAIGHT.project(np.array([1.0, 0.5, 2.0])) == pytest.approx([320 + 250, 178 + 127.5])
    # r² = 0.25 + 0.0625; the factor is 1 - 0.3 · r².
    assert FOLDING.project(np.array([1.0, 0.5, 2.0])) == pytest.approx(
        [319.5 + 150 * (1 - 0.3 * 0.3125), 239.5 + 75 * (1 - 0.3 * 0.3125)]
    )


def test_the_formula_is_that_of_opencv():
    points = np.random.default_rng(0).uniform((-1, -0.6, 1), (1, 0.6, 3), (50, 3))
    golden, _ = cv2.projectPoints(points, np.zeros(3), np.zeros(3), BARREL.matrix, np.array(BARREL.distortion))
    assert BARREL.project(points) == pytest.approx(golden[:, 0])


def test_what_is_behind_or_beside_is_not_seen():
    points = np.array([[0, 0, 1.0], [0, 0, -1.0], [0, 0, 0.0], [5, 0, 1.0], [0, -5, 1.0]])
    assert STRAIGHT.sees(points).tolist() == [True, False, False, False, False]


def test_the_picture_ends_half_a_pixel_beyond_the_middle_of_its_last_one():
    edges = np.array([[-0.49, 0], [-0.51, 0], [639.49, 359.49], [639.51, 359.0]])
    assert STRAIGHT.sees(STRAIGHT.unproject(edges)).tolist() == [True, False, True, False]


def test_beyond_the_turning_point_nothing_is_shown():
    # The slope 1 - 0.9 · r² is zero there; the picture of the turning point is its rim.
    assert FOLDING.turning_radius == pytest.approx(np.sqrt(1 / 0.9))
    folded = np.array([1.7, 0.0, 1.0])
    assert np.all(FOLDING.project(folded) < (640, 480))
    assert not FOLDING.sees(folded)
    rim = 300 * FOLDING.turning_radius * (1 - 0.3 / 0.9)
    shown = np.isfinite(FOLDING.unproject(np.array([[319.5 + rim - 1, 239.5], [319.5 + rim + 1, 239.5]]))).all(axis=-1)
    assert shown.tolist() == [True, False]


def test_most_lenses_never_turn():
    assert STRAIGHT.turning_radius == float("inf")
    assert replace(STRAIGHT, distortion=(0.1, 0.0, 0.0, 0.0, 0.0)).turning_radius == float("inf")


def test_a_scaled_lens_shows_the_same_at_the_same_place_of_the_picture():
    half = BARREL.scaled(320, 180)
    point = np.array([0.3, -0.2, 1.0])
    # Edges of the picture are at -0.5, so that is what scales.
    assert half.project(point) + 0.5 == pytest.approx((BARREL.project(point) + 0.5) / 2)
    assert BARREL.scaled(640, 360) == BARREL


@pytest.mark.parametrize("lens", [STRAIGHT, BARREL])
def test_pixels_are_as_precise_as_the_points(lens):
    points = np.array([[0.3, -0.2, 1.0], [0.1, 0.2, 4.0]], np.float32)
    assert lens.project(points).dtype == np.float32
    assert lens.project(points) == pytest.approx(lens.project(points.astype(float)), abs=1e-3)


def test_no_points_have_no_pixels():
    assert BARREL.project(np.zeros((0, 3))).shape == (0, 2)
    assert BARREL.unproject(np.zeros((4, 0, 2))).shape == (4, 0, 3)
    assert BARREL.sees(np.zeros((0, 3))).shape == (0,)
