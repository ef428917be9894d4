"""PETS2009's calibration: one XML file per view, by Tsai's model, in millimetres."""

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from scipy.spatial.transform import Rotation

from viewsync.calibration.numbers import CameraEntry
from viewsync.geometry.camera import CalibratedCamera
from viewsync.geometry.lens import Lens
from viewsync.types import InputError

_STEEPNESS = 0.35
"""Least slope of Tsai's formula that is believed: past that it folds the picture (view 7)."""


def read_pets2009(folder: Path) -> tuple[CalibratedCamera, ...]:
    """All views of the folder, called ``View_001`` and so on, on the ground plane z = 0.

    Tsai's model tells the way from distorted to undistorted, the other way round than ours; it is approximated to a
    fraction of a pixel but for the far corners of views 7 and 8.

    Args:
        folder: With View_001.xml to View_008.xml.

    Raises:
        InputError: There are no such files, or a camera in them can't be used.
    """
    paths = sorted(folder.glob("View_*.xml"))
    if not paths:
        raise InputError(f"{folder} has no View_*.xml. Name the folder with the calibration of PETS2009.")
    return tuple(_camera(path) for path in paths)


def _camera(path: Path) -> CalibratedCamera:
    try:
        root = ElementTree.parse(path).getroot()
    except (OSError, ElementTree.ParseError) as error:
        raise InputError(f"{path} can't be read as XML: {error}. Copy it again.") from error
    entry = CameraEntry(path, path.stem, {key: value for node in root for key, value in node.attrib.items()})

    def number(key: str) -> float:
        return float(entry.vector(key, 1)[0])

    width, height = int(number("width")), int(number("height"))
    focal = (number("focal") * number("sx") / number("dpx"), number("focal") / number("dpy"))
    center = (number("cx"), number("cy"))
    corners = [np.hypot((x - center[0]) / focal[0], (y - center[1]) / focal[1]) for x in (0, width) for y in (0, height)]
    k1, k2, k3 = _brown(number("kappa1") * number("focal") ** 2, max(corners))
    lens = Lens(width, height, focal, center, (k1, k2, 0.0, 0.0, k3))
    rotation = Rotation.from_euler("xyz", [number("rx"), number("ry"), number("rz")]).as_matrix()
    translation = np.array([number("tx"), number("ty"), number("tz")]) / 1000
    return CalibratedCamera(path.stem, lens, np.asarray(rotation), translation)


def _brown(kappa: float, radius: float) -> tuple[float, float, float]:
    """Brown's k1, k2, k3 that undo ``undistorted = distorted · (1 + kappa · distorted²)`` up to a distorted radius."""
    if kappa < 0:
        radius = min(radius, np.sqrt((_STEEPNESS - 1) / (3 * kappa)))
    distorted = np.linspace(0, radius, 400)[1:]
    undistorted = distorted * (1 + kappa * distorted**2)
    powers = undistorted[:, None] ** (3, 5, 7)
    k1, k2, k3 = np.linalg.lstsq(powers, distorted - undistorted, rcond=None)[0].tolist()
    return k1, k2, k3
