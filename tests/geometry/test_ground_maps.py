"""Maps of the ground, worked by hand, and held against those that were published for PETS2009 and CityStreet."""

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from viewsync.calibration.pets2009 import read_pets2009
from viewsync.geometry.camera import CalibratedCamera
from viewsync.geometry.ground_maps import FARTHEST_METRES, GroundMap, depth_map, field_of_view, sampling_map
from viewsync.geometry.lens import Lens

DATA = Path(__file__).parents[2].parent / "shared" / "data"
PUBLISHED = DATA / "mvms_geometry"
PETS = DATA / "pets2009" / "datasets" / "PETS-2009" / "data" / "calibration"
PETS_CELLS = PUBLISHED / "PETS2009" / "coords_correspondence" / "projection_forth"
CITY = PUBLISHED / "CityStreet" / "coords_correspondence_Street"

DOWNWARDS = np.diag([1.0, -1.0, -1.0])
ABOVE = CalibratedCamera.at("above", Lens(8, 4, (10.0, 10.0), (3.5, 1.5)), DOWNWARDS, np.array([0.0, 0.0, 11.0]))
"""Ten metres above the plane z = 1: a pixel is a metre, x to the right, y upwards. Its picture is 8 m × 4 m."""
LEVEL = CalibratedCamera.at(
    "level", Lens(4, 4, (2.0, 2.0), (1.5, 1.5)), np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]), np.array([0.0, 0, 3.0])
)
"""Looks along y, level: the horizon lies between the second and the third row of its picture."""


def published(path):
    with np.load(path) as file:
        return file[file.files[0]]


def test_cells_and_middles_are_inverse():
    ground = GroundMap(-3.0, 2.0, 0.5, 5, 4)
    middles = ground.middles(1.6)
    assert middles.shape == (4, 5, 3)
    assert middles[0, 0] == pytest.approx([-2.75, 2.25, 1.6])
    assert middles[3, 4] == pytest.approx([-0.75, 3.75, 1.6])
    cells = ground.cells(middles[..., :2])
    assert cells[2, 3] == pytest.approx([3, 2])
    assert cells == pytest.approx(np.stack(np.meshgrid(range(5), range(4)), axis=-1))


def test_pooled_cells_cover_the_same_ground():
    ground = GroundMap(-30.8, -44.8, 0.1, 608, 709)
    pooled = ground.pooled(4)
    assert (pooled.columns, pooled.rows, pooled.cell_metres) == (152, 177, pytest.approx(0.4))
    assert pooled.middles()[5, 7] == pytest.approx(ground.middles()[20:24, 28:32].mean(axis=(0, 1)))


def test_a_camera_that_looks_down_by_hand():
    # Cells of a metre; the picture shows x from −4 to 4 and y from 2 (above) to −2.
    sampling = sampling_map(ABOVE, GroundMap(-5.0, -2.0, 1.0, 10, 5), height_metres=1.0)
    assert sampling.dtype == np.float32
    assert sampling[0, 1] == pytest.approx([-0.875, 0.75])
    assert sampling[3, 8] == pytest.approx([0.875, -0.75])
    assert (sampling[:, 0] == -2).all()
    assert (sampling[4] == -2).all()
    assert field_of_view(sampling).sum() == 8 * 4


def test_what_lies_behind_is_outside():
    ground = GroundMap(-0.5, -20.5, 1.0, 1, 41)
    assert field_of_view(sampling_map(LEVEL, ground))[:21].sum() == 0
    assert field_of_view(sampling_map(LEVEL, ground))[30:].all()


def test_sampling_does_not_depend_on_the_pictures_size():
    large = CalibratedCamera(LEVEL.name, LEVEL.lens.scaled(400, 400), LEVEL.rotation, LEVEL.translation_metres)
    ground = GroundMap(-10.0, 0.0, 1.0, 20, 20)
    assert sampling_map(large, ground) == pytest.approx(sampling_map(LEVEL, ground), abs=1e-6)


def test_depth_of_a_camera_that_looks_down():
    depths = depth_map(ABOVE, 8, 4, height_metres=1.0)
    x, y = np.meshgrid(np.arange(8) - 3.5, np.arange(4) - 1.5)
    assert depths == pytest.approx(np.sqrt(100 + x**2 + y**2), rel=1e-6)


def test_depth_of_a_map_of_another_size():
    # Pixels of 2 m.
    assert depth_map(ABOVE, 4, 2, 1.0) == pytest.approx(np.sqrt(100 + np.square([[-3, -1, 1, 3]] * 2) + 1), rel=1e-6)


def test_above_the_horizon_all_is_far():
    depths = depth_map(LEVEL, 4, 4, height_metres=1.0)
    assert (depths[:2] == FARTHEST_METRES).all()
    # Half a pixel and one and a half below it: 2 m down are 8 m, and 8 m / 3, ahead.
    assert depths[2] == pytest.approx(8 * np.sqrt(1 + 0.25**2 + np.square([0.75, 0.25, 0.25, 0.75])), rel=1e-6)
    assert depths[3] == pytest.approx(8 / 3 * np.sqrt(1 + 0.75**2 + np.square([0.75, 0.25, 0.25, 0.75])), rel=1e-6)


def test_a_plane_above_the_camera_is_seen_above_the_horizon():
    depths = depth_map(LEVEL, 4, 4, height_metres=5.0)
    assert (depths[2:] == FARTHEST_METRES).all()
    assert depths[1] == pytest.approx(depth_map(LEVEL, 4, 4, height_metres=1.0)[2])


