"""cameras.json: this project's own format, for cameras that have another pose in every frame."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from viewsync.calibration.numbers import CameraEntry
from viewsync.files import write_whole
from viewsync.geometry.camera import MovingCamera
from viewsync.types import InputError

_SCHEMA = "viewsync.cameras/1"


def read_moving(path: Path) -> tuple[MovingCamera, ...]:
    """The cameras of a cameras.json.

    Raises:
        InputError: The file can't be read, or a camera in it can't be used.
    """
    try:
        content = json.loads(path.read_bytes())
        if content["schema"] != _SCHEMA:
            raise ValueError(f"its schema isn't {_SCHEMA}")
        return tuple(_camera(path, values) for values in content["cameras"])
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror or error}. Check the name.") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(f"{path} isn't a cameras.json of this project: {error}. Write it again.") from error


def _camera(path: Path, values: dict[str, Any]) -> MovingCamera:
    entry = CameraEntry(path, str(values["name"]), values)
    lens = entry.lens(entry.size("size"), "matrix", "distortions")
    rotations, translations = entry.array("rotations"), entry.array("translations")
    if rotations.ndim != 2 or rotations.shape != translations.shape or rotations.shape[1] != 3:
        raise entry.error("rotations and translations must be three numbers each per frame")
    return MovingCamera(entry.name, lens, np.asarray(Rotation.from_rotvec(rotations).as_matrix()), translations)


def write_moving(cameras: Sequence[MovingCamera], path: Path) -> None:
    """Write cameras with the pose of every frame, in metres; of those that never move, too.

    Raises:
        InputError: The file can't be written.
    """
    entries = [
        {
            "name": camera.name,
            "size": [camera.lens.width, camera.lens.height],
            "matrix": camera.lens.matrix.tolist(),
            "distortions": list(camera.lens.distortion),
            "rotations": Rotation.from_matrix(camera.rotations).as_rotvec().tolist(),
            "translations": camera.translations_metres.tolist(),
        }
        for camera in cameras
    ]
    write_whole(path, json.dumps({"schema": _SCHEMA, "cameras": entries}).encode())
