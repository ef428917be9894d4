"""clocks.json: when every row of every frame of a rendered scene was exposed, exactly."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from viewsync.files import write_whole
from viewsync.types import InputError
from viewsync.worlds.cameras.camera import Camera
from viewsync.worlds.clock import TICKS_PER_SECOND, truth

SCHEMA = "viewsync.clocks/1"
NAME = "clocks.json"


@dataclass(frozen=True)
class CameraClocks:
    """What clocks.json says of one camera."""

    id: str
    file: str
    offset_seconds: float
    """World time at the camera's time 0: t_world = (1 + rate) · t_camera + offset."""
    rate_ppm: float
    exposure_seconds: float
    """On the camera's clock, as the read-out."""
    readout_seconds: float
    rows: int
    ticks: Int[np.ndarray, " frame"]
    """Presentation times in units of 1/90000 s."""

    def row_world_seconds(self, frame: int) -> Float[np.ndarray, " row"]:
        """World time of the middle of each row's exposure in one frame."""
        rows = (np.arange(self.rows) + 0.5) / self.rows - 0.5
        seconds = self.ticks[frame] / TICKS_PER_SECOND + self.readout_seconds * rows
        return np.asarray((1 + 1e-6 * self.rate_ppm) * seconds + self.offset_seconds)


def write_clocks(cameras: tuple[Camera, ...], path: Path) -> None:
    """Write the clocks of a scene's cameras, and what they say of each pair.

    Raises:
        InputError: The file can't be written.
    """
    pairs = [_pair(a, b) for i, a in enumerate(cameras) for b in cameras[i + 1 :]]
    text = json.dumps(
        {
            "schema": SCHEMA,
            "conventions": {
                "camera": "t_world = (1 + rate) * t_camera + offset; t_camera = pts_ticks / ticks_per_second",
                "rows": "row r of n is open for exposure_seconds around pts + readout_seconds * ((r + 0.5) / n - 0.5)",
                "pair": "t_a = (1 + rate) * t_b + offset",
            },
            "ticks_per_second": TICKS_PER_SECOND,
            "cameras": [_camera(camera) for camera in cameras],
            "pairs": pairs,
        },
        allow_nan=False,
    )
    write_whole(path, text.encode())


def _camera(camera: Camera) -> dict[str, Any]:
    clock, shutter = camera.clock, camera.shutter
    return {
        "id": camera.name,
        "file": f"{camera.name}.mp4",
        "offset_seconds": clock.offset_seconds,
        "rate_ppm": clock.rate_ppm,
        "exposure_seconds": shutter.exposure_seconds,
        "readout_seconds": shutter.readout_seconds,
        "rows": camera.lens.height,
        "fps": float(clock.fps),
        "pts_ticks": clock.ticks().tolist(),
    }


def _pair(a: Camera, b: Camera) -> dict[str, Any]:
    offset_seconds, rate = truth(a.clock, b.clock)
    return {"a": a.name, "b": b.name, "offset_seconds": offset_seconds, "rate_ppm": 1e6 * rate}


def read_clocks(path: Path) -> dict[str, CameraClocks]:
    """Read what `write_clocks` wrote; by camera.

    Raises:
        InputError: The file can't be read, or isn't a clocks.json.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["schema"] != SCHEMA:
            raise ValueError(f"its schema isn't {SCHEMA}")
        return {camera["id"]: _clocks(camera) for camera in content["cameras"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} can't be read as clocks of a scene: {error}. Render the scene again.") from error


def _clocks(camera: dict[str, Any]) -> CameraClocks:
    names = ("id", "file", "offset_seconds", "rate_ppm", "exposure_seconds", "readout_seconds", "rows")
    return CameraClocks(**{name: camera[name] for name in names}, ticks=np.array(camera["pts_ticks"], dtype=np.int64))
