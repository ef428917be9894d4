"""What may be known of the geometry of two views, for a lag to be fitted along with it."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import cv2
import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.linalg import solveh_banded

from viewsync.match.interpolate import between

LEAST_POINTS = 40
"""That both views show, for anything to be fitted."""
_LEAST_NORM = 1e-9
_MOST_SEEDS = 120
"""Points that a first geometry is found from: more take longer and find no other."""
_DAMPING, _STIFFNESS, _SCALE_HOLD = 1e-7, 1e-2, 10.0
"""Of a knot's matrix towards none, its neighbours', and its own length: as shares of what the points say of it."""


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

    def distances(self, a: np.ndarray, b: np.ndarray, sample: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Sampson distances of homogeneous points, and the directions in which a's points would change them."""
        ...

    def eliminate(self, residuals: Residuals) -> tuple[np.ndarray, np.ndarray]:
        """What is left of distances and slopes when the geometry has taken its share; keeps the step for `move`."""
        ...

    def move(self, step: float) -> None:
        """Take the kept step, with the lag changed by so much."""
        ...


def seen_in_both(
    a: Float[np.ndarray, "time joint 2"], b: Float[np.ndarray, "time joint 2"]
) -> Bool[np.ndarray, "time joint"]:
    """Which points both views show."""
    return np.asarray(np.isfinite(a).all(axis=2) & np.isfinite(b).all(axis=2))


class FreeGeometry:
    """A fundamental matrix that nobody knows, piecewise linear in time between knots; with a single one, constant."""

    def __init__(self, matrices: Float[np.ndarray, "knot 3 3"], knots: Float[np.ndarray, " knot"]) -> None:
        self._f, self._knots = matrices.reshape(-1, 9).copy(), knots
        self.unknowns = 8 * len(knots)

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
        if both.sum() < LEAST_POINTS:
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

    def _blend(self, samples: int) -> Float[np.ndarray, "time knot"]:
        """How much each knot (column) has to say at each sample (row)."""
        number = np.arange(len(self._knots))
        place = np.interp(np.arange(samples), self._knots, number)
        return np.asarray(np.clip(1 - np.abs(place[:, None] - number), 0, None))

    def distances(self, a: np.ndarray, b: np.ndarray, sample: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """See `Geometry`."""
        matrices = (self._blend(int(sample.max()) + 1) @ self._f)[sample].reshape(-1, 3, 3)
        lines_a, lines_b = np.einsum("nij,nj->ni", matrices, b), np.einsum("nij,ni->nj", matrices, a)
        norm = _sampson_norm(lines_a, lines_b)
        self._products = (a[:, :, None] * b[:, None, :]).reshape(-1, 9) / norm
        return (a * lines_a).sum(axis=1) / norm[:, 0], lines_a[:, :2] / norm

    def eliminate(self, residuals: Residuals) -> tuple[np.ndarray, np.ndarray]:
        """See `Geometry`."""
        sample, joint = residuals.sample, residuals.joint
        samples, row = np.unique(sample, return_inverse=True)
        blend = self._blend(int(samples[-1]) + 1)[samples]
        # A column of points per sample: sums over them are then products of small matrices.
        weighted = np.zeros((len(blend), 9, joint.max() + 1))
        weighted[row, :, joint] = self._products * residuals.weight[:, None]
        told = np.zeros((len(blend), joint.max() + 1, 11))
        told[row, joint] = np.column_stack([self._products, residuals.distance, residuals.slope])
        moments = weighted @ told
        right = np.einsum("tk,tiv->kiv", blend, moments[..., 9:])
        self._kept = solveh_banded(self._normal(blend, moments[..., :9]), right.reshape(-1, 2), lower=True)
        step = (blend @ self._kept.reshape(-1, 18)).reshape(-1, 9, 2)[row]
        taken = np.einsum("ni,niv->nv", self._products, step)
        return residuals.distance - taken[:, 0], residuals.slope - taken[:, 1]

    def _normal(
        self, blend: Float[np.ndarray, "time knot"], squares: Float[np.ndarray, "time 9 9"]
    ) -> Float[np.ndarray, "18 unknown"]:
        """Equations of all knots, as a lower band: scale is free, so it is held, and neighbours are somewhat alike."""
        knots = np.arange(len(self._knots))
        own = np.einsum("tk,tij->kij", blend**2, squares)
        level = np.trace(own, axis1=1, axis2=2).mean() / 9
        neighbours = (knots > 0).astype(float) + (knots < knots[-1])
        own += level * (_DAMPING + _STIFFNESS * neighbours)[:, None, None] * np.eye(9)
        own += level * _SCALE_HOLD * self._f[:, :, None] * self._f[:, None, :]
        beside = np.einsum("tk,tij->kij", blend[:, 1:] * blend[:, :-1], squares) - _STIFFNESS * level * np.eye(9)
        row, column = np.indices((9, 9))
        low = row >= column
        band = np.zeros((18, len(knots), 9))
        band[(row - column)[low], :, column[low]] = own[:, row[low], column[low]].T
        band[9 + row - column, :-1, column] = beside.transpose(1, 2, 0)
        return band.reshape(18, -1)

    def move(self, step: float) -> None:
        """See `Geometry`."""
        distance, slope = self._kept.T
        f = self._f - (distance + step * slope).reshape(self._f.shape)
        self._f = f / np.linalg.norm(f, axis=1, keepdims=True)


class KnownGeometry:
    """A fundamental matrix from calibration. Each joint may lie beside its epipolar line by an amount of its own.

    A detector puts a joint a little elsewhere in each view, and calibrations aren't perfect: without this freedom, these
    constants would be explained by a wrong lag.
    """

    unknowns = 0

    def __init__(self, matrix: Float[np.ndarray, "3 3"]) -> None:
        self._matrix = matrix

    def distances(self, a: np.ndarray, b: np.ndarray, sample: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """See `Geometry`."""
        lines_a, lines_b = b @ self._matrix.T, a @ self._matrix
        norm = _sampson_norm(lines_a, lines_b)
        return (a * lines_a).sum(axis=1) / norm[:, 0], lines_a[:, :2] / norm

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


def _sampson_norm(lines_a: np.ndarray, lines_b: np.ndarray) -> Float[np.ndarray, "point 1"]:
    """Infinite where there are no lines, halfway between knots of opposite signs: nothing follows from that."""
    norm = np.sqrt((lines_a[:, :2] ** 2 + lines_b[:, :2] ** 2).sum(axis=1, keepdims=True))
    return np.where(norm > _LEAST_NORM, norm, np.inf)


def _least_median(a: Float[np.ndarray, "point 2"], b: Float[np.ndarray, "point 2"]) -> Float[np.ndarray, "3 3"] | None:
    if len(a) < 16:
        return None
    # Any: one of every so many might be the same joint again and again.
    some = np.random.default_rng(0).choice(len(a), min(len(a), _MOST_SEEDS), replace=False)
    matrix, _ = cv2.findFundamentalMat(b[some], a[some], cv2.FM_LMEDS)
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
