"""Recorded motion, brought to the average skeleton.

Somebody else's skeleton differs from ours in three ways, and each is made up for:

- It rests in another posture (arms stretched out, legs apart). Of thighs, shins, arms, forearms and hands the direction
  counts: each bone of ours points where theirs does, and turns about itself as theirs does since its stance.
- Its trunk and feet are drawn otherwise: a straight row of bones where ours follow the curve of the back, an ankle that
  is higher above the sole. There the posture counts, not the direction: both stand upright with flat feet at rest, and
  what theirs has turned since, ours turns too. Clavicles turn half as far as theirs do against the chest; otherwise
  shoulders sit too high.
- It has another size. The way of the middle between the hip joints is scaled by the length of the legs.
"""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from viewsync.worlds.motions.capture import Capture
from viewsync.worlds.motions.clip import MotionClip, closed, of_one_sign
from viewsync.worlds.motions.skeleton import AVERAGE, JOINTS, PARENTS, Poses

_REST: Mapping[str, Float[np.ndarray, " 3"]] = dict(zip(JOINTS, AVERAGE.heads_metres, strict=True))
_UPRIGHT = frozenset([
    "Hips", "LHipJoint", "RHipJoint", "LowerBack", "Spine", "Spine1", "LeftShoulder", "RightShoulder", "Neck", "Neck1",
    "Head",
])  # fmt: skip
"""Bones whose posture counts, not their direction."""
_AIMS = {
    side + bone: tuple(side + end for end in ends)
    for side in ("Left", "Right")
    for bone, ends in {
        "UpLeg": ("Leg",),
        "Leg": ("Foot",),
        "Arm": ("ForeArm",),
        "ForeArm": ("Hand",),
        "Hand": ("FingerBase", "HandFinger1"),
    }.items()
}
"""Bones whose direction counts, and the joints, the first that there is, to which they point."""
_CLAVICLE_SHARE = 0.5
_CLOSING_SHARE = 0.25
"""Of a loop's time, in which its end is bent to its beginning. Bent all along, knees that are straight would overstretch."""
_GROUND_PERCENTILE = 5.0
_STEP_METRES = 0.1
_SLOW_METRES_PER_SECOND = 0.5
"""The ground is where the body's lowest joint stays, of the heights up to a step above the percentile: so jumps and climbs
don't count, nor does a joint that dips into it for a moment."""
_FLESH_METRES = 0.05
"""From a joint that isn't in the foot to the skin."""


def to_clip(capture: Capture, name: str, action: str, loops: bool = False) -> MotionClip:
    """Bring a recorded motion to `skeleton.AVERAGE`.

    Args:
        capture: The motion. It must have the hips, both thighs and both shins; any other joint that it lacks goes with
            the one it hangs from.
        name: The clip's name.
        action: What is done.
        loops: Whether it repeats. Then what its last posture and height differ from the first is taken away towards the end.
    """
    facing = _facing(capture)
    stances = _stances(capture, facing)
    chest = next(bone for bone in ("Spine1", "Spine", "LowerBack", "Hips") if bone in capture.turns)
    matrices = np.empty((len(capture.hips), len(JOINTS), 3, 3))
    for joint, (bone, parent) in enumerate(zip(JOINTS, PARENTS, strict=True)):
        if bone not in capture.turns:
            matrices[:, joint] = matrices[:, parent]
        elif bone in ("LeftShoulder", "RightShoulder"):
            matrices[:, joint] = _restrained(matrices[:, parent], capture.turns[chest], capture.turns[bone], facing)
        else:
            matrices[:, joint] = capture.turns[bone] @ facing @ stances[joint]
    rotations = of_one_sign(Rotation.from_matrix(matrices.reshape(-1, 3, 3)).as_quat().reshape(*matrices.shape[:2], 4))
    hips = _way(capture, matrices[:, 0])
    if loops:
        late = np.clip((np.linspace(0, 1, len(hips)) - 1) / _CLOSING_SHARE + 1, 0, 1)
        hips, rotations = closed(hips, rotations, late * late * (3 - 2 * late))
    hips[:, 2] -= _ground_height(Poses(hips, rotations), capture.rate_hz)
    return MotionClip(name, action, capture.rate_hz, hips, rotations, loops)


def _facing(capture: Capture) -> Float[np.ndarray, "3 3"]:
    """The turn about z that makes a body facing -y face as the stance does."""
    left = capture.stance["LeftUpLeg"] - capture.stance["RightUpLeg"]
    return np.asarray(Rotation.from_euler("z", np.arctan2(left[1], left[0])).as_matrix())


