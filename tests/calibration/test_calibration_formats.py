"""Calibration files: what is written comes back, others' files are read, bad ones are named."""

import json
from dataclasses import replace
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest
from made_cameras import assert_same, half_turned, made_cameras

from viewsync.calibration import (
    read_aniposelib,
    read_caliscope,
    read_human36m,
    read_moving,
    read_pets2009,
    read_wildtrack,
    write_aniposelib,
    write_caliscope,
    write_moving,
    write_wildtrack,
)
from viewsync.geometry.camera import MovingCamera
from viewsync.types import InputError

CAMERAS = (*made_cameras(), half_turned())

POSE2SIM = """
[cam_01]
name = "left"
size = [ 1088.0, 1920.0]
matrix = [ [ 1681.0, 0.0, 532.0], [ 0.0, 1682.0, 948.0], [ 0.0, 0.0, 1.0]]
distortions = [ -0.1, 0.02, 0.001, -0.002]
rotation = [ 0.0, 1.5707963267948966, 0.0]
translation = [ 320.0, 950.0, 2890.0]
fisheye = false

[metadata]
adjusted = false
error = 0.0
"""


# ── what is written comes back ────────────────────────────────────────────────────────────────────────────────────


def test_aniposelib(tmp_path):
    write_aniposelib(CAMERAS, tmp_path / "Calib.toml")
    assert_same(read_aniposelib(tmp_path / "Calib.toml"), CAMERAS)


def test_odd_names_survive_in_toml(tmp_path):
    named = [replace(CAMERAS[0], name=name) for name in ("front left", 'the "best"', "Kamera-ä", "metadata2")]
    write_aniposelib(named, tmp_path / "Calib.toml")
    assert_same(read_aniposelib(tmp_path / "Calib.toml"), named)


def test_caliscope(tmp_path):
    write_caliscope(CAMERAS, tmp_path / "camera_array.toml")
    numbered = [replace(camera, name=f"cam_{i}") for i, camera in enumerate(CAMERAS)]
    assert_same(read_caliscope(tmp_path / "camera_array.toml"), numbered)


def test_wildtrack(tmp_path):
    write_wildtrack(made_cameras(), tmp_path)
    original = read_wildtrack(tmp_path, intrinsics="intrinsic_original", size=(1280, 720))
    assert_same(original, made_cameras())
    undistorted = [replace(camera, lens=replace(camera.lens, distortion=(0.0,) * 5)) for camera in made_cameras()]
    assert_same(read_wildtrack(tmp_path, size=(1280, 720)), undistorted)


def test_cameras_that_move(tmp_path):
    still, other = made_cameras(2)
    poses = made_cameras(30, seed=3)
    moved = MovingCamera(
        "cam1", still.lens, np.stack([c.rotation for c in poses]), np.stack([c.translation_metres for c in poses])
    )
    resting = MovingCamera("cam2", other.lens, other.rotation[None], other.translation_metres[None])
    write_moving([moved, resting], tmp_path / "cameras.json")
    read = read_moving(tmp_path / "cameras.json")
    assert [camera.moves for camera in read] == [True, False]
    assert_same([read[0].at_frame(i) for i in range(30)], [moved.at_frame(i) for i in range(30)])
    assert_same([read[1].at_frame(0)], [resting.at_frame(0)])


def test_an_unwritable_place_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="file"):
        write_aniposelib(CAMERAS, tmp_path / "file" / "Calib.toml")


# ── what others write, and how others read ────────────────────────────────────────────────────────────────────────


def test_a_file_of_pose2sim_in_millimetres(tmp_path):
    path = tmp_path / "Calib.toml"
    path.write_text(POSE2SIM)
    (camera,) = read_aniposelib(path, metres_per_unit=0.001)
    assert (camera.name, camera.lens.width, camera.lens.height) == ("left", 1088, 1920)
    assert camera.lens.distortion == (-0.1, 0.02, 0.001, -0.002, 0.0)
    # A quarter turn about y takes z to x.
    assert camera.rotation @ (0, 0, 1) == pytest.approx([1, 0, 0])
    assert camera.translation_metres == pytest.approx([0.32, 0.95, 2.89])


