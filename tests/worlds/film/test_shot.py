import resource
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from dolls import WHITE, camera, doll, plane, scenery, world

from viewsync.worlds.cameras.camera import Shutter
from viewsync.worlds.cameras.mount import Static
from viewsync.worlds.cameras.sensor import Sensor
from viewsync.worlds.film.shot import shoot
from viewsync.worlds.places.scenery import Scenery

pytestmark = pytest.mark.opengl

BARREL = (-0.2, 0.05, 0.001, -0.001, 0.0)
BARE = Scenery((), (), (1.0, 1.0, 1.0), ((1.0, 1.0, 1.0), (1.0, 1.0, 1.0)))
"""White all around."""


class Swing:
    """A mount that pans and drifts."""

    def __init__(self, base: Static) -> None:
        self.base = base

    def view(self, seconds):
        rotations, positions = self.base.view(seconds)
        angle = 0.3 * np.sin(4 * seconds)
        cosine, sine, zero, one = np.cos(angle), np.sin(angle), np.zeros_like(angle), np.ones_like(angle)
        pan = np.stack([cosine, zero, sine, zero, one, zero, -sine, zero, cosine], -1).reshape(-1, 3, 3)
        return pan @ rotations, positions + 0.3 * np.stack([np.sin(3 * seconds), zero, np.sin(5 * seconds) / 3], -1)


SWING = Swing(camera().mount)


def first_shot(people, camera, look=None, **wishes):
    return next(shoot(world(people, camera), camera, scenery=look or scenery(), **wishes))


def black_doll(velocity):
    return doll(1, (0, 0, 0), velocity, radius=0.3, color=(0, 0, 0))


def middles(picture):
    """Column of the middle of what is dark, in rows across the doll; and those rows (to a quarter of a pixel)."""
    dark = 255.0 - picture[..., 1]
    rows = np.flatnonzero(dark.sum(1) > 255 * 15)[2:-2]
    return rows, (dark[rows] @ np.arange(picture.shape[1])) / dark[rows].sum(1)


