"""The JSON of a lens in the drone_tracking data sets: intrinsics alone."""

import json
from pathlib import Path

from viewsync.calibration.numbers import CameraEntry
from viewsync.geometry.lens import Lens
from viewsync.types import InputError


def read_drone_tracking(path: Path) -> Lens:
    """The lens of a file with ``K-matrix``, ``distCoeff`` and ``resolution``.

    Raises:
        InputError: The file can't be read, or something in it is missing or can't be used.
    """
    try:
        values = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror or error}. Check the name.") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} isn't JSON: {error}. Copy it again.") from error
    entry = CameraEntry(path, path.stem, values if isinstance(values, dict) else {})
    return entry.lens(entry.size("resolution"), "K-matrix", "distCoeff")
