"""What is left of the clocks' offsets: the shift of each camera at which joints triangulate best.

Coarsely it is found by pairs of cameras (`viewsync.pose3d.lags`). Finely, by all cameras: least squares of the re-projection
error of the triangulated joints, but for what of it is constant: detectors put a joint a little elsewhere in each view, and
calibrations aren't perfect, which shifts would else explain (by 10 ms on Pose2Sim's balancing trial).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.optimize import least_squares

from viewsync.geometry.camera import CalibratedCamera
from viewsync.geometry.triangulation import projected, projection_matrices, triangulated
from viewsync.pose3d.lags import STEP_SECONDS, coarse_shifts
from viewsync.pose3d.tracks import Curves, JointTracks, View
from viewsync.types import InputError

LARGEST_STD_SECONDS = 0.05
"""A shift that is known less well than this isn't known."""
_MOST_INSTANTS = 400
_BLUNT_PIXELS = 5.0
"""Re-projection errors count by their squares up to about here, and by themselves beyond: detectors err by more at times."""
_SLOPE_SECONDS = 1e-3
_ROOM_SECONDS = 0.05
"""By which the fine search may leave the coarse one."""
_FLAT = 1e10
"""Condition of a curvature that leaves a shift open."""
_WITNESS_INSTANTS, _LEAST_WITNESSES = 15, 3
_ROUNDS = 20


@dataclass(frozen=True)
class Shift:
    """How much later than its clock says a camera saw things: t_ref = t + seconds."""

    seconds: float
    std_seconds: float
    """Standard error, by how alike the joints are in what they say."""


REFERENCE = Shift(0.0, 0.0)


def residual_shifts(views: Sequence[View], max_shift_seconds: float) -> tuple[Shift | None, ...]:
    """The shift of each camera against the first, which is the reference.

    A camera that nothing ties to the reference — nobody moves, or joints have too little in common — has None.

    Args:
        views: Two or more; their times are on the reference's clock as far as it is known.
        max_shift_seconds: The largest that is considered, each way.

    Raises:
        InputError: There are fewer than two views, or the largest shift isn't a positive number.
    """
    if len(views) < 2:
        raise InputError(f"shifts are between two cameras or more, got {len(views)}.")
    if not 0 < max_shift_seconds < np.inf:
        raise InputError(f"--max-shift must be a positive number of seconds, got {max_shift_seconds:g}.")
    curves = [Curves(view.tracks.smooth()) for view in views]
    coarse = coarse_shifts(views, curves, max_shift_seconds)
    tied = [place for place, shift in enumerate(coarse) if shift is not None]
    shifts: list[Shift | None] = [REFERENCE, *(len(views) - 1) * [None]]
    if len(tied) < 2:
        return tuple(shifts)
    chosen = [views[place].camera for place in tied]
    start = np.array([coarse[place] for place in tied], dtype=np.float64)
    fine = _fine(chosen, [curves[place] for place in tied], _instants(views[0].tracks), start)
    for place, shift in zip(tied[1:], fine, strict=True):
        if shift is not None and abs(shift.seconds) <= max_shift_seconds + STEP_SECONDS:
            shifts[place] = shift
    return tuple(shifts)


def _instants(tracks: JointTracks) -> Float[np.ndarray, " time"]:
    """Of the reference's frames, some that are spread evenly."""
    frames = np.unique(np.linspace(0, len(tracks.seconds) - 1, min(len(tracks.seconds), _MOST_INSTANTS)).round().astype(int))
    return np.asarray(tracks.seconds[frames])


# ── finely, by all ────────────────────────────────────────────────────────────────────────────────────────────────


def _fine(
    cameras: Sequence[CalibratedCamera],
    curves: Sequence[Curves],
    at_seconds: Float[np.ndarray, " time"],
    start: Float[np.ndarray, " view"],
) -> list[Shift | None]:
    """Least squares from a first guess; the first camera's shift stays 0."""
    matrices = projection_matrices(cameras)
    # Chosen once, for all shifts that may come: what is seen must not change with the shift.
    near = [
        np.array([curve(at_seconds - shift - off).confidence for off in (-_ROOM_SECONDS, 0.0, _ROOM_SECONDS)])
        for curve, shift in zip(curves, start, strict=True)
    ]
    weights = np.array(near).min(axis=1)
    weights *= (weights > 0).sum(axis=0) >= 2

    def residuals(shifts: Float[np.ndarray, " other"]) -> Float[np.ndarray, "view time joint 2"]:
        moved = [curve(at_seconds - shift).pixels for curve, shift in zip(curves, [0.0, *shifts], strict=True)]
        pixels = np.array(moved)
        told = np.where(np.isfinite(pixels).all(axis=-1), weights, 0.0)
        points = triangulated(matrices, pixels, told).points_metres
        apart = (projected(matrices, points) - pixels) * np.sqrt(told)[..., None]
        apart, counts = np.where(np.isfinite(apart), apart, 0.0), (told > 0)[..., None]
        constant = apart.sum(axis=1, keepdims=True) / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        return np.asarray(apart - constant * counts)

    found = least_squares(
        lambda shifts: residuals(shifts).ravel(), start[1:], loss="soft_l1", f_scale=_BLUNT_PIXELS,
        x_scale=STEP_SECONDS, bounds=(start[1:] - _ROOM_SECONDS, start[1:] + _ROOM_SECONDS), max_nfev=_ROUNDS,
    )  # fmt: skip
    return [
        Shift(float(seconds), float(std)) if std <= LARGEST_STD_SECONDS else None
        for seconds, std in zip(found.x, _standard_errors(residuals, found.x), strict=True)
    ]


def _standard_errors(
    residuals: Callable[[Float[np.ndarray, " other"]], Float[np.ndarray, "view time joint 2"]],
    shifts: Float[np.ndarray, " other"],
) -> Float[np.ndarray, " other"]:
    """By the curvature at the best shifts, and by how much joints, or stretches of time, differ in what they say.

    Errors of one joint are much alike from frame to frame, so each joint is one witness, and so is each stretch of time
    (a sandwich estimate: White, 1980). The larger of the two counts; inf where there are fewer than three witnesses, or no
    curvature.
    """
    apart = residuals(shifts)
    slopes = np.array(
        [
            (residuals(shifts + step) - residuals(shifts - step)) / (2 * _SLOPE_SECONDS)
            for step in _SLOPE_SECONDS * np.eye(len(shifts))
        ]
    )
    blunted = 1 / np.sqrt(1 + (apart / _BLUNT_PIXELS) ** 2)
    curvature = np.einsum("ivtjx,kvtjx->ik", slopes * blunted, slopes)
    if not np.linalg.cond(curvature) < _FLAT:  # Of zeros, it is nan.
        return np.full(len(shifts), np.inf)
    pulls = np.einsum("ivtjx,vtjx->itj", slopes, apart * blunted)
    stretches = np.array_split(pulls.sum(axis=2), max(1, pulls.shape[1] // _WITNESS_INSTANTS), axis=1)
    by_time = np.stack([stretch.sum(axis=1) for stretch in stretches], axis=1)
    by_joint = pulls.sum(axis=1)[:, pulls.any(axis=(0, 1))]
    inverse, variances = np.linalg.inv(curvature), [np.full(len(shifts), np.inf)]
    for witnesses in (by_joint, by_time):
        count = witnesses.shape[1]
        if count >= _LEAST_WITNESSES:
            variances.append(np.diag(inverse @ (witnesses @ witnesses.T) @ inverse) * count / (count - 1))
    return np.asarray(np.sqrt(np.maximum.reduce(variances[1:] or variances)))
