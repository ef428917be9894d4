from dataclasses import replace

import numpy as np
import pytest
from dolls import WHITE, camera, world

from viewsync.geometry.lens import Lens
from viewsync.worlds.cameras.lens import ACTION_CAMERA
from viewsync.worlds.cameras.mount import Static
from viewsync.worlds.film.optics import Optics
from viewsync.worlds.film.shot import shoot
from viewsync.worlds.places.scenery import Scenery, Surface

pytestmark = pytest.mark.opengl

STRAIGHT = Lens(320, 180, (250.0, 240.0), (155.0, 93.0))
BARREL = Lens(320, 180, (250.0, 240.0), (155.0, 93.0), (-0.25, 0.07, 0.002, -0.001, 0.0))
LENSES = pytest.mark.parametrize(
    "lens", [STRAIGHT, BARREL, ACTION_CAMERA.scaled(320, 180)], ids=["none", "barrel", "action"]
)


def disc(middle, radius=0.08, corners=24):
    """White, facing the camera."""
    turn = np.arange(corners) * 2 * np.pi / corners
    points = np.vstack([middle, middle + radius * np.stack([np.cos(turn), np.sin(turn), 0 * turn], 1)])
    rim = np.arange(corners) + 1
    faces = np.stack([np.zeros(corners, int), rim, np.roll(rim, -1)], 1)
    return Surface(points, faces, np.tile([0.0, 0, -1], (len(points), 1)), np.zeros((len(points), 2)), WHITE)


@LENSES
def test_a_marker_is_found_where_the_lens_projects_it(lens):
    grid = np.stack(np.meshgrid(np.arange(30, 300, 40), np.arange(30, 160, 40)), -1).reshape(-1, 2)
    pixels = grid + np.random.default_rng(1).uniform(-3, 3, grid.shape)
    # Axes of the world are those of the camera.
    filming = replace(camera(mount=Static(np.zeros(3), np.eye(3))), lens=lens)
    markers = tuple(disc(place) for place in lens.unproject(pixels) * 4)
    look = Scenery(markers, (), (1.2, 1.2, 1.2), ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0)))
    picture = next(shoot(world([], filming), filming, scenery=look)).picture[..., 1].astype(float)
    missed = []
    for place, (column, row) in zip(pixels, grid, strict=True):
        part = picture[row - 15 : row + 16, column - 15 : column + 16]
        down, across = (np.indices(part.shape) * part).sum((1, 2)) / part.sum() - 15
        missed.append(place - (column + across, row + down))
    assert np.linalg.norm(missed, axis=1).max() < 0.3
    assert np.linalg.norm(np.mean(missed, axis=0)) < 0.05


@LENSES
def test_pixels_agree_with_the_lens_and_with_what_is_drawn(lens):
    optics = Optics(lens)
    rng = np.random.default_rng(1)
    shown = rng.uniform((0, 0), (lens.width - 1, lens.height - 1), (50, 2))
    points = lens.unproject(shown) * rng.uniform(1, 30, (50, 1))
    assert optics.pixels(points) == pytest.approx(shown, abs=0.02)
    assert optics.rows(points) == pytest.approx(shown[:, 1], abs=0.02)
    assert optics.sees(points, optics.pixels(points)).all()
    drawn = optics.drawn_pixels(points)
    assert ((drawn > -0.5) & (drawn < np.array(optics.size) - 0.5)).all()


@LENSES
def test_what_the_lens_cannot_see_stays_outside(lens):
    optics = Optics(lens)
    aside = np.array([[50.0, 1.0, 2.0], [-1.0, 80.0, 1.0], [-9.0, -9.0, 0.1]])
    assert not optics.sees(aside, optics.pixels(aside)).any()
    assert np.isnan(optics.pixels(-aside)).all()
    assert np.isfinite(optics.rows(-aside)).all()


@LENSES
def test_a_ball_of_which_something_is_drawn_may_be_shown(lens):
    optics = Optics(lens)
    rng = np.random.default_rng(3)
    middles, radius = rng.uniform((-40, -30, -2), (40, 30, 25), (400, 3)), 1.3
    arrows = rng.normal(size=(3000, 3))
    arrows *= radius / np.linalg.norm(arrows, axis=1, keepdims=True)
    may = np.array([optics.may_show(middle, radius) for middle in middles])
    drawn = []
    for middle in middles:
        points = middle + arrows
        places = optics.drawn_pixels(points[points[:, 2] > 0])
        drawn.append(((places > -0.5) & (places < np.array(optics.size) - 0.5)).all(1).any())
    assert may[drawn].all()
    # Beside a corner, a ball may touch both edges' planes, but not the picture.
    assert may.sum() <= 1.1 * np.sum(drawn)


def test_without_distortion_each_pixel_is_the_mean_of_four():
    drawn = np.random.default_rng(0).integers(0, 255, (360, 640, 3)).astype(np.uint8)
    mean = drawn.reshape(180, 2, 320, 2, 3).mean((1, 3))
    assert np.abs(Optics(STRAIGHT).picture(drawn) - mean).max() <= 0.5
