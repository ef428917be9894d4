"""Feet that stay where they are put: what a body does freely, with its feet held to the ground while they touch it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from viewsync.worlds.motions.limbs import solve_limb
from viewsync.worlds.motions.skeleton import Poses, Skeleton
from viewsync.worlds.people.contact import HEEL_OFF, PLANT, TOE_OFF, TOUCH, Foot, feet
from viewsync.worlds.people.posing import smooth_step

FreeMotion = Callable[[np.ndarray], Poses]
"""Poses at world times, whose feet may slide, float and sink a little."""

_FADE_SECONDS, _FADE_SHARE = 0.4, 0.6
"""What holds a foot fades within this time after a contact, or this share of the time to the next, and comes up as fast."""
_STEP_SECONDS = 1.2
"""A foot that is longer off the ground than this doesn't step but does something else."""
_LIFT_SHARE, _MOST_LIFT_METRES = 0.25, 0.06
"""Least height of a step for its length."""
_DIFFERENCE_SECONDS = 1e-3
_ROLL_SECONDS, _STEEPEST_RADIANS = 0.12, 0.9
"""How fast, and how far, a heel is lifted when the leg gets too short."""
_MOST_DROP_SHARE = 0.12
"""Of the hips' height."""
_REACH_SHARE = 0.997
"""How straight a leg may be."""


@dataclass(frozen=True)
class _Hold:
    """A vector added to a free motion, known during contacts, that fades smoothly from each contact to the next."""

    starts: Float[np.ndarray, " contact"]
    ends: Float[np.ndarray, " contact"]
    first: Float[np.ndarray, "contact 2 axis"]
    """Value and slope at each start."""
    last: Float[np.ndarray, "contact 2 axis"]
    """And at each end."""

    def between(self, seconds: np.ndarray) -> np.ndarray:
        """The vector outside contacts: cubic in time, with continuous slope."""
        after = np.searchsorted(self.starts, seconds, side="right")
        ends = np.concatenate([[-np.inf], self.ends])[after]
        starts = np.concatenate([self.starts, [np.inf]])[after]
        length = np.clip(_FADE_SHARE * (starts - ends), 1e-9, _FADE_SECONDS)
        left = _fade((seconds - ends) / length, length, self.last[np.maximum(after - 1, 0)])
        right = _fade((starts - seconds) / length, -length, self.first[np.minimum(after, len(self.starts) - 1)])
        return np.asarray(left + right)


def _fade(share: np.ndarray, length: np.ndarray, value_and_slope: np.ndarray) -> np.ndarray:
    """From a value with a slope to 0 with none (a Hermite cubic), as a share goes from 0 to 1."""
    share = np.clip(share, 0, 1)
    rest = (1 - share) ** 2
    weights = np.stack([(1 + 2 * share) * rest, length * share * rest], axis=1)
    return np.asarray(np.einsum("ti,tia->ta", weights, value_and_slope))


