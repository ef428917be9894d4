"""Cameras in people's hands."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.interpolate import BSpline
from scipy.spatial.transform import Rotation

from viewsync.worlds.cameras.mount import Mount, facing
from viewsync.worlds.people.person import Performance
from viewsync.worlds.random_motion import RandomMotion

_SHAKES = ((2.3, 0.03, 1.2), (0.7, 0.01, 0.5), (0.2, 0.002, 0.12), (0.05, 0.0002, 0.03))
"""Seconds between changes, and how far those go in metres and degrees: sway and breath, arms, hands, tremor (8 to 12 Hz)."""
_REACTION_SECONDS = 0.25
_PAN_SECONDS, _WALK_SECONDS, _ROAM_SECONDS = 0.5, 1.5, 4.0


@dataclass(frozen=True)
class HandHeld:
    """A camera held by hand where a mount would hold it."""

    base: Mount
    seed: int
    shake: float = 1.0
    """1 is an ordinary hand: a few centimetres and a degree or so. 0.3 is a careful or stabilized one."""

    def view(self, seconds: Float[np.ndarray, " time"]) -> tuple[Float[np.ndarray, "time 3 3"], Float[np.ndarray, "time 3"]]:
        """The mount's view, shaken."""
        rotations, positions = self.base.view(seconds)
        turns, moves = np.zeros((len(seconds), 3)), np.zeros((len(seconds), 3))
        for number, (slot_seconds, metres, degrees) in enumerate(_SHAKES):
            swing = self.shake * RandomMotion(len(_SHAKES) * self.seed + number, 6, slot_seconds).drift(seconds)
            turns += np.radians(degrees) * swing[:, :3]
            moves += metres * swing[:, 3:]
        return np.asarray(Rotation.from_rotvec(turns).as_matrix() @ rotations), positions + moves


@dataclass(frozen=True)
class Following:
    """Somebody who films a person: strolls about a place and keeps the camera on the person, a little late."""

    target: Performance
    """Of the person who is filmed."""
    place_metres: tuple[float, float, float]
    """About where the camera is when the world begins."""
    seed: int
    roam_metres: float = 0.5
    """How far the camera strays from there, in each direction."""
    along: float = 0.0
    """Share of the person's way that the camera goes along: 0 stays, 1 keeps its distance."""
    aim_metres: float = 0.1
    """How far above the person's hips the middle of the view is."""

    def view(self, seconds: Float[np.ndarray, " time"]) -> tuple[Float[np.ndarray, "time 3 3"], Float[np.ndarray, "time 3"]]:
        """Where the camera has strayed to, looking at where the person was just now."""
        late = seconds - _REACTION_SECONDS
        aim = _hips(self.target, late, _PAN_SECONDS) + np.array([0, 0, self.aim_metres])
        gone = _hips(self.target, late, _WALK_SECONDS) - _hips(self.target, np.zeros(1), _WALK_SECONDS)
        roamed = RandomMotion(self.seed, 3, _ROAM_SECONDS).drift(seconds)
        positions = self.place_metres + self.along * gone * (1, 1, 0) + self.roam_metres * roamed * (1, 1, 0.1)
        return facing(aim - positions), positions


def _hips(target: Performance, seconds: Float[np.ndarray, " time"], step_seconds: float) -> Float[np.ndarray, "time 3"]:
    """Where a person is, smoothed over a few steps: a spline through few poses, as these cost time."""
    first = int(np.floor(seconds.min() / step_seconds)) - 1
    last = int(np.floor(seconds.max() / step_seconds)) + 2
    controls = target.poses(step_seconds * np.arange(first, last + 1)).hips_metres
    knots = step_seconds * np.arange(first - 2, last + 3)
    return np.asarray(BSpline(knots, controls, 3)(seconds))
