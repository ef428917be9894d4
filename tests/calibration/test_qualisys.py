"""Qualisys' files: worked by hand, and against what Pose2Sim made of one."""

import zipfile
from dataclasses import replace

import cv2
import numpy as np
import pytest
from made_cameras import assert_same
from test_published_calibration import data

from viewsync.calibration import read_aniposelib, read_qualisys
from viewsync.demo import WHEEL
from viewsync.store import cache_folder
from viewsync.types import InputError

DEMO = cache_folder() / "pose2sim-0.10.49" / WHEEL
"""Where it lies unless tests are told to use a cache of their own, as they are from here on."""

CAMERA = """
    <camera active="1" avg-residual="0.4" model="Miqus Video" serial="26580" viewrotation="0" video_resolution="1080p">
      <fov_marker bottom="1087" left="0" right="1919" top="0"/>
      <fov_video bottom="1043" left="100" right="1819" top="4"/>
      <transform r11="1" r12="0" r13="0" r21="0" r22="0" r23="1" r31="0" r32="-1" r33="0" x="500" y="-2000" z="1500"/>
      <intrinsic centerPointU="61440" centerPointV="34560" focalLengthU="64000" focalLengthV="64064" focallength="9.3"
        radialDistortion1="-0.05" radialDistortion2="0.14" radialDistortion3="0.01" sensorMaxU="122879" sensorMaxV="69631"
        sensorMinU="0" sensorMinV="0" skew="0" tangentalDistortion1="0.001" tangentalDistortion2="-0.002"/>
    </camera>
"""
UNCALIBRATED = '<camera active="1" calibrated="false" serial="26581" viewrotation="0"/>'
WHOLE = f"<?xml version='1.0'?>\n<calibration>\n<results/>\n<cameras>{CAMERA}{UNCALIBRATED}</cameras>\n</calibration>\n"


def test_worked_by_hand(tmp_path):
    path = tmp_path / "Calib.qca.txt"
    path.write_text(WHOLE)
    (camera,) = read_qualisys(path)
    assert camera.name == "26580"
    assert (camera.lens.width, camera.lens.height) == (1720, 1040)
    assert camera.lens.focal_pixels == (1000, 1001)
    # The video shows the sensor from column 100 and row 4 on.
    assert camera.lens.center_pixels == (960 - 100, 540 - 4)
    assert camera.lens.distortion == (-0.05, 0.14, 0.001, -0.002, 0.01)
    assert camera.position_metres == pytest.approx([0.5, -2, 1.5])
    # It stands upright and looks along +y: a point 4 m before it, 1 m to its right and 1 m up.
    straight = replace(camera, lens=replace(camera.lens, distortion=(0.0,) * 5))
    assert straight.project(np.array([1.5, 2.0, 2.5])) == pytest.approx([860 + 1000 / 4, 536 - 1001 / 4])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('viewrotation="0" video', 'viewrotation="180" video', "its view is turned in QTM"),
        ('skew="0"', 'skew="64"', "intrinsic must be"),
        ('r11="1"', 'r11="2"', "transform isn't a rotation"),
        ('x="500"', 'x="far"', "x must be numbers"),
        ("fov_video", "fov_other", "left is missing"),
        ("focalLengthU", "focalLength", "focalLengthU is missing"),
        ('focalLengthU="64000"', 'focalLengthU="nan"', "focalLengthU must be finite"),
        ('right="1819"', 'right="99"', "fov_video must be width and height"),
    ],
)
def test_a_bad_camera_is_named_with_its_fault(tmp_path, old, new, said):
    assert old in WHOLE
    path = tmp_path / "Calib.qca.txt"
    path.write_text(WHOLE.replace(old, new))
    with pytest.raises(InputError, match=f"'26580': {said}"):
        read_qualisys(path)


@pytest.mark.parametrize("content", [None, "", "<calibration>", "<calibration/>", f"<c>{UNCALIBRATED}</c>", "[cam_1]"])
def test_what_is_no_such_file_is_refused(tmp_path, content):
    path = tmp_path / "Calib.qca.txt"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError, match=r"Calib\.qca\.txt"):
        read_qualisys(path)


@pytest.fixture
def demo(tmp_path):
    """The calibration folder of Pose2Sim's demo."""
    if not DEMO.exists():
        pytest.skip("the package that the demo downloads isn't here")
    folder = "Pose2Sim/Demo_SinglePerson/calibration/"
    with zipfile.ZipFile(DEMO) as archive:
        archive.extractall(tmp_path, [name for name in archive.namelist() if name.startswith(folder)])
    return tmp_path / folder


def test_pose2sim_reads_the_same_but_for_the_distortion(demo):
    """Its demo's own conversion, Calib.toml, has the distortion divided by 64: with that done here, too, all agrees."""
    ours, theirs = read_qualisys(demo / "Calib.qca.txt"), read_aniposelib(data("pose2sim_openpose/Calib.toml"))
    assert [camera.name for camera in ours] == ["cam01", "cam02", "cam03", "cam04"]
    for camera, other in zip(ours, theirs, strict=True):
        divided = tuple(coefficient / 64 for coefficient in camera.lens.distortion)
        assert_same([replace(camera, name=other.name, lens=replace(camera.lens, distortion=divided))], [other])


def test_checkerboards_want_the_distortion_undivided(demo):
    """OpenCV finds about the same from pictures of a board that the demo's first camera took."""
    pictures = [cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) for path in (demo / "intrinsics/int_cam01_img").glob("*.jpg")]
    boards = [corners for found, corners in (cv2.findChessboardCorners(picture, (4, 7)) for picture in pictures) if found]
    board = np.zeros((28, 3), np.float32)
    board[:, :2] = np.mgrid[:4, :7].T.reshape(-1, 2)
    lens = read_qualisys(demo / "Calib.qca.txt")[0].lens
    flags = cv2.CALIB_USE_INTRINSIC_GUESS | cv2.CALIB_FIX_FOCAL_LENGTH | cv2.CALIB_FIX_PRINCIPAL_POINT | cv2.CALIB_FIX_K3
    size, none = (lens.width, lens.height), np.zeros((5, 1))
    found = cv2.calibrateCamera([board] * len(boards), boards, size, lens.matrix, none, flags=flags)[2].ravel()
    assert found[0] == pytest.approx(lens.distortion[0], rel=0.25)
