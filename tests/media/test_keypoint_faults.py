"""Pose files that can't be used, and what is said of them."""

import os
import pickle
import re

import h5py
import numpy as np
import pytest
from foreign_poses import (
    AT_25_HZ,
    CALISCOPE_LINES,
    caliscope,
    coco,
    deeplabcut_columns,
    deeplabcut_csv,
    deeplabcut_h5,
    openpose,
    points,
    poses,
)

from viewsync.media.keypoints import read_poses, write_coco, write_openpose
from viewsync.types import InputError


def refused(path, match, clock=AT_25_HZ):
    with pytest.raises(InputError, match=match) as error:
        read_poses(path, clock)
    assert str(path.parent) in str(error.value)


def test_nothing_there(tmp_path):
    refused(tmp_path / "cam1.csv", "doesn't exist")
    refused(tmp_path / "pose.mp4", "doesn't exist")
    (tmp_path / "notes.doc").touch()
    refused(tmp_path, "holds no poses. Known are OpenPose")
    refused(tmp_path / "notes.doc", "isn't a file of poses. Known are")


@pytest.mark.parametrize("name", ["cam1.csv", "cam1.txt", "cam1.json", "cam1.h5"])
def test_files_of_something_else(tmp_path, name):
    path = tmp_path / name
    for content in (b"", b"\xff\xfe\x00\x01,\n", b"\n\n", b"hello, world\n1,2\n", b"{}", b"[1]", b'{"people": []}'):
        path.write_bytes(content)
        refused(path, "Export|Name|Known|other csv|Save|Correct|Write")


def test_openpose_that_is_not_whole(tmp_path):
    folder = openpose(tmp_path / "cam1", {0: [points(1, 25)], 1: [points(1, 25)]})
    second = folder / "cam1_000000000001_keypoints.json"
    whole = second.read_text()
    second.write_text(whole[:-30])
    refused(folder, "000001_keypoints.json isn't whole JSON")
    second.write_text('{"version": 1.3}')
    refused(folder, "no list of `people`")
    second.write_text(whole.replace("[-1]", "[1]"))
    assert read_poses(folder, AT_25_HZ)["cam1"].tracks.tolist() == [0, 0]
    second.write_text(re.sub(r"(keypoints_2d\": \[)[\d.]+", r'\1"left"', whole))
    refused(folder, "must be numbers")
    second.rename(folder / "last.json")
    refused(folder, "no frame number in its name")


def test_openpose_of_unknown_or_mixed_layouts(tmp_path):
    refused(openpose(tmp_path / "a", {0: [points(1, 21)]}), r"unknown joint set: it tells 21 joints.*COCO-17 \(17\)")
    refused(openpose(tmp_path / "b", {0: [points(1, 25)], 1: [points(1, 18)]}), "got 54 numbers after 75")
    refused(openpose(tmp_path / "c", {0: [points(1, 25).ravel()[:-1]]}), "got 74 numbers")


def test_openpose_of_two_cameras_in_a_folder(tmp_path):
    openpose(tmp_path / "cam1", {0: [], 1: []})
    refused(openpose(tmp_path / "cam1", {1: []}, "cam2_{}.json"), "frame 1 comes after frame 1")


def test_identities_twice_in_a_frame(tmp_path):
    refused(
        openpose(tmp_path / "cam1", {4: [(1, points(1, 25)), (1, points(2, 25))]}), "track 1 is in frame 4 of cam1 twice"
    )


def test_nothing_but_nan(tmp_path):
    refused(openpose(tmp_path / "cam1", {0: [np.zeros((25, 3))]}), "no joint position of cam1")
    columns = deeplabcut_columns(["snout"])
    refused(deeplabcut_csv(tmp_path / "cam2.csv", columns, np.full((3, 3), np.nan)), "no joint position of cam2")
    (tmp_path / "cam3.csv").write_text("frame,joint,x,y\n0,nose,nan,nan\n1,nose,,\n")
    refused(tmp_path / "cam3.csv", "no joint position of cam3")


@pytest.mark.parametrize(
    ("content", "match"),
    [
        ("frame,x,y\n1,5,5\n0,5,5\n", "out of order: frame 0 after 1"),
        ("frame,x,y\n1,5,5\n1,6,5\n", "same joint of the same track twice"),
        ("frame,x,y\n0.5,5,5\n", "frame must be whole numbers, got 0.5 in row 1"),
        ("frame,x,y\n,5,5\n", "frame must be whole numbers"),
        ("frame,x,y\n1e300,5,5\n", "frame must be whole numbers, got 1e\\+300"),
        ("frame,x,y\n0,5\n", "row 1: expected 3 columns, found 2"),
        ("frame,x,y\n0,5,5\n1,five,5\n", "row 2: 'five' isn't a number"),
        ("frame,joint,x,y\n0,,5,5\n", "row 1: a position without joint"),
        ("frame,seconds,x,y\n0,0.1,5,5\n1,0.1,5,5\n", "times of cam1 must increase"),
        ("frame,seconds,x,y,track\n0,0.1,5,5,1\n0,0.2,5,5,2\n", "a frame has different times"),
        ("frame,seconds,x,y\n0,,5,5\n", "has no time"),
        ("frame,x,y,width,height\n0,5,5,0,0\n", "width and height must be"),
        ("x,y\n5,5\n", "has the columns frame or seconds, x, y"),
        ("sync_index,point_id,x_coord,y_coord,z_coord\n0,0,1,2,3\n", "no columns img_loc_x"),
        ("scorer,a,a\nbodyparts,b,b\n0,1,2\n", "no line of `coords`"),
        ("scorer,a,a\nbodyparts,b,b\ncoords,x,y\n0,1\n", "2 columns in line 4, 3 in the first"),
        ("scorer,a,a\nbodyparts,b,b\ncoords,x,z\n0,1,2\n", "a coordinate 'z'"),
        ("scorer,a,a\nbodyparts,b,b\ncoords,x,x\n0,1,2\n", "the same column twice"),
        ("scorer,a,a\nbodyparts,b,b\ncoords,x,y\n1,1,2\n0,1,2\n", "frame 0 comes after frame 1"),
        ("scorer,a,a\nbodyparts,b,b\ncoords,x,y\n0,1,2\n0,1,2\n", "frame 0 comes after frame 0"),
        ("scorer,a,a\nbodyparts,b,b\ncoords,x,y\ninf,1,2\n", "doesn't number its frames"),
        ("scorer,,\nbodyparts,b,b\ncoords,x,y\n0,1,2\n", "doesn't name scorer, body part and coordinate"),
        ("scorer,a,a\nbodyparts,b,b\ncoords,x,y\nimg0.png,1,2\n", "'img0.png' isn't a number"),
    ],
)
def test_csv_with_faults(tmp_path, content, match):
    (tmp_path / "cam1.csv").write_text(content)
    refused(tmp_path / "cam1.csv", match, None if "seconds" in content else AT_25_HZ)


