"""Published poses, where they are at hand."""

import numpy as np
import pytest

from pages import ROOT
from viewsync.media.keypoints import frames_per_second, read_poses
from viewsync.media.keypoints.joints import BODY25B, HALPE26

DATA = ROOT.parent / "shared" / "data"


def data(path):
    found = DATA / path
    if not found.exists():
        pytest.skip(f"{path} isn't here")
    return found


def test_pose2sim_as_published():
    read = read_poses(data("pose2sim_openpose/balancing_trial_pose"), frames_per_second(60.0))
    assert list(read) == ["cam01", "cam02", "cam03", "cam04"]
    for each in read.values():
        assert each.joints == BODY25B
        assert len(each.pts_seconds) == 100
        assert (np.bincount(each.frames) >= 1).all()
    first = read["cam01"]
    np.testing.assert_array_equal(first.pixels[0, 0], [505.232, 431.63])
    assert first.confidence[0, 0] == 0.664216
    other = read_poses(data("pose2sim_openpose/balancing_trial_pose/cam03"), frames_per_second(60.0))["cam03"]
    assert other.joints == HALPE26
    # Another model, on the same video but with frames counted from 1, agrees about every joint that both name.
    ours = read["cam03"]
    for joint in (set(BODY25B) & set(HALPE26)) - {"right_eye"}:
        apart = ours.pixels[:, BODY25B.index(joint)] - other.pixels[:, HALPE26.index(joint)]
        assert np.nanmedian(np.hypot(*apart.T)) < 25


def test_caliscope_as_published():
    read = read_poses(data("caliscope/tests/sessions/4_cam_recording/calibration/extrinsic"))
    assert list(read) == ["cam_0", "cam_1", "cam_2", "cam_3"]
    assert [len(each) for each in read.values()] == [47, 48, 48, 24]
    assert all(len(each.pts_seconds) == 48 for each in read.values())
    assert read["cam_1"].pixels[0, 0].tolist() == [710.9169311523438, 507.43072509765625]
    assert read["cam_1"].pts_seconds[0] == 48033.0015837


def test_pyxy3d_as_published():
    read = read_poses(data("pyxy3d/tests/sessions/4_cam_recording/recording_1/HOLISTIC"))
    assert [len(each) for each in read.values()] == [267, 262, 267, 266]
    assert read["cam_0"].pixels[0, 0].tolist() == [520, 193]
    assert len(read["cam_0"].joints) == 82


def test_drone_tracking_as_published():
    read = read_poses(data("drone_tracking/dataset3/detections"), frames_per_second(30.0))
    assert [len(each) for each in read.values()] == [31878, 8345, 10616, 6368, 12515, 13025]
    # Frame 12770 of this camera is told twice, once unseen.
    assert len(read["cam2"].pts_seconds) == 17165
    assert read["cam0"].pixels[0, 0].tolist() == [742.82211823, 897.10093596]
