"""Affine clock maps: the sign convention of `viewsync.types` as something to apply, invert and chain."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from jaxtyping import Float

Seconds = TypeVar("Seconds", float, np.ndarray)


@dataclass(frozen=True)
class ClockMap:
    """t_to = (1 + rate) · t_from + offset.

    A camera's map leads from its pts to the reference clock; the map of a pair (a, b) leads from b's clock to a's.
    """

    offset_seconds: float
    rate: float = 0.0
    """Dimensionless, greater than −1: clocks don't stand still or run backwards."""

    def __post_init__(self) -> None:
        if not self.rate > -1:
            raise ValueError(f"ClockMap.rate must be greater than -1, got {self.rate}")

    def __call__(self, seconds: Seconds) -> Seconds:
        """Times on the clock that the map leads to."""
        # Not (1 + rate) · t: a rate of a few ppm would lose a third of its digits in the sum.
        return seconds + self.rate * seconds + self.offset_seconds

    def inverse(self) -> "ClockMap":
        """The way back: offset_ba = −offset_ab / (1 + rate_ab), rate_ba = −rate_ab / (1 + rate_ab)."""
        return ClockMap(-self.offset_seconds / (1 + self.rate), -self.rate / (1 + self.rate))

    def then(self, onward: "ClockMap") -> "ClockMap":
        """First this map, then `onward`.

        The map of (b, c), then that of (a, b), is the map of (a, c):
        offset_ac = offset_ab + (1 + rate_ab) · offset_bc.
        """
        return ClockMap(onward(self.offset_seconds), self.rate + onward.rate + self.rate * onward.rate)

    def inverse_covariance(self, covariance: Float[np.ndarray, "2 2"]) -> Float[np.ndarray, "2 2"]:
        """Covariance of the inverse's (offset, rate), to first order, from that of this map's."""
        scale = 1 + self.rate
        jacobian = np.array([[-1 / scale, self.offset_seconds / scale**2], [0.0, -1 / scale**2]])
        return np.asarray(jacobian @ covariance @ jacobian.T)
