"""The TOML of aniposelib, which Pose2Sim, Anipose and FreeMoCap read and write, too."""

from collections.abc import Sequence
from pathlib import Path

from viewsync.calibration.tables import camera_of_table, quoted, read_tables, table_of_camera, toml_text
from viewsync.files import write_whole
from viewsync.geometry.camera import CalibratedCamera
from viewsync.types import InputError


def read_aniposelib(path: Path, metres_per_unit: float = 1.0) -> tuple[CalibratedCamera, ...]:
    """Cameras in the order of the file, each called by its ``name`` (or by its table, where it has none).

    Args:
        path: The TOML file, with a table for each camera.
        metres_per_unit: The file doesn't say. Pose2Sim and Caliscope write metres; FreeMoCap writes millimetres: 0.001.

    Raises:
        InputError: The file can't be read, or a camera in it can't be used.
    """
    tables = {title: table for title, table in read_tables(path).items() if isinstance(table, dict) and "matrix" in table}
    if not tables:
        raise InputError(f"{path} has no camera: no table with a matrix. Name an aniposelib or Pose2Sim calibration.")
    return tuple(
        camera_of_table(path, str(table.get("name", title)), table, metres_per_unit) for title, table in tables.items()
    )


def write_aniposelib(cameras: Sequence[CalibratedCamera], path: Path) -> None:
    """Write cameras in metres.

    Raises:
        InputError: The file can't be written.
    """
    tables = {quoted(camera.name): {"name": camera.name, **table_of_camera(camera), "fisheye": False} for camera in cameras}
    tables["metadata"] = {"adjusted": False, "error": 0.0}
    write_whole(path, toml_text(tables).encode())
