"""Suite `pose3d-keypoints`: clips are cut as they should be, and ways are compared on the same joints."""

import numpy as np
import pytest

from seen_bodies import Body, camera_at, pixels_of
from viewsync.benchmarks.pose3d_keypoints import Scene, errors_of, run, views_of
from viewsync.media.keypoints.joints import COCO17
from viewsync.pose3d.lift import lift
from viewsync.types import Poses

BODY = Body(3, seconds=6.0)
SECONDS = np.arange(120) / 60


def scene():
    cameras = {name: camera_at(degrees, name) for name, degrees in (("a", 0), ("b", 80), ("c", 160))}
    count = len(SECONDS)
    poses = {}
    for name, camera in cameras.items():
        pixels = pixels_of(BODY, camera, 1 + SECONDS)
        poses[name] = Poses(COCO17, SECONDS, np.arange(count), np.zeros(count, int), pixels, np.ones((count, 17)))
    return Scene(cameras, poses, COCO17, BODY.at(1 + SECONDS))


def test_clips_begin_at_zero_and_show_what_was_from_their_start():
    made = scene()
    clips = made.cut({"a": 10, "b": 25, "c": 0}, 60)
    for name, start in (("a", 10), ("b", 25), ("c", 0)):
        assert clips[name].pts_seconds == pytest.approx(np.arange(60) / 60)
        assert np.array_equal(clips[name].pixels, made.poses[name].pixels[start : start + 60])
        assert clips[name].frames.tolist() == list(range(60))


def test_ways_are_compared_on_joints_that_all_find():
    made = scene()
    views = views_of(made, made.cut({"a": 10, "b": 10, "c": 10}, 60))
    found = lift(views, made.joints, views[0].tracks.seconds).points_metres
    truth = made.truth_metres[10:70]
    worse = found + np.array([0.0, 0.0, 0.1])
    worse[:20] = np.nan
    errors = errors_of({"one": found, "other": worse}, truth, made.joints)
    assert errors["one"].mpjpe.absolute_mm == pytest.approx(0, abs=1e-3)
    assert errors["other"].mpjpe.absolute_mm == pytest.approx(100)
    assert errors["one"].mpjpe.frames == errors["other"].mpjpe.frames == 40
    assert (errors["one"].missing_share, errors["other"].missing_share) == (0, pytest.approx(1 / 3))


def test_without_data_there_is_a_row_that_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr("viewsync.benchmarks.pose3d_keypoints._made", lambda seed, quick: [])
    (row,) = run(0, True, tmp_path)
    assert row.value is None
    assert "missing" in row.note
