"""What is told without a picture, held against what is told of the picture. It lies here because of the dolls."""

from dataclasses import replace

import numpy as np
import pytest
from dolls import HIPS_METRES, camera, doll, scenery, world

from viewsync.worlds.cameras.camera import Shutter
from viewsync.worlds.cameras.hand import HandHeld
from viewsync.worlds.cameras.mount import Static
from viewsync.worlds.film.shot import shoot
from viewsync.worlds.keypoints import seen_poses
from viewsync.worlds.people.joints import COCO17, JOINTS

MOUNT = Static.looking_at(np.array([0.0, -6, 1.2]), np.array([0, 0, 0.9]))
SHUTTER = Shutter(exposure_seconds=0.01, readout_seconds=0.018, blur_samples=3)
DOLLS = [doll(4, (-3, 0, 0), (9, 0, 0)), doll(7, (0.8, 1, 0), (0, -4, 1), first_seconds=0.2), doll(9, (0, -20, 0))]


def filming(**wishes):
    settings = {"mount": HandHeld(MOUNT, 3), "shutter": SHUTTER, "duration_seconds": 1.0, "rate_ppm": 3000.0}
    return camera(**settings | wishes)


def told(people, camera, **wishes):
    return seen_poses(world(people, camera), camera, **{"noise_pixels": 0.0, "seed": 5} | wishes)


def by_frame(poses):
    """Pixels of each frame and track, and who they are."""
    pixels = np.full((len(poses.pts_seconds), poses.tracks.max() + 1, *poses.pixels.shape[1:]), np.nan)
    pixels[poses.frames, poses.tracks] = poses.pixels
    return pixels


def as_filmed(world, camera, joints, scenery=None):
    """Pixels of each frame and person, nan out of the picture."""
    shots = list(shoot(world, camera, scenery=scenery))
    people = {person.id: place for place, person in enumerate(world.people)}
    pixels = np.full((len(shots), len(people), len(joints), 2), np.nan)
    for shot in shots:
        places = [people[id] for id in shot.sightings.people.tolist()]
        pixels[shot.index, places] = shot.sightings.joints_pixels[:, [JOINTS.index(name) for name in joints]]
    size = np.array([camera.lens.width, camera.lens.height])
    pixels[~((pixels >= -0.5) & (pixels < size - 0.5)).all(-1)] = np.nan
    return pixels


def assert_same_places(poses, filmed):
    """To a hundredth of a pixel, with one track for each of those who are seen, and nobody else."""
    found, remaining = by_frame(poses), list(range(filmed.shape[1]))
    for track in np.unique(poses.tracks):
        off = [np.nanmax(np.abs(np.nan_to_num(found[:, track] - filmed[:, who], nan=0))) for who in remaining]
        same = [np.array_equal(np.isnan(found[:, track]), np.isnan(filmed[:, who])) for who in remaining]
        (who,) = (place for place, (far, alike) in enumerate(zip(off, same, strict=True)) if far < 0.01 and alike)
        remaining.pop(who)
    assert np.isnan(filmed[:, remaining]).all()


@pytest.mark.opengl
@pytest.mark.parametrize("distortion", [(0.0,) * 5, (-0.2, 0.06, 0.0, 0.0, 0.0)])
def test_as_in_the_film(distortion):
    camera = filming(distortion=distortion, duration_seconds=0.4)
    filmed = as_filmed(world(DOLLS, camera), camera, JOINTS, scenery())
    assert np.isnan(filmed).any(axis=(1, 2, 3)).any(), "nobody leaves the picture"
    assert_same_places(told(DOLLS, camera, joints=JOINTS), filmed)


