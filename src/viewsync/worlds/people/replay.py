"""A motion clip done by somebody: at a place, in a direction, from an instant on."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float
from scipy.signal import find_peaks

from viewsync.types import InputError
from viewsync.worlds.motions.clip import MotionClip
from viewsync.worlds.motions.skeleton import JOINTS, Poses, Skeleton
from viewsync.worlds.people.contact import contacts
from viewsync.worlds.people.feet import Footing
from viewsync.worlds.people.person import Noise
from viewsync.worlds.people.posing import headings, moved, play

_CLAP_RATE_HZ = 240.0
_USUAL_STRIKE_METRES_PER_SECOND, _SILENT_STRIKE_METRES_PER_SECOND = 1.2, 0.1


def step_noises(footing: Footing, start_seconds: float, end_seconds: float) -> list[Noise]:
    """A step wherever a foot strikes the ground, but for those that are set down without a sound."""
    return [
        Noise("step", float(seconds), place, min(float(speed) / _USUAL_STRIKE_METRES_PER_SECOND, 2.0))
        for seconds, place, speed in zip(*footing.strikes(start_seconds, end_seconds), strict=True)
        if speed > _SILENT_STRIKE_METRES_PER_SECOND
    ]


@dataclass(frozen=True)
class Replay:
    """One clip from its start, repeated if it loops and held at its end if not; feet keep to the ground."""

    skeleton: Skeleton
    """Of the body that does it."""
    clip: MotionClip
    place_metres: Float[np.ndarray, " 2"]
    """Where on the ground the hips are at the start."""
    heading_radians: float
    """Where they face at the start."""
    start_seconds: float
    end_seconds: float
    """World times between which somebody is there."""
    tempo: float = 1.0
    """2 is twice as fast."""

    def __post_init__(self) -> None:
        if not self.end_seconds > self.start_seconds:
            raise InputError(f"a replay must end after it starts, got {self.start_seconds} s to {self.end_seconds} s")
        if not self.tempo > 0:
            raise InputError(f"a replay's tempo must be above 0, got {self.tempo}")

    def present(self, seconds: Float[np.ndarray, " time"]) -> Bool[np.ndarray, " time"]:
        """Whether the person is there."""
        return (seconds >= self.start_seconds) & (seconds <= self.end_seconds)

    def poses(self, seconds: Float[np.ndarray, " time"]) -> Poses:
        """Posture and place; those of start and end before and after."""
        return self._footing.poses(np.clip(seconds, self.start_seconds, self.end_seconds))

    def noises(self, start_seconds: float, end_seconds: float) -> list[Noise]:
        """Steps, and claps where the clip's action is ``clap``, in order of time."""
        start, end = max(start_seconds, self.start_seconds), min(end_seconds, self.end_seconds)
        noises = step_noises(self._footing, start, end) + [clap for clap in self.claps if start <= clap.seconds < end]
        return sorted(noises, key=lambda noise: noise.seconds)

    def actions(self, seconds: Float[np.ndarray, " time"]) -> list[str]:
        """The clip's action, each time."""
        return [self.clip.action] * len(seconds)

    def free(self, seconds: Float[np.ndarray, " time"]) -> Poses:
        """Poses with the feet as in the clip, which may slide on another body."""
        turn, shift = self._placing
        return moved(play(self.clip, (seconds - self.start_seconds) * self.tempo), turn, shift, self.skeleton.scale)

    @cached_property
    def contacts(self) -> tuple[Float[np.ndarray, "left 4"], Float[np.ndarray, "right 4"]]:
        """When the feet touch the ground, in world time (see `contact.contacts`), from before the start to after the end."""
        left, right = (found / self.tempo + self.start_seconds for found in contacts(self.clip))
        if self.clip.loops:
            length = self.clip.duration_seconds / self.tempo
            rounds = np.arange(-2, np.ceil((self.end_seconds - self.start_seconds) / length) + 2)[:, None, None] * length
            left, right = ((found + rounds).reshape(-1, 4) for found in (left, right))
        return left, right

    @cached_property
    def claps(self) -> list[Noise]:
        """When and where the hands come together."""
        if self.clip.action != "clap":
            return []
        seconds = np.arange(self.start_seconds, self.end_seconds, 1 / _CLAP_RATE_HZ)
        heads, _ = self.free(seconds).joints(self.skeleton)
        hands = heads[:, [JOINTS.index("LeftFingerBase"), JOINTS.index("RightFingerBase")]]
        apart = np.linalg.norm(hands[:, 0] - hands[:, 1], axis=1)
        places, _ = find_peaks(-apart, prominence=0.08 * self.skeleton.scale)
        before, here, after = (apart[places + step] for step in (-1, 0, 1))
        exact = seconds[places] + (before - after) / (2 * (before - 2 * here + after)) / _CLAP_RATE_HZ
        return [Noise("clap", float(at), hands[place].mean(0), 1.0) for at, place in zip(exact, places, strict=True)]

    @cached_property
    def _placing(self) -> tuple[Float[np.ndarray, " 1"], Float[np.ndarray, "1 2"]]:
        """How the clip is turned and shifted."""
        first = play(self.clip, np.zeros(1))
        turn = self.heading_radians - headings(first)
        hips = moved(first, turn, np.zeros((1, 2)), self.skeleton.scale).hips_metres
        return turn, self.place_metres - hips[:, :2]

    @cached_property
    def _footing(self) -> Footing:
        return Footing(self.free, self.skeleton, self.contacts)