def test_caliscope_out_of_order_or_twice(tmp_path):
    refused(caliscope(tmp_path / "xy.csv", CALISCOPE_LINES[::-1]), "cam_0's sync_index 10 after 12")
    refused(caliscope(tmp_path / "xy.csv", [CALISCOPE_LINES[0], CALISCOPE_LINES[0]]), "same joint of the same track twice")


def test_coco_with_faults(tmp_path):
    path = tmp_path / "cam1.json"
    refused(coco(path, [(0, points(1, 21), {})]), "unknown joint set")
    refused(coco(path, [(0, points(1, 17), {}), (1, points(1, 18), {})]), "got 51 and 54 numbers")
    refused(coco(path, [(0, points(1, 17), {})], joints=["nose"]), "names 1 joints, but keypoints tell 17")
    refused(coco(path, [(0, points(1, 17), {})], joints=["nose"] * 17), "names 1 joints, but keypoints tell 17")
    refused(coco(path, [(0, [], {"bbox": [1, 2, 3, 4]})]), "no `keypoints`")
    refused(coco(path, [(0, points(1, 17), {})], images=[]), "isn't COCO's JSON of key points")
    twice = [{"id": 0, "file_name": "a.mp4"}, {"id": 0, "file_name": "a.mp4"}]
    refused(coco(path, [(0, points(1, 17), {})], images=twice), "frame 0 comes after frame 0")
    named = [{"id": "a", "file_name": "a.jpg"}]
    refused(coco(path, [("a", points(1, 17), {})], images=named), "doesn't number its frames")


@pytest.mark.parametrize("content", ["[" * 100_000, f'{{"people": {"1" * 5000}}}'])
def test_json_that_python_gives_up_on(tmp_path, content):
    (tmp_path / "cam1.json").write_text(content)
    refused(tmp_path / "cam1.json", "isn't whole JSON")


def test_numbers_too_large_to_count_with(tmp_path):
    """A tracker's hash tells nobody apart, and a time stamp of twenty digits is no frame."""
    seen = read_poses(openpose(tmp_path / "a", {0: [(10**30, points(1, 25))]}), AT_25_HZ)["a"]
    assert seen.tracks.tolist() == [0]
    refused(openpose(tmp_path / "b", {10**20: [points(1, 25)]}), "has no frame number in its name")
    (tmp_path / "cam1.csv").write_text(f"frame,track,x,y\n0,{10**30},5,5\n1,--1,6,5\n")
    assert read_poses(tmp_path / "cam1.csv", AT_25_HZ)["cam1"].tracks.tolist() == [0, 1]


@pytest.mark.parametrize(("width", "size"), [("640", (640, 360)), (-640, None), (None, None)])
def test_the_size_of_coco_s_pictures(tmp_path, width, size):
    images = [{"id": 0, "file_name": "0.jpg", "width": width, "height": 360}]
    assert read_poses(coco(tmp_path / "cam1.json", [(0, points(1, 17), {})], images=images), AT_25_HZ)["cam1"].size == size


def test_an_h5_cannot_run_anything(tmp_path):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "sprung"),)

    columns = deeplabcut_columns(["snout"])
    path = deeplabcut_h5(tmp_path / "cam1.h5", columns, np.ones((2, 3)), "table")
    with h5py.File(path, "a") as file:
        file["df_with_missing/table"].attrs["values_block_0_kind"] = np.bytes_(pickle.dumps(Trap(), protocol=0))
    refused(path, "isn't an h5 table of DeepLabCut.*mkdir")
    assert not (tmp_path / "sprung").exists()


def test_one_camera_from_two_files(tmp_path):
    write_coco(poses(1), tmp_path / "cam1.json")
    write_coco(poses(1), tmp_path / "cam1_keypoints.json")
    refused(tmp_path, "poses of 'cam1' twice: in cam1.json and cam1_keypoints.json")


def test_writers_refuse_what_would_mislead(tmp_path):
    with pytest.raises(InputError, match="none of the joints snout, tail is one of BODY_25"):
        write_openpose(poses(1, ("snout", "tail")), tmp_path, "cam1")
    write_openpose(poses(1, frames=6), tmp_path, "cam1")
    with pytest.raises(InputError, match=r"cam1_000000000004_keypoints\.json isn't of these poses"):
        write_openpose(poses(1, frames=4), tmp_path, "cam1")
