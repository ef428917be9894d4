"""The published calibrations, where they are at hand: what they say agrees with what was annotated."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from made_cameras import assert_same

from viewsync.calibration import (
    read_aniposelib,
    read_caliscope,
    read_human36m,
    read_pets2009,
    read_wildtrack,
    write_aniposelib,
)

DATA = Path(__file__).parents[2].parent / "shared" / "data"


def data(path):
    found = DATA / path
    if not found.exists():
        pytest.skip(f"{path} isn't here")
    return found


def test_people_of_wildtrack_stand_in_their_boxes():
    folder = data("wildtrack/datasets/Wild-Track")
    cameras = read_wildtrack(folder / "calibrations")
    assert [camera.name for camera in cameras] == ["CVLab1", "CVLab2", "CVLab3", "CVLab4", "IDIAP1", "IDIAP2", "IDIAP3"]
    inside, lowered = [], []
    for person in json.loads((folder / "annotations_positions" / "00000000.json").read_text()):
        row, column = divmod(person["positionID"], 480)
        feet = np.array([-3 + 0.025 * column, -9 + 0.025 * row, 0.0])
        for view in person["views"]:
            if view["xmin"] >= 0:
                x, y = cameras[view["viewNum"]].project(feet)
                inside.append(view["xmin"] <= x <= view["xmax"])
                lowered.append(y - view["ymax"])
    assert len(inside) > 80
    assert np.mean(inside) > 0.95
    assert np.median(np.abs(lowered)) < 1.5


def test_distortion_of_wildtrack_is_in_its_original():
    cameras = read_wildtrack(data("wildtrack/datasets/Wild-Track/calibrations"), intrinsics="intrinsic_original")
    assert all(camera.lens.distortion[0] < -0.2 for camera in cameras)


@pytest.mark.parametrize(("number", "view"), [(2, 5), (3, 6), (4, 7), (5, 8)])
def test_views_of_pets2009_agree_where_people_stand(number, view):
    cameras = {camera.name: camera for camera in read_pets2009(data("pets2009/datasets/PETS-2009/data/calibration"))}
    feet = []
    for track in (1, number):
        rows = np.loadtxt(data(f"mvmhat_mot_gt/15_{track}.txt"), delimiter=",")
        feet.append({(int(row[0]), int(row[1])): (row[2] + row[4] / 2, row[3] + row[5]) for row in rows})
    both = sorted(feet[0].keys() & feet[1].keys())
    places = [
        cameras[name].on_plane(np.array([seen[key] for key in both]))
        for name, seen in zip(("View_001", f"View_{view:03d}"), feet, strict=True)
    ]
    assert len(both) > 1000
    assert np.median(np.linalg.norm(places[0] - places[1], axis=1)) < 0.7


def test_cameras_of_human36m_look_at_the_middle_of_their_room():
    path = data("human36m_cameras/camera-parameters.json")
    for subject in ("S1", "S11"):
        cameras = read_human36m(path, subject)
        assert [camera.lens.height for camera in cameras] == [1002, 1000, 1000, 1002]
        for camera in cameras:
            assert 1.2 < camera.position_metres[2] < 1.9
            assert camera.sees(np.array([0.0, 0.0, 1.0]))


def test_cameras_of_caliscope_agree_about_its_board():
    folder = data("caliscope/tests/sessions/4_cam_recording")
    cameras = {int(camera.name.removeprefix("cam_")): camera for camera in read_caliscope(folder / "camera_array.toml")}
    rows = np.genfromtxt(folder / "calibration/extrinsic/xy.csv", delimiter=",", names=True)
    seen = {
        (int(row["sync_index"]), int(row["keypoint_id"]), int(row["cam_id"])): np.array([row["img_loc_x"], row["img_loc_y"]])
        for row in rows
    }
    errors = []
    for (instant, point, camera), pixel in seen.items():
        others = [other for other in range(camera) if (instant, point, other) in seen]
        if others:
            errors.append(_error_pixels(cameras[others[0]], seen[instant, point, others[0]], cameras[camera], pixel))
    assert len(errors) > 100
    assert np.median(errors) < 3


def _error_pixels(a, pixel_a, b, pixel_b):
    """How far from what both cameras see the point is that explains it best."""
    rays = [camera.lens.unproject(pixel)[:2] for camera, pixel in ((a, pixel_a), (b, pixel_b))]
    views = [np.column_stack([camera.rotation, camera.translation_metres]) for camera in (a, b)]
    point = cv2.triangulatePoints(*views, *(ray[:, None] for ray in rays))[:, 0]
    return float(np.linalg.norm(b.project(point[:3] / point[3]) - pixel_b))


def test_a_calibration_of_pose2sim_survives(tmp_path):
    cameras = read_aniposelib(data("pose2sim_openpose/Calib.toml"))
    assert [camera.name for camera in cameras] == ["cam_01", "cam_02", "cam_03", "cam_04"]
    write_aniposelib(cameras, tmp_path / "Calib.toml")
    assert_same(read_aniposelib(tmp_path / "Calib.toml"), cameras)
