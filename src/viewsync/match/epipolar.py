"""The lag of two tracks to a fraction of a sample, with the two-view geometry that goes with it.

Both are unknowns of one least-squares problem (Albl et al., "On the Two-View Geometry of Unsynchronized Cameras", CVPR
2017, solve it for a track of points and a constant lag; here it is robust, and the geometry may change): a point of b at
time t lies on the epipolar line of a's point at t + lag, which moves with known velocity as the lag changes. Residuals
are Sampson distances (1982). Every step of Gauss and Newton eliminates the geometry, so that what the lag's curvature has
left is the information about it alone.
"""

import math
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import cv2
import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.ndimage import gaussian_filter1d

from viewsync.geometry.epipolar import homogeneous
from viewsync.match.interpolate import between

_STEPS = 20
_FARTHEST = 3.0
"""Samples from where the search began."""
_CAUCHY = 2.0
"""Scales beyond which a residual loses weight."""
_LEAST_POINTS = 40
_MEMORY = 12
"""Samples over which errors of smoothed tracks are alike."""
_MOST_SEEDS = 500
_CALM_SAMPLES = 3.0
"""Standard deviation of a second smoothing, for velocities."""
_SPEED_NOISE = 0.021
"""What noise adds to the product of a velocity and a calm one, per variance of the residuals: with Gaussian kernels of
1.35 and 3.3 samples, s / (2 r³) for s = 1.35 and r² = (1.35² + 3.3²) / 2, of which one view bears half."""


@dataclass(frozen=True)
class Refined:
    """A lag in samples (a[t + lag] beside b[t]), its standard error, and how well everything fits there."""

    lag: float
    std: float
    scale: float
    """Robust standard deviation of the residuals, in the points' unit."""
    points: int
    unknowns: int
    """Of the geometry."""

    @property
    def description_length(self) -> float:
        """Bayes' information criterion (Schwarz, 1978) per two, with the residuals' memory taken into account."""
        independent = max(self.points / _MEMORY, 2.0)
        return independent * math.log(max(self.scale, 1e-12)) + 0.5 * self.unknowns * math.log(independent)


@dataclass(frozen=True)
class Residuals:
    """Of all points seen in both views at one lag."""

    sample: Int[np.ndarray, " point"]
    """Of b."""
    joint: Int[np.ndarray, " point"]
    distance: Float[np.ndarray, " point"]
    slope: Float[np.ndarray, " point"]
    """Change with the lag."""
    calm_slope: Float[np.ndarray, " point"]
    """The same with velocities of tracks smoothed once more."""
    weight: Float[np.ndarray, " point"]


