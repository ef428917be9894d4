"""How far joints are from where they truly were: MPJPE, absolute and relative to the pelvis, with both averages named."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from viewsync.types import InputError

Points = Float[np.ndarray, "frame joint 3"]
Truth = Float[np.ndarray, "true_frame true_joint 3"]
_MILLIMETRES = 1000.0
_OTHER_UNIT = 100.0
"""Times as large as the truth, or as small: lengths of another unit."""


@dataclass(frozen=True)
class Mpjpe:
    """Mean per-joint position error: of each frame, the mean over its joints; of these, the mean over frames."""

    relative_mm: float
    """With each side's own pelvis put at the origin (Ionescu et al., 2014)."""
    absolute_mm: float
    frames: int
    """Frames in which both pelvises and any joint are found: what the means are of."""
    missing_share: float
    """Of the true joints, over all frames: those that weren't found. They are in no mean, so compare it beside them."""


@dataclass(frozen=True)
class ActionErrors:
    """The same action by action."""

    by_action: dict[str, Mpjpe]
    per_frame: Mpjpe
    """Every frame counts alike: long actions count for more."""
    per_action_relative_mm: float
    """Every action counts alike: the plain mean of the actions' errors."""
    per_action_absolute_mm: float


@dataclass(frozen=True)
class FrameErrors:
    """Means over the joints of a frame that are both found and true; nan where these, or a pelvis, are missing."""

    relative_mm: Float[np.ndarray, " frame"]
    """As in `Mpjpe`."""
    absolute_mm: Float[np.ndarray, " frame"]


def mpjpe(found_metres: Points, truth_metres: Truth, joints: Sequence[str], *, one_unit: bool = False) -> Mpjpe:
    """Errors of joints found against the truth.

    Args:
        found_metres: nan where a joint wasn't found.
        truth_metres: Of the same frames and joints; nan where it isn't known.
        joints: Their names. Without `pelvis`, it is the middle of the hips.
        one_unit: Both are known to be in metres, however large what is found: a network that hasn't learned finds anything.

    Raises:
        InputError: Shapes or units differ, there is neither pelvis nor hips, or there is nothing to compare.
    """
    errors = frame_errors(found_metres, truth_metres, joints, one_unit=one_unit)
    true, found = (np.isfinite(points).all(axis=2) for points in (truth_metres, found_metres))
    rooted = np.isfinite(errors.absolute_mm)
    if not rooted.any():
        raise InputError("no frame has a joint and a pelvis that are both found and true. Compare other frames or joints.")
    return Mpjpe(
        float(errors.relative_mm[rooted].mean()),
        float(errors.absolute_mm[rooted].mean()),
        int(rooted.sum()),
        float(1 - (true & found).sum() / true.sum()),
    )


def frame_errors(found_metres: Points, truth_metres: Truth, joints: Sequence[str], *, one_unit: bool = False) -> FrameErrors:
    """Errors frame by frame.

    Args:
        found_metres: As of `mpjpe`.
        truth_metres: As of `mpjpe`.
        joints: As of `mpjpe`.
        one_unit: As of `mpjpe`.

    Raises:
        InputError: Shapes or units differ, or there is neither pelvis nor hips.
    """
    if found_metres.shape != truth_metres.shape or found_metres.shape[1] != len(joints):
        raise InputError(
            f"joints found ({found_metres.shape[0]} frames of {found_metres.shape[1]}) and true ones "
            f"({truth_metres.shape[0]} of {truth_metres.shape[1]}) must be the same {len(joints)}."
        )
    true, found = (np.isfinite(points).all(axis=2) for points in (truth_metres, found_metres))
    both = true & found
    if not one_unit:
        _require_one_unit(found_metres, truth_metres, both)
    own, others = pelvis(found_metres, joints), pelvis(truth_metres, joints)
    rooted = np.isfinite(own).all(axis=1) & np.isfinite(others).all(axis=1) & both.any(axis=1)
    absolute, relative = np.full(len(rooted), np.nan), np.full(len(rooted), np.nan)
    apart = (found_metres - truth_metres)[rooted]
    absolute[rooted] = np.nanmean(np.linalg.norm(apart, axis=2), axis=1)
    relative[rooted] = np.nanmean(np.linalg.norm(apart - (own - others)[rooted, None], axis=2), axis=1)
    return FrameErrors(_MILLIMETRES * relative, _MILLIMETRES * absolute)


def mpjpe_by_action(
    found_metres: Points, truth_metres: Truth, joints: Sequence[str], actions: Sequence[str], *, one_unit: bool = False
) -> ActionErrors:
    """The same for the frames of each action, with both averages.

    Args:
        found_metres: As of `mpjpe`.
        truth_metres: As of `mpjpe`.
        joints: As of `mpjpe`.
        actions: Of each frame, what is done.
        one_unit: As of `mpjpe`.

    Raises:
        InputError: As of `mpjpe`, of all frames or of an action's.
    """
    if len(actions) != len(truth_metres):
        raise InputError(f"each frame needs an action: got {len(actions)} for {len(truth_metres)} frames.")
    names = np.array(actions)
    by_action = {}
    for action in dict.fromkeys(actions):
        try:
            these = names == action
            by_action[action] = mpjpe(found_metres[these], truth_metres[these], joints, one_unit=one_unit)
        except InputError as error:
            raise InputError(f"action {action!r}: {error}") from error
    return ActionErrors(
        by_action,
        mpjpe(found_metres, truth_metres, joints, one_unit=one_unit),
        float(np.mean([errors.relative_mm for errors in by_action.values()])),
        float(np.mean([errors.absolute_mm for errors in by_action.values()])),
    )


def pelvis(points: Points, joints: Sequence[str]) -> Float[np.ndarray, "frame 3"]:
    """Where the pelvis is; nan where it, or a hip that it is made of, isn't known.

    Raises:
        InputError: The joints are another body's.
    """
    if "pelvis" in joints:
        return np.asarray(points[:, joints.index("pelvis")])
    if not {"left_hip", "right_hip"} <= set(joints):
        raise InputError(f"a pelvis-aligned error needs pelvis or both hips, got {', '.join(joints)}.")
    return np.asarray((points[:, joints.index("left_hip")] + points[:, joints.index("right_hip")]) / 2)


def _require_one_unit(found: Points, truth: Points, both: Bool[np.ndarray, "frame joint"]) -> None:
    if not both.any():
        return
    sizes = [float(np.ptp(points[both], axis=0).max()) for points in (found, truth)]
    if min(sizes) > 0 and max(sizes) / min(sizes) > _OTHER_UNIT:
        raise InputError(
            f"joints found extend over {sizes[0]:.3g}, true ones over {sizes[1]:.3g}: units are mixed. Give both in metres."
        )
