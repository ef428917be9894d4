"""When each foot of a motion clip is on the ground."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.spatial.transform import Rotation

from viewsync.worlds.motions.clip import MotionClip
from viewsync.worlds.motions.limbs import LEGS, Limb
from viewsync.worlds.motions.skeleton import AVERAGE, PARENTS, Poses, Skeleton

TOUCH, PLANT, HEEL_OFF, TOE_OFF = range(4)
"""Columns of an array of contacts: heel or ball first touches the ground; the ball lies still from here, and the heel
until it lifts; the ball lets go. A foot that stands on its toes has HEEL_OFF at PLANT."""

_LOW_METRES, _HIGH_METRES = 0.07, 0.11
_SLOW, _FAST = 0.6, 1.1
"""Metres per second. A contact begins when low and slow, and ends when high or fast. Captured feet float by several
centimetres even in one clip, so speed tells more than height."""
_FLAT_METRES = 0.03
"""How much higher or lower than the ball the heel of a flat foot may seem to be."""
_LEAST_UPRIGHT = 0.3
_SHORTEST_SECONDS = 0.08
_LONGEST_ROLL_SECONDS = 0.3
"""From the heel's strike to the ball's."""


@dataclass(frozen=True)
class Foot:
    """One foot of a skeleton: the ball is where the toes' bone begins, the ankle where the foot's does."""

    skeleton: Skeleton
    limb: Limb
    """The leg that it is on."""

    @property
    def toes(self) -> int:
        """The toes' bone, as a place in `JOINTS`: the foot's own child."""
        return self.limb.end + 1

    @cached_property
    def rest_ball(self) -> Float[np.ndarray, " 3"]:
        """From the ankle to the ball at rest, in metres."""
        return np.asarray(self.skeleton.heads_metres[self.toes] - self.skeleton.heads_metres[self.limb.end])

    @cached_property
    def rest_soles(self) -> Float[np.ndarray, "2 3"]:
        """From the ankle to the ground at rest, under the heel and under the ball."""
        down = -self.skeleton.heads_metres[self.limb.end, 2]
        heel = -0.35 * self.rest_ball
        return np.array([[heel[0], heel[1], down], [self.rest_ball[0], self.rest_ball[1], down]])

    @property
    def ball_height_metres(self) -> float:
        """Height of the ball's joint in a foot that lies flat."""
        return float(self.skeleton.heads_metres[self.toes, 2])

    def joints(self, poses: Poses) -> Float[np.ndarray, "joint time 3"]:
        """Hip, knee, ankle and ball in the world."""
        chain = self._chain
        ways = np.diff(self.skeleton.heads_metres[chain], axis=0)
        turns = Rotation.from_quat(poses.rotations[:, chain[:-1]].reshape(-1, 4))
        turned = turns.apply(np.tile(ways, (len(poses.hips_metres), 1))).reshape(-1, *ways.shape)
        return np.asarray(np.moveaxis(poses.hips_metres[:, None] + np.cumsum(turned, axis=1), 1, 0)[1:])

    @cached_property
    def _chain(self) -> list[int]:
        """The bones from the hips to the toes."""
        chain = [self.toes]
        while chain[0]:
            chain.insert(0, PARENTS[chain[0]])
        return chain

    def soles(self, poses: Poses) -> Float[np.ndarray, "2 time 3"]:
        """Undersides of heel and ball in the world."""
        turns = Rotation.from_quat(poses.rotations[:, self.limb.end])
        return np.asarray(self.joints(poses)[2] + np.stack([turns.apply(sole) for sole in self.rest_soles]))

    def upright(self, poses: Poses) -> Bool[np.ndarray, " time"]:
        """Whether the sole faces the ground rather than a side, even if it's steep."""
        up = Rotation.from_quat(poses.rotations[:, self.limb.end]).apply([0.0, 0.0, 1.0])
        return np.asarray(up[:, 2] > _LEAST_UPRIGHT)