@runtime_checkable
class Geometry(Protocol):
    """What is or isn't known about the two views."""

    unknowns: int

    def distances(
        self, a: np.ndarray, b: np.ndarray, speed: np.ndarray, sample: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Sampson distances of homogeneous points, and how these change with the lag."""
        ...

    def eliminate(self, residuals: Residuals) -> tuple[np.ndarray, np.ndarray]:
        """What is left of distances and slopes when the geometry has taken its share; keeps the step for `move`."""
        ...

    def move(self, step: float) -> None:
        """Take the kept step, with the lag changed by so much."""
        ...


def refine(
    a: Float[np.ndarray, "time_a joint 2"], b: Float[np.ndarray, "time_b joint 2"], lag: float, geometry: Geometry
) -> Refined | None:
    """The best lag near a coarse one, or None where the tracks don't fix it.

    Args:
        a: Points of the first view, nan where unseen.
        b: The same points of the second view.
        lag: Where to begin, in samples.
        geometry: What to fit along; it is changed.
    """
    began = lag
    residuals = _residuals(a, b, lag, geometry)
    for _ in range(_STEPS):
        if residuals is None:
            return None
        distance, slope = geometry.eliminate(residuals)
        curvature = float(np.sum(residuals.weight * slope * residuals.slope))
        if not curvature > 0:
            return None
        gradient = float(np.sum(residuals.weight * residuals.slope * distance))
        step = float(np.clip(-gradient / curvature, -1.0, 1.0))
        geometry.move(step)
        lag += step
        if abs(lag - began) > _FARTHEST:
            return None
        if abs(step) < 1e-3:
            break
        residuals = _residuals(a, b, lag, geometry)
    if residuals is None:
        return None
    # Of the last step but a thousandth of a sample.
    information = _information(residuals, slope)
    if not information > 0:
        return None
    scores = np.bincount(residuals.sample, residuals.weight * slope * distance, len(b))
    std = math.sqrt(max(_long_run_variance(scores), 1e-300)) / information
    return Refined(lag, std, _scale(residuals.distance), len(residuals.distance), geometry.unknowns)


def _information(residuals: Residuals, slope: Float[np.ndarray, " point"]) -> float:
    """What the lag's slopes tell of it, without what only noise adds to them."""
    alike = residuals.weight * (slope * residuals.calm_slope - _SPEED_NOISE * _scale(residuals.distance) ** 2)
    return float(np.sum(alike))


def _scale(distance: Float[np.ndarray, " point"]) -> float:
    """Robust standard deviation."""
    return 1.4826 * float(np.median(np.abs(distance)))


def calm_speeds(points: Float[np.ndarray, "time joint 2"]) -> Float[np.ndarray, "time joint 2"]:
    """Velocities per sample of tracks smoothed once more: what noise adds to a velocity looks like information."""
    seen = np.isfinite(points)
    weight = gaussian_filter1d(seen.astype(float), _CALM_SAMPLES, axis=0, mode="nearest")
    smooth = gaussian_filter1d(np.where(seen, points, 0.0), _CALM_SAMPLES, axis=0, mode="nearest")
    filled = smooth / np.maximum(weight, 1e-9)
    speeds = np.gradient(filled, axis=0) if len(points) > 1 else np.zeros_like(points)
    return np.where(seen, speeds, np.nan)


def _residuals(a: np.ndarray, b: np.ndarray, lag: float, geometry: Geometry) -> Residuals | None:
    at = np.arange(len(b)) + lag
    places, speeds = between(a, at)
    both = seen_in_both(places, b)
    if both.sum() < _LEAST_POINTS:
        return None
    sample, joint = np.nonzero(both)
    calm = np.nan_to_num(between(calm_speeds(a), at)[0][both])
    seen_a, seen_b = homogeneous(places[both]), homogeneous(b[both])
    distance, slope = geometry.distances(seen_a, seen_b, speeds[both], sample)
    _, calm_slope = geometry.distances(seen_a, seen_b, calm, sample)
    weight = 1 / (1 + (distance / (_CAUCHY * max(_scale(distance), 1e-9))) ** 2)
    return Residuals(sample, joint, distance, slope, calm_slope, weight)


def seen_in_both(
    a: Float[np.ndarray, "time joint 2"], b: Float[np.ndarray, "time joint 2"]
) -> Bool[np.ndarray, "time joint"]:
    """Which points both views show."""
    return np.asarray(np.isfinite(a).all(axis=2) & np.isfinite(b).all(axis=2))


def _long_run_variance(scores: Float[np.ndarray, " time"]) -> float:
    """Variance of a sum of terms that resemble their neighbours, with Bartlett's window (Newey & West, 1987)."""
    total = float(scores @ scores)
    for gap in range(1, min(_MEMORY, len(scores) - 1)):
        total += 2 * (1 - gap / _MEMORY) * float(scores[gap:] @ scores[:-gap])
    return max(total, float(scores @ scores) / 4)


class FreeGeometry:
    """A fundamental matrix that nobody knows, piecewise linear in time between knots; with a single one, constant."""

    def __init__(self, matrices: Float[np.ndarray, "knot 3 3"], knots: Float[np.ndarray, " knot"]) -> None:
        self._f, self._knots = matrices.reshape(-1, 9).copy(), knots
        self.unknowns = 8 * len(knots)
        self._kept: Float[np.ndarray, "unknown 2"] = np.zeros((self._f.size, 2))

    @classmethod
    def fitted(
        cls, a: Float[np.ndarray, "time_a joint 2"], b: Float[np.ndarray, "time_b joint 2"], lag: float, spacing: float
    ) -> "FreeGeometry | None":
        """By OpenCV's least median of squares at each knot; None where too little is seen.

        Args:
            a: Points of the first view.
            b: The same points of the second view.
            lag: At which they are put side by side.
            spacing: Samples between knots; inf: the cameras stand still.
        """
        beside, _ = between(a, np.arange(len(b)) + lag)
        both = seen_in_both(beside, b)
        rows = np.flatnonzero(both.any(axis=1))
        if both.sum() < _LEAST_POINTS:
            return None
        span = float(rows[-1] - rows[0])
        knots = np.linspace(rows[0], rows[-1], round(span / spacing) + 1 if span > spacing else 1)
        if len(knots) == 1:
            near = [np.ones(len(b), bool)]
        else:
            near = [np.abs(np.arange(len(b)) - knot) <= max(0.7 * spacing, 8) for knot in knots]
        matrices: list[np.ndarray | None] = [_least_median(beside[both & at[:, None]], b[both & at[:, None]]) for at in near]
        if all(matrix is None for matrix in matrices):
            return None
        return cls(_aligned(matrices), knots)

    def _blend(self, sample: np.ndarray) -> Float[np.ndarray, "point knot"]:
        if len(self._knots) == 1:
            return np.ones((len(sample), 1))
        place = np.interp(sample, self._knots, np.arange(len(self._knots)))
        return np.asarray(np.clip(1 - np.abs(place[:, None] - np.arange(len(self._knots))), 0, None))

    def distances(
        self, a: np.ndarray, b: np.ndarray, speed: np.ndarray, sample: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """See `Geometry`."""
        matrices = (self._blend(np.arange(sample.max() + 1)) @ self._f)[sample].reshape(-1, 3, 3)
        lines_a, lines_b = np.einsum("nij,nj->ni", matrices, b), np.einsum("nij,ni->nj", matrices, a)
        norm = np.sqrt((lines_a[:, :2] ** 2).sum(1) + (lines_b[:, :2] ** 2).sum(1))
        self._products = (a[:, :, None] * b[:, None, :]).reshape(-1, 9) / norm[:, None]
        return (a * lines_a).sum(1) / norm, (speed * lines_a[:, :2]).sum(1) / norm

    def eliminate(self, residuals: Residuals) -> tuple[np.ndarray, np.ndarray]:
        """See `Geometry`."""
        count, sample = len(self._knots), residuals.sample
        blend = self._blend(np.arange(sample.max() + 1))
        weighted = self._products * residuals.weight[:, None]
        squares = np.zeros((len(blend), 9, 9))
        targets = np.zeros((len(blend), 9, 2))
        starts = np.flatnonzero(np.diff(sample, prepend=-1))
        for first, last in zip(starts, [*starts[1:], len(sample)], strict=True):
            at, rows = sample[first], slice(first, last)
            squares[at] = weighted[rows].T @ self._products[rows]
            targets[at] = weighted[rows].T @ np.column_stack([residuals.distance[rows], residuals.slope[rows]])
        normal = np.zeros((count, 9, count, 9))
        for p in range(count):
            for q in range(max(p - 1, 0), min(p + 2, count)):
                normal[p, :, q] = np.tensordot(blend[:, p] * blend[:, q], squares, 1)
        right = np.tensordot(blend.T, targets, 1).reshape(9 * count, 2)
        normal = self._regular(normal.reshape(9 * count, 9 * count))
        solved = np.linalg.solve(normal, right)
        self._kept = solved
        step = (blend @ solved.reshape(count, 18)).reshape(-1, 9, 2)[sample]
        taken = np.einsum("ni,niv->nv", self._products, step)
        return residuals.distance - taken[:, 0], residuals.slope - taken[:, 1]

    def _regular(self, normal: Float[np.ndarray, "n n"]) -> Float[np.ndarray, "n n"]:
        """Scale is free, so it is held; neighbours are alike, where nothing else tells."""
        level = np.trace(normal) / len(normal)
        for knot, f in enumerate(self._f):
            own = slice(9 * knot, 9 * knot + 9)
            normal[own, own] += 10 * level * np.outer(f, f) + _DAMPING * level * np.eye(9)
            if knot:
                before = slice(9 * knot - 9, 9 * knot)
                tie = _STIFFNESS * level * np.eye(9)
                normal[own, own] += tie
                normal[before, before] += tie
                normal[own, before] -= tie
                normal[before, own] -= tie
        return normal

    def move(self, step: float) -> None:
        """See `Geometry`."""
        distance, slope = self._kept.T
        f = self._f - (distance + step * slope).reshape(self._f.shape)
        self._f = f / np.linalg.norm(f, axis=1, keepdims=True)


_DAMPING, _STIFFNESS = 1e-7, 1e-2


def _least_median(a: Float[np.ndarray, "point 2"], b: Float[np.ndarray, "point 2"]) -> Float[np.ndarray, "3 3"] | None:
    if len(a) < 16:
        return None
    every = max(1, len(a) // _MOST_SEEDS)
    matrix, _ = cv2.findFundamentalMat(np.ascontiguousarray(b[::every]), np.ascontiguousarray(a[::every]), cv2.FM_LMEDS)
    if matrix is None or matrix.shape[0] < 3 or not np.isfinite(matrix).all():
        return None
    return np.asarray(matrix[:3] / np.linalg.norm(matrix[:3]))


def _aligned(matrices: list[np.ndarray | None]) -> Float[np.ndarray, "knot 3 3"]:
    """Signs chosen so that neighbours are alike; knots without a matrix take their neighbour's."""
    known = [at for at, matrix in enumerate(matrices) if matrix is not None]
    filled = np.array([matrices[min(known, key=lambda k: abs(k - at))] for at in range(len(matrices))])
    for knot in range(1, len(filled)):
        if np.sum(filled[knot] * filled[knot - 1]) < 0:
            filled[knot] *= -1
    return filled


class KnownGeometry:
    """A fundamental matrix from calibration. Each joint may lie beside its epipolar line by an amount of its own.

    A detector puts a joint a little elsewhere in each view, and calibrations aren't perfect: without this freedom, these
    constants would be explained by a wrong lag.
    """

    unknowns = 0

    def __init__(self, matrix: Float[np.ndarray, "3 3"]) -> None:
        self._matrix = matrix

    def distances(
        self, a: np.ndarray, b: np.ndarray, speed: np.ndarray, sample: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """See `Geometry`."""
        lines_a, lines_b = b @ self._matrix.T, a @ self._matrix
        norm = np.sqrt((lines_a[:, :2] ** 2).sum(1) + (lines_b[:, :2] ** 2).sum(1))
        return (a * lines_a).sum(1) / norm, (speed * lines_a[:, :2]).sum(1) / norm

    def eliminate(self, residuals: Residuals) -> tuple[np.ndarray, np.ndarray]:
        """See `Geometry`."""
        joint = residuals.joint
        # One more sighting of its weight, right on the line: such constants are about as large as the residuals.
        whole = np.bincount(joint, residuals.weight) + 1.0

        def centred(values: np.ndarray) -> np.ndarray:
            return np.asarray(values - (np.bincount(joint, residuals.weight * values) / whole)[joint])

        return centred(residuals.distance), centred(residuals.slope)

    def move(self, step: float) -> None:
        """See `Geometry`."""