@dataclass(frozen=True)
class _HeldFoot:
    """One foot with its contacts, and where it is planted in each: where the free motion has it at mid-contact."""

    free: FreeMotion
    foot: Foot
    contacts: Float[np.ndarray, "contact 4"]

    @property
    def reach_metres(self) -> float:
        """From the hip to the ankle at most."""
        return _REACH_SHARE * sum(float(np.linalg.norm(bone)) for bone in self.foot.limb.bones(self.foot.skeleton))

    @cached_property
    def plants(self) -> tuple[Float[np.ndarray, "contact 3"], Rotation]:
        """The ball's place and the flat foot's turn in each contact."""
        poses = self.free((self.contacts[:, PLANT] + self.contacts[:, TOE_OFF]) / 2)
        places = self.foot.joints(poses)[3]
        places[:, 2] = self.foot.ball_height_metres
        ahead = Rotation.from_quat(poses.rotations[:, self.foot.limb.end]).apply(self.foot.rest_ball)
        yaws = np.arctan2(ahead[:, 1], ahead[:, 0]) - np.arctan2(self.foot.rest_ball[1], self.foot.rest_ball[0])
        return places, Rotation.from_rotvec(np.outer(yaws, [0, 0, 1]))

    def _needs(self, poses: Poses, contact: np.ndarray) -> np.ndarray:
        """What brings ball, foot and toes from where they are to where a contact wants them: (3, time, axis)."""
        places, turns = self.plants
        ball = places[contact] - self.foot.joints(poses)[3]
        foot, toe = (
            (turns[contact] * Rotation.from_quat(poses.rotations[:, bone]).inv()).as_rotvec()
            for bone in (self.foot.limb.end, self.foot.toes)
        )
        # On its toes, a foot is as the motion has it.
        on_toes = self.contacts[contact, HEEL_OFF] <= self.contacts[contact, PLANT]
        return np.stack([ball, np.where(on_toes[:, None], 0.0, foot), toe])

    @cached_property
    def _holds(self) -> tuple[_Hold, _Hold, _Hold]:
        """Of ball, foot and toes."""
        plant, heel_off, toe_off = self.contacts[:, PLANT:].T
        every = np.arange(len(plant))

        def ends(seconds: np.ndarray) -> np.ndarray:
            before, after = (
                self._needs(self.free(seconds + step), every) for step in (-_DIFFERENCE_SECONDS, _DIFFERENCE_SECONDS)
            )
            return np.stack([(before + after) / 2, (after - before) / (2 * _DIFFERENCE_SECONDS)], axis=2)

        first, heel, last = ends(plant), ends(heel_off), ends(toe_off)
        return (
            _Hold(plant, toe_off, first[0], last[0]),
            _Hold(plant, heel_off, first[1], heel[1]),
            _Hold(plant, toe_off, first[2], last[2]),
        )

    @cached_property
    def _lifts(self) -> Float[np.ndarray, " gap"]:
        """How much higher than freely the foot goes between one contact and the next."""
        ends, starts = self.contacts[:-1, TOE_OFF], self.contacts[1:, PLANT]
        way = np.linalg.norm(np.diff(self.plants[0], axis=0), axis=1)
        free = self.foot.soles(self.free((ends + starts) / 2))[..., 2].min(axis=0)
        wanted = np.minimum(_LIFT_SHARE * way, _MOST_LIFT_METRES)
        return np.where(starts - ends < _STEP_SECONDS, np.maximum(wanted - free, 0), 0)

    def _lift(self, seconds: np.ndarray) -> np.ndarray:
        after = np.searchsorted(self.contacts[:, PLANT], seconds, side="right")
        starts = np.concatenate([[np.inf], self.contacts[:, TOE_OFF]])[after]
        ends = np.concatenate([self.contacts[:, PLANT], [np.inf]])[after]
        lifts = np.concatenate([[0.0], self._lifts, [0.0]])[after]
        inside = (seconds > starts) & (ends < np.inf)
        share = np.where(inside, (seconds - starts) / np.where(inside, ends - starts, 1), 0)
        return np.asarray(lifts * 16 * (share * (1 - share)) ** 2)

    def wanted(self, seconds: np.ndarray, poses: Poses) -> tuple[np.ndarray, Rotation, Rotation]:
        """Where the ankle should be, and how foot and toes should be turned."""
        ball = self.foot.joints(poses)[3]
        foot, toe = (Rotation.from_quat(poses.rotations[:, bone]) for bone in (self.foot.limb.end, self.foot.toes))
        if len(self.contacts):
            shift, foot_turn, toe_turn = self._corrections(seconds, poses)
            ball = ball + shift
            ball[:, 2] += self._lift(seconds)
            foot, toe = Rotation.from_rotvec(foot_turn) * foot, Rotation.from_rotvec(toe_turn) * toe
            foot = self._tiptoe(seconds, self.foot.joints(poses)[0], ball, foot) * foot
        place = ball - foot.apply(self.foot.rest_ball)
        lowest = np.min([foot.apply(sole)[:, 2] for sole in self.foot.rest_soles], axis=0)
        place[:, 2] += _hinge(-(place[:, 2] + lowest), 0.01)
        return place, foot, toe

    def drop(self, poses: Poses, ankle: np.ndarray) -> np.ndarray:
        """How far the hips must come down for the leg to reach (negative: how far they might go up)."""
        way = self.foot.joints(poses)[0] - ankle
        aside = (way[:, :2] ** 2).sum(axis=1)
        return np.asarray(way[:, 2] - np.sqrt(self.reach_metres**2 - np.minimum(aside, 0.9 * self.reach_metres**2)))

    def _tiptoe(self, seconds: np.ndarray, hip: np.ndarray, ball: np.ndarray, foot: Rotation) -> Rotation:
        """What lifts the heel of a foot that the leg hardly reaches any more, once the heel is off the ground."""
        contact = np.maximum(np.searchsorted(self.contacts[:, PLANT], seconds, side="right") - 1, 0)
        _, _, heel_off, toe_off = self.contacts[contact].T
        free = smooth_step((seconds - heel_off) / _ROLL_SECONDS) * smooth_step(1 - (seconds - toe_off) / _ROLL_SECONDS)
        ahead = foot.apply(self.foot.rest_ball)
        lacking = _softly_positive(np.linalg.norm(ball - ahead - hip, axis=1) - self.reach_metres, 0.02)
        angle = _STEEPEST_RADIANS * np.tanh(free * lacking / np.linalg.norm(self.foot.rest_ball) / _STEEPEST_RADIANS)
        left = np.column_stack([-ahead[:, 1], ahead[:, 0], np.zeros(len(ahead))])
        return Rotation.from_rotvec(angle[:, None] * left / np.linalg.norm(left, axis=1, keepdims=True))

    def _corrections(self, seconds: np.ndarray, poses: Poses) -> list[np.ndarray]:
        """What is added to ball, foot and toes: what a contact needs while it lasts, and what fades between contacts."""
        begun = np.searchsorted(self.contacts[:, PLANT], seconds, side="right")
        contact = np.maximum(begun - 1, 0)
        needs = self._needs(poses, contact)
        lasts = [(begun > 0) & (seconds <= hold.ends[contact]) for hold in self._holds]
        return [
            np.where(last[:, None], need, hold.between(seconds))
            for last, need, hold in zip(lasts, needs, self._holds, strict=True)
        ]


