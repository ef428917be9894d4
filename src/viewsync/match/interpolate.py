"""Smooth tracks between their samples."""

import numpy as np
from jaxtyping import Float


def between(
    points: Float[np.ndarray, "time joint 2"], places: Float[np.ndarray, " sample"]
) -> tuple[Float[np.ndarray, "sample joint 2"], Float[np.ndarray, "sample joint 2"]]:
    """Points and their velocities (per sample) at fractional places, by Catmull–Rom splines (1974).

    nan outside, and from one sample up to the next where either is unseen.
    """
    last = len(points) - 1
    if last < 1:
        nothing = np.full((len(places), *points.shape[1:]), np.nan)
        return nothing, nothing
    whole = np.clip(np.floor(places).astype(int), 0, last - 1)
    share = (places - whole)[:, None, None]
    left, right = points[whole], points[whole + 1]
    before, after = points[np.maximum(whole - 1, 0)], points[np.minimum(whole + 2, last)]
    before = np.where(np.isnan(before) | (whole == 0)[:, None, None], 2 * left - right, before)
    after = np.where(np.isnan(after) | (whole == last - 1)[:, None, None], 2 * right - left, after)
    bend, twist = 2 * before - 5 * left + 4 * right - after, -before + 3 * left - 3 * right + after
    found = 0.5 * (2 * left + (right - before) * share + bend * share**2 + twist * share**3)
    speed = 0.5 * (right - before + 2 * bend * share + 3 * twist * share**2)
    outside = ((places < 0) | (places > last))[:, None, None]
    return np.where(outside, np.nan, found), np.where(outside, np.nan, speed)
