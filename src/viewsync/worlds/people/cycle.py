"""Cycles of walking: cut out of motion capture, and blended so that they go at any speed."""

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
from jaxtyping import Float

from viewsync.types import InputError
from viewsync.worlds.crowds.path import shortest_turn
from viewsync.worlds.motions.clip import MotionClip, closed
from viewsync.worlds.motions.skeleton import AVERAGE, Poses
from viewsync.worlds.people.contact import PLANT, TOE_OFF, TOUCH, contacts, feet
from viewsync.worlds.people.posing import headings, mixed, moved, play, smooth_step

_WIDEST_TURN_RADIANS = 0.35
_SHORTEST_STRIDE_METRES = 0.4
_EARLY_CONTACTS = 1.12
"""Feet touch the ground as briefly as in running already at speeds where the body hardly runs yet: legs are too short for
a step half as wide as running and half as slow as walking."""
_FRAMES = 100
"""A cycle's, once prepared."""


def cut_cycle(clip: MotionClip) -> MotionClip:
    """One stride of somebody who walks or runs, from one strike of the left foot to the next, made to repeat.

    Of all strides the one is taken that ends most like it starts. It is turned to go along -y, and what is still amiss
    at its end is made up for little by little on the way there.

    Raises:
        InputError: There is no such stride in the clip.
    """
    strikes = [round(touch * clip.rate_hz) for touch in contacts(clip)[0][:, TOUCH] if touch > 0]
    strides = [
        replace(clip, hips_metres=clip.hips_metres[first : last + 1], rotations=clip.rotations[first : last + 1])
        for first, last in pairwise(strikes)
    ]
    straight = [stride for stride in strides if _is_straight(stride)]
    if not straight:
        raise InputError(
            f"{clip.name}: no straight stride in its {clip.duration_seconds:.1f} s, from one strike of the left foot to the "
            f"next and over {_SHORTEST_STRIDE_METRES} m long. Give a longer clip of somebody who walks or runs."
        )
    return _closed(min(straight, key=_mismatch))


def _is_straight(stride: MotionClip) -> bool:
    (turn,) = shortest_turn(np.diff(headings(Poses(stride.hips_metres, stride.rotations))[[0, -1]]))
    way = np.linalg.norm((stride.hips_metres[-1] - stride.hips_metres[0])[:2])
    return bool(abs(turn) < _WIDEST_TURN_RADIANS and way > _SHORTEST_STRIDE_METRES)


def _mismatch(stride: MotionClip) -> float:
    """How far apart the first and the last posture are, as a sum over the joints."""
    return float((1 - np.abs((stride.rotations[0] * stride.rotations[-1]).sum(-1))).sum())


def _closed(stride: MotionClip) -> MotionClip:
    """The stride along -y, its last posture the first one."""
    straight = _along_y(stride)
    hips, rotations = closed(straight.hips_metres, straight.rotations, np.linspace(0, 1, len(straight.hips_metres)))
    return replace(stride, name=stride.name + "/cycle", hips_metres=hips, rotations=rotations, loops=True)


def _along_y(stride: MotionClip) -> MotionClip:
    """The clip turned so that it gets along -y, from over the origin."""
    way = stride.hips_metres[-1] - stride.hips_metres[0]
    shifted = stride.hips_metres - [*stride.hips_metres[0, :2], 0]
    poses = moved(Poses(shifted, stride.rotations), -np.pi / 2 - np.arctan2(way[1:2], way[:1]), np.zeros((1, 2)))
    return replace(stride, hips_metres=poses.hips_metres, rotations=poses.rotations)


@dataclass(frozen=True)
class _Cycle:
    """One looping clip on the spot, facing -y, from the left foot's strike at phase 0 to the next at phase 1."""

    clip: MotionClip
    """Looks the same at every round: `_FRAMES` frames, and 1 s long."""
    speed_metres_per_second: float
    stride_metres: float
    contacts: Float[np.ndarray, "foot 4"]
    """Phases of the left and the right foot's contact."""


def _cycle(clip: MotionClip) -> _Cycle:
    """Prepares a cycle for blending."""
    if not clip.loops:
        raise InputError(f"{clip.name}: walking is made of clips that loop. Cut one stride out of it with `cut_cycle`.")
    found = contacts(clip)
    if any(len(foot) != 1 for foot in found):
        raise InputError(
            f"{clip.name}: each foot must touch the ground once in a cycle of walking, but the left one does "
            f"{len(found[0])} times and the right one {len(found[1])} times. Choose another clip."
        )
    straight = _along_y(clip)
    stride = float(np.linalg.norm((clip.hips_metres[-1] - clip.hips_metres[0])[:2]))
    phases = np.arange(_FRAMES + 1) / _FRAMES
    start = found[0][0, TOUCH]
    poses = play(straight, start + phases * clip.duration_seconds)
    hips = poses.hips_metres + np.outer(phases, [0, stride, 0])
    hips[:, :2] -= hips[:-1, :2].mean(axis=0)
    left, right = ((foot[0] - start) / clip.duration_seconds for foot in found)
    spot = MotionClip(clip.name, clip.action, _FRAMES, hips, poses.rotations, loops=True)
    return _Cycle(spot, stride / clip.duration_seconds, stride, np.stack([left, right - np.floor(right[TOUCH])]))


