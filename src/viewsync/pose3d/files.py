"""Joints in space as files: OpenSim's .trc, as Pose2Sim writes it, and a plain csv."""

import csv
import math
import re
from io import StringIO
from pathlib import Path

import numpy as np
from jaxtyping import Float

from viewsync.files import write_whole
from viewsync.pose3d.lift import Joints3D
from viewsync.types import InputError

_UNITS_METRES = {"m": 1.0, "cm": 0.01, "mm": 0.001}
_ABBREVIATED = {"left_": "L", "right_": "R"}
_MARKERS = {"head_top": "Head", "pelvis": "CHip"}
_JOINTS = {marker: joint for joint, marker in _MARKERS.items()}
_Y_UP, _Z_UP = (1, 2, 0), (2, 0, 1)
"""Which of the other's axes each is: a .trc's y is up, as OpenSim has it."""
_HEAD_LINES = 5


def marker_of(joint: str) -> str:
    """Pose2Sim's name of a joint: ``left_big_toe`` is ``LBigToe``."""
    if joint in _MARKERS:
        return _MARKERS[joint]
    side = next((short for long, short in _ABBREVIATED.items() if joint.startswith(long)), "")
    plain = re.sub(r"^(left|right)_", "", joint)
    known = re.fullmatch(r"[a-z]+(_[a-z]+)*", plain)
    return side + "".join(word.capitalize() for word in plain.split("_")) if known else re.sub(r"\s", "_", joint)


def joint_of(marker: str) -> str:
    """The other way round; names that Pose2Sim doesn't give stay as they are."""
    if marker in _JOINTS:
        return _JOINTS[marker]
    if not re.fullmatch(r"[A-Z][A-Za-z]+", marker):
        return marker
    side = next((long for long, short in _ABBREVIATED.items() if re.match(short + "[A-Z]", marker)), "")
    return side + re.sub(r"(?<!^)(?=[A-Z])", "_", marker[bool(side) :]).lower()


def write_trc(found: Joints3D, path: Path) -> None:
    """Write metres with y up: a point (x, y, z) of the calibration's axes, of which z is up, is (y, z, x) there.

    Frames are numbered from 1, times are those of the reference's clock, and joints that are missing are left blank. The
    rate is the usual one: the format has no place for frames that were lost, but times tell of them.

    Raises:
        InputError: There are no frames, or the file can't be written.
    """
    if not len(found.seconds):
        raise InputError("there are no instants to write joints of. Give keypoints of more frames.")
    count = len(found.seconds)
    rate = 1 / float(np.median(np.diff(found.seconds))) if count > 1 else 1.0
    lines = [
        f"PathFileType\t4\t(X/Y/Z)\t{path.name}",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames",
        f"{rate:.6g}\t{rate:.6g}\t{count}\t{len(found.joints)}\tm\t{rate:.6g}\t1\t{count}",
        "Frame#\tTime\t" + "\t\t\t".join(map(marker_of, found.joints)) + "\t\t",
        "\t\t" + "\t".join(f"{axis}{number}" for number in range(1, len(found.joints) + 1) for axis in "XYZ"),
    ]
    points = found.points_metres[..., _Y_UP].reshape(count, -1)
    for number, (second, row) in enumerate(zip(found.seconds.tolist(), points.tolist(), strict=True), start=1):
        lines.append("\t".join([str(number), f"{second:.6f}", *("" if math.isnan(one) else f"{one:.6f}" for one in row)]))
    write_whole(path, ("\n".join(lines) + "\n").encode())


def read_trc(path: Path) -> tuple[tuple[str, ...], Float[np.ndarray, " time"], Float[np.ndarray, "time joint 3"]]:
    """Names of the joints, times in seconds, and points in metres with z up (as `write_trc` has them); nan is missing.

    Raises:
        InputError: The file can't be read, isn't a .trc, is of an unknown unit, or a line is of another length.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        raise InputError(f"{path} can't be read as a .trc: {error}. Check the name.") from error
    if len(lines) < _HEAD_LINES or not lines[0].startswith("PathFileType"):
        raise InputError(f"{path} isn't a .trc: it doesn't begin with PathFileType. Check the name.")
    told = dict(zip(lines[1].split("\t"), lines[2].split("\t"), strict=False))
    unit = told.get("Units", "").strip()
    if unit not in _UNITS_METRES:
        raise InputError(f"{path}: Units must be one of {', '.join(_UNITS_METRES)}, got {unit!r}. Export it again.")
    markers = [name for name in lines[3].split("\t")[2:] if name.strip()]
    values = [
        _numbers(path, number, line, 3 * len(markers)) for number, line in enumerate(lines[_HEAD_LINES:], 6) if line.strip()
    ]
    table = np.array(values, dtype=np.float64).reshape(len(values), 1 + 3 * len(markers))
    points = _UNITS_METRES[unit] * table[:, 1:].reshape(len(values), len(markers), 3)
    return tuple(map(joint_of, markers)), table[:, 0], points[..., _Z_UP]


def _numbers(path: Path, number: int, line: str, coordinates: int) -> list[float]:
    """Time and coordinates; lines may leave blanks at their end out."""
    cells = line.split("\t")[1:]
    try:
        values = [float(cell) if cell.strip() else math.nan for cell in cells]
    except ValueError as error:
        raise InputError(f"{path}, line {number}: {error}. Export it again.") from error
    values += [math.nan] * (1 + coordinates - len(values))
    if len(values) > 1 + coordinates and not all(map(math.isnan, values[1 + coordinates :])):
        raise InputError(f"{path}, line {number}: {len(cells) - 1} coordinates, but its markers have {coordinates}.")
    return values[: 1 + coordinates]


def write_csv(found: Joints3D, path: Path) -> None:
    """Write a line per instant and joint: where it is in metres of the calibration's axes, how many views tell, their error.

    Joints that are missing have blanks, and 0 views.

    Raises:
        InputError: The file can't be written.
    """
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["seconds", "joint", "x_metres", "y_metres", "z_metres", "views", "error_pixels"])
    for time, second in enumerate(found.seconds.tolist()):
        for joint, name in enumerate(found.joints):
            numbers = [*found.points_metres[time, joint].tolist(), float(found.error_pixels[time, joint])]
            *point, error = ["" if math.isnan(one) else f"{one:.6f}" for one in numbers]
            writer.writerow([f"{second:.6f}", name, *point, int(found.views[time, joint]), error])
    write_whole(path, text.getvalue().encode())
