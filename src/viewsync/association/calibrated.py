"""What calibration tells of who is who where there is one: an optional extra, to be mixed with what a network has learned.

Where the ground is known, `baselines.GroundCost` tells how far apart people stand on it; where it isn't, `EpipolarCost`
tells how far they are from lines on which both views can be of one person. Each cost is from 0 to 1, and a half where two
boxes are as likely one person as two, as with a calibrated network; so that is what a half means in any mixture of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from viewsync.association.baselines import PairCost
from viewsync.association.frames import MultiViewFrame, View
from viewsync.geometry.camera import CalibratedCamera
from viewsync.geometry.epipolar import fundamental_matrices
from viewsync.types import InputError

_HALFWAY_HEIGHTS = 0.1
"""A box's edges are off by less for one person, as a rule."""


@dataclass(frozen=True)
class EpipolarCost:
    """How far people's feet and heads are from each other's epipolar lines, for when nobody knows where the ground is.

    Feet and heads are the middles of a box's lower and upper edge: two points of an upright person that both views show,
    which middles of boxes aren't. A point of one view lies somewhere on a line of the other one (Hartley & Zisserman, 2004,
    §9.1). Its distance from there, in heights of the box, is taken both ways and of both points, and the mean of the four
    counts. So people who stand in one plane with both cameras can't be told apart.
    """

    cameras: Sequence[CalibratedCamera]
    """In the order of the session's, for pictures of their sizes."""
    halfway_heights: float = _HALFWAY_HEIGHTS
    """What costs a half: a distance d costs d / (d + d₀)."""

    def __call__(self, frame: MultiViewFrame, a: int, b: int) -> Float[np.ndarray, "a b"]:
        """Costs of two views."""
        distances = self.heights(frame, a, b)
        return np.asarray(distances / (distances + self.halfway_heights))

    def heights(self, frame: MultiViewFrame, a: int, b: int) -> Float[np.ndarray, "a b"]:
        """The distances, in heights of boxes."""
        (ends_a, ends_b), (tall_a, tall_b) = zip(*(self._ends(c, frame.views[c]) for c in (a, b)), strict=True)
        there = _off_lines(ends_b @ self._matrices[a, b].T, ends_a).mean(axis=2) / tall_a[:, None]
        back = _off_lines(ends_a @ self._matrices[a, b], ends_b).mean(axis=2) / tall_b[:, None]
        return np.asarray((there + back.T) / 2)

    @cached_property
    def _matrices(self) -> Float[np.ndarray, "camera camera 3 3"]:
        try:
            return fundamental_matrices(self.cameras)
        except ValueError as error:
            raise InputError(f"{error}: from there, anybody may be anybody. Leave one of them out.") from error

    def _ends(self, camera: int, view: View) -> tuple[Float[np.ndarray, "person 2 3"], Float[np.ndarray, " person"]]:
        """Heads and feet in a lens without distortion, and how far they are apart."""
        x1, y1, x2, y2 = view.boxes.T
        pixels = np.stack([np.stack([(x1 + x2) / 2, y], axis=-1) for y in (y1, y2)], axis=1)
        lens = self.cameras[camera].lens
        ends = lens.unproject(pixels.reshape(-1, 2)).reshape(-1, 2, 3) @ lens.matrix.T
        return ends, np.linalg.norm(ends[:, 1] - ends[:, 0], axis=-1)


def _off_lines(
    lines: Float[np.ndarray, "other end 3"], points: Float[np.ndarray, "one end 3"]
) -> Float[np.ndarray, "one other end"]:
    """Distances of points (x, y, 1) from lines, in pixels."""
    products = np.abs(np.einsum("pei,qei->pqe", points, lines))
    return np.asarray(products / np.maximum(np.linalg.norm(lines[..., :2], axis=-1), 1e-12))


@dataclass(frozen=True)
class MixedCost:
    """What was learned and what calibration tells: (1 − share) · learned + share · known."""

    learned: PairCost
    known: PairCost
    share: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise InputError(f"the share of calibration must be from 0 to 1, got {self.share}.")

    def __call__(self, frame: MultiViewFrame, a: int, b: int) -> Float[np.ndarray, "a b"]:
        """Costs of two views."""
        return np.asarray((1 - self.share) * self.learned(frame, a, b) + self.share * self.known(frame, a, b))
