"""Any calibration: found out by looking, found by name, fitted to the picture."""

import json
import os
from dataclasses import replace

import cv2
import numpy as np
import pytest
from made_cameras import assert_same, made_cameras
from test_opencv_yaml import EXTRI, INTRI, plain, write
from test_published_calibration import data
from test_qualisys import WHOLE

from viewsync.calibration import (
    camera_for,
    cameras_for,
    fitted,
    read_cameras,
    read_drone_tracking,
    read_lenses,
    write_aniposelib,
    write_caliscope,
    write_moving,
    write_wildtrack,
)
from viewsync.geometry.camera import MovingCamera
from viewsync.geometry.lens import Lens
from viewsync.types import InputError

CAMERAS = made_cameras(3)
DRONE = {
    "K-matrix": [[874.5, 0, 970.3], [0, 894.1, 531.3], [0, 0, 1]],
    "distCoeff": [-0.26, 0.07, 0, 0, -0.01],
    "fps": 59.94,
}


def still(camera):
    return MovingCamera(camera.name, camera.lens, camera.rotation[None], camera.translation_metres[None])


# ── which format it is ────────────────────────────────────────────────────────────────────────────────────────────


def in_every_format(folder):
    """The same three cameras, in all formats of calibration: what to name of each."""
    write_aniposelib(CAMERAS, folder / "Calib.toml")
    write_caliscope(CAMERAS, folder / "camera_array.toml")
    write_moving([still(camera) for camera in CAMERAS], folder / "cameras.json")
    (folder / "yaml").mkdir()
    for camera in CAMERAS:
        write(folder / "yaml" / f"{camera.name}.yml", plain(camera))
    return [folder / name for name in ("Calib.toml", "camera_array.toml", "cameras.json", "yaml")]


def test_other_editors_and_other_alphabets(tmp_path):
    """A byte order mark, Windows' ends of lines, capitals, and a name that isn't UTF-8."""
    *files, folder = in_every_format(tmp_path)
    for path in (*files, *folder.iterdir()):
        told = b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n")
        other = path.with_name(os.fsdecode(b"\xff" + path.stem.encode()) + path.suffix.upper())
        other.write_bytes(told)
        one, again = ([camera.lens for camera in read_cameras(each).values()] for each in (path, other))
        assert one == again


def test_every_format_tells_the_same_cameras(tmp_path):
    for path in in_every_format(tmp_path):
        read = read_cameras(path)
        assert_same([replace(camera, name=own.name) for camera, own in zip(read.values(), CAMERAS, strict=True)], CAMERAS)
        assert all(name == camera.name for name, camera in read.items())
        assert read_lenses(path) == {name: camera.lens for name, camera in read.items()}


def test_one_camera_from_opencv(tmp_path):
    write(tmp_path / "cam1.yml", plain(CAMERAS[0]))
    assert_same(read_cameras(tmp_path / "cam1.yml").values(), CAMERAS[:1])


def test_folders_of_wildtrack_and_multiviewx(tmp_path):
    """Which have no sizes, and the published pictures no distortion."""
    seen = [replace(camera, lens=replace(camera.lens, width=1920, height=1080, distortion=(0.0,) * 5)) for camera in CAMERAS]
    write_wildtrack(seen, tmp_path)
    assert_same(read_cameras(tmp_path).values(), seen)
    (tmp_path / "intrinsic_zero").rename(tmp_path / "intrinsic")
    nearer = [replace(camera, translation_metres=100 * camera.translation_metres) for camera in seen]
    assert_same(read_cameras(tmp_path).values(), nearer)


def test_formats_that_others_write(tmp_path):
    (tmp_path / "Calib.qca.txt").write_text(WHOLE)
    assert list(read_cameras(tmp_path / "Calib.qca.txt")) == ["26580"]
    (tmp_path / "intri.yml").write_text(INTRI)
    (tmp_path / "extri.yml").write_text(EXTRI)
    for path in (tmp_path, tmp_path / "intri.yml", tmp_path / "extri.yml"):
        assert list(read_cameras(path, size=(1920, 1080))) == ["1", "left"]


def test_intrinsics_alone(tmp_path):
    for name, size in (("gopro3", [1920, 1080]), ("sony", [1440, 1080])):
        (tmp_path / f"{name}.json").write_text(json.dumps(DRONE | {"resolution": size}))
    lenses = read_lenses(tmp_path)
    assert lenses["sony"] == Lens(1440, 1080, (874.5, 894.1), (970.3, 531.3), (-0.26, 0.07, 0.0, 0.0, -0.01))
    assert read_lenses(tmp_path / "gopro3.json") == {"gopro3": lenses["gopro3"]}
    (tmp_path / "intri.yml").write_text(INTRI)
    assert list(read_lenses(tmp_path / "intri.yml", size=(1920, 1080))) == ["1", "left"]


