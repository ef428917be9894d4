"""From a posture to the whole skeleton: trunk, legs and arms of the average body."""

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from viewsync.worlds.motions.clip import of_one_sign
from viewsync.worlds.motions.limbs import ARMS, LEGS, solve_limb, swung
from viewsync.worlds.motions.posture import LEFT, RIGHT, Posture, eased
from viewsync.worlds.motions.skeleton import AVERAGE, JOINTS, PARENTS, Poses

_TO_WORLD = np.array([1.0, -1.0, 1.0])
"""From left, forward, up."""
_HEEL = np.array([0.178, 0.03, 0.0])
"""Where the left heel meets the ground as it touches down, at rest."""
_TOE = np.array([0.07, AVERAGE.heads_metres[JOINTS.index("LeftToeBase"), 2]])
"""From the ball's joint to the sole at the tip of the toe: forward, down."""


def poses(course: Posture) -> Poses:
    """The whole skeleton's orientations, for a course of postures."""
    figure = _Figure(course)
    figure.turn_trunk()
    for side in (LEFT, RIGHT):
        figure.turn_leg(side)
        figure.turn_arm(side)
    turns = figure.turns
    quaternions = Rotation.from_matrix(turns.reshape(-1, 3, 3)).as_quat().reshape(*turns.shape[:2], 4)
    return Poses(figure.hips, of_one_sign(quaternions))


def ankles_metres(course: Posture, side: int) -> Float[np.ndarray, "time 3"]:
    """Where an ankle is in the world: a foot that rolls over its ball or heel carries it along.

    Args:
        course: The postures.
        side: `posture.LEFT` or `posture.RIGHT`.
    """
    sign = (1, -1)[side]
    yaw, foot = _foot_turns(course, side)
    ankle, ball = AVERAGE.heads_metres[[LEGS[side].end, JOINTS.index(("LeftToeBase", "RightToeBase")[side])]]
    over_ball, over_heel = (
        yaw.apply(pivot - ankle) - foot.apply(pivot - ankle) for pivot in (ball, _HEEL * np.array([sign, 1, 1]))
    )
    share = course.heels[:, side, None]
    place = course.feet_metres[:, side] * np.array([sign, -1, 1]) + np.array([0, 0, ankle[2]])
    return np.asarray(place + (1 - share) * over_ball + share * over_heel)


def tiptoe_metres(degrees: Float[np.ndarray, " time"]) -> Float[np.ndarray, "2 time"]:
    """How far forward and up the ball of a foot goes that rises over the tip of its toe."""
    forward, down = _TOE[:, None]
    sine, rest = np.sin(np.radians(degrees)), 1 - np.cos(np.radians(degrees))
    return np.stack([forward * rest + down * sine, forward * sine - down * rest])


