"""Smooth tracks between their samples."""

import numpy as np
from jaxtyping import Bool, Float
from scipy.interpolate import BSpline, make_interp_spline

_DEGREE = 5
"""High: whatever an interpolation takes off the noise between samples, more than at them, would draw lags there."""


class Curve:
    """Points as functions of time, by quintic splines; unseen where either neighbour is."""

    def __init__(self, points: Float[np.ndarray, "time joint 2"]) -> None:
        self._seen: Bool[np.ndarray, "time joint"] = np.isfinite(points).all(axis=2)
        self._spline = _spline(_filled(points, self._seen))
        self._speed = None if self._spline is None else self._spline.derivative()

    def __call__(self, places: Float[np.ndarray, " sample"]) -> Float[np.ndarray, "sample joint 2"]:
        """Points at fractional samples; nan outside."""
        return self._at(self._spline, places)

    def speed(self, places: Float[np.ndarray, " sample"]) -> Float[np.ndarray, "sample joint 2"]:
        """Velocities per sample."""
        return self._at(self._speed, places)

    def _at(self, spline: BSpline | None, places: Float[np.ndarray, " sample"]) -> Float[np.ndarray, "sample joint 2"]:
        if spline is None:
            return np.full((len(places), self._seen.shape[1], 2), np.nan)
        last = len(self._seen) - 1
        inside = np.clip(places, 0, last)
        left = np.floor(inside).astype(int)
        right = np.ceil(inside).astype(int)
        known = self._seen[left] & self._seen[right] & ((places >= 0) & (places <= last))[:, None]
        return np.where(known[..., None], spline(inside), np.nan)


def between(
    points: Float[np.ndarray, "time joint 2"], places: Float[np.ndarray, " sample"]
) -> tuple[Float[np.ndarray, "sample joint 2"], Float[np.ndarray, "sample joint 2"]]:
    """Points and their velocities at fractional samples; nan outside, and between two samples of which one is unseen."""
    curve = Curve(points)
    return curve(places), curve.speed(places)


def _filled(
    points: Float[np.ndarray, "time joint 2"], seen: Bool[np.ndarray, "time joint"]
) -> Float[np.ndarray, "time joint 2"]:
    """Gaps bridged by straight lines, for the spline to go on."""
    filled, times = np.where(seen[..., None], points, 0.0), np.arange(len(points))
    for joint in np.flatnonzero(seen.any(axis=0) & ~seen.all(axis=0)):
        own = seen[:, joint]
        for axis in (0, 1):
            filled[~own, joint, axis] = np.interp(times[~own], times[own], points[own, joint, axis])
    return filled


def _spline(points: Float[np.ndarray, "time joint 2"]) -> BSpline | None:
    if len(points) < 2:
        return None
    degree = next(k for k in (_DEGREE, 3, 1) if len(points) > k)
    return make_interp_spline(np.arange(len(points)), points, k=degree)
