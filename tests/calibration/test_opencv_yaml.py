"""OpenCV's YAML: what it writes itself, and files in the layout of EasyMocap."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from made_cameras import assert_same, half_turned, made_cameras

from viewsync.calibration import read_easymocap, read_easymocap_lenses, read_opencv, read_opencv_lens
from viewsync.types import InputError

# As EasyMocap prints it.
INTRI = """%YAML:1.0
---
names:
  - "1"
  - "left"
K_1: !!opencv-matrix
  rows: 3
  cols: 3
  dt: d
  data: [1000.000, 0.000, 959.500, 0.000, 1001.000, 539.500, 0.000, 0.000, 1.000]
dist_1: !!opencv-matrix
  rows: 1
  cols: 5
  dt: d
  data: [0.000, 0.000, 0.000, 0.000, 0.000]
K_left: !!opencv-matrix
  rows: 3
  cols: 3
  dt: d
  data: [1200.000, 0.000, 970.000, 0.000, 1200.000, 530.000, 0.000, 0.000, 1.000]
dist_left: !!opencv-matrix
  rows: 1
  cols: 5
  dt: d
  data: [-0.100, 0.020, 0.001, -0.002, 0.003]
"""
EXTRI = """%YAML:1.0
---
names:
  - "1"
  - "left"
R_1: !!opencv-matrix
  rows: 3
  cols: 1
  dt: d
  data: [0.000, 0.000, 1.5707963268]
Rot_1: !!opencv-matrix
  rows: 3
  cols: 3
  dt: d
  data: [0.000, -1.000, 0.000, 1.000, 0.000, 0.000, 0.000, 0.000, 1.000]
T_1: !!opencv-matrix
  rows: 3
  cols: 1
  dt: d
  data: [0.000, 0.000, 5.000]
Rot_left: !!opencv-matrix
  rows: 3
  cols: 3
  dt: d
  data: [0.000, -1.000, 0.000, 1.000, 0.000, 0.000, 0.000, 0.000, 1.000]
T_left: !!opencv-matrix
  rows: 3
  cols: 1
  dt: d
  data: [1.000, 2.000, 3.000]
