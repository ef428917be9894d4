"""Joints in space on disk: what is written comes back, in the axes and names that Pose2Sim uses."""

from pathlib import Path

import numpy as np
import pytest

from viewsync.media.keypoints.joints import BODY25, BODY25B, HALPE26
from viewsync.pose3d.files import joint_of, marker_of, read_trc, write_csv, write_trc
from viewsync.pose3d.lift import Joints3D
from viewsync.types import InputError

TRIAL = Path(__file__).parents[2].parent / "shared/data/pose2sim_openpose/S00_P00_T01_BalancingTrial_0-100.trc"
NAMES = ("nose", "left_big_toe", "my thing")


def some():
    points = np.random.default_rng(0).normal(0, 1, (4, 3, 3)).round(6)
    points[1, 2] = points[3, 0] = np.nan
    known = np.isfinite(points).all(axis=2)
    return Joints3D(NAMES, np.array([0.5, 0.52, 0.54, 0.58]), points, 2 * known, np.where(known, 1.5, np.nan))


def test_what_is_written_comes_back(tmp_path):
    write_trc(some(), tmp_path / "a.trc")
    joints, seconds, points = read_trc(tmp_path / "a.trc")
    assert joints == ("nose", "left_big_toe", "my_thing")
    assert seconds.tolist() == some().seconds.tolist()
    assert np.array_equal(points, some().points_metres, equal_nan=True)


def test_the_file_by_hand(tmp_path):
    points, views = np.array([[[1.0, 2, 3]], [[np.nan] * 3]]), np.array([[2], [0]])
    one = Joints3D(("right_hip",), np.array([0.0, 0.02]), points, views, np.array([[1.5], [np.nan]]))
    write_trc(one, tmp_path / "a.trc")
    assert (tmp_path / "a.trc").read_text().splitlines() == [
        "PathFileType\t4\t(X/Y/Z)\ta.trc",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames",
        "50\t50\t2\t1\tm\t50\t1\t2",
        "Frame#\tTime\tRHip\t\t",
        "\t\tX1\tY1\tZ1",
        # y is up.
        "1\t0.000000\t2.000000\t3.000000\t1.000000",
        "2\t0.020000\t\t\t",
    ]
    write_csv(one, tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text().splitlines() == [
        "seconds,joint,x_metres,y_metres,z_metres,views,error_pixels",
        "0.000000,right_hip,1.000000,2.000000,3.000000,2,1.500000",
        "0.020000,right_hip,,,,0,",
    ]


@pytest.mark.parametrize(
    ("joint", "marker"),
    [("left_big_toe", "LBigToe"), ("right_hip", "RHip"), ("neck", "Neck"), ("head_top", "Head"), ("pelvis", "CHip")],
)
def test_markers_are_pose2sim_s(joint, marker):
    assert (marker_of(joint), joint_of(marker)) == (marker, joint)


@pytest.mark.parametrize("layout", [BODY25, BODY25B, HALPE26])
def test_all_names_come_back_and_differ(layout):
    assert tuple(joint_of(marker_of(joint)) for joint in layout) == layout
    assert len({marker_of(joint) for joint in layout}) == len(layout)


def test_millimetres_are_read_as_metres(tmp_path):
    write_trc(some(), tmp_path / "a.trc")
    text = (tmp_path / "a.trc").read_text()
    (tmp_path / "a.trc").write_text(text.replace("\tm\t", "\tmm\t"))
    assert read_trc(tmp_path / "a.trc")[2][0] == pytest.approx(some().points_metres[0] / 1000)


def test_bad_files_are_named(tmp_path):
    path = tmp_path / "a.trc"
    with pytest.raises(InputError, match=r"a\.trc can't be read"):
        read_trc(path)
    path.write_text("hello")
    with pytest.raises(InputError, match=r"isn't a \.trc: it doesn't begin with PathFileType"):
        read_trc(path)
    write_trc(some(), path)
    text = path.read_text()
    path.write_text(text.replace("\tm\t", "\tinch\t"))
    with pytest.raises(InputError, match="Units must be one of m, cm, mm, got 'inch'"):
        read_trc(path)
    path.write_text(text.replace("0.520000", "0.52x"))
    with pytest.raises(InputError, match="line 7: could not convert"):
        read_trc(path)
    path.write_text(text + "5\t0.6\t" + "1\t" * 12)
    with pytest.raises(InputError, match="line 10: 13 coordinates, but its markers have 9"):
        read_trc(path)
    with pytest.raises(InputError, match="there are no instants"):
        write_trc(Joints3D((), np.zeros(0), np.zeros((0, 0, 3)), np.zeros((0, 0), int), np.zeros((0, 0))), path)


@pytest.mark.skipif(not TRIAL.exists(), reason="the data set isn't there")
def test_pose2sim_s_own_file_is_read():
    joints, seconds, points = read_trc(TRIAL)
    assert joints[:2] == ("right_hip", "right_knee")
    assert set(joints) <= set(BODY25B)
    assert (len(seconds), points.shape) == (100, (100, 21, 3))
    # The head is above the hips, and they above the feet.
    heights = [np.nanmedian(points[:, joints.index(name), 2]) for name in ("head_top", "right_hip", "right_heel")]
    assert heights == sorted(heights, reverse=True)
