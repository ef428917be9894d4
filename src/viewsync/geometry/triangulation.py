"""Points in space from where several views show them: linear, robust and refined, for all joints and instants at once.

Pixels are those of lenses without distortion, so that a view is a 3 × 4 matrix. Each view (x, y) with rows P1, P2, P3 says
(x P3 − P1) X = 0 and (y P3 − P2) X = 0 of a point X = (x, y, z, 1) (Hartley & Zisserman, 2004, §12.2; with a confidence as
the rows' weight: Iskakov et al., 2019, eq. 3). The least-squares point is taken with the last coordinate held at 1, not with
the vector's length held: so turning, moving or scaling the world does the same to what is found, noise or not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from jaxtyping import Bool, Float

from viewsync.geometry.camera import CalibratedCamera

DAMPING = 1e-13
"""Of the equations towards the middle of the cameras, as a share of their mean: keeps points finite where rays are
parallel, and moves others by less than 1e-4 mm where they meet at 1° or more."""
LEAST_PARALLAX_RADIANS = 2e-3
"""Rays that differ by less say nothing of the distance: 0.1°, which is a detector's noise."""
_MOST_PAIRS = 10
_STEPS = 5
_NEAREST_DEPTH = 1e-9
"""In metres; a point in a camera's own plane is in nobody's picture."""

Pixels = Float[np.ndarray, "view *batch 2"]
Matrices = Float[np.ndarray, "view 3 4"]
Weights = Float[np.ndarray, "view ..."]
Used = Bool[np.ndarray, "view ..."]


@dataclass(frozen=True)
class Triangulated:
    """Points that several views show."""

    points_metres: Float[np.ndarray, "*batch 3"]
    """nan is "missing": fewer than two views show it. Else finite, also where `found` is False."""
    found: Bool[np.ndarray, "*batch"]
    """Whether to believe it: two views or more show it along rays that aren't parallel, and it lies before all of these."""
    used: Used
    """Which views it was made of."""

    @property
    def known_metres(self) -> Float[np.ndarray, "*batch 3"]:
        """The points; nan ("missing") wherever they aren't to be believed."""
        return np.where(self.found[..., None], self.points_metres, np.nan)


def projection_matrices(cameras: Sequence[CalibratedCamera]) -> Matrices:
    """K [R | t] of each: from the world to pixels, as lenses without distortion would show it."""
    return np.array(
        [camera.lens.matrix @ np.column_stack([camera.rotation, camera.translation_metres]) for camera in cameras]
    )


def projected(matrices: Matrices, points: Float[np.ndarray, "*batch 3"]) -> Pixels:
    """Pixels of points in each view, whether or not they lie before it."""
    image = _in_views(matrices, points)
    depth = image[..., 2:]
    return np.asarray(image[..., :2] / np.where(np.abs(depth) < _NEAREST_DEPTH, _NEAREST_DEPTH, depth))


def distances_pixels(matrices: Matrices, pixels: Pixels, points: Float[np.ndarray, "*batch 3"]) -> Weights:
    """From where each view shows points to where they are projected; nan where a view or a point is missing."""
    return np.asarray(np.linalg.norm(projected(matrices, points) - pixels, axis=-1))


def triangulated(matrices: Matrices, pixels: Pixels, weights: Weights | None = None) -> Triangulated:
    """The points of least algebraic error.

    Args:
        matrices: Of the views.
        pixels: Where each view shows each point; nan where it doesn't.
        weights: Confidences, 0 or more; 0 leaves a view out. By default all count alike.
    """
    weights = _usable(pixels, weights)
    rows, right = _equations(matrices, pixels, weights)
    middle = _positions(matrices).mean(axis=0)
    normal, moment = np.einsum("...ri,...rj->...ij", rows, rows), np.einsum("...ri,...r->...i", rows, right - rows @ middle)
    damping = np.maximum(DAMPING / 3 * np.trace(normal, axis1=-2, axis2=-1), np.finfo(np.float64).tiny)
    points = middle + np.linalg.solve(normal + damping[..., None, None] * np.eye(3), moment[..., None])[..., 0]
    return _judged(matrices, pixels, points, weights > 0)


