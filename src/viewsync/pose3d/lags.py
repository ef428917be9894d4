"""Shifts of clocks by pairs of cameras, at every lag of a grid: where the fine search of `viewsync.pose3d.shifts` begins.

A pair's lag is judged by the Sampson distance of the same joints (Hartley & Zisserman, 2004, eq. 11.9), which is their
re-projection error in two views to first order.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from jaxtyping import Float, Int

from viewsync.geometry.camera import CalibratedCamera
from viewsync.geometry.epipolar import fundamental_matrix, homogeneous
from viewsync.pose3d.tracks import Curves, Places, View

STEP_SECONDS = 1 / 60
_MOST_INSTANTS = 400
_LEAST_POINTS = 60
"""That two cameras show at a lag, for it to be judged: joints times instants."""
_LEAST_SHARE = 0.3
"""Of the points that the two show at their best lag."""
_ALIKE_SECONDS = 0.15
"""A joint's errors are alike for so long, once its track is smooth."""
_CLEAR = 2.4
"""Over the root of the number of independent witnesses: by this share of what is usual, a pair's best lag must cost less.
Four standard errors of a mean distance, where all is noise and every lag is as good as any."""
_ROUNDS = 20

Tables = dict[tuple[int, int], Float[np.ndarray, " lag"]]
"""Of each pair of cameras, what each lag costs."""


def coarse_shifts(views: Sequence[View], curves: Sequence[Curves], max_shift_seconds: float) -> list[float | None]:
    """Shifts on a grid that all pairs like best, 0 of the first; None where nothing ties a camera to it."""
    reach = int(np.ceil(max_shift_seconds / STEP_SECONDS))
    seconds = views[0].tracks.seconds
    every = max(1, round((seconds[-1] - seconds[0]) / STEP_SECONDS / _MOST_INSTANTS))
    # Shifts of two cameras may lie apart by twice the largest one.
    grid = np.arange(seconds[0] - reach * STEP_SECONDS, seconds[-1] + (reach + 0.5) * STEP_SECONDS, STEP_SECONDS)
    places = [curve(grid) for curve in curves]
    tables = {
        (a, b): table
        for a, b in combinations(range(len(views)), 2)
        if (table := _pair_costs(views[a].camera, views[b].camera, places[a], places[b], 2 * reach, every)) is not None
    }
    return _agreed(len(views), tables, reach)


def _pair_costs(
    camera_a: CalibratedCamera, camera_b: CalibratedCamera, a: Places, b: Places, reach: int, every: int
) -> Float[np.ndarray, " lag"] | None:
    """Mean distance of joints from where the other camera allows them, in pixels, by the lag of b's shift behind a's.

    None where no lag is clearly better than others.

    b's shift s means that what a shows at t, b shows at t − s of its own clock: index i of a goes with i − lag of b.
    """
    fundamental = fundamental_matrix(camera_a, camera_b)
    count, costs, numbers = len(a.pixels), np.full(2 * reach + 1, np.nan), np.zeros(2 * reach + 1)
    for column, lag in enumerate(range(-reach, reach + 1)):
        rows = np.arange(max(lag, 0), min(count, count + lag), every)
        distances = _sampson(fundamental, a.pixels[rows], b.pixels[rows - lag])
        numbers[column] = len(distances)
        if len(distances) >= _LEAST_POINTS:
            costs[column] = distances.mean()
    costs[numbers < _LEAST_SHARE * numbers.max(initial=0)] = np.nan
    if np.isnan(costs).all():
        return None
    witnesses = numbers[np.nanargmin(costs)] * every * STEP_SECONDS / _ALIKE_SECONDS
    return costs if _clearness(costs) > _CLEAR / np.sqrt(witnesses) else None


def _sampson(
    fundamental: Float[np.ndarray, "3 3"], a: Float[np.ndarray, "*batch 2"], b: Float[np.ndarray, "*batch 2"]
) -> Float[np.ndarray, " seen"]:
    both = np.isfinite(a).all(axis=-1) & np.isfinite(b).all(axis=-1)
    one, other = homogeneous(a[both]), homogeneous(b[both])
    lines_a, lines_b = other @ fundamental.T, one @ fundamental
    norm = np.sqrt((lines_a[:, :2] ** 2 + lines_b[:, :2] ** 2).sum(axis=1))
    return np.asarray(np.abs((one * lines_a).sum(axis=1)) / np.maximum(norm, np.finfo(np.float64).tiny))


def _agreed(views: int, tables: Tables, reach: int) -> list[float | None]:
    """Camera by camera, the one that is tied most clearly first; then each anew, until none moves."""
    candidates = np.arange(-reach, reach + 1)
    found: dict[int, int] = {0: 0}
    while ties := {
        view: cost
        for view in range(views)
        if view not in found and (cost := _cost(view, found, tables, candidates)) is not None
    }:
        view, cost = max(ties.items(), key=lambda one: _clearness(one[1]))
        found[view] = int(candidates[np.nanargmin(cost)])
    for _ in range(_ROUNDS):
        before = dict(found)
        for view in range(1, views):
            others = {other: shift for other, shift in found.items() if other != view}
            if view in found and (cost := _cost(view, others, tables, candidates)) is not None:
                found[view] = int(candidates[np.nanargmin(cost)])
        if found == before:
            break
    return [found[view] * STEP_SECONDS if view in found else None for view in range(views)]


def _cost(
    view: int,
    found: dict[int, int],
    tables: Tables,
    candidates: Int[np.ndarray, " shift"],
) -> Float[np.ndarray, " shift"] | None:
    """Of each candidate, summed over the pairs with views whose shifts are known; None where there is none."""
    costs = [
        tables[pair][len(candidates) - 1 + (candidates - shift) * (1 if other < view else -1)]
        for other, shift in found.items()
        if (pair := (min(view, other), max(view, other))) in tables
    ]
    whole = np.sum(costs, axis=0) if costs else np.array([np.nan])
    return None if np.isnan(whole).all() else whole


def _clearness(cost: Float[np.ndarray, " shift"]) -> float:
    """How far the best is below what is usual."""
    return float(1 - np.nanmin(cost) / max(np.nanmedian(cost), np.finfo(np.float64).tiny))
