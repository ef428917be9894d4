"""Names of people's joints, and the orders in which programs tell them."""

from pathlib import Path

import numpy as np
from jaxtyping import Float

from viewsync.types import InputError

COCO17 = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow",
    "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle",
    "right_ankle",
)  # fmt: skip
FEET = ("left_big_toe", "right_big_toe", "left_small_toe", "right_small_toe", "left_heel", "right_heel")
OPENPOSE18 = (
    "nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist",
    "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "right_eye", "left_eye",
    "right_ear", "left_ear",
)  # fmt: skip
"""The order of OpenPose's COCO model."""
BODY25 = (
    *OPENPOSE18[:8], "pelvis", *OPENPOSE18[8:], "left_big_toe", "left_small_toe", "left_heel", "right_big_toe",
    "right_small_toe", "right_heel",
)  # fmt: skip
"""The order of OpenPose's BODY_25 model."""
BODY25B = (
    *COCO17, "neck", "head_top", "left_big_toe", "left_small_toe", "left_heel", "right_big_toe", "right_small_toe",
    "right_heel",
)  # fmt: skip
"""The order of OpenPose's BODY_25B model, with which Pose2Sim's first demo was made."""
HALPE26 = (*COCO17, "head_top", "neck", "pelvis", *FEET)
"""The order of RTMPose's and AlphaPose's body with feet, Pose2Sim's usual one."""
WHOLEBODY133 = (
    *COCO17, "left_big_toe", "left_small_toe", "left_heel", "right_big_toe", "right_small_toe", "right_heel",
    *(f"face_{i}" for i in range(68)), *(f"left_hand_{i}" for i in range(21)), *(f"right_hand_{i}" for i in range(21)),
)  # fmt: skip
"""The order of COCO-WholeBody."""

LAYOUTS = {
    "COCO-17": COCO17,
    "COCO-18": OPENPOSE18,
    "BODY_25": BODY25,
    "BODY_25B": BODY25B,
    "HALPE_26": HALPE26,
    "COCO-WholeBody-133": WHOLEBODY133,
}
"""Orders that files use without naming their joints."""

BONES = (
    ("left_ankle", "left_knee"), ("left_knee", "left_hip"), ("right_ankle", "right_knee"), ("right_knee", "right_hip"),
    ("left_hip", "right_hip"), ("left_shoulder", "left_hip"), ("right_shoulder", "right_hip"),
    ("left_shoulder", "right_shoulder"), ("left_shoulder", "left_elbow"), ("right_shoulder", "right_elbow"),
    ("left_elbow", "left_wrist"), ("right_elbow", "right_wrist"), ("left_eye", "right_eye"), ("nose", "left_eye"),
    ("nose", "right_eye"), ("left_eye", "left_ear"), ("right_eye", "right_ear"), ("left_ear", "left_shoulder"),
    ("right_ear", "right_shoulder"),
)  # fmt: skip
"""COCO's `skeleton`."""


def known_layout(source: Path, points: Float[np.ndarray, "row joint 3"]) -> tuple[str, ...]:
    """The joints of a file that doesn't name them. Of layouts of one size, that counts by which people's bones are shortest.

    Args:
        source: the file, for the message.
        points: x, y and confidence of everybody's joints.

    Raises:
        InputError: no known layout has so many.
    """
    fitting = [joints for joints in LAYOUTS.values() if len(joints) == points.shape[1]]
    if not fitting:
        known = ", ".join(f"{name} ({len(joints)})" for name, joints in LAYOUTS.items())
        raise InputError(
            f"{source}: unknown joint set: it tells {points.shape[1]} joints of a person, and doesn't name them. Known sets "
            f"are {known}; others can be given as a csv with a column `joint`, or as COCO with `keypoints` in `categories`."
        )
    return min(fitting, key=lambda joints: _bone_length(joints, points)) if len(fitting) > 1 else fitting[0]


def _bone_length(joints: tuple[str, ...], points: Float[np.ndarray, "row joint 3"]) -> float:
    """Mean of all that are seen; infinite where none is."""
    begin, end = (points[:, [joints.index(bone[i]) for bone in BONES]] for i in (0, 1))
    seen = (begin[..., 2] > 0) & (end[..., 2] > 0)
    lengths = np.hypot(*(begin - end)[seen, :2].T)
    return float(lengths.mean()) if lengths.size else np.inf
