"""Motion clips of DeepMimic's humanoid (``humanoid3d_*.txt``), as Peng et al. (2018) published them."""

import json
from pathlib import Path

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from viewsync.types import InputError
from viewsync.worlds.motions.capture import Capture, from_y_up, read_text
from viewsync.worlds.motions.clip import of_one_sign

_HUMANOID: tuple[tuple[str, str, tuple[float, float, float], int], ...] = (
    # our name, parent, place against the parent in metres (y up, facing +x), numbers in a frame: a quaternion or a hinge
    ("Hips", "", (0.0, 0.0, 0.0), 4),
    ("Spine", "Hips", (0.0, 0.236151, 0.0), 4),
    ("Neck", "Spine", (0.0, 0.223894, 0.0), 4),
    ("RightUpLeg", "Hips", (0.0, 0.0, 0.084887), 4),
    ("RightLeg", "RightUpLeg", (0.0, -0.421546, 0.0), 1),
    ("RightFoot", "RightLeg", (0.0, -0.409870, 0.0), 4),
    ("RightArm", "Spine", (-0.02405, 0.24350, 0.18311), 4),
    ("RightForeArm", "RightArm", (0.0, -0.274788, 0.0), 1),
    ("RightHand", "RightForeArm", (0.0, -0.258947, 0.0), 0),
    ("LeftUpLeg", "Hips", (0.0, 0.0, -0.084887), 4),
    ("LeftLeg", "LeftUpLeg", (0.0, -0.421546, 0.0), 1),
    ("LeftFoot", "LeftLeg", (0.0, -0.409870, 0.0), 4),
    ("LeftArm", "Spine", (-0.02405, 0.24350, -0.18311), 4),
    ("LeftForeArm", "LeftArm", (0.0, -0.274788, 0.0), 1),
    ("LeftHand", "LeftForeArm", (0.0, -0.258947, 0.0), 0),
)
_COUNTS = [count for *_, count in _HUMANOID]
_COLUMNS = tuple(slice(end - count, end) for end, count in zip(3 + np.cumsum(_COUNTS), _COUNTS, strict=True))
"""Where each joint's numbers are behind the frame's duration."""
_NUMBERS = 1 + _COLUMNS[-1].stop


def read_deepmimic(path: Path) -> tuple[Capture, bool]:
    """Read a clip.

    Returns:
        The motion, and whether the file says that it repeats.

    Raises:
        InputError: The file can't be read, or isn't a clip of the humanoid.
    """
    frames, wraps = _read_frames(path)
    for columns in filter(_is_quaternion, _COLUMNS):
        frames[:, 1:][:, columns] = of_one_sign(frames[:, 1:][:, columns])
    rate_hz, values = _evenly(frames[:, 0], frames[:, 1:])
    stance: dict[str, Float[np.ndarray, " 3"]] = {}
    turns: dict[str, Float[np.ndarray, "time 3 3"]] = {}
    for (joint, parent, place, _), columns in zip(_HUMANOID, _COLUMNS, strict=True):
        own = _turns(values[:, columns])
        stance[joint] = stance[parent] + place if parent else np.array(place)
        turns[joint] = turns[parent] @ own if parent else own
    return from_y_up(Capture(rate_hz, stance, values[:, :3], turns)), wraps


def _read_frames(path: Path) -> tuple[Float[np.ndarray, "time column"], bool]:
    """Each frame's duration in seconds, the root's position, and the joints; and whether the motion repeats."""
    try:
        clip = json.loads(read_text(path))
        frames, wraps = clip["Frames"], clip.get("Loop") == "wrap"
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: not a DeepMimic clip ({error!r}). Copy the file again, or take it out.") from error
    if not isinstance(frames, list) or len(frames) < 2:
        raise InputError(f"{path}: no motion. A DeepMimic clip needs two frames at least.")
    for number, frame in enumerate(frames):
        if not _is_frame(frame):
            raise InputError(
                f"{path}: frame {number} must be {_NUMBERS} finite numbers, the first, its duration, 0 or more, and no "
                "quaternion zero. Only clips of the DeepMimic humanoid (humanoid3d) are read."
            )
    values = np.array(frames, dtype=np.float64)
    if not (values[:-1, 0] > 0).all():
        number = int(np.argmin(values[:-1, 0] > 0))
        raise InputError(
            f"{path}: frame {number} lasts {values[number, 0]} s. Every frame but the last must last some time."
        )
    return values, wraps


def _is_frame(frame: object) -> bool:
    try:
        values = np.array(frame, dtype=np.float64)
    except (TypeError, ValueError):
        return False
    if values.shape != (_NUMBERS,) or not np.isfinite(values).all():
        return False
    return all(np.any(values[1:][columns]) for columns in _COLUMNS if _is_quaternion(columns))


def _is_quaternion(columns: slice) -> bool:
    return bool(columns.stop - columns.start == 4)


def _evenly(
    durations: Float[np.ndarray, " frame"], values: Float[np.ndarray, "frame column"]
) -> tuple[float, Float[np.ndarray, "time column"]]:
    """The rate of most frames, and the values at that rate."""
    seconds = np.concatenate([[0.0], np.cumsum(durations[:-1])])
    count = round(seconds[-1] / float(np.median(durations[:-1]))) + 1
    instants = np.linspace(0, seconds[-1], count)
    even = np.column_stack([np.interp(instants, seconds, column) for column in values.T])
    return (count - 1) / float(seconds[-1]), even


def _turns(values: Float[np.ndarray, "time number"]) -> Float[np.ndarray, "time 3 3"]:
    """Rotations against the parent: of a quaternion (w first), of an angle about z, or none."""
    if values.shape[1] == 4:
        return np.asarray(Rotation.from_quat(values, scalar_first=True).as_matrix())
    angles = values if values.shape[1] else np.zeros((len(values), 1))
    return np.asarray(Rotation.from_rotvec(angles * [0.0, 0.0, 1.0]).as_matrix())
