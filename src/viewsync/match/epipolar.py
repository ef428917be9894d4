"""The lag of two tracks to a fraction of a sample, with the two-view geometry that goes with it.

Both are unknowns of one least-squares problem (Albl et al., "On the Two-View Geometry of Unsynchronized Cameras", CVPR
2017, solve it for a track of points and a constant lag; here it is robust, and the geometry may change): a point of b at
time t lies on the epipolar line of a's point at t + lag, which moves with known velocity as the lag changes. Residuals
are Sampson distances (1982). Every step of Gauss and Newton eliminates the geometry, so that what the lag's curvature has
left is the information about it alone.
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.ndimage import gaussian_filter1d

from viewsync.geometry.epipolar import homogeneous
from viewsync.match.geometries import LEAST_POINTS, Geometry, Residuals, seen_in_both
from viewsync.match.interpolate import Curve

_STEPS, _FIT_STEPS = 20, 4
_CLOSE = 3e-3
"""Samples by which the last step may still move the lag."""
_LEAST_STEP_SHARE = 0.05
"""Of the way to the best lag, that one step of Gauss and Newton is believed to go."""
_FARTHEST = 3.0
"""Samples from where the search began."""
_CAUCHY = 2.0
"""Scales beyond which a residual loses weight."""
_EVERY = 2
"""Of so many samples of smoothed tracks, one is looked at: the others repeat it."""
_MEMORY = 6
"""Looked-at samples over which errors are alike."""
_LEAST_FREEDOM = 0.1
"""Share of the residuals that a geometry, however many its unknowns, is taken to have left as they were."""
_CALM_SAMPLES = 3.0
"""Standard deviation of a second smoothing, for velocities."""
_SPEED_NOISE = 0.021
"""What noise adds to the product of a velocity and a calm one, per variance of the residuals: with Gaussian kernels of
1.35 and 3.3 samples, s / (2 r³) for s = 1.35 and r² = (1.35² + 3.3²) / 2, of which one view bears half."""


@dataclass(frozen=True)
class Fit:
    """How well a geometry explains two tracks side by side."""

    scale: float
    """Robust standard deviation of the residuals, in the points' unit."""
    points: int
    unknowns: int
    """Of the geometry."""

    @property
    def independent_points(self) -> float:
        """As many as count, for neighbours in time are alike."""
        return max(self.points / _MEMORY, 2.0)

    @property
    def description_length(self) -> float:
        """Bayes' information criterion (Schwarz, 1978) per two."""
        samples = self.independent_points
        return samples * math.log(max(self.scale, 1e-12)) + 0.5 * self.unknowns * math.log(samples)


@dataclass(frozen=True)
class Refined(Fit):
    """The lag at which they fit best, in samples (a[t + lag] beside b[t]), and its standard error."""

    lag: float
    std: float


def fit(
    a: Float[np.ndarray, "time_a joint 2"], b: Float[np.ndarray, "time_b joint 2"], lag: float, geometry: Geometry
) -> Fit | None:
    """How well a geometry, once it has adapted itself, explains tracks at a lag that stays; None where they don't meet.

    Args:
        a: Points of the first view, nan where unseen.
        b: The same points of the second view.
        lag: In samples.
        geometry: What to fit; it is changed.
    """
    curve, calm, residuals = Curve(a), Curve(calm_speeds(a)), None
    for _ in range(_FIT_STEPS):
        residuals = _residuals(curve, calm, b, lag, geometry)
        if residuals is None:
            return None
        geometry.eliminate(residuals)
        geometry.move(0.0)
    assert residuals is not None
    return Fit(_scale(residuals.distance), len(residuals.distance), geometry.unknowns)


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
    began, curve, calm, stretch = lag, Curve(a), Curve(calm_speeds(a)), _Stretch()
    while True:
        residuals = _residuals(curve, calm, b, lag, geometry)
        if residuals is None:
            return None
        distance, slope = geometry.eliminate(residuals)
        curvature = float(np.sum(residuals.weight * slope * residuals.slope))
        if not curvature > 0:
            return None
        gradient = float(np.sum(residuals.weight * residuals.slope * distance))
        step = stretch.step(-gradient / curvature)
        geometry.move(step)
        lag += step
        if abs(lag - began) > _FARTHEST:
            return None
        if abs(step) < _CLOSE or stretch.steps == _STEPS:
            break
    std = _standard_error(residuals, distance, slope, geometry.unknowns)
    return None if std is None else Refined(_scale(residuals.distance), len(residuals.distance), geometry.unknowns, lag, std)


class _Stretch:
    """Steps of Gauss and Newton made longer.

    Noise in the velocities looks like curvature, so that the plain ones go the same small share of the way again and again:
    it shows in how much shorter the next one is.
    """

    def __init__(self) -> None:
        self.steps, self._plain, self._taken = 0, 0.0, 0.0

    def step(self, plain: float) -> float:
        """To be taken, by what Gauss and Newton would take."""
        share = (self._plain - plain) / self._taken if self._taken else 1.0
        self._plain, self._taken = plain, float(np.clip(plain / np.clip(share, _LEAST_STEP_SHARE, 1.0), -1.0, 1.0))
        self.steps += 1
        return self._taken


def _standard_error(
    residuals: Residuals, distance: Float[np.ndarray, " point"], slope: Float[np.ndarray, " point"], unknowns: int
) -> float | None:
    """Of the lag, from what the geometry has left of distances and slopes; None where these tell nothing."""
    # Noise alone adds to slopes, too.
    alike = residuals.weight * (slope * residuals.calm_slope - _SPEED_NOISE * _scale(residuals.distance) ** 2)
    information = float(np.sum(alike))
    if not information > 0:
        return None
    scores = np.bincount(residuals.sample // _EVERY, residuals.weight * slope * distance)
    # The geometry has adapted itself to the noise, too.
    freedom = max(1 - unknowns / (len(distance) / _MEMORY), _LEAST_FREEDOM)
    return math.sqrt(max(_long_run_variance(scores), 1e-300) / freedom) / information


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


def _residuals(a: Curve, calm_speed: Curve, b: np.ndarray, lag: float, geometry: Geometry) -> Residuals | None:
    samples = np.arange(0, len(b), _EVERY)
    at, own = samples + lag, b[samples]
    places = a(at)
    both = seen_in_both(places, own)
    if both.sum() * _EVERY < LEAST_POINTS:
        return None
    row, joint = np.nonzero(both)
    sample, speeds, calm = samples[row], a.speed(at), np.nan_to_num(calm_speed(at)[both])
    distance, direction = geometry.distances(homogeneous(places[both]), homogeneous(own[both]), sample)
    slope, calm_slope = (speeds[both] * direction).sum(axis=1), (calm * direction).sum(axis=1)
    weight = 1 / (1 + (distance / (_CAUCHY * max(_scale(distance), 1e-9))) ** 2)
    return Residuals(sample, joint, distance, slope, calm_slope, weight)


def _long_run_variance(scores: Float[np.ndarray, " time"]) -> float:
    """Variance of a sum of terms that resemble their neighbours, with Bartlett's window (Newey & West, 1987).

    At the best lag the scores themselves add up to 0, which hides a share of their variance that grows with the window
    (Kiefer & Vogelsang, 2005).
    """
    total = own = float(scores @ scores)
    for gap in range(1, min(_MEMORY, len(scores) - 1)):
        total += 2 * (1 - gap / _MEMORY) * float(scores[gap:] @ scores[:-gap])
    window = min(_MEMORY / max(int(np.count_nonzero(scores)), 1), 1.0)
    return max(total, own / 4) / (1 - window + window**2 / 3)
