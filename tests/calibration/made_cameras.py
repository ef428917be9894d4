"""Cameras to write to files."""

import numpy as np
from scipy.spatial.transform import Rotation

from viewsync.geometry.camera import CalibratedCamera
from viewsync.geometry.lens import Lens


def made_cameras(count=5, seed=0):
    rng = np.random.default_rng(seed)
    turns = Rotation.random(count, rng=rng)
    cameras = []
    for i in range(count):
        focal, center = rng.uniform(500, 900, 2).tolist(), rng.uniform(200, 500, 2).tolist()
        lens = Lens(1280, 720, tuple(focal), tuple(center), tuple(rng.normal(0, 0.05, 5).tolist()))
        cameras.append(CalibratedCamera(f"cam{i + 1}", lens, turns[i].as_matrix(), rng.normal(0, 3, 3)))
    return tuple(cameras)


def half_turned():
    """Rotations by half a turn are where vectors of rotation are least certain."""
    lens = Lens(1920, 1080, (1000.0, 1001.0), (960.0, 540.0))
    return CalibratedCamera("half", lens, Rotation.from_rotvec([np.pi, 0, 0]).as_matrix(), np.array([0.1, 1 / 3, 2.0]))


def assert_same(read, written):
    """Names, sizes, and where points appear."""
    points = np.random.default_rng(1).uniform((-1, -1, 4), (1, 1, 6), (40, 3))
    assert len(read) == len(written)
    for a, b in zip(read, written, strict=True):
        assert (a.name, a.lens.width, a.lens.height) == (b.name, b.lens.width, b.lens.height)
        world = (points - b.translation_metres) @ b.rotation
        assert np.abs(a.project(world) - b.project(world)).max() < 1e-6
