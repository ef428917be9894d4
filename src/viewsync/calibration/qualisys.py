"""Qualisys Track Manager's calibration (.qca.txt): XML in millimetres and 64ths of a pixel."""

from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from viewsync.calibration.numbers import CameraEntry
from viewsync.geometry.camera import CalibratedCamera
from viewsync.types import InputError

_PIXEL = 64
"""Of the file's units."""
_DISTORTION = (
    "radialDistortion1", "radialDistortion2", "tangentalDistortion1", "tangentalDistortion2", "radialDistortion3",
)  # fmt: skip
"""In OpenCV's order."""
_TO_OUR_AXES = np.diag([1.0, -1.0, -1.0])
"""A camera of Qualisys looks along −z, its y points up."""


def read_qualisys(path: Path) -> tuple[CalibratedCamera, ...]:
    """All calibrated cameras, called by their serial, for the pictures of their video's field of view.

    The coefficients of distortion are OpenCV's as they stand. (Pose2Sim divides them by 64, too, which all but takes the
    distortion away; the checkerboards of its demo show that they must not be divided.)

    Raises:
        InputError: The file can't be read, has no calibrated camera, or a camera in it can't be used.
    """
    try:
        root = ElementTree.parse(path).getroot()
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror or error}. Check the name.") from error
    except ElementTree.ParseError as error:
        raise InputError(f"{path} isn't XML: {error}. Name the .qca.txt, or export it from QTM again.") from error
    cameras = tuple(_camera(path, node) for node in root.iter("camera") if node.find("transform") is not None)
    if not cameras:
        raise InputError(f"{path} has no calibrated camera. Name the .qca.txt that QTM exported after calibrating.")
    return cameras


def _camera(path: Path, node: ElementTree.Element) -> CalibratedCamera:
    attributes = dict(node.attrib)
    for part in ("transform", "intrinsic", "fov_video"):
        attributes |= {key: value for found in node.findall(part) for key, value in found.attrib.items()}
    given = CameraEntry(path, node.get("serial", "without serial"), attributes)

    def numbers(*keys: str) -> list[float]:
        return [float(given.vector(key, 1)[0]) for key in keys]

    if node.get("viewrotation", "0") != "0":
        raise given.error(
            "its view is turned in QTM, and whether its video is turned, too, isn't told; turn the view back in QTM"
        )
    left, top, right, bottom = numbers("left", "top", "right", "bottom")
    fx, fy, skew, cx, cy = (
        value / _PIXEL for value in numbers("focalLengthU", "focalLengthV", "skew", "centerPointU", "centerPointV")
    )
    entry = CameraEntry(
        path,
        given.name,
        {
            "fov_video": [right - left + 1, bottom - top + 1],
            "intrinsic": [[fx, skew, cx - left], [0, fy, cy - top], [0, 0, 1]],
            "distortion": numbers(*_DISTORTION),
            "transform": [numbers(*(f"r{row}{column}" for column in (1, 2, 3))) for row in (1, 2, 3)],
        },
    )
    lens = entry.lens(entry.size("fov_video"), "intrinsic", "distortion")
    position = np.array(numbers("x", "y", "z")) / 1000
    return CalibratedCamera.at(entry.name, lens, _TO_OUR_AXES @ entry.rotation("transform"), position)
