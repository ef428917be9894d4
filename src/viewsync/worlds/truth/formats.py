"""The formats that truth is told in, by name."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from viewsync.types import InputError
from viewsync.worlds.truth.boxes import write_mot, write_self_mva, write_wildtrack
from viewsync.worlds.truth.calibration import write_calibration
from viewsync.worlds.truth.density import write_density
from viewsync.worlds.truth.human36m import write_human36m
from viewsync.worlds.truth.joints import write_coco, write_joints_3d, write_openpose
from viewsync.worlds.world import World

FORMATS: dict[str, Callable[[World, Path], None]] = {
    "calibration": write_calibration,
    "coco": write_coco,
    "coco-detected": partial(write_coco, as_detected=True),
    "openpose": write_openpose,
    "openpose-detected": partial(write_openpose, as_detected=True),
    "joints3d": write_joints_3d,
    "mot": write_mot,
    "mot-detected": partial(write_mot, as_detected=True),
    "self-mva": write_self_mva,
    "self-mva-detected": partial(write_self_mva, as_detected=True),
    "wildtrack": write_wildtrack,
    "density": write_density,
    "human36m": write_human36m,
}
"""Written once all cameras of a scene have filmed it."""
PICTURES = ("masks", "depth")
"""Written while filming."""


def require_known(names: tuple[str, ...]) -> None:
    """See that there are such formats.

    Raises:
        InputError: There aren't.
    """
    unknown = [name for name in names if name not in FORMATS and name not in PICTURES]
    if unknown:
        raise InputError(f"--truth: no such format: {', '.join(unknown)}. Choose from {', '.join((*FORMATS, *PICTURES))}.")
