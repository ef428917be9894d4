"""Poses made of others: played from a clip, mirrored, moved over the ground, and mixed."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from viewsync.worlds.motions.clip import MotionClip
from viewsync.worlds.motions.skeleton import JOINTS, PARENTS, Poses

_OTHER_SIDE = str.maketrans({"L": "R", "R": "L"})
_PARTNERS = [
    JOINTS.index(name.replace("Left", "#").replace("Right", "Left").replace("#", "Right"))
    if name.startswith(("Left", "Right"))
    else JOINTS.index(name[0].translate(_OTHER_SIDE) + name[1:] if name.endswith(("HipJoint", "Thumb")) else name)
    for name in JOINTS
]
"""Each joint's counterpart on the other side."""


def play(clip: MotionClip, seconds: Float[np.ndarray, " time"]) -> Poses:
    """A clip's poses at times from its start, with smooth velocities (`MotionClip.at` has corners at its frames).

    Looping clips go on and on before and after; others hold their first and last pose.
    """
    frames = len(clip.hips_metres) - 1
    place = seconds * clip.rate_hz if clip.loops else np.clip(seconds * clip.rate_hz, 0, frames)
    left = np.floor(place).astype(np.int64) if clip.loops else np.minimum(place.astype(np.int64), frames - 1)
    around = left[:, None] + np.arange(-1, 3)
    rounds, index = np.divmod(around, frames) if clip.loops else (np.zeros_like(around), np.clip(around, 0, frames))
    weights = _catmull_rom(place - left)
    way = clip.hips_metres[-1] - clip.hips_metres[0]
    hips = np.einsum("tn,tna->ta", weights, clip.hips_metres[index] + rounds[..., None] * way)
    turns = clip.rotations[index]
    signs = np.where((turns * turns[:, 1:2]).sum(-1) < 0, -1.0, 1.0)
    # Quaternions of the other sign at the end of a round would go on with that sign.
    seam = (clip.rotations[0] * clip.rotations[-1]).sum(-1) < 0
    signs *= np.where(seam & (rounds[:, 1:2] % 2 == 1), -1.0, 1.0)[:, None]
    mixed = np.einsum("tn,tnj,tnjq->tjq", weights, signs, turns)
    return Poses(hips, mixed / np.linalg.norm(mixed, axis=-1, keepdims=True))


def _catmull_rom(share: np.ndarray) -> np.ndarray:
    """Weights of four neighbours at a share of the way from the second to the third."""
    s1, s2, s3 = share, share**2, share**3
    return np.stack([-s1 + 2 * s2 - s3, 2 - 5 * s2 + 3 * s3, s1 + 4 * s2 - 3 * s3, s3 - s2], axis=1) / 2


def mirrored(clip: MotionClip) -> MotionClip:
    """The clip with left and right exchanged."""
    return replace(
        clip,
        name=clip.name + "/mirrored",
        hips_metres=clip.hips_metres * [-1, 1, 1],
        rotations=clip.rotations[:, _PARTNERS] * [1, -1, -1, 1],
    )


def headings(poses: Poses) -> Float[np.ndarray, " time"]:
    """Where the hips face, in radians: square to the line from the right hip to the left, so that it's known lying too."""
    left = Rotation.from_quat(poses.rotations[:, 0]).apply([1.0, 0.0, 0.0])
    return np.asarray(np.arctan2(left[:, 1], left[:, 0]) - np.pi / 2)


def moved(
    poses: Poses,
    turns_radians: Float[np.ndarray, "#time"],
    shifts_metres: Float[np.ndarray, "#time 2"],
    scale: float = 1.0,
) -> Poses:
    """Poses scaled, then turned about the world's origin, then shifted over the ground."""
    turns = np.atleast_2d(Rotation.from_rotvec(np.outer(turns_radians, [0, 0, 1])).as_quat())
    hips = Rotation.from_quat(turns).apply(scale * poses.hips_metres)
    hips[:, :2] += shifts_metres
    return Poses(hips, multiplied(turns[:, None], poses.rotations))


def multiplied(later: Float[np.ndarray, "*#shape 4"], earlier: Float[np.ndarray, "*#shape 4"]) -> Float[np.ndarray, "..."]:
    """One rotation after another, as quaternions."""
    v, w, u, s = later[..., :3], later[..., 3:], earlier[..., :3], earlier[..., 3:]
    return np.concatenate([w * u + s * v + np.cross(v, u), w * s - (v * u).sum(-1, keepdims=True)], axis=-1)


def mixed(
    rotations: list[Float[np.ndarray, "time joint 4"]], weights: list[Float[np.ndarray, "#time #joint"]]
) -> Float[np.ndarray, "time joint 4"]:
    """Weighted means of orientations that are not far from one another."""
    first = rotations[0]
    total = np.zeros_like(first)
    for turns, weight in zip(rotations, weights, strict=True):
        sign = np.where((turns * first).sum(-1) < 0, -1.0, 1.0)
        total += (weight * sign)[..., None] * turns
    return np.asarray(total / np.linalg.norm(total, axis=-1, keepdims=True))


def against_parents(rotations: Float[np.ndarray, "time joint 4"]) -> Float[np.ndarray, "time joint 4"]:
    """Each bone's orientation relative to its parent's, from those in the world; the hips' as it is."""
    children = list(range(1, len(JOINTS)))
    parents = rotations[:, [PARENTS[child] for child in children]]
    return np.concatenate([rotations[:, :1], multiplied(parents * [-1, -1, -1, 1], rotations[:, children])], axis=1)


def in_world(relative: Float[np.ndarray, "time joint 4"]) -> Float[np.ndarray, "time joint 4"]:
    """The opposite: orientations in the world."""
    rotations = relative.copy()
    for joint, parent in enumerate(PARENTS):
        if parent >= 0:
            rotations[:, joint] = multiplied(rotations[:, parent], relative[:, joint])
    return rotations


def smooth_step(share: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """From 0 to 1 without a jump of speed, as a share goes from 0 to 1 and beyond."""
    share = np.clip(share, 0, 1)
    return np.asarray(share**2 * (3 - 2 * share))
