"""Somebody who follows a path."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float
from scipy.spatial.transform import Rotation

from viewsync.worlds.crowds.path import Path
from viewsync.worlds.motions.clip import MotionClip
from viewsync.worlds.motions.skeleton import JOINTS, Poses, Skeleton
from viewsync.worlds.people.contact import feet
from viewsync.worlds.people.cycle import Locomotion
from viewsync.worlds.people.feet import Footing
from viewsync.worlds.people.pace import Pace
from viewsync.worlds.people.person import Noise
from viewsync.worlds.people.posing import headings, mixed, moved, multiplied, play
from viewsync.worlds.people.replay import step_noises
from viewsync.worlds.random_motion import RandomMotion

_LOOK_SECONDS = 3.5
_WIDEST_LOOK_RADIANS = 0.9
_LOOK_SHARES = {"Neck": 0.25, "Neck1": 0.55, "Head": 1.0}
_ARMS = [place for place, name in enumerate(JOINTS) if name.startswith(("LeftArm", "LeftFore", "RightArm", "RightFore"))]


@dataclass(frozen=True)
class Walk:
    """Follows a path: walks or runs as fast as the path goes, stands where it stops, steps round where it turns.

    Feet stay where they are put. Where a stop begins and ends, one foot comes down beside the other.

    Raises:
        InputError: The path has one instant only, so that nobody can walk on it.
    """

    path: Path
    skeleton: Skeleton
    """Of the body that walks."""
    locomotion: Locomotion
    stand: MotionClip
    """What is done where the path stops."""
    seed: int
    """Of what is personal: the first foot, cadence, swing of the arms, and where the eyes go."""

    def __post_init__(self) -> None:
        _ = self._pace

    def present(self, seconds: Float[np.ndarray, " time"]) -> Bool[np.ndarray, " time"]:
        """Whether the person is there."""
        return self.path.present(seconds)

    def poses(self, seconds: Float[np.ndarray, " time"]) -> Poses:
        """Posture and place; those of the path's ends before and after it."""
        return self._footing.poses(np.clip(seconds, self.path.start_seconds, self.path.end_seconds))

    def noises(self, start_seconds: float, end_seconds: float) -> list[Noise]:
        """A step at each foot strike, in order of time."""
        start, end = max(start_seconds, self.path.start_seconds), min(end_seconds, self.path.end_seconds)
        return step_noises(self._footing, start, end)

    def actions(self, seconds: Float[np.ndarray, " time"]) -> list[str]:
        """What the clip is called that is mostly seen: standing or walking."""
        _, share, _, speeds = self._pace.strides(seconds)
        return [
            self.stand.action if walking < 0.1 else self.locomotion.action(speed)
            for walking, speed in zip(share, speeds, strict=True)
        ]

    @property
    def contacts(self) -> tuple[Float[np.ndarray, "left 4"], Float[np.ndarray, "right 4"]]:
        """When the feet touch the ground, in world time (see `contact.contacts`)."""
        return self._pace.contacts

    def free(self, seconds: Float[np.ndarray, " time"]) -> Poses:
        """Poses with feet that are not held: they slide in curves, and where standing and walking blend."""
        phases, share, reach, speeds = self._pace.strides(seconds)
        walking, standing = self.locomotion.poses(phases, speeds), self._standing(seconds)
        hips = standing.hips_metres + share[:, None] * (walking.hips_metres - standing.hips_metres)
        shares = np.tile(share[:, None], len(JOINTS))
        shares[:, _ARMS] *= self._arm_swing
        rotations = mixed([standing.rotations, walking.rotations], [1 - shares, shares])
        place, heading = self._pace.route(seconds)
        self._reach(rotations, reach)
        poses = moved(Poses(self.skeleton.scale * hips, rotations), heading + np.pi / 2, place)
        self._look(poses.rotations, seconds)
        return poses

    def _reach(self, rotations: Float[np.ndarray, "time joint 4"], reach: Float[np.ndarray, " time"]) -> None:
        """Swings the legs so that the ankles are further ahead and behind, or less far."""
        zero = Poses(np.zeros((len(reach), 3)), rotations)
        for foot in feet(self.skeleton):
            hip, _, ankle, _ = foot.joints(zero)
            _, ahead, up = (ankle - hip).T
            angle = np.arctan2(reach * ahead, -up) - np.arctan2(ahead, -up)
            legs = [foot.limb.upper, foot.limb.lower]
            rotations[:, legs] = multiplied(_about(angle, [1, 0, 0])[:, None], rotations[:, legs])

    def _look(self, rotations: Float[np.ndarray, "time joint 4"], seconds: Float[np.ndarray, " time"]) -> None:
        """Turns the head: ahead mostly, now and then aside."""
        aside = RandomMotion(8 * self.seed + 5, 1, _LOOK_SECONDS).reach(seconds)[:, 0]
        for name, part in _LOOK_SHARES.items():
            turn = _about(part * _WIDEST_LOOK_RADIANS * aside**3, [0, 0, 1])
            rotations[:, JOINTS.index(name)] = multiplied(turn, rotations[:, JOINTS.index(name)])

    def _standing(self, seconds: Float[np.ndarray, " time"]) -> Poses:
        """Standing at the origin, facing -y, each person at another place of the clip."""
        clip = self._stand
        at = seconds + np.random.default_rng([self.seed, 2]).uniform() * clip.duration_seconds
        if not clip.loops:
            at = clip.duration_seconds - np.abs(at % (2 * clip.duration_seconds) - clip.duration_seconds)
        return play(clip, at)

    @cached_property
    def _stand(self) -> MotionClip:
        poses = Poses(self.stand.hips_metres, self.stand.rotations)
        turned = moved(poses, -np.pi / 2 - headings(poses)[:1], np.zeros((1, 2)))
        hips = turned.hips_metres - [*turned.hips_metres[:, :2].mean(axis=0), 0]
        return replace(self.stand, hips_metres=hips, rotations=turned.rotations)

    @cached_property
    def _arm_swing(self) -> float:
        return float(np.random.default_rng([self.seed, 3]).uniform(0.6, 1.15))

    @cached_property
    def _pace(self) -> Pace:
        return Pace(self.path, self.locomotion, self.skeleton.scale, self.seed)

    @cached_property
    def _footing(self) -> Footing:
        return Footing(self.free, self.skeleton, self.contacts)


def _about(angles_radians: np.ndarray, axis: list[float]) -> np.ndarray:
    """Turns about one axis, as quaternions."""
    return np.asarray(Rotation.from_rotvec(np.outer(angles_radians, axis)).as_quat())