def refined(matrices: Matrices, pixels: Pixels, start: Triangulated, weights: Weights | None = None) -> Triangulated:
    """The points of least squared distance in pixels, by a few damped steps of Gauss and Newton from a first guess.

    Args:
        matrices: Of the views.
        pixels: Where each view shows each point; nan where it doesn't.
        start: The guess; only the views that it used are asked, and points that aren't found stay as they are.
        weights: Confidences, by which distances are multiplied.
    """
    weights = np.where(start.used & start.found, _usable(pixels, weights), 0.0)
    points, seen = np.where(start.found[..., None], start.points_metres, 0.0), np.where(weights[..., None] > 0, pixels, 0.0)
    cost = _cost(matrices, seen, weights, points)
    for _ in range(_STEPS):
        slopes, apart = _linearized(matrices, seen, points)
        slopes, apart = slopes * weights[..., None, None], apart * weights[..., None]
        normal, moment = np.einsum("v...ri,v...rj->...ij", slopes, slopes), np.einsum("v...ri,v...r->...i", slopes, apart)
        damping = DAMPING * np.trace(normal, axis1=-2, axis2=-1) + np.finfo(np.float64).tiny
        tried = points - np.linalg.solve(normal + damping[..., None, None] * np.eye(3), moment[..., None])[..., 0]
        better = _cost(matrices, seen, weights, tried) < cost
        points = np.where(better[..., None], tried, points)
        cost = _cost(matrices, seen, weights, points)
    settled = np.where(start.found[..., None], points, start.points_metres)
    judged = _judged(matrices, pixels, settled, start.used)
    return Triangulated(settled, start.found & judged.found, start.used)


def robust(
    matrices: Matrices,
    pixels: Pixels,
    weights: Weights | None = None,
    *,
    inlier_pixels: float,
    seed: int = 0,
) -> Triangulated:
    """The points that most views agree on: by all views or the best pair of them (RANSAC), then by all that agree, refined.

    All pairs are tried where there are no more than ten, else ten drawn at random. Of two views, both are believed; of
    more, a point on which no two agree is missing.

    Args:
        matrices: Of the views.
        pixels: Where each view shows each point; nan where it doesn't.
        weights: Confidences.
        inlier_pixels: A view agrees with a point up to this distance.
        seed: Of the pairs that are drawn.
    """
    weights = _usable(pixels, weights)
    best, agreeing = np.full(weights.shape[1:], np.inf), np.zeros(weights.shape, dtype=bool)
    for group in [tuple(range(len(matrices))), *_pairs(len(matrices), seed)]:
        alone = np.zeros(len(matrices), dtype=bool)
        alone[list(group)] = True
        only = np.where(alone.reshape(-1, *[1] * (weights.ndim - 1)), weights, 0.0)
        tried = triangulated(matrices, pixels, only)
        distance = distances_pixels(matrices, pixels, tried.points_metres)
        # nan compares as False. Those beyond count as if right at the limit (MSAC: Torr & Zisserman, 2000).
        near = (distance < inlier_pixels) & (weights > 0) & tried.found
        loss = np.where(near, distance**2, inlier_pixels**2).sum(axis=0)
        agreeing, best = np.where(loss < best, near, agreeing), np.minimum(loss, best)
    two = (weights > 0).sum(axis=0) <= 2
    chosen = np.where(agreeing | two, weights, 0.0)
    return refined(matrices, pixels, triangulated(matrices, pixels, chosen), weights)


def _pairs(views: int, seed: int) -> list[tuple[int, int]]:
    pairs = list(combinations(range(views), 2))
    if len(pairs) <= _MOST_PAIRS:
        return pairs
    drawn = np.random.default_rng(seed).choice(len(pairs), _MOST_PAIRS, replace=False)
    return [pairs[number] for number in sorted(drawn.tolist())]


def _usable(pixels: Pixels, weights: Weights | None) -> Weights:
    """Weights in float64; 0 where nothing is seen."""
    seen = np.isfinite(pixels).all(axis=-1)
    return np.where(seen, 1.0 if weights is None else weights, 0.0)


