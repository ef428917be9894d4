"""What moves in a drawn scene: jointed figures, or boxes that hop and balls that roll.

Everything is made of capsules (a limb; a ball where both ends meet) and flat facets, given at many instants at once.
World axes are in metres, x and y on the ground, z up; the scene's middle is (0, 0, 0).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from viewsync.worlds.random_motion import RandomMotion, tempo

UP = np.array([0.0, 0.0, 1.0])

Limb = tuple[np.ndarray, np.ndarray, tuple[float, float], int]
"""Two ends (time 3), the radii there, and which piece of clothing covers it."""


@dataclass(frozen=True)
class Capsules:
    """Rounded limbs of one body at several instants."""

    ends: Float[np.ndarray, "time part 2 3"]
    radii: Float[np.ndarray, "part 2"]
    colors: Float[np.ndarray, "part 3"]
    """BGR, 0 to 255."""


@dataclass(frozen=True)
class Facets:
    """Flat four-cornered faces of one body at several instants."""

    corners: Float[np.ndarray, "time part 4 3"]
    colors: Float[np.ndarray, "part 3"]


@dataclass(frozen=True)
class Figure:
    """A clothed puppet that walks about, turns, reaches and rests."""

    seed: int
    home: tuple[float, float]
    period_seconds: float | None = None

    def at(self, times: Float[np.ndarray, " time"]) -> Capsules:
        """The figure at these instants (world time, seconds)."""
        if self.period_seconds is None:
            times = tempo(self.seed, times)
        place = self._motion(1, 2, 2.6, together=True).reach(times) * 0.9
        turn = self._motion(2, 2, 1.9).reach(times)
        facing = _facing(2.4 * self.seed + 1.6 * turn[:, 0])
        limbs = self._legs(times, place, facing) + self._upper_body(times, facing, turn[:, 1])
        ends = np.stack([np.stack(limb[:2], axis=1) for limb in limbs], axis=1)
        radii = np.array([limb[2] for limb in limbs])
        # The lower foot stands on the ground.
        sole = (ends[..., 2] - radii).min(axis=(1, 2))
        ends += np.column_stack([place + self.home, -sole])[:, None, None]
        clothes = _bright(np.random.default_rng(self.seed), 5)
        colors = clothes[[limb[3] for limb in limbs]]
        return _striped(ends, radii, colors, clothes[4])

    def _motion(self, part: int, channels: int, slot_seconds: float, together: bool = False) -> RandomMotion:
        return RandomMotion(8 * self.seed + part, channels, slot_seconds, self.period_seconds, together)

    def _legs(self, times: np.ndarray, place: np.ndarray, facing: np.ndarray) -> list[Limb]:
        """Legs and feet, hung from the origin. They swing with the way covered, so they stand when the figure does."""
        joint = self._motion(3, 6, 0.9).reach(times)
        stride = 2 * np.pi * (place[:, 0] + 0.6 * place[:, 1]) / 1.1
        limbs: list[Limb] = []
        for side, (lift, fold, spread) in ((1, joint.T[:3]), (-1, joint.T[3:])):
            hip = side * 0.1 * np.cross(UP, facing)
            thigh = 0.25 + 0.25 * lift + side * 0.45 * np.sin(stride)
            shin = thigh - 0.45 - 0.3 * fold - 0.1 * np.sin(stride + side)
            aside = side * (0.1 + 0.08 * spread)
            knee = hip + 0.45 * _swing(facing, thigh, aside)
            ankle = knee + 0.45 * _swing(facing, shin, aside)
            limbs.append((hip, knee, (0.09, 0.07), 1))
            limbs.append((knee, ankle, (0.07, 0.05), 1))
            limbs.append((ankle, ankle + 0.14 * facing, (0.05, 0.04), 2))
        return limbs

    def _upper_body(self, times: np.ndarray, facing: np.ndarray, look: np.ndarray) -> list[Limb]:
        """Trunk, head and arms, on hips at the origin."""
        joint = self._motion(4, 8, 0.8).reach(times)
        hips = np.zeros_like(facing)
        chest = -0.5 * _swing(facing, -0.2 - 0.35 * joint[:, 6], 0.15 * joint[:, 7])
        head = chest + 0.28 * UP + 0.06 * facing
        nose = head + 0.1 * _facing(np.arctan2(facing[:, 1], facing[:, 0]) + 0.7 * look)
        limbs: list[Limb] = [
            (hips, chest, (0.13, 0.17), 0),
            (head, head, (0.12, 0.12), 3),
            (nose, nose, (0.05, 0.05), 2),
        ]
        for side, (lift, bend, spread) in ((1, joint.T[:3]), (-1, joint.T[3:6])):
            shoulder = chest + side * 0.2 * np.cross(UP, facing)
            aside = side * (0.45 + 0.5 * spread)
            elbow = shoulder + 0.3 * _swing(facing, 0.9 + 1.3 * lift, aside)
            hand = elbow + 0.27 * _swing(facing, 1.8 + 1.3 * lift + 0.9 * bend, 0.4 * aside)
            limbs.append((shoulder, elbow, (0.07, 0.055), 0))
            limbs.append((elbow, hand, (0.055, 0.045), 3))
            limbs.append((hand, hand, (0.065, 0.065), 3))
        return limbs


@dataclass(frozen=True)
class Box:
    """A painted box that is thrown from place to place and tumbles in the air."""

    seed: int
    home: tuple[float, float]
    period_seconds: float | None = None

    def at(self, times: Float[np.ndarray, " time"]) -> Facets:
        """The box at these instants (world time, seconds)."""
        rng = np.random.default_rng(self.seed)
        half = rng.uniform(0.15, 0.4, 3)
        motion = RandomMotion(self.seed, 4, 1.1, self.period_seconds, together=True)
        pose, flight = motion.hop(times), motion.flight(times)[:, 0]
        height = 1.1 * np.linalg.norm(half) + 3.5 * flight * (1 - flight)
        middle = np.column_stack([0.9 * pose[:, :2] + self.home, height])[:, None, None]
        corners = np.einsum("tij,pcj->tpci", _rotations(3.0 * pose[:, 2], 3.0 * pose[:, 3]), _FACES * half)
        # A patch on each face, a touch outside it so that it is painted over the face.
        patches = 0.5 * corners.mean(axis=2, keepdims=True) + 0.5 * corners
        patches += 0.04 * corners.mean(axis=2, keepdims=True)
        colors = _bright(rng, 6)
        return Facets(middle + np.concatenate([corners, patches], axis=1), np.concatenate([colors, 255 - colors]))


@dataclass(frozen=True)
class Ball:
    """A spotted ball that rolls about and never rests."""

    seed: int
    home: tuple[float, float]
    period_seconds: float | None = None

    def at(self, times: Float[np.ndarray, " time"]) -> Capsules:
        """The ball at these instants (world time, seconds)."""
        rng = np.random.default_rng(self.seed)
        radius = rng.uniform(0.15, 0.35)
        place = 2.2 * RandomMotion(self.seed, 2, 0.9, self.period_seconds).drift(times)
        middle = np.column_stack([place + self.home, np.full(len(times), radius)])
        spots = rng.normal(size=(10, 3))
        spots *= 0.75 * radius / np.linalg.norm(spots, axis=1, keepdims=True)
        parts = np.concatenate([np.zeros((1, 3)), spots])
        rolling = _rotations(place[:, 0] / radius, -place[:, 1] / radius)
        centers = middle[:, None] + np.einsum("tij,pj->tpi", rolling, parts)
        radii = radius * np.array([1.0] + 10 * [0.24])
        color = _bright(rng, 1)
        return Capsules(
            np.stack([centers, centers], axis=2),
            np.stack([radii, radii], axis=1),
            np.concatenate([color, np.repeat(255 - color, 10, axis=0)]),
        )


Body = Figure | Box | Ball
"""Whatever moves."""


def _bright(rng: np.random.Generator, count: int) -> Float[np.ndarray, "count 3"]:
    """Random saturated colors (BGR), which stand out from the muted surroundings."""
    return 255 * rng.beta(0.5, 0.5, (count, 3))


def _facing(angle: Float[np.ndarray, " time"]) -> Float[np.ndarray, "time 3"]:
    return np.column_stack([np.cos(angle), np.sin(angle), np.zeros_like(angle)])


def _swing(
    facing: Float[np.ndarray, "time 3"], forward: Float[np.ndarray, " time"], aside: Float[np.ndarray, " time"]
) -> Float[np.ndarray, "time 3"]:
    """Direction of a hanging limb swung forward and out to the left by these angles (radians)."""
    hanging = np.sin(forward)[:, None] * facing - np.cos(forward)[:, None] * UP
    return np.asarray(np.cos(aside)[:, None] * hanging + np.sin(aside)[:, None] * np.cross(UP, facing))


def _striped(
    ends: Float[np.ndarray, "time part 2 3"],
    radii: Float[np.ndarray, "part 2"],
    colors: Float[np.ndarray, "part 3"],
    stripe: Float[np.ndarray, " 3"],
) -> Capsules:
    """Limbs with a band around the middle: without texture on them, turning limbs would look still."""
    middle = ends.mean(axis=2, keepdims=True)
    bands = middle + 0.25 * (ends - middle)
    band_radii = np.repeat(1.05 * radii.mean(axis=1, keepdims=True), 2, axis=1)
    long = np.flatnonzero(np.ptp(ends[0], axis=1).any(axis=1))
    return Capsules(
        np.concatenate([ends, bands[:, long]], axis=1),
        np.concatenate([radii, band_radii[long]]),
        np.concatenate([colors, np.broadcast_to((stripe + 255 - colors[long]) / 2, (len(long), 3))]),
    )


def _rotations(a: Float[np.ndarray, " time"], b: Float[np.ndarray, " time"]) -> Float[np.ndarray, "time 3 3"]:
    """Turn by `b` about the x axis, then by `a` about the y axis (radians)."""
    zero, one = np.zeros_like(a), np.ones_like(a)
    about_y = np.array([[np.cos(a), zero, np.sin(a)], [zero, one, zero], [-np.sin(a), zero, np.cos(a)]])
    about_x = np.array([[one, zero, zero], [zero, np.cos(b), -np.sin(b)], [zero, np.sin(b), np.cos(b)]])
    return np.asarray(np.einsum("ijt,jkt->tik", about_y, about_x))


_SQUARE = np.array([[1, 1], [1, -1], [-1, -1], [-1, 1]])
_FACES = np.stack([np.insert(_SQUARE, axis, sign, axis=1).astype(np.float64) for axis in range(3) for sign in (1, -1)])
"""The corners of a cube's six faces: (face, corner, xyz)."""
