"""Cameras as TOML tables of one kind, which several programs share."""

import json
import tomllib
from pathlib import Path
from typing import Any

from viewsync.calibration.numbers import CameraEntry, rotation_vector
from viewsync.geometry.camera import CalibratedCamera
from viewsync.types import InputError


def read_tables(path: Path) -> dict[str, Any]:
    """A TOML file.

    Raises:
        InputError: It can't be read, or isn't TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror or error}. Check the name.") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} isn't TOML: {error}. Name the calibration file itself, or export it again.") from error


def camera_of_table(path: Path, name: str, table: dict[str, Any], metres_per_unit: float) -> CalibratedCamera:
    """The camera that a table tells of.

    Raises:
        InputError: A key is missing or holds something else, or the lens is a fisheye.
    """
    entry = CameraEntry(path, name, table)
    if table.get("fisheye"):
        raise entry.error("it is a fisheye, which isn't supported: undistort its video, and calibrate that")
    lens = entry.lens(entry.size("size"), "matrix", "distortions")
    translation = metres_per_unit * entry.vector("translation", 3)
    return CalibratedCamera(name, lens, entry.rotation("rotation"), translation)


def table_of_camera(camera: CalibratedCamera) -> dict[str, Any]:
    """What a table says of a camera, in metres."""
    lens = camera.lens
    return {
        "size": [lens.width, lens.height],
        "matrix": lens.matrix.tolist(),
        "distortions": list(lens.distortion),
        "rotation": rotation_vector(camera.rotation),
        "translation": camera.translation_metres.tolist(),
    }


def toml_text(tables: dict[str, dict[str, Any]]) -> str:
    """TOML of tables of numbers, strings and lists, whose JSON is TOML, too."""
    blocks = [
        "\n".join([f"[{title}]", *(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in table.items())])
        for title, table in tables.items()
    ]
    return "\n\n".join(blocks) + "\n"


def quoted(name: str) -> str:
    """A name as a key of TOML."""
    plain = name.isascii() and name.replace("_", "").replace("-", "").isalnum()
    return name if plain else json.dumps(name, ensure_ascii=False)