"""


@pytest.fixture
def easymocap(tmp_path):
    (tmp_path / "intri.yml").write_text(INTRI)
    (tmp_path / "extri.yml").write_text(EXTRI)
    return tmp_path


def write(path, values):
    storage = cv2.FileStorage(str(path), cv2.FILE_STORAGE_WRITE)
    for key, value in values.items():
        storage.write(key, value)
    storage.release()


def plain(camera, **changes):
    return {
        "image_width": camera.lens.width,
        "image_height": camera.lens.height,
        "camera_matrix": camera.lens.matrix,
        "distortion_coefficients": np.array(camera.lens.distortion)[:, None],
        "rvec": cv2.Rodrigues(camera.rotation)[0],
        "tvec": camera.translation_metres[:, None],
    } | changes


# ── one file per camera ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("camera", [*made_cameras(3), half_turned()], ids=lambda camera: camera.name)
def test_what_opencv_writes_comes_back(tmp_path, camera):
    write(tmp_path / f"{camera.name}.yml", plain(camera))
    assert_same([read_opencv(tmp_path / f"{camera.name}.yml")], [camera])
    assert read_opencv_lens(tmp_path / f"{camera.name}.yml") == read_opencv(tmp_path / f"{camera.name}.yml").lens


def test_a_matrix_of_rotation_units_of_the_board_and_a_size_from_elsewhere(tmp_path):
    (camera,) = made_cameras(1)
    values = plain(camera, R=camera.rotation, T=1000 * camera.translation_metres)
    for key in ("image_width", "image_height", "rvec", "tvec"):
        del values[key]
    write(tmp_path / "cam1.yaml", values)
    assert_same([read_opencv(tmp_path / "cam1.yaml", size=(1280, 720), metres_per_unit=0.001)], [camera])


def test_a_lens_needs_no_pose(tmp_path):
    (camera,) = made_cameras(1)
    values = plain(camera)
    del values["rvec"], values["tvec"]
    write(tmp_path / "cam1.yml", values)
    assert read_opencv_lens(tmp_path / "cam1.yml") == camera.lens
    with pytest.raises(InputError, match=r"cam1\.yml, camera 'cam1': rvec is missing"):
        read_opencv(tmp_path / "cam1.yml")


def test_a_size_that_nobody_tells_is_asked_for(tmp_path):
    values = plain(made_cameras(1)[0])
    del values["image_width"]
    write(tmp_path / "cam1.yml", values)
    with pytest.raises(InputError, match=r"'cam1': the size of its pictures isn't told; add image_width and image_height"):
        read_opencv(tmp_path / "cam1.yml")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"camera_matrix": np.eye(2)}, "camera_matrix must be 9 numbers, got 4"),
        ({"camera_matrix": "wide"}, "camera_matrix must be numbers"),
        ({"distortion_coefficients": np.full(5, np.nan)}, "distortion_coefficients must be finite"),
        ({"image_height": 0}, "image_width and image_height must be whole pixels, got 1280 × 0"),
        ({"R": 2 * np.eye(3)}, "R isn't a rotation"),
    ],
)
def test_a_bad_camera_is_named_with_its_fault(tmp_path, change, said):
    write(tmp_path / "cam1.yml", plain(made_cameras(1)[0], **change))
    with pytest.raises(InputError, match=f"'cam1': {said}"):
        read_opencv(tmp_path / "cam1.yml")


@pytest.mark.parametrize("read", [read_opencv, read_easymocap_lenses])
@pytest.mark.parametrize(
    "content", [None, "", "hello", "- 1\n- 2\n", "%YAML:1.0\n---\nK: !!opencv-matrix\n   rows: 3\n", "<a/>"]
)
def test_what_is_no_such_file_is_refused(tmp_path, read, content):
    if content is not None:
        (tmp_path / "cam1.yml").write_text(content)
    with pytest.raises(InputError, match=r"cam1\.yml"):
        read(tmp_path / "cam1.yml")


# ── EasyMocap ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_easymocap_worked_by_hand(easymocap):
    first, left = read_easymocap(easymocap, size=(1920, 1080))
    assert (first.name, left.name) == ("1", "left")
    # A quarter turn about the axis of view: what lies to the right in the world lies below.
    assert first.project(np.array([1.0, 0.0, 0.0])) == pytest.approx([959.5, 539.5 + 1001 / 5])
    assert first.position_metres == pytest.approx([0, 0, -5])
    assert left.rotation == pytest.approx(first.rotation, abs=1e-9)
    assert left.lens.distortion == (-0.1, 0.02, 0.001, -0.002, 0.003)


def test_sizes_in_the_file_win(easymocap):
    path = easymocap / "intri.yml"
    path.write_text(path.read_text() + "W_1: 1920\nH_1: 1080\n")
    lenses = read_easymocap_lenses(path, size=(1280, 720))
    assert [(lens.width, lens.height) for lens in lenses.values()] == [(1920, 1080), (1280, 720)]
    with pytest.raises(InputError, match=r"'left': the size of its pictures isn't told; add W_left and H_left"):
        read_easymocap_lenses(path)


def test_easymocap_that_lacks_a_part_is_named(easymocap):
    extri = easymocap / "extri.yml"
    extri.write_text(EXTRI.replace("Rot_left", "Rot_right"))
    with pytest.raises(InputError, match=r"extri\.yml, camera 'left': Rot_left is missing"):
        read_easymocap(easymocap, size=(1920, 1080))
    extri.unlink()
    with pytest.raises(InputError, match=r"extri\.yml isn't there"):
        read_easymocap(easymocap, size=(1920, 1080))


def test_both_layouts_tell_the_same(easymocap, tmp_path):
    _, left = read_easymocap(easymocap, size=(1920, 1080))
    write(tmp_path / "left.yml", plain(left))
    assert_same([read_opencv(tmp_path / "left.yml")], [replace(left)])
