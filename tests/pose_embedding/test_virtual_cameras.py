import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from viewsync.pose_embedding.filming import MOVING, film, mirrored
from viewsync.pose_embedding.performances import RATE_HZ
from viewsync.worlds.people.joints import COCO17

SECONDS = 1.0 + np.arange(150) / 30


def somebody(seed=0, seconds=8):
    """Joints of a body's size that move at random about a place; the hips stay at 1 m."""
    rng = np.random.default_rng(seed)
    moves = gaussian_filter1d(rng.normal(size=(int(seconds * RATE_HZ), 17, 3)), 30, axis=0)
    joints = rng.uniform([-0.2, -0.2, 0.1], [0.2, 0.2, 1.7], (17, 3)) + moves
    joints[:, [11, 12]] = [[0.15, 0, 1.0], [-0.15, 0, 1.0]]
    return joints.astype(np.float32)


def filmed(seed, **wishes):
    return film(somebody(), SECONDS, np.random.default_rng(seed), **wishes)


def test_the_same_seed_films_the_same():
    one, same, other = filmed(1), filmed(1), filmed(2)
    np.testing.assert_array_equal(one.pixels, same.pixels)
    assert not np.array_equal(one.pixels, other.pixels)


@pytest.mark.parametrize("kind", MOVING)
def test_cameras_that_move_keep_the_person_in_the_middle(kind):
    hips = np.stack([filmed(seed, kinds=(kind,), picture=(1280, 720), noise_pixels=0.0).pixels[:, 11] for seed in range(8)])
    assert np.abs(np.median(hips, axis=(0, 1)) - [640, 360]).max() < 130


def test_a_camera_that_stands_shows_what_stands_at_one_place():
    seen = filmed(3, kinds=("static",), noise_pixels=0.0)
    assert np.ptp(seen.pixels[:, 11], axis=0).max() < 1e-6
    assert np.ptp(filmed(3, kinds=("held",), noise_pixels=0.0).pixels[:, 11], axis=0).max() > 1


def test_noise_is_as_strong_as_told():
    quiet, loud = (filmed(4, noise_pixels=noise).pixels for noise in (0.0, 4.0))
    assert (loud - quiet).std() == pytest.approx(4.0, rel=0.05)


def test_a_person_fills_a_share_of_the_picture():
    for seed in range(10):
        seen = filmed(seed, kinds=MOVING, picture=(1280, 720), noise_pixels=0.0)
        assert 60 < np.median(np.ptp(seen.pixels[..., 1], axis=1)) < 900


def test_joints_outside_the_picture_are_not_found():
    for seed in range(10):
        seen = filmed(seed, picture=(1280, 720), noise_pixels=0.0)
        found = seen.pixels[seen.confidence > 0]
        assert found.size == 0 or (found.min() >= 0 and (found < [1280, 720]).all())


def test_what_is_wrong_with_detectors_is_there():
    films = [filmed(seed) for seed in range(20)]
    lost = [np.mean(seen.confidence == 0) for seen in films]
    assert min(lost) == 0
    assert 0.01 < np.mean(lost) < 0.5
    assert any(len(np.unique(seen.confidence)) > 20 for seen in films)


def test_mirrored_twice_is_as_before_and_once_changes_sides():
    joints = somebody()
    other = mirrored(joints)
    np.testing.assert_array_equal(mirrored(other), joints)
    left, right = COCO17.index("left_wrist"), COCO17.index("right_wrist")
    np.testing.assert_array_equal(other[:, left], joints[:, right] * [-1, 1, 1])
