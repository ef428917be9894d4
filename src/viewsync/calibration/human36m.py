"""Human3.6M's camera parameters, as the JSON file that circulates of them."""

import json
from pathlib import Path

from viewsync.calibration.numbers import CameraEntry
from viewsync.geometry.camera import CalibratedCamera
from viewsync.types import InputError

_SIZES = {"54138969": (1000, 1002), "60457274": (1000, 1002)}
"""The file doesn't tell; the other two cameras have 1000 × 1000."""


def read_human36m(path: Path, subject: str = "S1") -> tuple[CalibratedCamera, ...]:
    """The four cameras as they stood for one subject, in metres.

    Args:
        path: camera-parameters.json.
        subject: S1 to S11: the cameras were moved between subjects.

    Raises:
        InputError: The file can't be read, lacks the subject, or a camera in it can't be used.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        optics, poses = content["intrinsics"], content["extrinsics"]
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror or error}. Check the name.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} isn't Human3.6M's camera-parameters.json: {error!r}. Name that file.") from error
    if subject not in poses:
        raise InputError(f"{path} has no subject {subject}. Choose one of: {', '.join(poses)}.")
    cameras = []
    for name, pose in poses[subject].items():
        entry = CameraEntry(path, name, {**optics.get(name, {}), **pose})
        lens = entry.lens(_SIZES.get(name, (1000, 1000)), "calibration_matrix", "distortion")
        cameras.append(CalibratedCamera(name, lens, entry.rotation("R"), entry.vector("t", 3) / 1000))
    return tuple(cameras)
