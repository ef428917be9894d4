from dataclasses import replace

import numpy as np
import pytest
from made_motion import JOINTS as MADE_JOINTS
from made_motion import made_motion
from scipy.spatial.transform import Rotation

from viewsync.worlds.motions.align import to_clip
from viewsync.worlds.motions.capture import Capture, from_y_up
from viewsync.worlds.motions.clip import MotionClip
from viewsync.worlds.motions.skeleton import AVERAGE, JOINTS, Poses

MIRROR = np.diag([-1.0, 1.0, 1.0])
TRUNK = ("Hips", "LowerBack", "Spine", "Spine1", "Neck", "Neck1", "Head")
LIMBS = tuple(
    (side + bone, side + end)
    for side in ("Left", "Right")
    for bone, end in (("UpLeg", "Leg"), ("Leg", "Foot"), ("Arm", "ForeArm"), ("ForeArm", "Hand"), ("Hand", "FingerBase"))
)


def captured(seed: int = 1, degrees: float = 40.0, frames: int = 12) -> Capture:
    motion = made_motion(seed, frames, degrees)
    heads, turns = motion.heads(), motion.turns()
    rows = [(bone, joint) for bone, joint in enumerate(MADE_JOINTS) if not joint.endswith("HipJoint")]
    stance = {joint: heads[bone] for bone, joint in rows}
    return from_y_up(Capture(120.0, stance, motion.root, {joint: turns[:, bone] for bone, joint in rows}))


def standing(capture: Capture, hips: np.ndarray) -> Capture:
    """The same body, upright and unturned, with its hips where one says."""
    still = {joint: np.tile(np.eye(3), (len(hips), 1, 1)) for joint in capture.turns}
    return replace(capture, hips=hips, turns=still)


def poses(clip: MotionClip) -> Poses:
    return Poses(clip.hips_metres, clip.rotations)


def heads(clip: MotionClip, joint: str) -> np.ndarray:
    return poses(clip).joints(AVERAGE)[0][:, JOINTS.index(joint)]


def unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_limbs_point_where_theirs_do_and_the_trunk_turns_as_theirs(seed):
    capture = captured(seed)
    clip = to_clip(capture, "a", "x")
    for start, end in LIMBS:
        theirs = unit(capture.turns[start] @ (capture.stance[end] - capture.stance[start]))
        assert unit(heads(clip, end) - heads(clip, start)) == pytest.approx(theirs, abs=1e-6)
    matrices = poses(clip).matrices()
    for joint in TRUNK:
        assert matrices[:, JOINTS.index(joint)] == pytest.approx(capture.turns[joint], abs=1e-6)


def test_limbs_twist_as_theirs_do():
    capture = captured(degrees=0)
    axis = unit(capture.stance["LeftForeArm"] - capture.stance["LeftArm"])
    angles = np.linspace(0, 1.2, len(capture.hips))
    twist = Rotation.from_rotvec(angles[:, None] * axis).as_matrix()
    clip = to_clip(replace(capture, turns={**capture.turns, "LeftArm": twist}), "a", "x")
    arm = poses(clip).matrices()[:, JOINTS.index("LeftArm")]
    since = Rotation.from_matrix(arm @ arm[0].T).as_rotvec()
    assert since == pytest.approx(angles[:, None] * axis, abs=1e-9)


def test_clavicles_turn_half_as_far():
    capture = captured(degrees=0)
    lifted = np.tile(Rotation.from_euler("y", -30, degrees=True).as_matrix(), (12, 1, 1))
    turned = np.tile(Rotation.from_euler("z", 50, degrees=True).as_matrix(), (12, 1, 1))
    turns = {joint: turned @ lifted if joint == "LeftShoulder" else turned for joint in capture.turns}
    matrices = poses(to_clip(replace(capture, turns=turns), "a", "x")).matrices()
    chest, clavicle = (matrices[0, JOINTS.index(joint)] for joint in ("Spine1", "LeftShoulder"))
    assert chest.T @ clavicle == pytest.approx(Rotation.from_euler("y", -15, degrees=True).as_matrix())


def test_a_mirrored_motion_comes_to_the_mirrored_clip():
    capture = captured()
    swapped = {joint: joint.replace("Left", "?").replace("Right", "Left").replace("?", "Right") for joint in capture.turns}
    mirrored = replace(
        capture,
        stance={joint: MIRROR @ capture.stance[other] for joint, other in swapped.items()},
        hips=capture.hips @ MIRROR,
        turns={joint: MIRROR @ capture.turns[other] @ MIRROR for joint, other in swapped.items()},
    )
    clip, other = to_clip(capture, "a", "x"), to_clip(mirrored, "b", "x")
    for joint in swapped:
        assert heads(other, joint) == pytest.approx(heads(clip, swapped[joint]) @ MIRROR, abs=0.002)