@dataclass(frozen=True)
class Locomotion:
    """Walking at any speed: cycles of different speeds, blended at equal phase. For `skeleton.AVERAGE`.

    Below the slowest cycle's speed, and above the fastest's, stride and cadence both go with the root of the speed.

    Raises:
        InputError: No cycle, or one that doesn't loop or isn't a walk.
    """

    clips: tuple[MotionClip, ...]

    def __post_init__(self) -> None:
        if not self.clips:
            raise InputError("walking needs at least one looping clip, got none.")
        _ = self._cycles

    @cached_property
    def _cycles(self) -> tuple[_Cycle, ...]:
        """From slow to fast."""
        return tuple(sorted(map(_cycle, self.clips), key=lambda cycle: cycle.speed_metres_per_second))

    @cached_property
    def _speeds(self) -> Float[np.ndarray, " cycle"]:
        return np.array([cycle.speed_metres_per_second for cycle in self._cycles])

    def weights(self, speeds: Float[np.ndarray, " time"]) -> Float[np.ndarray, "time cycle"]:
        """How much of each cycle there is in walking at some speeds (metres per second)."""
        known = self._speeds
        upper = np.clip(np.searchsorted(known, speeds), 1, max(len(known) - 1, 1))
        weights = np.zeros((len(speeds), len(known)))
        if len(known) == 1:
            return weights + 1
        share = (speeds - known[upper - 1]) / (known[upper] - known[upper - 1])
        # Between walking and running there is little that looks well, so it's passed quickly.
        share = smooth_step(2 * share - 0.5)
        rows = np.arange(len(speeds))
        weights[rows, upper - 1], weights[rows, upper] = 1 - share, share
        return weights

    def amplitude(self, speeds: Float[np.ndarray, " time"]) -> Float[np.ndarray, " time"]:
        """How much longer strides are than those of the blended cycles."""
        known = self._speeds
        return np.asarray(np.sqrt(np.minimum(speeds / known[0], 1) * np.maximum(speeds / known[-1], 1)))

    def strides(self, speeds: Float[np.ndarray, " time"]) -> Float[np.ndarray, " time"]:
        """Length of the blended cycles' strides at some speeds, in metres."""
        return np.asarray(self.weights(speeds) @ [cycle.stride_metres for cycle in self._cycles])

    @cached_property
    def _sweeps(self) -> tuple[Float[np.ndarray, " speed"], Float[np.ndarray, " speed"]]:
        """Some speeds, and how fast the planted left foot goes back under the body there, in metres a cycle."""
        speeds = np.linspace(self._speeds[0], self._speeds[-1], 25)
        foot, edges = feet(AVERAGE)[0], self.contacts(0, speeds)[:, [PLANT, TOE_OFF]]
        first, last = (foot.joints(self.poses(phases, speeds))[3, :, 1] for phases in edges.T)
        return speeds, (last - first) / (edges[:, 1] - edges[:, 0])

    def sweeps(self, speeds: Float[np.ndarray, " time"]) -> Float[np.ndarray, " time"]:
        """Length of the stride that would keep a planted foot where it is: a blend's is shorter than its cycles'."""
        return np.asarray(np.interp(speeds, *self._sweeps))

    def contacts(self, foot: int, speeds: Float[np.ndarray, " time"]) -> Float[np.ndarray, "time 4"]:
        """Phases at which the left (0) or right (1) foot touches and leaves the ground at some speeds."""
        return np.asarray(
            self.weights(_EARLY_CONTACTS * speeds) @ np.stack([cycle.contacts[foot] for cycle in self._cycles])
        )

    @cached_property
    def passings(self) -> tuple[float, float]:
        """Phases at which, in slow walking, the right foot passes the left one, which stands; and the other way round."""
        phases = np.linspace(0, 1, 4 * _FRAMES + 1)
        poses = play(self._cycles[0].clip, phases)
        left, right = (foot.joints(poses)[2, :, 1] for foot in feet(AVERAGE))
        behind = left - right
        passings = []
        for sign, contact in zip((1, -1), self._cycles[0].contacts, strict=True):
            crossings = phases[:-1][(sign * behind[:-1] <= 0) & (sign * behind[1:] > 0)]
            middle = (contact[TOUCH] + contact[TOE_OFF]) / 2
            passings.append(
                crossings[np.argmin(np.abs((crossings - middle + 0.5) % 1 - 0.5))] if len(crossings) else middle % 1
            )
        return float(passings[0]), float(passings[1])

    def action(self, speed: float) -> str:
        """What walking at a speed is called."""
        return self._cycles[int(self.weights(np.array([speed]))[0].argmax())].clip.action

    def poses(self, phases: Float[np.ndarray, " time"], speeds: Float[np.ndarray, " time"]) -> Poses:
        """Walking on the spot, facing -y; a cycle is from one integer phase to the next."""
        weights = self.weights(speeds)
        played = [play(cycle.clip, phases) for cycle in self._cycles]
        hips = sum(weight[:, None] * poses.hips_metres for weight, poses in zip(weights.T, played, strict=True))
        return Poses(
            np.asarray(hips), mixed([poses.rotations for poses in played], [weight[:, None] for weight in weights.T])
        )