def test_published_files_are_recognised():
    lenses = read_lenses(data("drone_tracking/calibration/gopro3/gopro3.json"))
    assert lenses["gopro3"].width == 1920
    assert list(read_cameras(data("pose2sim_openpose/Calib.toml"))) == ["cam_01", "cam_02", "cam_03", "cam_04"]
    session = data("caliscope/tests/sessions/4_cam_recording/camera_array.toml")
    assert list(read_cameras(session)) == ["cam_0", "cam_1", "cam_2", "cam_3"]
    assert len(read_cameras(data("wildtrack/datasets/Wild-Track/calibrations"))) == 7
    assert len(read_cameras(data("pets2009/datasets/PETS-2009/data/calibration"))) == 8
    assert len(read_cameras(data("pyxy3d/tests/sessions/4_cam_recording/config.toml"))) == 4


@pytest.mark.parametrize(
    ("name", "content"), [("a.txt", "hello"), ("a.csv", "1,2"), ("a.txt", ""), ("a.pkl", "\x80\x04"), ("a.jpg", "\xff\xd8")]
)
def test_an_unknown_file_is_told_what_is_known(tmp_path, name, content):
    (tmp_path / name).write_text(content, encoding="latin-1")
    with pytest.raises(InputError, match=r"a\..* is no known calibration\. Give a TOML of Pose2Sim.*Qualisys"):
        read_cameras(tmp_path / name)


def test_what_is_not_there_or_empty_is_named(tmp_path):
    with pytest.raises(InputError, match=r"nowhere\.toml can't be read"):
        read_cameras(tmp_path / "nowhere.toml")
    with pytest.raises(InputError, match=r"holds no known calibration\. Name the file itself"):
        read_cameras(tmp_path)


def test_two_cameras_of_one_name_are_told(tmp_path):
    write_moving([still(camera) for camera in (*CAMERAS, CAMERAS[1])], tmp_path / "cameras.json")
    with pytest.raises(InputError, match=r"cameras\.json has more than one camera called cam2"):
        read_cameras(tmp_path / "cameras.json")


def test_cameras_that_moved_are_no_calibration(tmp_path):
    poses = made_cameras(2)
    rotations, translations = (np.stack([getattr(c, key) for c in poses]) for key in ("rotation", "translation_metres"))
    write_moving([still(poses[0]), MovingCamera("hand", poses[0].lens, rotations, translations)], tmp_path / "cameras.json")
    with pytest.raises(InputError, match=r"cameras\.json: hand moved while filming"):
        read_cameras(tmp_path / "cameras.json")


@pytest.mark.parametrize("content", ["{", "[1]", "{}", '{"K-matrix": 1}', "\xff{"])
def test_damaged_intrinsics_are_named(tmp_path, content):
    (tmp_path / "lens.json").write_text(content, encoding="latin-1")
    with pytest.raises(InputError, match=r"lens\.json"):
        read_drone_tracking(tmp_path / "lens.json")


# ── whose it is ───────────────────────────────────────────────────────────────────────────────────────────────────


def called(*names):
    return {name: replace(CAMERAS[0], name=name) for name in names}


@pytest.mark.parametrize(
    ("names", "id", "found"),
    [
        (["cam_01", "cam_02", "cam_03"], "cam02", "cam_02"),
        (["cam_1", "cam_2"], "cam01", "cam_1"),
        (["cam_0", "cam_1"], "cam_0", "cam_0"),
        (["cam_0", "cam_1"], "CAM0", "cam_0"),
        (["int_cam1_img", "int_cam2_img"], "cam02", "int_cam2_img"),
        (["1", "2"], "cam_1", "1"),
        (["cam_1", "cam_11"], "cam1", "cam_1"),
        (["cam_1", "cam_2"], "trial2_cam1", "cam_1"),
        (["View_001", "View_005"], "view5", "View_005"),
        (["left", "right"], "cam_left", "left"),
        (["26580", "26581"], "Trial0003_Miqus_1_26581", "26581"),
        (["cam1", "cam_1"], "cam_1", "cam_1"),
    ],
)
def test_names_that_mean_the_same(names, id, found):
    assert camera_for(called(*names), id).name == found


