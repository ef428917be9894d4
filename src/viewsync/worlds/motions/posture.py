"""A posture said in few words: where hips, hands and feet are, and how trunk and head are turned."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from jaxtyping import Float
from numpy.random import Generator
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import gaussian_filter1d

Triple = Sequence[float] | Float[np.ndarray, " 3"]
RATE_HZ = 60.0
"""Of every motion made of postures."""
LEFT, RIGHT = 0, 1
"""Places of the sides in a posture's arrays."""


@dataclass(frozen=True)
class Posture:
    """One posture of the average body, or a course of them: then every array begins with a time axis.

    The body faces -y. Angles are in degrees; those of trunk and head come as turn (to the left), lean (forward), list
    (to the left). Arms and legs come left first, and their metres are outward, forward, up.
    """

    hips_metres: Float[np.ndarray, "*time 3"]
    """Left, forward, up; from a point on the ground."""
    pelvis_degrees: Float[np.ndarray, "*time 3"]
    chest_degrees: Float[np.ndarray, "*time 3"]
    """Against the pelvis."""
    head_degrees: Float[np.ndarray, "*time 3"]
    """Against the world: 0 looks straight ahead, level."""
    hands_metres: Float[np.ndarray, "*time 2 3"]
    """Where the wrists are from the shoulders at rest, on the chest's axes."""
    arms_degrees: Float[np.ndarray, "*time 2 3"]
    """How far the elbow is lifted outward (at 0 that of a hanging arm points back); how far the hand is turned, thumb
    outward; how far it is bent toward the palm."""
    feet_metres: Float[np.ndarray, "*time 2 3"]
    """Where the ankle of the flat foot is, from the same point on the ground; its height is counted from standing."""
    feet_degrees: Float[np.ndarray, "*time 2 3"]
    """Sole turned up at the toes (negative: at the heel), foot turned outward, tips of the toes down, as from level.
    While the heel is up and the ball of the foot is on the ground, the toes are level."""
    heels: Float[np.ndarray, "*time 2"]
    """What a foot rolls over as its toes go up and down: 0 the ball, 1 the heel."""

    def mirrored(self) -> "Posture":
        """Left for right."""
        place, turn = np.array([-1.0, 1.0, 1.0]), np.array([-1.0, 1.0, -1.0])
        return Posture(
            self.hips_metres * place,
            self.pelvis_degrees * turn,
            self.chest_degrees * turn,
            self.head_degrees * turn,
            self.hands_metres[..., ::-1, :],
            self.arms_degrees[..., ::-1, :],
            self.feet_metres[..., ::-1, :],
            self.feet_degrees[..., ::-1, :],
            self.heels[..., ::-1],
        )

    def arm(self, side: int, wrist: Triple, lift: float = 20, thumb: float = 20, bend: float = 0) -> "Posture":
        """The same with one arm elsewhere (`LEFT` or `RIGHT`); for the arguments see `hands_metres` and `arms_degrees`."""
        hands, arms = self.hands_metres.copy(), self.arms_degrees.copy()
        hands[..., side, :], arms[..., side, :] = wrist, (lift, thumb, bend)
        return replace(self, hands_metres=hands, arms_degrees=arms)

    def arms(self, wrist: Triple, lift: float = 20, thumb: float = 20, bend: float = 0) -> "Posture":
        """The same with both arms elsewhere, alike."""
        return self.arm(0, wrist, lift, thumb, bend).arm(1, wrist, lift, thumb, bend)

    def foot(self, side: int, place: Triple, up: float = 0, tips_down: float = 0) -> "Posture":
        """The same with one foot elsewhere; for the arguments see `feet_metres` and `feet_degrees`."""
        feet, turns = self.feet_metres.copy(), self.feet_degrees.copy()
        feet[..., side, :], turns[..., side, 0], turns[..., side, 2] = place, up, tips_down
        return replace(self, feet_metres=feet, feet_degrees=turns)

    def trunk(
        self,
        hips: Triple = (0, 0, 0),
        pelvis: Triple = (0, 0, 0),
        chest: Triple = (0, 0, 0),
        head: Triple = (0, 0, 0),
    ) -> "Posture":
        """The same with hips moved, and pelvis, chest and head turned, by so much more."""
        return replace(
            self,
            hips_metres=self.hips_metres + np.array(hips),
            pelvis_degrees=self.pelvis_degrees + np.array(pelvis),
            chest_degrees=self.chest_degrees + np.array(chest),
            head_degrees=self.head_degrees + np.array(head),
        )


STANDING = Posture(
    hips_metres=np.array([0.0, 0.03, 0.874]),
    pelvis_degrees=np.zeros(3),
    chest_degrees=np.zeros(3),
    head_degrees=np.zeros(3),
    hands_metres=np.array(2 * [[0.06, 0.05, -0.462]]),
    arms_degrees=np.array(2 * [[20.0, 20.0, 8.0]]),
    feet_metres=np.array(2 * [[0.11, 0.0, 0.0]]),
    feet_degrees=np.array(2 * [[0.0, 4.0, 0.0]]),
    heels=np.zeros(2),
)
"""At ease, arms hanging."""


def play(keys: Sequence[tuple[float, Posture]], pace: float = 1.0, smooth_seconds: float = 0.07) -> Posture:
    """From posture to posture, smoothly, at `RATE_HZ`.

    Args:
        keys: Each posture with the time from the one before it; the first one's is how long it is held.
        pace: Factor on these times.
        smooth_seconds: Standard deviation of what the course is smoothed by.
    """
    instants = pace * np.concatenate([[0.0], np.cumsum([seconds for seconds, _ in keys])])
    seconds = np.arange(round(instants[-1] * RATE_HZ) + 1) / RATE_HZ
    postures = [keys[0][1], *(posture for _, posture in keys)]
    course = {}
    for field in fields(Posture):
        spline = PchipInterpolator(instants, [getattr(posture, field.name) for posture in postures])
        course[field.name] = gaussian_filter1d(
            spline(np.minimum(seconds, instants[-1])), smooth_seconds * RATE_HZ, axis=0, mode="nearest"
        )
    return Posture(**course)


def any_pace(rng: Generator) -> float:
    """For `play`: brisk to leisurely."""
    return float(rng.uniform(0.85, 1.2))


def mix(a: Posture, b: Posture, share: Float[np.ndarray, " time"]) -> Posture:
    """Between two courses, or two postures: a where the share is 0, b where it is 1."""
    mixed = {}
    for field in fields(Posture):
        start, end = getattr(a, field.name), getattr(b, field.name)
        weight = share.reshape(-1, *[1] * getattr(STANDING, field.name).ndim)
        mixed[field.name] = start + weight * (end - start)
    return Posture(**mixed)


def eased(share: Float[np.ndarray, " time"]) -> Float[np.ndarray, " time"]:
    """From 0 to 1, and no further, without a jerk at either end."""
    inside = np.clip(share, 0, 1)
    return np.asarray(inside**3 * (10 - 15 * inside + 6 * inside**2))