class _Figure:
    """The skeleton's orientations as they are being found."""

    def __init__(self, course: Posture) -> None:
        self.course = course
        self.hips: Float[np.ndarray, "time 3"] = course.hips_metres * _TO_WORLD
        self.turns = np.empty((len(self.hips), len(JOINTS), 3, 3))

    def turn_trunk(self) -> None:
        pelvis, bend, head = (
            Rotation.from_euler("ZXY", angles, degrees=True)
            for angles in (self.course.pelvis_degrees, self.course.chest_degrees, self.course.head_degrees)
        )
        chest = pelvis * bend
        neck = chest.inv() * head
        for name in ("Hips", "LHipJoint", "RHipJoint"):
            self._set(name, pelvis)
        for number, (back, top) in enumerate((("LowerBack", "Neck"), ("Spine", "Neck1"), ("Spine1", "Head")), start=1):
            self._set(back, pelvis * bend ** (number / 3))
            self._set(top, chest * neck ** (number / 3))

    def turn_leg(self, side: int) -> None:
        limb, name = LEGS[side], ("Left", "Right")[side]
        pitch, _, tips = self.course.feet_degrees[:, side].T
        yaw, foot = _foot_turns(self.course, side)
        hips, ankles = self._head(limb.upper), ankles_metres(self.course, side)
        along = (ankles - hips) / np.linalg.norm(ankles - hips, axis=-1, keepdims=True)
        knees = swung(yaw.apply([0.0, -1.0, 0.0]), along)
        self.turns[:, limb.upper], self.turns[:, limb.lower] = solve_limb(AVERAGE, limb, hips, ankles, knees)
        self._set(f"{name}Foot", foot)
        self._set(f"{name}ToeBase", yaw * _about("x", tips - np.maximum(pitch, 0)))

    def turn_arm(self, side: int) -> None:
        limb, name, sign = ARMS[side], ("Left", "Right")[side], (1, -1)[side]
        to_world = np.array([sign, -1, 1])
        _, forward, up = self.course.hands_metres[:, side].T
        lift, thumb, bend = np.radians(self.course.arms_degrees[:, side].T)
        chest = self.turns[:, JOINTS.index("Spine1")]
        collar = JOINTS.index(f"{name}Shoulder")
        shoulder = AVERAGE.heads_metres[limb.upper] - AVERAGE.heads_metres[collar]
        wrists = self._head(collar) + _turned(chest, shoulder + self.course.hands_metres[:, side] * to_world)
        # The shoulder goes up with a raised arm, and forward with one that reaches.
        shrug = np.stack([0 * up, -sign * 24 * eased((up + 0.15) / 0.6), -sign * 10 * eased(forward / 0.45)], axis=-1)
        self.turns[:, collar] = chest @ Rotation.from_euler("xyz", shrug, degrees=True).as_matrix()
        shoulders = self._head(limb.upper)
        along = _turned(chest.swapaxes(1, 2), wrists - shoulders)
        along /= np.linalg.norm(along, axis=-1, keepdims=True)
        elbows = swung(np.stack([sign * np.sin(lift), np.cos(lift), 0 * lift], axis=-1), along)
        upper, lower = solve_limb(AVERAGE, limb, shoulders, wrists, _turned(chest, elbows))
        forearm, palm = _hand_axes(side)
        # Half of a hand's turn is seen in the forearm's skin.
        half = Rotation.from_rotvec(-sign * thumb[:, None] / 2 * forearm)
        hand = half * Rotation.from_rotvec(-sign * bend[:, None] * palm)
        self.turns[:, limb.upper], self.turns[:, limb.lower] = upper, lower @ half.as_matrix()
        for bone in (f"{name}Hand", f"{name[0]}Thumb", f"{name}FingerBase", f"{name}HandFinger1"):
            self.turns[:, JOINTS.index(bone)] = self.turns[:, limb.lower] @ hand.as_matrix()

    def _set(self, name: str, rotation: Rotation) -> None:
        self.turns[:, JOINTS.index(name)] = rotation.as_matrix()

    def _head(self, joint: int) -> Float[np.ndarray, "time 3"]:
        """Where a bone begins, once those before it are turned."""
        parent = PARENTS[joint]
        if parent < 0:
            return self.hips
        bone = AVERAGE.heads_metres[joint] - AVERAGE.heads_metres[parent]
        return np.asarray(self._head(parent) + self.turns[:, parent] @ bone)


def _foot_turns(course: Posture, side: int) -> tuple[Rotation, Rotation]:
    """Where a foot points on the ground, and its whole orientation."""
    pitch, outward, _ = course.feet_degrees[:, side].T
    yaw = _about("z", (1, -1)[side] * outward)
    return yaw, yaw * _about("x", -pitch)


def _about(axis: str, degrees: Float[np.ndarray, " time"]) -> Rotation:
    return Rotation.from_euler(axis, degrees[:, None], degrees=True)


def _turned(turns: Float[np.ndarray, "time 3 3"], vectors: Float[np.ndarray, "time 3"]) -> Float[np.ndarray, "time 3"]:
    return np.asarray(np.einsum("tab,tb->ta", turns, vectors))


def _hand_axes(side: int) -> tuple[Float[np.ndarray, " 3"], Float[np.ndarray, " 3"]]:
    """At rest: along the forearm, and across it to the thumb, about which the hand bends toward the palm."""
    _, forearm = ARMS[side].bones(AVERAGE)
    forearm = forearm / np.linalg.norm(forearm)
    thumb = JOINTS.index(("LThumb", "RThumb")[side])
    across = AVERAGE.tails_metres[thumb] - AVERAGE.heads_metres[thumb]
    across = across - (across @ forearm) * forearm
    return forearm, across / np.linalg.norm(across)