def test_caliscope_with_matrices_and_cameras_without_pose(tmp_path):
    path = tmp_path / "camera_array.toml"
    path.write_text("""
[cameras.0]
cam_id = 0
size = [1280, 720]
matrix = [[894.5, 0.0, 624.0], [0.0, 896.9, 361.3], [0.0, 0.0, 1.0]]
distortions = [-0.34, 0.1, -0.001, 0.003, -0.004]
[cameras.3]
cam_id = 3
size = [1280, 720]
matrix = [[894.5, 0.0, 624.0], [0.0, 896.9, 361.3], [0.0, 0.0, 1.0]]
distortions = [-0.34, 0.1, -0.001, 0.003, -0.004]
translation = [1.0, 2.0, 3.0]
rotation = [[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
""")
    (camera,) = read_caliscope(path)
    assert camera.name == "cam_3"
    assert camera.rotation == pytest.approx(np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]]))


def test_opencv_reads_what_wildtrack_writes(tmp_path):
    camera = made_cameras(1)[0]
    write_wildtrack([camera], tmp_path)
    inside = cv2.FileStorage(str(tmp_path / "intrinsic_original" / "intr_cam1.xml"), cv2.FILE_STORAGE_READ)
    assert inside.getNode("camera_matrix").mat() == pytest.approx(camera.lens.matrix)
    assert inside.getNode("distortion_coefficients").mat().ravel() == pytest.approx(camera.lens.distortion)
    # How loaders of the set read the extrinsics.
    root = ElementTree.parse(tmp_path / "extrinsic" / "extr_cam1.xml").getroot()
    rotation = np.array([float(word) for word in root.findall("rvec")[0].text.lstrip().rstrip().split(" ")])
    translation = np.array([float(word) for word in root.findall("tvec")[0].text.lstrip().rstrip().split(" ")])
    assert cv2.Rodrigues(rotation)[0] == pytest.approx(camera.rotation)
    assert translation == pytest.approx(100 * camera.translation_metres)


def test_wildtrack_reads_what_opencv_writes(tmp_path):
    camera = made_cameras(1)[0]
    for folder, name, values in [
        (
            "intrinsic",
            "intr",
            {"camera_matrix": camera.lens.matrix, "distortion_coefficients": np.array([camera.lens.distortion])},
        ),
        ("extrinsic", "extr", {"rvec": cv2.Rodrigues(camera.rotation)[0], "tvec": camera.translation_metres[:, None]}),
    ]:
        (tmp_path / folder).mkdir()
        storage = cv2.FileStorage(str(tmp_path / folder / f"{name}_cam1.xml"), cv2.FILE_STORAGE_WRITE)
        for key, value in values.items():
            storage.write(key, value)
        storage.release()
    assert_same(read_wildtrack(tmp_path, intrinsics="intrinsic", size=(1280, 720), metres_per_unit=1), [camera])


TSAI = """<?xml version="1.0" encoding="UTF-8"?>
<Camera name="{name}">
	<Geometry width="768" height="576" ncx="795" nfx="752" dx="4.85e-03" dy="4.65e-03" dpx="5.127e-03" dpy="4.65e-03"/>
	<Intrinsic focal="5.55" kappa1="{kappa}" cx="324.2" cy="282.6" sx="1.09"/>
	<Extrinsic tx="-4.8e+03" ty="-3.2e+03" tz="35.5e+03" rx="2.04" ry="-0.89" rz="-0.43"/>
</Camera>
"""


@pytest.mark.parametrize("kappa", [0.0, 5.1e-3, -8e-3])
def test_tsai_worked_by_hand(tmp_path, kappa):
    (tmp_path / "View_001.xml").write_text(TSAI.format(name="View_001", kappa=kappa))
    (camera,) = read_pets2009(tmp_path)
    points = np.random.default_rng(0).uniform((-12, -14, 0), (5, 5, 2), (200, 3))
    seen = points[camera.sees(points)]
    assert len(seen) > 50
    (sa, sb, sg), (ca, cb, cg) = np.sin([2.04, -0.89, -0.43]), np.cos([2.04, -0.89, -0.43])
    rotation = np.array(
        [
            [cb * cg, cg * sa * sb - ca * sg, sa * sg + ca * cg * sb],
            [cb * sg, sa * sb * sg + ca * cg, ca * sb * sg - cg * sa],
            [-sb, cb * sa, ca * cb],
        ]
    )
    x, y, z = rotation @ (1000 * seen.T) + np.array([[-4800.0], [-3200.0], [35500.0]])
    undistorted = 5.55 * np.stack([x, y]) / z
    distorted = undistorted.copy()
    for _ in range(200):
        distorted = undistorted / (1 + kappa * (distorted**2).sum(axis=0))
    golden = np.column_stack([distorted[0] * 1.09 / 5.127e-3 + 324.2, distorted[1] / 4.65e-3 + 282.6])
    assert np.abs(camera.project(seen) - golden).max() < 0.1


