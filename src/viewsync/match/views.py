"""Two views of people at a lag: the kind of geometry that describes them most briefly, and how well it does."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import TypeVar

import numpy as np
from jaxtyping import Float

from viewsync.match.epipolar import Fit, Refined, fit, refine
from viewsync.match.geometries import FreeGeometry, Geometry, KnownGeometry
from viewsync.match.interpolate import between
from viewsync.match.posture import FEW_JOINTS, centred, standardized

_KNOT_SECONDS, _SLOW_KNOT_SECONDS = 1.0, 10.0
"""Between which the geometry of moving cameras changes evenly; the second for a few points, which tell it slowly."""
_TRUST = 10.0
"""Nats by which a calibration's description may be longer: what was measured is believed unless points contradict it."""

Points = Float[np.ndarray, "_ joint 2"]
Fitted = TypeVar("Fitted", bound=Fit)


class Kind(Enum):
    """What may be known of two cameras."""

    KNOWN, STILL, MOVING = range(3)


@dataclass(frozen=True)
class Views:
    """Two cameras that see people, each with so many joints, at so many samples a second."""

    joints: int
    rate_hz: float
    fundamental: Float[np.ndarray, "3 3"] | None

    def located(self, a: Points, b: Points, lag: float, kinds: Sequence[Kind] = tuple(Kind)) -> tuple[Refined, Kind] | None:
        """The best lag near a coarse one, under the kind of geometry with the shortest description.

        Args:
            a: Points of the first view in pixels, one person after the other; nan where unseen.
            b: The same points of the second view.
            lag: In samples.
            kinds: What to try.
        """
        return self._briefest(refine, a, b, lag, kinds)

    def fitted(self, a: Points, b: Points, lag: float) -> Fit | None:
        """How well the kind of geometry with the shortest description explains points at a lag that stays."""
        best = self._briefest(fit, a, b, lag, tuple(Kind))
        return None if best is None else best[0]

    def _briefest(
        self, fitting: Callable[[Points, Points, float, Geometry], Fitted | None], a: Points, b: Points, lag: float,
        kinds: Sequence[Kind],
    ) -> tuple[Fitted, Kind] | None:  # fmt: skip
        if not (np.isfinite(a).any() and np.isfinite(b).any()):
            return None
        tried = [(self._fit(fitting, a, b, lag, kind), kind) for kind in kinds]
        found = [(one, kind) for one, kind in tried if one is not None]
        return min(found, key=lambda one: one[0].description_length - _TRUST * (one[1] is Kind.KNOWN), default=None)

    def _fit(
        self, fitting: Callable[[Points, Points, float, Geometry], Fitted | None], a: Points, b: Points, lag: float,
        kind: Kind,
    ) -> Fitted | None:  # fmt: skip
        bodies = self.joints >= FEW_JOINTS
        if kind is Kind.MOVING and bodies:
            a, b = self._centred(a), self._centred(b)
        (a, frame_a), (b, frame_b) = standardized(a), standardized(b)
        geometry: Geometry | None
        if kind is Kind.KNOWN:
            geometry = None if self.fundamental is None else KnownGeometry(frame_a.T @ self.fundamental @ frame_b)
        else:
            spacing = (_KNOT_SECONDS if bodies else _SLOW_KNOT_SECONDS) * self.rate_hz
            geometry = FreeGeometry.fitted(a, b, lag, spacing if kind is Kind.MOVING else math.inf)
        one = None if geometry is None else fitting(a, b, lag, geometry)
        # In pixels, fits in different coordinates can be compared.
        unit = math.sqrt(frame_a[0, 0] * frame_b[0, 0])
        return None if one is None else replace(one, scale=one.scale * unit)

    def _centred(self, points: Points) -> Points:
        """Each person as seen from its own middle."""
        people = range(0, points.shape[1], self.joints)
        return np.concatenate([centred(points[:, first : first + self.joints]) for first in people], axis=1)


def rows_apart(a: Points, b: Points, lag: float, heights_pixels: tuple[int | None, int | None]) -> float:
    """By how much of a picture's height a shows the points lower than b; 0 where nobody knows how high the pictures are."""
    height_a, height_b = heights_pixels
    if height_a is None or height_b is None:
        return 0.0
    rows = between(a, np.arange(len(b)) + lag)[0][..., 1] / height_a - b[..., 1] / height_b
    return float(np.nanmean(rows)) if np.isfinite(rows).any() else 0.0
