"""Walking and running: one exact cycle of gait, with feet that stay where they step.

The feet come first: each stands still from touch-down to toe-off, rolling over heel, sole and ball as its pitch asks, and
glides to its next place in between. The hips' height is then chosen so that the knees of the standing legs bend as
measured in gait laboratories (D. A. Winter, Biomechanics and Motor Control of Human Movement; J. Perry, Gait Analysis),
and inverse kinematics gives the legs. Phase 0 is the touch-down of the left foot, 1/2 that of the right one.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from viewsync.worlds.motions.figure import ankles_metres, tiptoe_metres
from viewsync.worlds.motions.limbs import ARMS, LEGS
from viewsync.worlds.motions.posture import RATE_HZ, Posture, eased
from viewsync.worlds.motions.skeleton import AVERAGE

Curve = tuple[tuple[float, float], ...]
"""Degrees at phases of the cycle."""

STRAIGHT_KNEE_DEGREES = 8.0
"""As straight as a knee gets: at rest it is bent as far. Straighter ones would jerk."""


@dataclass(frozen=True)
class Gait:
    """How somebody walks. The defaults are a usual walk; shares are of the cycle or of the stride."""

    speed_metres_per_second: float
    steps_per_minute: float
    stance: float = 0.58
    """Share of the cycle that a foot stands."""
    ahead: float = 0.20
    """How far before the hips a foot comes down, as a share of the stride."""
    foot_pitch: Curve = (
        (0.0, 19), (0.03, 13), (0.09, 0), (0.34, 0), (0.43, -9), (0.51, -25), (0.60, -60), (0.635, -66), (0.70, -56),
        (0.78, -28), (0.86, 2), (0.93, 17), (0.97, 20),
    )  # fmt: skip
    """Sole up at the toes."""
    tiptoe: Curve = ((0.0, 0), (0.50, 0), (0.61, 50), (0.66, 42), (0.80, 0))
    """Rise over the tip of the toe, once the ball of the foot has left the ground."""
    rolling: float = 1.0
    """Factor on both: less in a shuffle, more in great strides."""
    glide: tuple[float, float] = (0.30, 0.15)
    """Shares of its swing in which a foot gets up to speed, and slows down."""
    standing_knee: Curve = ((0.0, 5), (0.12, 18), (0.26, 12), (0.38, 6), (0.50, 14))
    """Bend of the knee that carries the weight."""
    lift_metres: float = 0.025
    """Height of the tip of the toe in the middle of the swing."""
    bounces: int = 2
    """Harmonics of the step that the hips' height follows."""
    step_width_metres: float = 0.10
    toes_out_degrees: float = 2.0
    sway_metres: float = 0.018
    pelvis_turn_degrees: float = 5.0
    pelvis_drop_degrees: float = 3.5
    chest_turn_degrees: float = 4.0
    lean_degrees: float = 3.0
    nod_degrees: float = 0.0
    """Of the head, downward."""
    arm_swing_degrees: tuple[float, float] = (17.0, 17.0)
    """Amplitude: left, right."""
    arms_forward_degrees: float = -3.0
    elbow_degrees: tuple[float, float] = (14.0, 28.0)
    """Behind and in front."""
    arms_out_metres: float = 0.065

    @property
    def frames(self) -> int:
        """Length of a cycle, even so that both sides can do the same."""
        return 2 * round(60 * RATE_HZ / self.steps_per_minute)

    @property
    def stride_metres(self) -> float:
        """Way covered in a cycle."""
        return self.speed_metres_per_second * self.frames / RATE_HZ