def _equations(
    matrices: Matrices, pixels: Pixels, weights: Weights
) -> tuple[Float[np.ndarray, "*batch row 3"], Float[np.ndarray, "*batch row"]]:
    """Two per view: rows and right sides; zeros where a view doesn't count."""
    batch = [1] * (pixels.ndim - 2)
    matrices = matrices.reshape(len(matrices), *batch, 3, 4)
    seen = np.where(weights[..., None] > 0, pixels, 0.0).astype(np.float64)
    both = (seen[..., None] * matrices[..., 2:, :] - matrices[..., :2, :]) * weights[..., None, None]
    rows = np.moveaxis(both, 0, -3).reshape(*both.shape[1:-2], -1, 4)
    return rows[..., :3], -rows[..., 3]


def _judged(matrices: Matrices, pixels: Pixels, points: Float[np.ndarray, "*batch 3"], used: Used) -> Triangulated:
    """Missing where fewer than two views are used, and not found where they are parallel or the point is behind one."""
    enough = used.sum(axis=0) >= 2
    depth = _in_views(matrices, points)[..., 2]
    before = ((depth > _NEAREST_DEPTH) | ~used).all(axis=0)
    wide = _parallax_radians(matrices, pixels, used) >= LEAST_PARALLAX_RADIANS
    return Triangulated(np.where(enough[..., None], points, np.nan), enough & before & wide, used)


def _parallax_radians(matrices: Matrices, pixels: Pixels, used: Used) -> Float[np.ndarray, "*batch"]:
    """The widest angle at which two of the used rays meet; rays of one centre don't meet elsewhere, and have none."""
    centers, widest = _positions(matrices), np.zeros(pixels.shape[1:-1])
    rays = []
    for matrix, seen in zip(matrices, pixels, strict=True):
        ray = np.concatenate([seen, np.ones_like(seen[..., :1])], axis=-1) @ np.linalg.inv(matrix[:, :3]).T
        rays.append(ray / np.linalg.norm(ray, axis=-1, keepdims=True))
    for a, b in combinations(range(len(matrices)), 2):
        if np.array_equal(centers[a], centers[b]):
            continue
        sine = np.linalg.norm(np.cross(rays[a], rays[b]), axis=-1)
        widest = np.where(used[a] & used[b], np.maximum(widest, sine), widest)
    return np.asarray(np.arcsin(np.minimum(widest, 1.0)))


def _positions(matrices: Matrices) -> Float[np.ndarray, "view 3"]:
    """Where the cameras stand."""
    return np.asarray(-np.linalg.solve(matrices[:, :, :3], matrices[:, :, 3:])[..., 0])


def _in_views(matrices: Matrices, points: Float[np.ndarray, "*batch 3"]) -> Float[np.ndarray, "view *batch 3"]:
    """Homogeneous pixels; the last number is the depth."""
    turned = np.einsum("vij,...j->v...i", matrices[:, :, :3], points)
    return np.asarray(turned + matrices[:, :, 3].reshape(len(matrices), *[1] * (points.ndim - 1), 3))


def _linearized(
    matrices: Matrices, seen: Pixels, points: Float[np.ndarray, "*batch 3"]
) -> tuple[Float[np.ndarray, "view *batch 2 3"], Pixels]:
    """Derivatives of pixels by the points, and how far they are from those seen."""
    image = _in_views(matrices, points)
    depth = np.where(np.abs(image[..., 2:]) < _NEAREST_DEPTH, _NEAREST_DEPTH, image[..., 2:])
    pixels = image[..., :2] / depth
    turn = matrices[:, :, :3].reshape(len(matrices), *[1] * (points.ndim - 1), 3, 3)
    slopes = (turn[..., :2, :] - pixels[..., None] * turn[..., 2:, :]) / depth[..., None]
    return slopes, pixels - seen


def _cost(
    matrices: Matrices, seen: Pixels, weights: Weights, points: Float[np.ndarray, "*batch 3"]
) -> Float[np.ndarray, "*batch"]:
    apart = (projected(matrices, points) - seen) * weights[..., None]
    return np.asarray((apart**2).sum(axis=(0, -1)))