def memory():
    """What this process holds, in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


@pytest.mark.parametrize("distortion", [(0.0,) * 5, BARREL], ids=["pinhole", "bent"])
def test_joints_land_on_the_person(distortion):
    people = [doll(1, (-1, 0, 0), (2, 0, 0)), doll(300, (0.8, 0.5, 0), (-1, 0, 0)), doll(7, (0, -1, 0))]
    filming = camera(distortion=distortion, mount=SWING, shutter=Shutter(readout_seconds=0.03), duration_seconds=0.3)
    for shot in shoot(world(people, filming), filming, masks=True, scenery=scenery()):
        seen = shot.sightings
        assert seen.people.tolist() == [1, 7, 300]
        for id, pixels, visible in zip(seen.people, seen.joints_pixels, seen.joints_visible, strict=True):
            assert visible.mean() > 0.6
            column, row = np.round(pixels[visible]).astype(int).T
            assert (shot.mask[row, column] == id).all()


def test_a_rolling_shutter_slants_what_moves():
    filming = camera(shutter=Shutter(readout_seconds=0.04), position=(0, -6, 0.9))
    rows, columns = middles(first_shot([black_doll((4, 0, 0))], filming, BARE).picture)
    place = 4 * filming.row_seconds(np.zeros(1))[0, rows]
    expected = filming.lens.center_pixels[0] + filming.lens.focal_pixels[0] * place / 6
    assert np.ptp(expected) > 2.5
    assert np.abs(columns - expected).max() < 0.4
    assert np.abs(columns - expected).mean() < 0.15


def test_a_row_shows_the_world_at_its_own_time():
    rolling = camera(shutter=Shutter(readout_seconds=0.04), mount=SWING)
    rows, columns = middles(first_shot([black_doll((4, 0, 0))], rolling, BARE).picture)
    for row in rows[[5, len(rows) // 2, -5]]:
        still = camera(mount=SWING, offset_seconds=rolling.row_seconds(np.zeros(1))[0, row])
        still_rows, still_columns = middles(first_shot([black_doll((4, 0, 0))], still, BARE).picture)
        assert abs(columns[rows == row] - still_columns[still_rows == row]) < 0.3


@pytest.mark.parametrize("distortion", [(0.0,) * 5, BARREL], ids=["pinhole", "bent"])
def test_depth_of_a_slanted_wall(distortion):
    corner, along, across = np.array([-18.0, -2, -18]), np.array([36.0, 9, 0]), np.array([0.0, 4, 36])
    filming = camera(distortion=distortion)
    shot = first_shot([], filming, scenery(plane(corner, along, across, WHITE), ground=False), depth=True)
    (rotation,), (position,) = filming.mount.view(np.zeros(1))
    pixels = np.stack(np.meshgrid(np.arange(320), np.arange(180)), -1).astype(float)
    rays = filming.lens.unproject(pixels) @ rotation
    normal = np.cross(along, across)
    expected = ((corner - position) @ normal) / (rays @ normal)
    assert np.abs(shot.depth - expected).max() < 0.01


def test_nothing_is_infinitely_far_away():
    shot = first_shot([doll(1, (0, 0, 0))], camera(), scenery(ground=False), depth=True, masks=True)
    assert np.isinf(shot.depth[shot.mask == 0]).all()
    assert np.abs(shot.depth[shot.mask == 1] - 6).max() < 0.3


def test_blur_is_as_wide_as_the_way_covered():
    filming = camera(shutter=Shutter(exposure_seconds=0.1, blur_samples=16), position=(0, -6, 0.9))
    people = [doll(1, (0, 0, 0), (4, 0, 0), radius=0.5, color=(0, 0, 0))]
    light = (first_shot(people, filming, BARE).picture[90, :, 1] / 255.0) ** 2.2
    left = light[:160]
    columns = np.arange(160)
    tenth, most = (np.interp(-share, -left, columns) for share in (0.9, 0.1))
    assert most - tenth == pytest.approx(0.8 * 4 * 0.1 * 250 / 5.97, abs=1)


def test_the_same_to_the_bit_wherever_filming_begins():
    filming = camera(
        size=(160, 90),
        focal=125.0,
        mount=SWING,
        duration_seconds=1.5,
        shutter=Shutter(0.01, 0.02),
        sensor=Sensor(noise=3.0),
        jitter_share=0.2,
    )
    scene = world([doll(1, (0, 0, 0), (1, 0, 0)), doll(2, (1, 1, 0))], filming)
    whole = list(shoot(scene, filming, depth=True, masks=True, scenery=scenery()))
    later = list(shoot(scene, filming, depth=True, masks=True, scenery=scenery(), first=37))
    assert [shot.index for shot in later] == list(range(37, 45))
    for a, b in zip(whole[37:], later, strict=True):
        assert a.ticks == b.ticks == filming.clock.ticks()[a.index]
        for name in ("picture", "depth", "mask"):
            assert np.array_equal(getattr(a, name), getattr(b, name))
        for name, values in vars(a.sightings).items():
            assert np.array_equal(values, getattr(b.sightings, name)), name


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the system doesn't tell how much memory is in use")
def test_memory_does_not_grow():
    filming = camera(size=(64, 36), focal=50.0, mount=SWING, duration_seconds=7)
    used = []
    for shot in shoot(world([doll(1, (0, 0, 0))], filming), filming, depth=True, masks=True, scenery=scenery()):
        if shot.index in (60, 205):
            used.append(memory())
    for _ in range(10):
        first_shot([], filming)
    used.append(memory())
    for _ in range(10):
        first_shot([], filming)
    used.append(memory())
    assert used[1] - used[0] < 4e6
    assert used[3] - used[2] < 20e6


def test_who_wears_the_camera_is_not_in_its_picture():
    people = [doll(1, (0, 0, 0)), doll(2, (0.6, 0, 0))]
    shot = first_shot(people, camera(hides=1), masks=True)
    assert np.unique(shot.mask).tolist() == [0, 2]
    assert shot.sightings.visible_shares[0] == 0
    assert shot.sightings.visible_shares[1] > 0.95


def test_only_those_who_are_there_are_told_of():
    filming = camera(duration_seconds=0.2)
    scene = world([doll(1, (0, 0, 0), first_seconds=0.09), doll(2, (1, 0, 0), first_seconds=5.0)], filming)
    shots = list(shoot(scene, filming, masks=True, scenery=scenery()))
    assert [shot.sightings.people.tolist() for shot in shots] == [[]] * 3 + [[1]] * 3
    assert [1 in shot.mask for shot in shots] == [False] * 3 + [True] * 3


def test_the_sensor_has_the_last_word():
    gray = first_shot([doll(1, (0, 0, 0))], replace(camera(), sensor=Sensor(noise=0.0, gray=True))).picture
    assert (gray[..., 0] == gray[..., 2]).all()


def test_a_film_is_exposed_for_its_place_and_keeps_that():
    bright = camera(sensor=Sensor(noise=0.0), duration_seconds=0.2)
    plain = camera(duration_seconds=0.2)
    nobody, somebody = world([], bright), world([doll(1, (0, 0, 0))], bright)
    means = [shot.picture.mean() for shot in shoot(nobody, bright)]
    # Middling, or as near to it as the tone curve goes; and the same in all frames.
    assert abs(means[0] / 255 - 0.45) < abs(next(shoot(nobody, plain)).picture.mean() / 255 - 0.45) + 0.01
    assert np.ptp(means) == 0
    dark, light = next(shoot(somebody, plain)).picture, next(shoot(somebody, bright)).picture
    # One curve for every pixel, with or without people.
    pairs = {(int(a), int(b)) for a, b in zip(dark.ravel(), light.ravel(), strict=True)}
    assert len({a for a, _ in pairs}) == len(pairs)