def test_depth_and_sampling_agree():
    """The way to a cell's head is the depth at the pixel that shows it."""
    tilted = CalibratedCamera.at(
        "tilted",
        Lens(640, 360, (400.0, 410.0), (310.0, 185.0), (-0.2, 0.05, 0.001, -0.002, 0.0)),
        Rotation.from_euler("x", 110, degrees=True).as_matrix(),
        np.array([1.0, -2.0, 6.0]),
    )
    ground = GroundMap(-5.0, 0.0, 0.5, 20, 40)
    sampling, depths = sampling_map(tilted, ground), depth_map(tilted, 640, 360)
    seen = field_of_view(sampling)
    assert 300 < seen.sum() < 800
    columns, rows = np.round(((sampling[seen] + 1) * (640, 360) - 1) / 2).astype(int).T
    ways = np.linalg.norm(ground.middles(1.75)[seen] - tilted.position_metres, axis=-1)
    assert np.abs(np.log(depths[rows, columns] / ways)).max() < 0.02


@pytest.mark.skipif(not (PUBLISHED.exists() and PETS.exists()), reason="the published maps aren't here")
@pytest.mark.parametrize(("view", "pixels"), [(1, 0.06), (2, 0.25), (3, 0.06)])
def test_maps_of_pets2009_are_the_published_ones(view, pixels):
    """By the calibration; the published ones count pixels from the middle of the first, in pictures of 768 × 576."""
    camera = next(camera for camera in read_pets2009(PETS) if camera.name == f"View_00{view}")
    ours = sampling_map(camera, GroundMap(-30.8, -44.8, 0.1, 608, 708).pooled(4))
    theirs = published(PETS_CELLS / f"view{view}_correspondence_forth.npz").reshape(2, 177, 152)
    theirs = np.moveaxis(theirs, 0, -1) + np.array([1 / 768, 1 / 576])
    seen = field_of_view(ours)
    assert seen.sum() > 8000
    assert np.mean(seen == field_of_view(theirs)) > 0.98
    errors = np.abs(ours - theirs)[seen] * (384, 288)
    assert np.percentile(errors, 99) < pixels


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published maps aren't here")
@pytest.mark.parametrize("view", [1, 2, 3])
def test_the_field_of_view_of_citystreet_is_the_published_one(view):
    sampling = published(CITY / "projection_forth" / f"view{view}_correspondence_forth_fullHeight.npz")
    mask = published(CITY / "mask" / f"view{view}_GP_mask.npz")
    assert (field_of_view(sampling.reshape(2, 192, 160).transpose(1, 2, 0)) == mask.astype(bool)).all()


def city_camera(turn, position, focal, center, radial):
    lens = Lens(676, 380, (focal, focal), center, (*radial, 0.0, 0.0, 0.0))
    return CalibratedCamera.at("city", lens, Rotation.from_rotvec(turn).as_matrix(), np.array(position))


# Fitted to the published projection maps: there is no calibration of CityStreet here. Columns run along −x.
CITY_CAMERAS = (
    city_camera((1.4267, 1.4581, -0.9281), (22.879, -3.095, 8.328), 321.17, (345.99, 188.13), (0.40784, -0.12463)),
    city_camera((1.7623, 0.0287, -0.0788), (-7.119, -31.262, 8.542), 325.73, (323.16, 192.86), (0.51991, -0.27033)),
    city_camera((0.053, 2.6091, -1.5841), (6.265, 27.427, 8.967), 326.29, (343.44, 198.32), (0.49457, -0.29126)),
)
CITY_GROUND = GroundMap(-636.0 * 0.07625 + 281.6 * 0.07625 - 0.1525, -417.6 * 0.07625 - 0.1525, 0.305, 160, 192)


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published maps aren't here")
@pytest.mark.parametrize("view", [1, 2, 3])
def test_maps_of_citystreet_are_those_of_a_camera(view):
    ours = sampling_map(CITY_CAMERAS[view - 1], CITY_GROUND)[:, ::-1]
    theirs = published(CITY / "projection_forth" / f"view{view}_correspondence_forth_fullHeight.npz")
    theirs = theirs.reshape(2, 192, 160).transpose(1, 2, 0) + np.array([1 / 676, 1 / 380])
    seen = field_of_view(ours)
    assert np.mean(seen == field_of_view(theirs)) > 0.98
    errors = np.abs(ours - theirs)[seen] * (338, 190)
    assert np.median(errors) < 0.15
    assert np.percentile(errors, 99) < 1


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published maps aren't here")
@pytest.mark.parametrize("view", [1, 2, 3])
def test_depths_of_citystreet_are_about_those_along_the_rays(view):
    """Best for a plane at half a person's height. Their way back through the lens is approximate: to 0.25 octaves."""
    theirs = published(CITY / "view_depth_image" / f"v1_{view}_depth_image_avgHeight.npz")[::4, ::4] / 1000
    ours = depth_map(CITY_CAMERAS[view - 1], 676, 380, height_metres=0.875)[::4, ::4]
    near = (ours < 80) & (theirs < 80)
    assert near.mean() > 0.5
    octaves = np.log2(ours[near] / theirs[near])
    assert abs(np.median(octaves)) < 0.1
    assert np.percentile(np.abs(octaves), 95) < 0.25
