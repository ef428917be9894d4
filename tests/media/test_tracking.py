"""Who is who over time."""

import numpy as np
import pytest

from viewsync.media.keypoints.tracking import FORGET_SECONDS, Tracker

_RATE_HZ = 30


def _walkers(generator, joints=17, frames=120, people=3):
    """Bodies 300 pixels tall that cross in the picture's middle: (frame, person, joint, xy)."""
    body = generator.uniform(-0.5, 0.5, (people, joints, 2)) * ([120, 300] if joints > 1 else [0, 0])
    begin = np.linspace(200, 1700, people)
    along = begin + np.linspace(0, 1, frames)[:, None] * (begin[::-1] - begin)
    middle = np.stack([along, np.broadcast_to(500 + 25 * np.arange(people), along.shape)], axis=2)
    return middle[:, :, None] + body + generator.normal(0, 2, (frames, people, joints, 2))


def _track(pixels, seen=None, joints=17):
    """Ids of (frame, person), −1 for people who aren't shown to the tracker."""
    seen = np.ones(pixels.shape[:3], dtype=bool) if seen is None else seen
    tracker, ids = Tracker(tuple(map(str, range(joints)))), np.full(pixels.shape[:2], -1)
    for frame, (where, there) in enumerate(zip(pixels, seen, strict=True)):
        shown = there.any(axis=1)
        found = tracker.push(frame / _RATE_HZ, np.where(there[..., None], where, np.nan)[shown], there[shown] * 0.7)
        ids[frame, shown] = found
    return ids


@pytest.mark.parametrize("joints", [1, 17, 133])
@pytest.mark.parametrize("people", [1, 2, 6])
def test_walkers_who_cross_keep_their_numbers(joints, people):
    ids = _track(_walkers(np.random.default_rng(1), joints, people=people), joints=joints)
    np.testing.assert_array_equal(ids, np.broadcast_to(np.arange(people), ids.shape))


def test_the_order_of_detections_changes_nothing():
    generator = np.random.default_rng(2)
    pixels = _walkers(generator, people=4)
    seen = np.repeat(generator.random((120, 4, 1)) > 0.2, 17, axis=2) & (generator.random((120, 4, 17)) > 0.3)
    order = generator.permuted(np.tile(np.arange(4), (120, 1)), axis=1)
    shuffled = _track(
        np.take_along_axis(pixels, order[..., None, None], axis=1), np.take_along_axis(seen, order[..., None], axis=1)
    )
    np.testing.assert_array_equal(shuffled, np.take_along_axis(_track(pixels, seen), order, axis=1))


def test_shifting_and_scaling_the_picture_changes_nothing():
    pixels = _walkers(np.random.default_rng(3))
    np.testing.assert_array_equal(_track(pixels), _track(pixels * 0.3 + 1000))


@pytest.mark.parametrize("missed_seconds", [0.2, 0.9])
def test_a_gap_is_bridged(missed_seconds):
    pixels = _walkers(np.random.default_rng(4), people=2)
    seen = np.ones(pixels.shape[:3], dtype=bool)
    seen[20 : 20 + round(missed_seconds * _RATE_HZ), 1] = False
    assert set(_track(pixels, seen)[seen[..., 0][:, 1], 1]) == {1}


def test_who_is_hidden_while_passing_keeps_the_number():
    pixels = _walkers(np.random.default_rng(5), people=2)
    seen = np.ones(pixels.shape[:3], dtype=bool)
    seen[50:70, 1] = False
    ids = _track(pixels, seen)
    assert set(ids[:, 0]) == {0}
    assert set(ids[seen[:, 1, 0], 1]) == {1}


def test_after_longer_they_are_somebody_new():
    pixels = np.tile(_walkers(np.random.default_rng(6), people=1)[:1], (90, 1, 1, 1))
    seen = np.ones(pixels.shape[:3], dtype=bool)
    seen[10 : 12 + round(FORGET_SECONDS * _RATE_HZ)] = False
    ids = _track(pixels, seen)
    assert ids[0, 0] == 0
    assert ids[-1, 0] == 1


def test_somebody_far_away_is_somebody_else():
    pixels = _walkers(np.random.default_rng(7), people=1)[:2]
    pixels[1] += [900, 0]
    assert _track(pixels).ravel().tolist() == [0, 1]


def test_new_people_are_numbered_from_left_to_right():
    pixels = _walkers(np.random.default_rng(8), people=3)[:1, ::-1]
    assert _track(pixels).tolist() == [[2, 1, 0]]


def test_joints_that_come_and_go_do_not_matter():
    generator = np.random.default_rng(9)
    pixels = _walkers(generator, people=2)
    seen = np.ones(pixels.shape[:3], dtype=bool)
    seen[::2, :, :8] = False
    seen[1::2, :, 9:] = False
    ids = _track(pixels, seen)
    np.testing.assert_array_equal(ids, np.broadcast_to([0, 1], ids.shape))


def test_bad_frames_are_refused():
    tracker = Tracker(("nose",))
    assert len(tracker.push(0.0, np.zeros((0, 1, 2)), np.zeros((0, 1)))) == 0
    with pytest.raises(ValueError, match=r"0\.0 s came after 0\.0 s"):
        tracker.push(0.0, np.zeros((1, 1, 2)), np.ones((1, 1)))
    with pytest.raises(ValueError, match="a joint that was seen"):
        tracker.push(1.0, np.full((1, 1, 2), np.nan), np.zeros((1, 1)))
