"""Calibrated cameras: from the world to pixels, and from pixels to the ground."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from viewsync.geometry.camera import CalibratedCamera, MovingCamera
from viewsync.geometry.lens import Lens

LENS = Lens(640, 360, (500.0, 500.0), (319.5, 179.5), (-0.1, 0.02, 0.0, 0.0, 0.0))
# Looks along +y from 2 m above the ground: right is +x, down is -z.
AHEAD = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
POSITION = np.array([3.0, -4.0, 2.0])
CAMERA = CalibratedCamera.at("cam1", LENS, AHEAD, POSITION)


def test_a_point_worked_by_hand():
    straight = CalibratedCamera.at("cam1", Lens(640, 360, (500.0, 500.0), (319.5, 179.5)), AHEAD, POSITION)
    # 10 m ahead, 1 m to the right, on the ground.
    assert straight.project(np.array([4.0, 6.0, 0.0])) == pytest.approx([319.5 + 50, 179.5 + 100])


def test_it_is_where_it_was_put():
    assert pytest.approx(POSITION) == CAMERA.position_metres
    assert CAMERA.sees(np.array([[3.0, 6.0, 2.0], [3.0, -5.0, 2.0]])).tolist() == [True, False]


@pytest.mark.parametrize("height_metres", [0.0, 1.75, 5.0])
def test_planes_come_back(height_metres):
    points = np.column_stack([np.linspace(1, 5, 9), np.linspace(8, 20, 9), np.full(9, height_metres)])
    assert CAMERA.on_plane(CAMERA.project(points), height_metres) == pytest.approx(points[:, :2], abs=1e-6)


def test_the_sky_does_not_show_the_ground():
    assert np.isnan(CAMERA.on_plane(np.array([319.5, 100.0]))).all()


@pytest.mark.parametrize(
    ("rotation", "translation"),
    [(np.diag([1.0, 1, -1]), np.zeros(3)), (1.1 * np.eye(3), np.zeros(3)), (np.eye(3), [0, 0, np.nan])],
)
def test_what_is_no_pose_is_refused(rotation, translation):
    with pytest.raises(ValueError, match="cam1"):
        CalibratedCamera("cam1", LENS, rotation, np.array(translation, dtype=float))


def test_a_moving_camera_is_a_camera_per_frame():
    rotations = Rotation.from_rotvec([[0, 0, 0.0], [0, 0.1, 0]]).as_matrix()
    camera = MovingCamera("cam1", LENS, rotations, np.array([[0, 0, 0.0], [1, 0, 0]]))
    assert len(camera) == 2
    assert camera.moves
    assert camera.at_frame(1).translation_metres.tolist() == [1, 0, 0]
    assert not MovingCamera("cam1", LENS, rotations[:1], np.zeros((1, 3))).moves