def feet(skeleton: Skeleton) -> tuple[Foot, Foot]:
    """A skeleton's left and right foot."""
    left, right = (Foot(skeleton, leg) for leg in LEGS)
    return left, right


def contacts(clip: MotionClip) -> tuple[Float[np.ndarray, "left 4"], Float[np.ndarray, "right 4"]]:
    """When each foot touches, is planted, lifts its heel and its toes, in seconds from the clip's start.

    Args:
        clip: any motion. Of one that loops, each contact of a round is told once; it may begin before the round does, or
            end after it.

    Returns:
        Of the left and of the right foot: one row per contact in order of time, with the columns `TOUCH`, `PLANT`,
        `HEEL_OFF` and `TOE_OFF`.
    """
    hips, rotations = clip.hips_metres, clip.rotations
    if clip.loops:
        rounds = np.repeat(np.arange(3), len(hips) - 1)[:, None]
        hips = np.tile(hips[:-1], (3, 1)) + rounds * (hips[-1] - hips[0])
        rotations = np.tile(rotations[:-1], (3, 1, 1))
    poses = Poses(hips, rotations)
    soles = [foot.soles(poses) for foot in feet(AVERAGE)]
    ground = np.percentile(np.min([sole[..., 2].min(axis=0) for sole in soles], axis=0), 5)
    left, right = (
        _contacts(sole - [0, 0, ground], foot.upright(poses), clip.rate_hz)
        for sole, foot in zip(soles, feet(AVERAGE), strict=True)
    )
    if clip.loops:
        left, right = (_one_round(found, clip.duration_seconds) for found in (left, right))
    return left, right


def _contacts(soles: np.ndarray, upright: np.ndarray, rate_hz: float) -> np.ndarray:
    """Contacts of a foot from where heel and ball go."""
    heel, ball = soles
    rise = heel[:, 2] - ball[:, 2]
    balls = stretches(_down(ball, rate_hz, upright, rise > -_FLAT_METRES)) / rate_hz
    heels = stretches(_down(heel, rate_hz, upright) & (rise < _FLAT_METRES)) / rate_hz
    rows = []
    for begin, end in balls:
        if end - begin < _SHORTEST_SECONDS:
            continue
        touch, heel_off = begin, begin
        for heel_begin, heel_end in heels:
            if heel_begin < end and heel_end > begin:
                heel_off = min(heel_end, end)
                touch = min(touch, max(heel_begin, begin - _LONGEST_ROLL_SECONDS))
        rows.append((touch, begin, heel_off, end))
    return np.array(rows).reshape(-1, 4)


def _down(
    sole: np.ndarray, rate_hz: float, may_rest: np.ndarray, may_begin: np.ndarray | bool = True
) -> Bool[np.ndarray, " time"]:
    """Whether a point of the sole rests on the ground (with hysteresis)."""
    speed = np.linalg.norm(np.gradient(sole, 1 / rate_hz, axis=0), axis=1)
    surely = (sole[:, 2] < _LOW_METRES) & (speed < _SLOW) & may_begin
    perhaps = (sole[:, 2] < _HIGH_METRES) & (speed < _FAST) & may_rest
    down = perhaps.copy()
    for begin, end in stretches(perhaps):
        down[begin : end + 1] = np.maximum.accumulate(surely[begin : end + 1])
    return np.asarray(down)


def stretches(mask: Bool[np.ndarray, " time"]) -> Int[np.ndarray, "stretch 2"]:
    """First and last place of each run of True."""
    edges = np.diff(np.concatenate([[0], mask.astype(np.int8), [0]]))
    return np.stack([np.flatnonzero(edges > 0), np.flatnonzero(edges < 0) - 1], axis=1)


def _one_round(found: np.ndarray, round_seconds: float) -> np.ndarray:
    """The contacts that are planted in the second of three rounds."""
    middle = found[(found[:, PLANT] >= round_seconds) & (found[:, PLANT] < 2 * round_seconds)]
    return np.asarray(middle - round_seconds)