def test_a_subject_of_human36m(tmp_path):
    camera = made_cameras(1)[0]
    pose = {"R": camera.rotation.tolist(), "t": (1000 * camera.translation_metres[:, None]).tolist()}
    optics = {"calibration_matrix": camera.lens.matrix.tolist(), "distortion": list(camera.lens.distortion)}
    path = tmp_path / "camera-parameters.json"
    path.write_text(json.dumps({"intrinsics": {"54138969": optics}, "extrinsics": {"S9": {"54138969": pose}}}))
    read = read_human36m(path, "S9")
    assert_same(read, [replace(camera, name="54138969", lens=replace(camera.lens, width=1000, height=1002))])
    with pytest.raises(InputError, match="S9"):
        read_human36m(path, "S1")


# ── bad files ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("translation", "position", "translation is missing"),
        ("320.0, 950.0, 2890.0", "320.0, 950.0", "translation must be 3 numbers, got 2"),
        ("320.0, 950.0", "nan, 950.0", "translation must be finite"),
        ("320.0, 950.0", "'far', 950.0", "translation must be numbers"),
        ("[ 0.0, 1.5707963267948966, 0.0]", "[[1, 0, 0], [0, 1, 0], [0, 0, -1]]", "rotation isn't a rotation"),
        ("[ 0.0, 1.5707963267948966, 0.0]", "[[2, 0, 0], [0, 2, 0], [0, 0, 2]]", "rotation isn't a rotation"),
        ("1088.0, 1920.0", "0, 1920", "size must be width and height"),
        ("1681.0, 0.0", "-1681.0, 0.0", "matrix must be"),
        ("1681.0, 0.0", "1681.0, 5.0", "matrix must be"),
        ("-0.1, 0.02, 0.001, -0.002", "0.1, 0.2, 0.0", "distortions must be k1"),
        ("-0.1, 0.02, 0.001, -0.002", "0.1, 0, 0, 0, 0, 0.3, 0, 0", "distortions must be k1"),
        ("fisheye = false", "fisheye = true", "fisheye"),
    ],
)
def test_a_bad_camera_is_named_with_its_fault(tmp_path, old, new, said):
    assert old in POSE2SIM
    path = tmp_path / "Calib.toml"
    path.write_text(POSE2SIM.replace(old, new))
    with pytest.raises(InputError, match=said) as caught:
        read_aniposelib(path)
    assert str(path) in str(caught.value)
    assert "'left'" in str(caught.value)


@pytest.mark.parametrize("read", [read_aniposelib, read_caliscope, read_human36m, read_moving])
@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe{", b"[1, 2", b"[]", b'{"schema": "other"}', b"a = 1"])
def test_what_is_no_such_file_is_refused(tmp_path, read, content):
    path = tmp_path / "file"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match="file"):
        read(path)


def test_poses_must_match_in_cameras_json(tmp_path):
    still = made_cameras(1)[0]
    path = tmp_path / "cameras.json"
    write_moving([MovingCamera("cam1", still.lens, still.rotation[None], still.translation_metres[None])], path)
    content = json.loads(path.read_text())
    content["cameras"][0]["rotations"].append([0, 0, 0])
    path.write_text(json.dumps(content))
    with pytest.raises(InputError, match=r"cam1.*three numbers each per frame"):
        read_moving(path)


@pytest.mark.parametrize("read", [read_wildtrack, read_pets2009])
def test_folders_without_calibration_are_refused(tmp_path, read):
    with pytest.raises(InputError, match=r"has no .*xml"):
        read(tmp_path)


def test_damaged_xml_is_named(tmp_path):
    write_wildtrack(made_cameras(1), tmp_path)
    extrinsic = tmp_path / "extrinsic" / "extr_cam1.xml"
    whole = extrinsic.read_text()
    extrinsic.write_text(whole.replace("tvec", "position"))
    with pytest.raises(InputError, match=r"extr_cam1.xml.*tvec is missing"):
        read_wildtrack(tmp_path)
    extrinsic.write_text(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"extr_cam1.xml isn't XML"):
        read_wildtrack(tmp_path)
    extrinsic.write_text(whole)
    (tmp_path / "intrinsic_zero" / "intr_cam1.xml").unlink()
    with pytest.raises(InputError, match=r"intr_cam1.xml can't be read"):
        read_wildtrack(tmp_path)
    (tmp_path / "View_001.xml").write_text(TSAI.format(name="View_001", kappa="much"))
    with pytest.raises(InputError, match=r"View_001.*kappa1 must be numbers"):
        read_pets2009(tmp_path)
