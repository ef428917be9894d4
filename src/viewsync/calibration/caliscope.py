"""Caliscope's camera_array.toml."""

from collections.abc import Sequence
from pathlib import Path

from viewsync.calibration.tables import camera_of_table, read_tables, table_of_camera, toml_text
from viewsync.files import write_whole
from viewsync.geometry.camera import CalibratedCamera
from viewsync.types import InputError


def read_caliscope(path: Path) -> tuple[CalibratedCamera, ...]:
    """Cameras that have a pose and aren't ignored, called ``cam_0``, ``cam_1``, … like Caliscope's videos.

    Raises:
        InputError: The file can't be read, has no such camera, or a camera in it can't be used.
    """
    tables = read_tables(path).get("cameras")
    posed = {
        number: table
        for number, table in (tables.items() if isinstance(tables, dict) else ())
        if isinstance(table, dict) and "rotation" in table and not table.get("ignore")
    }
    if not posed:
        raise InputError(f"{path} has no camera with a pose. Name a camera_array.toml, and calibrate the extrinsics first.")
    return tuple(camera_of_table(path, f"cam_{number}", table, 1.0) for number, table in posed.items())


def write_caliscope(cameras: Sequence[CalibratedCamera], path: Path) -> None:
    """Write cameras, numbered as given: Caliscope knows no names.

    Raises:
        InputError: The file can't be written.
    """
    tables = {
        f"cameras.{number}": {
            "cam_id": number, **table_of_camera(camera), "rotation_count": 0, "ignore": False, "fisheye": False,
        }
        for number, camera in enumerate(cameras)
    }  # fmt: skip
    write_whole(path, toml_text(tables).encode())
