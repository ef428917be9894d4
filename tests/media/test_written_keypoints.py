"""Poses written to every format come back."""

import json
import os
from dataclasses import replace

import numpy as np
import pytest
from foreign_poses import AT_25_HZ, poses
from hypothesis import given, settings
from hypothesis import strategies as st

from viewsync.media.keypoints import (
    read_poses,
    write_caliscope,
    write_coco,
    write_deeplabcut,
    write_openpose,
    write_tracks,
)
from viewsync.media.keypoints.joints import BODY25, COCO17, OPENPOSE18
from viewsync.types import Poses


def assert_same(a, b, *, within=0.0):
    assert a.joints == b.joints
    assert a.size == b.size
    np.testing.assert_array_equal(a.pts_seconds, b.pts_seconds)
    np.testing.assert_array_equal(a.frames, b.frames)
    np.testing.assert_array_equal(a.tracks, b.tracks)
    np.testing.assert_allclose(a.pixels, b.pixels, rtol=0, atol=within)
    np.testing.assert_allclose(a.confidence, b.confidence, rtol=0, atol=within)


def counted(poses):
    """Poses as formats tell them that have no times (frames at 25 Hz) and no picture size."""
    return replace(poses, pts_seconds=np.arange(len(poses.pts_seconds)) / 25, size=None)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 3), st.integers(1, 6), st.sampled_from([None, (640, 360)]))
def test_nothing_is_lost_in_tracks(tmp_path_factory, seed, people, frames, size):
    path = tmp_path_factory.mktemp("tracks") / "cam1.csv"
    written = poses(seed, ("left_wrist", "tail, tip", "nose"), people=people, frames=frames, size=size)
    write_tracks(written, path)
    read = read_poses(path)["cam1"]
    if len(written) == 0:
        assert len(read) == 0
        np.testing.assert_array_equal(read.pts_seconds, written.pts_seconds)
    else:
        assert_same(read, written)


def test_coco_keeps_everything(tmp_path):
    written = poses(1, BODY25)
    write_coco(written, tmp_path / "cam1.json")
    assert_same(read_poses(tmp_path / "cam1.json")["cam1"], written)
    content = json.loads((tmp_path / "cam1.json").read_text())
    assert [1 + BODY25.index("nose"), 1 + BODY25.index("left_eye")] in content["categories"][0]["skeleton"]
    first = content["annotations"][0]
    points, box = np.reshape(first["keypoints"], (-1, 3)), first["bbox"]
    seen = points[points[:, 2] > 0, :2]
    assert set(points[:, 2]) == {0, 2}
    assert [*seen.min(axis=0), *np.ptp(seen, axis=0)] == box


@pytest.mark.parametrize(("layout", "joints"), [("BODY_25", BODY25), ("COCO_18", OPENPOSE18)])
def test_openpose_keeps_what_it_has_room_for(tmp_path, layout, joints):
    written = poses(2, joints)
    write_openpose(written, tmp_path, "cam1", layout)
    assert (tmp_path / "cam1_json" / "cam1_000000000005_keypoints.json").is_file()
    assert_same(read_poses(tmp_path, AT_25_HZ)["cam1"], counted(written), within=6e-4)


def test_openpose_leaves_joints_at_zero_that_poses_lack(tmp_path):
    written = poses(3, COCO17)
    write_openpose(written, tmp_path, "cam1")
    read = read_poses(tmp_path, AT_25_HZ)["cam1"]
    assert read.joints == BODY25
    assert not read.confidence[:, BODY25.index("neck")].any()
    wrist = np.s_[:, BODY25.index("right_wrist")], np.s_[:, COCO17.index("right_wrist")]
    np.testing.assert_allclose(read.pixels[wrist[0]], written.pixels[wrist[1]], atol=6e-4)


@pytest.mark.parametrize("people", [1, 3])
def test_deeplabcut_keeps_all_but_times(tmp_path, people):
    written = poses(4, ("snout", "left_ear", "tail"), people=people, frames=12)
    write_deeplabcut(written, tmp_path / "cam1.csv")
    header = (tmp_path / "cam1.csv").read_text().splitlines()[:4]
    assert [line.split(",")[0] for line in header][1] == ("bodyparts" if people == 1 else "individuals")
    assert_same(read_poses(tmp_path / "cam1.csv", AT_25_HZ)["cam1"], counted(written))


def test_caliscope_keeps_positions_and_times(tmp_path):
    written = {f"cam_{i}": poses(i, ("point_3", "point_11"), frames=9) for i in (2, 0)}
    write_caliscope(written, tmp_path / "xy.csv")
    read = read_poses(tmp_path / "xy.csv")
    assert set(read) == {"cam_0", "cam_2"}
    for camera, told in read.items():
        shown = np.unique(written[camera].frames)
        np.testing.assert_array_equal(told.pts_seconds, written[camera].pts_seconds[shown])
        np.testing.assert_array_equal(told.pixels, written[camera].pixels)
        np.testing.assert_array_equal(told.tracks, written[camera].tracks)
        assert told.joints == ("point_3", "point_11")
        assert set(told.confidence.flat) <= {0, 1}


def test_nobody_is_written_and_read_as_nobody(tmp_path):
    none = Poses((), np.arange(3) / 25, *np.zeros((2, 0), int), np.zeros((0, 0, 2)), np.zeros((0, 0)))
    write_tracks(none, tmp_path / "tracks.csv")
    write_coco(none, tmp_path / "coco.json")
    write_openpose(none, tmp_path, "openpose")
    for name in ("tracks.csv", "coco.json", "openpose_json"):
        (read,) = read_poses(tmp_path / name, AT_25_HZ).values()
        assert len(read) == 0
        np.testing.assert_array_equal(read.pts_seconds, none.pts_seconds)


def test_a_failed_writer_leaves_the_former_file(tmp_path):
    path = tmp_path / "cam1.csv"
    path.write_text("former")
    broken = poses(1, ("nose",))
    object.__setattr__(broken, "tracks", np.zeros(0, dtype=int))
    with pytest.raises(IndexError):
        write_tracks(broken, path)
    assert path.read_text() == "former"
    assert os.listdir(tmp_path) == ["cam1.csv"]