_RUNNING_FEET: Curve = (
    (0.0, 6), (0.05, 0), (0.15, 0), (0.22, -12), (0.34, -58), (0.46, -88), (0.55, -92), (0.68, -62), (0.82, -14),
    (0.92, 8), (0.97, 9),
)  # fmt: skip
RUN = Gait(
    speed_metres_per_second=2.8,
    steps_per_minute=164,
    stance=0.32,
    ahead=0.09,
    foot_pitch=_RUNNING_FEET,
    tiptoe=((0.0, 0), (0.23, 0), (0.33, 50), (0.40, 42), (0.70, 0)),
    rolling=0.8,
    glide=(0.20, 0.12),
    standing_knee=((0.0, 20), (0.16, 38), (0.32, 20)),
    lift_metres=0.12,
    bounces=1,
    step_width_metres=0.05,
    sway_metres=0.008,
    pelvis_turn_degrees=7.0,
    pelvis_drop_degrees=3.0,
    chest_turn_degrees=9.0,
    lean_degrees=8.0,
    nod_degrees=3.0,
    arm_swing_degrees=(32.0, 32.0),
    arms_forward_degrees=-14.0,
    elbow_degrees=(88.0, 100.0),
    arms_out_metres=0.075,
)
"""A usual run."""


def gait_course(gait: Gait) -> Posture:
    """One cycle along -y, from a touch-down of the left foot to its next; the last posture begins the next round."""
    phase = np.arange(gait.frames + 1) / gait.frames
    wave, double = 2 * np.pi * phase, 4 * np.pi * phase
    feet, angles, heels = (
        np.stack(sides, axis=1) for sides in zip(_foot(gait, phase), _foot(gait, phase + 0.5), strict=True)
    )
    feet[:, 1, 1] -= gait.stride_metres / 2
    arms = [_arm(gait, phase, side) for side in (0, 1)]
    zero = np.zeros_like(phase)
    turn, drop = -gait.pelvis_turn_degrees * np.cos(wave), -gait.pelvis_drop_degrees * np.cos(wave - 0.36 * np.pi)
    course = Posture(
        hips_metres=np.stack(
            [gait.sway_metres * np.cos(wave - 0.6 * np.pi), gait.stride_metres * phase + 0.008 * np.sin(double - 0.6), zero],
            axis=1,
        ),
        pelvis_degrees=np.stack([turn, gait.lean_degrees / 2 + np.cos(double), drop], axis=1),
        chest_degrees=np.stack(
            [gait.chest_turn_degrees * np.cos(wave) - turn, gait.lean_degrees / 2 - np.cos(double), -0.9 * drop], axis=1
        ),
        head_degrees=np.stack([zero, gait.nod_degrees + 0.7 * np.cos(double), zero], axis=1),
        hands_metres=np.stack([hand for hand, _ in arms], axis=1),
        arms_degrees=np.stack([turned for _, turned in arms], axis=1),
        feet_metres=feet,
        feet_degrees=angles,
        heels=heels,
    )
    course.hips_metres[:, 2] = _hip_heights(gait, course, phase)
    return course


