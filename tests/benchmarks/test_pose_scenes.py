"""Laws of the made takes of the suite `pose`."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from viewsync.benchmarks.pose_scenes import (
    LARGEST_OFFSET_SECONDS,
    NOISE_PIXELS,
    apart_takes,
    empty_takes,
    frozen_takes,
    one_joint_takes,
    pair_takes,
    still_takes,
    unrelated_takes,
)
from viewsync.benchmarks.takes import true_offset

pytest.importorskip("anny")


@cache
def pair():
    (taken,) = pair_takes(3, 1)
    return taken


def truth_of(taken):
    a, b = taken.take.clips
    return true_offset(a, b)


def assert_filmed(taken):
    """Poses and clips are about the same cameras and frames."""
    assert [clip.id for clip in taken.take.clips] == list(taken.poses)
    for clip in taken.take.clips:
        assert np.array_equal(clip.pts_seconds, taken.poses[clip.id].pts_seconds)
        assert (np.diff(clip.world_seconds) > 0).all()


def assert_in_range_and_between_frames(offset_seconds):
    assert abs(offset_seconds) < LARGEST_OFFSET_SECONDS * 1.001
    assert abs(30 * offset_seconds - round(30 * offset_seconds)) > 1e-3


def test_truth_is_antisymmetric_in_range_and_between_frames():
    assert_filmed(pair())
    a, b = pair().take.clips
    there, back = true_offset(a, b), true_offset(b, a)
    drift = 1e-4 * abs(there.middle_seconds - back.middle_seconds)
    assert there.offset_seconds == pytest.approx(-back.offset_seconds, abs=drift + 1e-9)
    assert_in_range_and_between_frames(there.offset_seconds)
    assert pair().moving
    assert not pair().calibration


@pytest.mark.slow
def test_a_seed_makes_the_same_take():
    (again,) = pair_takes(3, 1)
    for name, poses in again.poses.items():
        assert np.array_equal(poses.pixels, pair().poses[name].pixels, equal_nan=True)
        assert np.array_equal(poses.pts_seconds, pair().poses[name].pts_seconds)


@pytest.mark.slow
def test_takes_differ():
    first, *others = (*pair_takes(3, 3), *pair_takes(4, 1))
    offsets = [truth_of(taken).offset_seconds for taken in (first, *others)]
    for offset in offsets:
        assert_in_range_and_between_frames(offset)
    assert len(set(offsets)) == 4
    for taken in others:
        assert not np.array_equal(taken.poses["cam1"].pixels[:100], first.poses["cam1"].pixels[:100], equal_nan=True)


def test_an_empty_scene_has_frames_and_nobody():
    (taken,) = empty_takes(3, 1)
    assert_filmed(taken)
    assert all(len(poses) == 0 and len(poses.pts_seconds) == 300 for poses in taken.poses.values())


@pytest.mark.slow
@pytest.mark.parametrize("preset", ["group", "lab"])
def test_still_cameras_stand_where_the_calibration_says(preset):
    (taken,) = still_takes(preset, 3, 1)
    assert_filmed(taken)
    assert not taken.moving
    assert list(taken.calibration) == list(taken.poses)
    assert not taken.uncalibrated().calibration
    assert all(len(np.unique(poses.tracks)) > 1 for poses in taken.poses.values())
    offsets = [truth_of(replace(taken, take=replace(taken.take, clips=(taken.take.clips[0], b)))) for b in taken.take.clips]
    assert max(abs(true.offset_seconds) for true in offsets) < LARGEST_OFFSET_SECONDS * 1.001


@pytest.mark.slow
def test_what_is_hopeless():
    (unrelated,), (apart,), (frozen,), (one,) = (
        make(3, 1) for make in (unrelated_takes, apart_takes, frozen_takes, one_joint_takes)
    )
    assert truth_of(unrelated) is None
    assert truth_of(apart) is None
    assert abs(truth_of(frozen).offset_seconds) < 1e-3
    assert all(poses.joints == ("nose",) for poses in one.poses.values())
    for taken in (unrelated, apart, frozen, one):
        assert_filmed(taken)
    for poses in frozen.poses.values():
        assert np.nanmax(poses.pixels.std(axis=0)) < 1.2 * NOISE_PIXELS