@pytest.mark.opengl
@pytest.mark.slow
@pytest.mark.parametrize("preset", ["pair", "group", "lab"])
def test_as_in_the_film_of_a_preset(preset):
    pytest.importorskip("anny")
    from viewsync.worlds.presets import preset_named
    from viewsync.worlds.presets.wishes import Wishes

    made = preset_named(preset).build(f"{preset}-0000", 9, Wishes(size=(128, 96), seconds=1.0))
    for films in made.cameras:
        poses = seen_poses(made, films, noise_pixels=0.0, seed=1)
        filmed = as_filmed(made, films, COCO17)
        filmed[:, [person.id == films.hides for person in made.people]] = np.nan
        assert_same_places(poses, filmed)


def test_a_still_camera_by_hand():
    still = camera(position=(0, -6, 0.9), fps=10.0, duration_seconds=0.3, offset_seconds=1.0)
    (person,) = people = [doll(1, (0, 0, 0), (0.6, 0, 0))]
    poses = told(people, still, joints=("nose", "head_top"))
    assert poses.pts_seconds == pytest.approx([0, 0.1, 0.2])
    assert poses.size == (320, 180)
    assert poses.pixels[:, 0, 0] == pytest.approx(159.5 + 250 / 6 * 0.6 * np.array([1.0, 1.1, 1.2]))
    heights = (person.body.anchors[[JOINTS.index(name) for name in poses.joints], 0, 2] + HIPS_METRES[2]).tolist()
    assert poses.pixels[0, :, 1] == pytest.approx([89.5 - 250 / 6 * (height - 0.9) for height in heights])


def test_a_seed_makes_the_same_poses_and_a_camera_its_own():
    one, again, other = (told(DOLLS, filming(), noise_pixels=2.0, missing=0.2, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(one.pixels, again.pixels, equal_nan=True)
    assert not np.array_equal(one.pixels, other.pixels, equal_nan=True)
    renamed = replace(filming(), name="cam2")
    second = told(DOLLS, renamed, noise_pixels=2.0, missing=0.2, seed=1)
    assert not np.array_equal(one.pixels, second.pixels, equal_nan=True)


def test_noise_is_white_and_as_strong_as_asked_for():
    still = camera(size=(640, 480), duration_seconds=20.0, position=(0, -6, 0.9))
    people = [doll(1, (0, 0, 0))]
    noise = (told(people, still, noise_pixels=4.0).pixels - told(people, still).pixels).reshape(600, -1)
    assert noise.std() == pytest.approx(4.0, rel=0.03)
    assert np.abs(noise.mean(0)).max() < 4 * 4.0 / np.sqrt(600)
    assert abs((noise[1:] * noise[:-1]).mean()) < 0.02 * 16
    assert abs((noise[:, 0::2] * noise[:, 1::2]).mean()) < 0.03 * 16


def test_this_share_is_missing_in_bursts():
    still = camera(size=(640, 480), duration_seconds=60.0, position=(0, -6, 0.9))
    seen = told([doll(1, (0, 0, 0))], still, missing=0.1).confidence
    assert (seen == 0).mean() == pytest.approx(0.1, abs=0.002)
    begun = (seen[1:] == 0) & (seen[:-1] == 1)
    assert 3 < (seen == 0).sum() / begun.sum() < 12, "frames per burst"


def test_tracks_give_nothing_away():
    crowd = [doll(number + 1, (number - 2, 0, 0)) for number in range(5)]
    still = camera(size=(640, 480), position=(0, -6, 0.9))
    orders = {tuple(np.argsort(told(crowd, still, seed=seed).pixels[:5, 0, 0])) for seed in range(30)}
    assert len(orders) > 20
    assert all(set(order) == set(range(5)) for order in orders)


def test_who_wears_the_camera_and_who_is_not_there_is_not_seen():
    assert len(told([doll(1, (0, 0, 0))], filming(hides=1))) == 0
    assert len(told([doll(1, (0, 0, 0), first_seconds=100)], filming())) == 0
    nobody = told([], filming())
    assert nobody.pixels.shape == (0, 17, 2)
    assert len(nobody.pts_seconds) == 30