def _stances(capture: Capture, facing: Float[np.ndarray, "3 3"]) -> Float[np.ndarray, "joint 3 3"]:
    """What turns each of our bones from our rest pose into the capture's stance, both seen facing -y."""
    there: dict[str, Float[np.ndarray, " 3"]] = {bone: facing.T @ place for bone, place in capture.stance.items()}
    stances = np.tile(np.eye(3), (len(JOINTS), 1, 1))
    for joint, (bone, parent) in enumerate(zip(JOINTS, PARENTS, strict=True)):
        if bone in _UPRIGHT:
            continue
        # An elbow that is bent at rest is straightened about its own axis, so each bone starts from its parent's turn.
        stances[joint] = stances[parent]
        aim = next((end for end in _AIMS.get(bone, ()) if end in there and bone in there), None)
        if aim is not None:
            ours = stances[parent] @ (_REST[aim] - _REST[bone])
            stances[joint] = _smallest_turn(ours, there[aim] - there[bone]) @ stances[parent]
        elif bone.endswith("Foot") and bone in there:
            stances[joint] = _flat_foot(bone.removesuffix("Foot"), there)
    return stances


def _flat_foot(side: str, there: dict[str, Float[np.ndarray, " 3"]]) -> Float[np.ndarray, "3 3"]:
    """The turn of a foot whose sole is square to the shin, and whose toes point sideways as far as those of the stance."""
    down = np.array([0.0, 0.0, -1.0])
    tilt = _smallest_turn(down, there[side + "Foot"] - there[side + "Leg"])
    if side + "ToeBase" not in there:
        return tilt
    ours = _REST[side + "ToeBase"] - _REST[side + "Foot"]
    theirs = tilt.T @ (there[side + "ToeBase"] - there[side + "Foot"])
    return np.asarray(tilt @ _smallest_turn(ours * [1, 1, 0], theirs * [1, 1, 0]))


def _smallest_turn(start: Float[np.ndarray, " 3"], end: Float[np.ndarray, " 3"]) -> Float[np.ndarray, "3 3"]:
    """The smallest rotation that makes one direction the other; none where one of them is no direction."""
    if min(np.linalg.norm(start), np.linalg.norm(end)) < 1e-9:
        return np.eye(3)
    return np.asarray(Rotation.align_vectors(end, start)[0].as_matrix())


def _restrained(
    chest: Float[np.ndarray, "time 3 3"],
    their_chest: Float[np.ndarray, "time 3 3"],
    their_clavicle: Float[np.ndarray, "time 3 3"],
    facing: Float[np.ndarray, "3 3"],
) -> Float[np.ndarray, "time 3 3"]:
    """A clavicle that turns against the chest only part of the way."""
    against = np.swapaxes(their_chest @ facing, 1, 2) @ their_clavicle @ facing
    part = Rotation.from_rotvec(_CLAVICLE_SHARE * Rotation.from_matrix(against).as_rotvec())
    return np.asarray(chest @ part.as_matrix())


def _way(capture: Capture, pelvis: Float[np.ndarray, "time 3 3"]) -> Float[np.ndarray, "time 3"]:
    """Where our hips are: such that the middle between the hip joints goes its way, scaled by the length of the legs."""
    stance = capture.stance
    scale = _leg_length({bone: _REST[bone] for bone in JOINTS if bone in stance}) / _leg_length(stance)
    theirs = (stance["LeftUpLeg"] + stance["RightUpLeg"]) / 2 - stance["Hips"]
    ours = (_REST["LeftUpLeg"] + _REST["RightUpLeg"]) / 2 - _REST["Hips"]
    return np.asarray(scale * (capture.hips + capture.turns["Hips"] @ theirs) - pelvis @ ours)


def _leg_length(places: Mapping[str, Float[np.ndarray, " 3"]]) -> float:
    """Length of thighs and shins, as far as they are there."""
    bones = [(side + start, side + end) for side in ("Left", "Right") for start, end in (("UpLeg", "Leg"), ("Leg", "Foot"))]
    return float(sum(np.linalg.norm(places[end] - places[start]) for start, end in bones if end in places))


def _ground_height(poses: Poses, rate_hz: float) -> float:
    """Where the ground is: under the body's lowest joint, as long as that stays where it is."""
    heads, _ = poses.joints(AVERAGE)
    above = np.array([place[2] if "Foot" in bone or "Toe" in bone else _FLESH_METRES for bone, place in _REST.items()])
    heights = heads[..., 2] - above
    speeds = rate_hz * np.linalg.norm(np.gradient(heads, axis=0), axis=-1)
    lowest, joints = heights.min(axis=1), heights.argmin(axis=1)
    low = lowest < np.percentile(lowest, _GROUND_PERCENTILE) + _STEP_METRES
    stays = speeds[np.arange(len(joints)), joints] < _SLOW_METRES_PER_SECOND
    return float(np.median(lowest[low & stays if (low & stays).any() else low]))