def _foot(
    gait: Gait, phase: Float[np.ndarray, " time"]
) -> tuple[Float[np.ndarray, "time 3"], Float[np.ndarray, "time 3"], Float[np.ndarray, " time"]]:
    """Place, angles and roll of a foot that comes down at phase 0, as in `Posture`."""
    swing = np.maximum(phase % 1 - gait.stance, 0) / (1 - gait.stance)
    forward = gait.stride_metres * (gait.ahead + phase // 1 + _glide(swing, *gait.glide))
    up = gait.lift_metres * 16 * (swing * (1 - swing)) ** 2
    tips_down = gait.rolling * _periodic(gait.tiptoe, phase)
    tip_forward, tip_up = tiptoe_metres(tips_down)
    toes_out = np.radians(gait.toes_out_degrees)
    outward = gait.step_width_metres / 2 + tip_forward * np.sin(toes_out)
    place = np.stack([outward, forward + tip_forward * np.cos(toes_out), up + tip_up], axis=1)
    # Before it comes down, the foot gets ready to roll over its heel; while it is flat, it goes over to the ball.
    middle = np.mean([at for at, degrees in gait.foot_pitch if degrees == 0])
    heel = eased((swing - 0.45) / 0.5) + (phase % 1 < gait.stance) * (1 - eased((phase % 1 - middle) / 0.08 + 0.5))
    pitch = gait.rolling * _periodic(gait.foot_pitch, phase)
    return place, np.stack([pitch, np.full_like(phase, gait.toes_out_degrees), tips_down], axis=1), heel


def _arm(
    gait: Gait, phase: Float[np.ndarray, " time"], side: int
) -> tuple[Float[np.ndarray, "time 3"], Float[np.ndarray, "time 3"]]:
    """Wrist and turns of an arm: it swings against the leg of its side."""
    forward = -np.cos(2 * np.pi * (phase - 0.02 - side / 2))
    behind, ahead = gait.elbow_degrees
    bend = np.radians((behind + ahead) / 2 + (ahead - behind) / 2 * -np.cos(2 * np.pi * (phase - 0.05 - side / 2)))
    swing = np.radians(gait.arms_forward_degrees + gait.arm_swing_degrees[side] * forward)
    upper, lower = (np.linalg.norm(bone) for bone in ARMS[side].bones(AVERAGE))
    reach, drop = (upper * turn(swing) + lower * turn(swing + bend) for turn in (np.sin, np.cos))
    inward = lower * (1 - np.cos(bend)) * (0.3 + 0.1 * forward)
    outward = gait.arms_out_metres - inward
    tilt = np.sqrt(1 - outward**2 / (reach**2 + drop**2))
    wrist = np.stack([outward, tilt * reach, -tilt * drop], axis=1)
    return wrist, np.broadcast_to([20.0, 25.0, 8.0], wrist.shape)


def _hip_heights(gait: Gait, course: Posture, phase: Float[np.ndarray, " time"]) -> Float[np.ndarray, " time"]:
    """Heights at which the knee of the leg that carries bends as it should, as near as a smooth bounce allows."""
    carries = phase <= min(gait.stance, 0.5)
    wanted = _reaching(course, 0, PchipInterpolator(*zip(*gait.standing_knee, strict=True))(phase))
    turns = 4 * np.pi * np.outer(phase, 1 + np.arange(gait.bounces))
    bounce = np.hstack([np.ones((len(phase), 1)), np.cos(turns), np.sin(turns)])
    heights = bounce @ np.linalg.lstsq(bounce[carries], wanted[carries], rcond=None)[0]
    limit = np.minimum(*(_reaching(course, side, np.full_like(phase, STRAIGHT_KNEE_DEGREES)) for side in (0, 1)))
    return np.asarray(heights - np.maximum(heights - limit, 0).max())


def _reaching(course: Posture, side: int, knee_degrees: Float[np.ndarray, " time"]) -> Float[np.ndarray, " time"]:
    """How high the hips are if a leg reaches its ankle with a knee bent so far."""
    limb = LEGS[side]
    upper, lower = (np.linalg.norm(bone) for bone in limb.bones(AVERAGE))
    length = np.sqrt(upper**2 + lower**2 + 2 * upper * lower * np.cos(np.radians(knee_degrees)))
    pelvis = Rotation.from_euler("ZXY", course.pelvis_degrees, degrees=True)
    joint = course.hips_metres * np.array([1, -1, 0]) + pelvis.apply(
        AVERAGE.heads_metres[limb.upper] - AVERAGE.heads_metres[0]
    )
    way = ankles_metres(course, side) - joint
    return np.asarray(way[:, 2] + np.sqrt(np.maximum(length**2 - way[:, 0] ** 2 - way[:, 1] ** 2, 0)))


def _periodic(curve: Curve, phase: Float[np.ndarray, " time"]) -> Float[np.ndarray, " time"]:
    """A smooth curve through degrees at phases of the cycle, round after round."""
    at, degrees = np.array(curve).T
    spline = PchipInterpolator(np.concatenate([at - 1, at, at + 1]), np.tile(degrees, 3))
    fine = np.arange(2048) / 2048
    smooth = gaussian_filter1d(spline(fine), 0.012 * len(fine), mode="wrap")
    return np.asarray(np.interp(phase, fine, smooth, period=1))


def _glide(share: Float[np.ndarray, " time"], rise: float, fall: float) -> Float[np.ndarray, " time"]:
    """From 0 to 1 at a speed that rises for a while, stays, and falls again."""

    def way(time: Float[np.ndarray, " time"]) -> Float[np.ndarray, " time"]:
        inside = np.clip(time, 0, 1)
        return np.asarray(inside**3 - inside**4 / 2 + np.maximum(time - 1, 0))

    return np.asarray((rise * way(share / rise) - fall * way((share - 1 + fall) / fall)) / (1 - (rise + fall) / 2))