def test_a_turned_scene_comes_to_the_turned_clip():
    """Which way the body faced in the stance doesn't matter."""
    capture = captured()
    turn = Rotation.from_euler("z", 77, degrees=True).as_matrix()
    turned = replace(
        capture,
        stance={joint: turn @ place for joint, place in capture.stance.items()},
        hips=capture.hips @ turn.T,
        turns={joint: turn @ matrices @ turn.T for joint, matrices in capture.turns.items()},
    )
    clip, other = to_clip(capture, "a", "x"), to_clip(turned, "b", "x")
    assert poses(other).matrices() == pytest.approx(turn @ poses(clip).matrices(), abs=1e-9)
    assert other.hips_metres == pytest.approx(clip.hips_metres @ turn.T, abs=1e-9)


def test_hips_go_as_far_as_the_legs_are_long():
    capture = captured()
    way = np.linspace([0.0, 0, 17], [6.0, -20, 17], 12)
    clip = to_clip(standing(capture, way), "a", "x")
    bones = [("UpLeg", "Leg"), ("Leg", "Foot")]
    theirs = sum(np.linalg.norm(capture.stance["Left" + end] - capture.stance["Left" + start]) for start, end in bones)
    ours = AVERAGE.heads_metres[[JOINTS.index("Left" + joint) for joint in ("UpLeg", "Leg", "Foot")]]
    scale = np.linalg.norm(np.diff(ours, axis=0), axis=1).sum() / theirs
    assert clip.hips_metres[-1] - clip.hips_metres[0] == pytest.approx(scale * (way[-1] - way[0]), rel=1e-3)


def test_soles_are_flat_and_on_the_ground_but_for_jumps():
    """Legs together, as people stand: a jump, and for one frame a dip into the ground, don't move it."""
    capture = captured()
    height = np.full(100, 17.0)
    height[40:60] += 10 * np.sin(np.linspace(0, np.pi, 20))
    height[80] -= 1
    still = standing(capture, np.column_stack([np.zeros(100), np.zeros(100), height]))
    inward = {"Left": Rotation.from_euler("y", 20, degrees=True), "Right": Rotation.from_euler("y", -20, degrees=True)}
    legs = {
        side + bone: np.tile(turn.as_matrix(), (100, 1, 1))
        for side, turn in inward.items()
        for bone in ("UpLeg", "Leg", "Foot", "ToeBase")
    }
    clip = to_clip(replace(still, turns={**still.turns, **legs}), "a", "x")
    for side in ("Left", "Right"):
        foot = poses(clip).matrices()[:, JOINTS.index(side + "Foot")]
        assert (foot @ [0, 0, 1])[:, 2].min() > np.cos(np.radians(2))
        toe = AVERAGE.heads_metres[JOINTS.index(side + "ToeBase"), 2]
        assert np.median(heads(clip, side + "ToeBase")[:, 2]) == pytest.approx(toe, abs=0.01)


def test_quaternions_keep_their_sign():
    spin = captured(degrees=10, frames=200)
    turning = Rotation.from_rotvec(np.linspace(0, 25, 200)[:, None] * [0, 0.3, 1]).as_matrix()
    clip = to_clip(replace(spin, turns={joint: turning @ turns for joint, turns in spin.turns.items()}), "a", "x")
    assert np.sum(clip.rotations[1:] * clip.rotations[:-1], axis=-1).min() > 0.9
    assert np.linalg.norm(clip.rotations, axis=-1) == pytest.approx(1)
    between = clip.at(np.linspace(0, clip.duration_seconds, 999)).rotations
    assert np.sum(between[1:] * between[:-1], axis=-1).min() > 0.99


def test_a_loop_is_closed():
    capture = captured(degrees=15, frames=60)
    clip, loop = to_clip(capture, "a", "x"), to_clip(capture, "b", "x", loops=True)
    assert loop.loops
    assert not clip.loops
    assert poses(loop).matrices()[-1] == pytest.approx(poses(loop).matrices()[0])
    assert abs(clip.hips_metres[-1, 2] - clip.hips_metres[0, 2]) > 0.005
    assert loop.hips_metres[-1, 2] == pytest.approx(loop.hips_metres[0, 2])
    assert loop.hips_metres[-1, :2] == pytest.approx(clip.hips_metres[-1, :2])
    assert loop.rotations[:44] == pytest.approx(clip.rotations[:44])
    assert np.sum(loop.rotations[1:] * loop.rotations[:-1], axis=-1).min() > 0.995


def test_joints_that_are_missing_go_with_their_parents():
    capture = captured()
    kept = ("Hips", "Spine", "LeftUpLeg", "LeftLeg", "RightUpLeg", "RightLeg", "LeftShoulder", "LeftArm")
    few = replace(
        capture,
        stance={joint: capture.stance[joint] for joint in kept},
        turns={joint: capture.turns[joint] for joint in kept},
    )
    matrices = poses(to_clip(few, "a", "x")).matrices()
    for joint, parent in (
        ("LowerBack", "Hips"), ("Spine1", "Spine"), ("Head", "Spine"), ("RightHand", "Spine"), ("LeftHand", "LeftArm"),
        ("LeftFoot", "LeftLeg"),
    ):  # fmt: skip
        assert matrices[:, JOINTS.index(joint)] == pytest.approx(matrices[:, JOINTS.index(parent)], abs=1e-9)
