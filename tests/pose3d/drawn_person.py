"""Somebody who walks and waves before calibrated cameras, drawn as a dot for each joint."""

import cv2
import numpy as np

from viewsync.geometry.camera import CalibratedCamera
from viewsync.geometry.lens import Lens
from viewsync.pose3d.crops import boxes_around, cropped, crops
from viewsync.pose3d.footage import JOINTS, Footage

WIDTH, HEIGHT, SIDE, FPS = 240, 200, 64, 10.0
BENT = (-1.0, 1.0, 0.004, -0.003, 0.0)
STANDING = {
    "right_ankle": (0, -0.1, 0.1), "right_knee": (0.05, -0.12, 0.5), "right_hip": (0, -0.13, 0.95),
    "left_hip": (0, 0.13, 0.95), "left_knee": (0.05, 0.12, 0.5), "left_ankle": (0, 0.1, 0.1), "pelvis": (0, 0, 0.95),
    "spine": (0.02, 0, 1.2), "thorax": (0, 0, 1.48), "head_top": (0.02, 0, 1.78), "right_wrist": (0.2, -0.3, 1.0),
    "right_elbow": (0.05, -0.28, 1.2), "right_shoulder": (0, -0.2, 1.45), "left_shoulder": (0, 0.2, 1.45),
    "left_elbow": (0.05, 0.28, 1.2), "left_wrist": (0.2, 0.3, 1.0), "nose": (0.12, 0, 1.62),
}  # fmt: skip


def camera(name, degrees, distortion=BENT, away=4.5):
    """Looks at the middle of the body from somewhere around it."""
    lens = Lens(WIDTH, HEIGHT, (330.0, 340.0), (122.0, 97.0), distortion)
    position = np.array([away * np.cos(np.radians(degrees)), away * np.sin(np.radians(degrees)), 1.8])
    forward = np.array([0, 0, 0.9]) - position
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, [0, 0, 1.0])
    right /= np.linalg.norm(right)
    return CalibratedCamera.at(name, lens, np.stack([right, np.cross(forward, right), forward]), position)


def cameras(count=3, distortion=BENT):
    return tuple(camera(f"cam{number + 1}", 15 + 100 * number, distortion) for number in range(count))


def moving(instants, speed=0.5):
    """Joints in metres: along x, with a wrist that goes up."""
    joints = np.tile(np.array([STANDING[name] for name in JOINTS]), (instants, 1, 1))
    seconds = np.arange(instants) / FPS
    joints[:, :, 0] += (speed * (seconds - seconds.mean()))[:, None]
    joints[:, JOINTS.index("left_wrist"), 2] += 0.4 * np.sin(2 * seconds)
    return joints


def picture(one, joints, shown=("right_ankle",), radius=6.0):
    """A bright round spot of Gaussian brightness at each of some joints, on gray."""
    canvas = np.full((one.lens.height, one.lens.width), 20.0)
    for x, y in one.project(joints[[JOINTS.index(name) for name in shown]]):
        across, down = (
            np.exp(-((np.arange(side) - at) ** 2) / (2 * (radius / 2) ** 2))
            for side, at in ((one.lens.width, x), (one.lens.height, y))
        )
        canvas += 200 * np.outer(down, across)
    return np.clip(np.rint(canvas), 0, 255).astype(np.uint8)


def spot(shown):
    """Where the bright spot of a picture is: x, y."""
    weights = np.clip(shown.astype(float) - 60, 0, None)
    rows, columns = np.mgrid[: shown.shape[0], : shown.shape[1]]
    return np.array([(weights * columns).sum(), (weights * rows).sum()]) / weights.sum()


def drawn_footage(instants=20, views=3, crop="clip", speed=0.5, missing=(), unknown=(), name="drawn", split="training"):
    """A clip. `missing`: (view, first, last) where a view is missing; `unknown`: names of joints that never are known."""
    where, joints = cameras(views), moving(instants, speed)
    told = np.stack([boxes_around(one, joints) for one in where], axis=1)
    for view, first, last in missing:
        told[first:last, view] = np.nan
    boxes = np.stack([crops(crop, one, joints, told[:, view]) for view, one in enumerate(where)], axis=1)
    pictures = tuple(
        np.stack([cv2.resize(each, (SIDE, SIDE), interpolation=cv2.INTER_AREA) for each in shown])
        for shown in (
            cropped(one, boxes[:, view], SIDE, (picture(one, at) for at in joints)) for view, one in enumerate(where)
        )
    )
    joints[:, [JOINTS.index(each) for each in unknown]] = np.nan
    actions = tuple("waving" if at < 8 else "walking" for at in range(instants))
    return Footage(name, "S1", split, FPS, where, boxes, pictures, joints, actions)
