"""Lens presets, rings of cameras, and rigs like published ones."""

import numpy as np
import pytest

from viewsync.worlds.cameras.lens import ACTION_CAMERA, HUMAN36M, OAK_D, PHONE, SURVEILLANCE, ZED, lens_of
from viewsync.worlds.cameras.rigs import around, like_city_street, like_human36m, like_pets2009, like_wildtrack

PRESETS = {
    "phone": PHONE,
    "action": ACTION_CAMERA,
    "zed": ZED,
    "oak_d": OAK_D,
    "surveillance": SURVEILLANCE,
    "h36m": HUMAN36M,
}


@pytest.mark.parametrize("lens", PRESETS.values(), ids=PRESETS.keys())
def test_presets_show_something_at_every_pixel(lens):
    small = lens.scaled(lens.width // 10, lens.height // 10)
    pixels = np.stack(np.meshgrid(np.arange(-0.5, small.width), np.arange(-0.5, small.height)), axis=-1)
    assert np.isfinite(small.unproject(pixels)).all()


@pytest.mark.parametrize(
    ("lens", "degrees"), [(PHONE, 65), (ACTION_CAMERA, 100), (ZED, 85), (OAK_D, 71.9), (SURVEILLANCE, 60)]
)
def test_presets_have_the_field_of_view_that_they_claim(lens, degrees):
    middle = lens.center_pixels[1]
    (left, _, _), (right, _, _) = lens.unproject(np.array([[-0.5, middle], [lens.width - 0.5, middle]]))
    assert np.degrees(np.arctan(right) - np.arctan(left)) == pytest.approx(degrees, abs=0.01)


def test_a_lens_without_distortion_worked_by_hand():
    lens = lens_of(1000, 500, 90.0)
    assert lens.focal_pixels == pytest.approx((500, 500))
    assert lens.center_pixels == (499.5, 249.5)


def test_impossible_lenses_are_refused():
    with pytest.raises(ValueError, match="180"):
        lens_of(640, 360, 180.0)
    with pytest.raises(ValueError, match="can't show"):
        lens_of(640, 360, 120.0, (-0.3, 0.0, 0.0, 0.0, 0.0))


def test_a_ring_looks_at_its_middle_from_all_sides():
    cameras = around(PHONE, 4, 5.0, 2.0, (1.0, 2.0, 1.0), np.pi / 2)
    assert [camera.name for camera in cameras] == ["cam1", "cam2", "cam3", "cam4"]
    assert cameras[0].position_metres == pytest.approx([1, 7, 2])
    assert cameras[1].position_metres == pytest.approx([-4, 2, 2])
    for camera in cameras:
        assert camera.project(np.array([1.0, 2.0, 1.0])) == pytest.approx(PHONE.center_pixels)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    ("like", "count", "size", "heights"),
    [
        (like_city_street, 3, (676, 380), (7.5, 10)),
        (like_pets2009, 3, (384, 288), (4.5, 8)),
        (like_wildtrack, 7, (1920, 1080), (1.5, 3.8)),
        (like_human36m, 4, (1000, 1000), (1.3, 1.8)),
    ],
)
def test_rigs_see_their_ground_twice_from_about_the_published_heights(like, count, size, heights, seed):
    rig = like(seed)
    assert len(rig.cameras) == count
    assert rig.coverage(2) > 0.9
    assert rig.coverage(1) >= rig.coverage(2) >= rig.coverage(3)
    for camera in rig.cameras:
        assert (camera.lens.width, camera.lens.height) == size
        assert heights[0] < camera.position_metres[2] < heights[1]


def test_seeds_give_other_geometries_and_the_same_one_again():
    def figures(seed):
        return np.array([[*camera.position_metres, camera.lens.focal_pixels[0]] for camera in like_pets2009(seed).cameras])

    assert np.array_equal(figures(1), figures(1))
    assert np.abs(figures(1) - figures(2)).min() > 0


def test_smaller_pictures_see_the_same():
    rig = like_wildtrack(0)
    small = rig.scaled(640, 360)
    assert small.coverage() == rig.coverage()
    assert [camera.lens.width for camera in small.cameras] == [640] * 7