@dataclass(frozen=True)
class Footing:
    """A free motion with both feet held."""

    free: FreeMotion
    skeleton: Skeleton
    contacts: tuple[Float[np.ndarray, "left 4"], Float[np.ndarray, "right 4"]]
    """In world time; of one foot, each begins after the one before has ended."""

    @cached_property
    def _feet(self) -> tuple[_HeldFoot, _HeldFoot]:
        left, right = (_HeldFoot(self.free, *pair) for pair in zip(feet(self.skeleton), self.contacts, strict=True))
        return left, right

    def poses(self, seconds: Float[np.ndarray, " time"]) -> Poses:
        """The motion with feet that neither slide nor sink: legs are bent, and hips lowered where a leg is too short."""
        free = self.free(seconds)
        wanted = [foot.wanted(seconds, free) for foot in self._feet]
        left, right = (held.drop(free, place) for held, (place, *_) in zip(self._feet, wanted, strict=True))
        hips = free.hips_metres.copy()
        hips[:, 2] -= self._bounded(_softly_positive(_softly_larger(left, right)))
        poses = Poses(hips, free.rotations.copy())
        for held, (place, foot, toe) in zip(self._feet, wanted, strict=True):
            _bend(held.foot, poses, place)
            poses.rotations[:, held.foot.limb.end] = foot.as_quat()
            poses.rotations[:, held.foot.toes] = toe.as_quat()
        return poses

    def _bounded(self, drops: np.ndarray) -> np.ndarray:
        """Hips that come down no further than looks well; what is still out of reach isn't reached."""
        most = _MOST_DROP_SHARE * self.skeleton.hip_height_metres
        return np.asarray(most * np.tanh(drops / most))

    def strikes(
        self, start_seconds: float, end_seconds: float
    ) -> tuple[Float[np.ndarray, " strike"], Float[np.ndarray, "strike 3"], Float[np.ndarray, " strike"]]:
        """When feet come down in a stretch of time, where, and how fast (metres per second, just before)."""
        seconds, places, speeds = [], [], []
        for held in self._feet:
            touch = held.contacts[:, TOUCH]
            inside = (touch >= start_seconds) & (touch < end_seconds)
            if inside.any():
                before, there = (held.foot.joints(self.poses(touch[inside] - ago))[3] for ago in (0.1, 0.0))
                seconds.append(touch[inside])
                places.append(held.plants[0][inside] * [1, 1, 0])
                speeds.append(np.linalg.norm(there - before, axis=1) / 0.1)
        if not seconds:
            return np.empty(0), np.empty((0, 3)), np.empty(0)
        order = np.argsort(np.concatenate(seconds), kind="stable")
        return np.concatenate(seconds)[order], np.concatenate(places)[order], np.concatenate(speeds)[order]


def _bend(foot: Foot, poses: Poses, ankle: np.ndarray) -> None:
    """Turns thigh and shin so that the ankle gets where it should, the knee hinged as the free motion has the thigh."""
    limb = foot.limb
    hip = foot.joints(poses)[0]
    rest_thigh, rest_shin = limb.bones(foot.skeleton)
    hinge = Rotation.from_quat(poses.rotations[:, limb.upper]).apply(np.cross(rest_thigh, rest_shin))
    thigh, shin = solve_limb(foot.skeleton, limb, hip, ankle, np.cross(ankle - hip, hinge))
    poses.rotations[:, limb.upper] = Rotation.from_matrix(thigh).as_quat()
    poses.rotations[:, limb.lower] = Rotation.from_matrix(shin).as_quat()


def _hinge(values: np.ndarray, width: float) -> np.ndarray:
    """0 for negative values, the values less half a width for large ones, smooth in between."""
    return np.where(values < width, np.maximum(values, 0) ** 2 / (2 * width), values - width / 2)


def _softly_positive(values: np.ndarray, width: float = 0.01) -> np.ndarray:
    """At least the values and 0, and smooth."""
    return np.asarray((values + np.hypot(values, width)) / 2)


def _softly_larger(a: np.ndarray, b: np.ndarray, width: float = 0.01) -> np.ndarray:
    """At least the larger of two, and smooth."""
    return np.asarray((a + b + np.hypot(a - b, width)) / 2)
