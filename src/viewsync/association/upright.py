"""Where a camera's people stand, by how tall they are in its pictures: no calibration, nobody known."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from scipy.optimize import least_squares

PERSON_METRES = 1.7
"""Height of an average person."""
FOCAL_SHARE = 0.9
"""Focal length in shares of the picture's width, as of most cameras, where nothing tells."""
_LEAST_BOXES, _MOST_BOXES = 30, 3000
_EDGE_SHARE = 0.005
"""Who is nearer to a picture's edge may be cut off there."""
_NEAREST_PIXELS = 8.0
"""Feet below the horizon; nobody is farther than what that means."""
_USUAL_MISS = 0.08
"""Of a box's height, in shares of it."""
_HORIZONS = np.linspace(-0.4, 0.4, 9)
"""To begin with, in shares of the picture's height from its upper edge."""
_LOW, _HIGH = (0.2, -2.0, -0.1), (3.0, 0.8, 0.1)
"""Bounds of slope, horizon and roll."""


@dataclass(frozen=True)
class Upright:
    """A camera above level ground. A box whose foot is d pixels below the horizon is slope · d high (Hoiem et al., 2008).

    So the camera is `PERSON_METRES` / slope above the ground. It must look about straight ahead: tilts by more than 20° or
    so bend the relation.
    """

    slope: float
    horizon_pixels: float
    """Row of the horizon in the middle column."""
    roll: float
    """By how many rows the horizon falls per column."""
    focal_pixels: float
    """What isn't told by heights: it scales how far off people are."""
    middle_pixels: float
    """Middle column."""

    def places(self, boxes: Float[np.ndarray, "*batch 4"]) -> Float[np.ndarray, "*batch 2"]:
        """How far to the right of the camera and ahead of it boxes' feet are, in metres."""
        across = (boxes[..., 0] + boxes[..., 2]) / 2 - self.middle_pixels
        below = boxes[..., 3] - self.horizon_pixels - self.roll * across
        metres = PERSON_METRES / self.slope / np.maximum(below, _NEAREST_PIXELS)
        return np.stack([across * metres, self.focal_pixels * metres], axis=-1)


def upright(boxes: Float[np.ndarray, "box 4"], size: tuple[int, int]) -> Upright | None:
    """Of a camera, by boxes of all instants; None if too few people are seen from head to foot.

    Args:
        boxes: x1, y1, x2, y2 in pixels.
        size: Width and height of the pictures.
    """
    width, height = size
    whole = boxes[_inside(boxes, size)]
    if len(whole) < _LEAST_BOXES:
        return None
    x1, top, x2, foot = whole[:: -(-len(whole) // _MOST_BOXES)].T
    across, tall = (x1 + x2) / 2 - width / 2, foot - top

    def missed(fit: Float[np.ndarray, " 3"]) -> Float[np.ndarray, " box"]:
        slope, horizon, roll = fit
        return np.asarray((tall - slope * (foot - horizon * height - roll * across)) / tall)

    fits = []
    for horizon in _HORIZONS:
        slope = np.median(tall / np.maximum(foot - horizon * height, _NEAREST_PIXELS))
        begin = np.clip([slope, horizon, 0.0], np.add(_LOW, 1e-3), np.subtract(_HIGH, 1e-3))
        fits.append(least_squares(missed, begin, bounds=(_LOW, _HIGH), loss="soft_l1", f_scale=_USUAL_MISS))
    slope, horizon, roll = min(fits, key=lambda fit: fit.cost).x.tolist()
    return Upright(slope, horizon * height, roll, FOCAL_SHARE * width, width / 2)


def _inside(boxes: Float[np.ndarray, "box 4"], size: tuple[int, int]) -> Bool[np.ndarray, " box"]:
    margin = _EDGE_SHARE * np.array(size)
    return np.asarray((boxes[:, :2] > margin).all(axis=1) & (boxes[:, 2:] < size - margin).all(axis=1))