@pytest.mark.parametrize("id", ["cam03", "left", "take1", "", "cam"])
def test_no_name_is_better_than_a_wrong_one(id):
    assert camera_for(called("cam_1", "cam_2"), id) is None


def test_two_names_that_fit_are_told():
    with pytest.raises(InputError, match=r"calibrations of cam_1 and cam-01 could both be cam1's\. Call one of them cam1"):
        camera_for(called("cam_1", "cam-01"), "cam1")


def test_all_recordings_at_once():
    found = cameras_for(called("cam_01", "cam_02", "cam_03", "cam_04"), ["cam01", "cam02", "cam04"])
    assert [(id, camera.name) for id, camera in found.items()] == [
        ("cam01", "cam_01"),
        ("cam02", "cam_02"),
        ("cam04", "cam_04"),
    ]
    assert list(cameras_for(called("cam_1"), ["cam1", "phone"])) == ["cam1"]


@pytest.mark.parametrize(
    ("names", "ids"),
    [
        (["cam_0", "cam_1", "cam_2"], ["cam01", "cam02", "cam03"]),
        (["left", "right"], ["a", "b"]),
        (["cam_1"], ["cam01", "cam1"]),
    ],
)
def test_names_that_cannot_be_matched_are_listed_on_both_sides(names, ids):
    said = rf"Recordings: {', '.join(ids)}\. Calibrated: {', '.join(names)}\. Call them the same"
    with pytest.raises(InputError, match=said):
        cameras_for(called(*names), ids)


# ── whether it fits ───────────────────────────────────────────────────────────────────────────────────────────────


def lens(width, height):
    return Lens(width, height, (1000.0, 1010.0), (600.0, 350.0), (-0.1, 0.02, 0.001, 0.0, 0.0))


def seen_by(size):
    return replace(CAMERAS[0], lens=lens(*size))


def test_a_picture_of_the_same_size_changes_nothing():
    assert fitted(seen_by((1280, 720)), 1280, 720).lens == lens(1280, 720)


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (640, 360), (853, 480)])
def test_a_smaller_picture_shows_the_same_things_at_the_same_places(width, height):
    camera = seen_by((1280, 720))
    small = fitted(camera, width, height)
    directions = np.random.default_rng(0).uniform(-0.4, 0.4, (50, 2))
    places = (small.lens.bend(directions) + 0.5) / (width, height)
    assert places == pytest.approx((camera.lens.bend(directions) + 0.5) / (1280, 720), abs=5e-4)
    assert (small.name, small.lens.width, small.lens.height) == (camera.name, width, height)


def test_scaling_is_what_opencv_does_to_pictures():
    """A dot in a picture that is shrunk."""
    picture = np.zeros((720, 1280), np.float32)
    direction = (np.array([700.0, 400.0]) - (600.0, 350.0)) / (1000.0, 1010.0)
    picture[400, 700] = 1
    shrunk = cv2.resize(picture, (320, 180), interpolation=cv2.INTER_AREA)
    y, x = np.argwhere(shrunk)[0]
    undistorted = replace(CAMERAS[0], lens=replace(lens(1280, 720), distortion=(0.0,) * 5))
    assert fitted(undistorted, 320, 180).lens.bend(direction) == pytest.approx([x, y], abs=0.5)


def test_a_slightly_other_shape_was_fitted_in_the_middle():
    """As two videos of Pose2Sim's demo: 1088 × 1920 shrunk to 1080 × 1905.9, with black above and below."""
    tall = fitted(seen_by((1088, 1920)), 1080, 1920).lens
    scale = 1080 / 1088
    assert tall.focal_pixels == pytest.approx((1000 * scale, 1010 * scale))
    assert tall.bend(np.zeros(2)) + 0.5 == pytest.approx([600.5 * scale, 350.5 * scale + (1920 - 1920 * scale) / 2])


@pytest.mark.parametrize(
    ("width", "height", "said"),
    [
        (
            720,
            1280,
            r"calibrated for 1280 × 720 pixels, but its video has 720 × 1280: a picture that lies on its side\. Turn",
        ),
        (1080, 1920, "lies on its side"),
        (640, 480, r"calibrated for 1280 × 720 pixels, but its video has 640 × 480: a picture of another shape\. Calibrate"),
        (1000, 1000, "another shape"),
    ],
)
def test_a_picture_that_does_not_fit_is_told_so(width, height, said):
    with pytest.raises(InputError, match=said):
        fitted(seen_by((1280, 720)), width, height)
