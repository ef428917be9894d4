"""Somebody's way over the ground."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from scipy.interpolate import CubicHermiteSpline


def shortest_turn(radians: Float[np.ndarray, "*angle"]) -> Float[np.ndarray, "*angle"]:
    """The same directions, at most half a turn away from 0."""
    return np.asarray((radians + np.pi) % (2 * np.pi) - np.pi)


@dataclass(frozen=True)
class Path:
    """Positions on the ground at regular instants, smooth in between. Before and after them nobody is there."""

    start_seconds: float
    """World time of the first position."""
    interval_seconds: float
    positions_metres: Float[np.ndarray, "instant 2"]
    velocities_metres_per_second: Float[np.ndarray, "instant 2"]
    headings_radians: Float[np.ndarray, " instant"]
    """Where the person faces: 0 is +x, a quarter turn is +y; unwrapped. While walking, about along the velocity."""

    @property
    def end_seconds(self) -> float:
        """World time of the last position."""
        return self.start_seconds + self.interval_seconds * (len(self.positions_metres) - 1)

    def present(self, seconds: Float[np.ndarray, " time"]) -> Bool[np.ndarray, " time"]:
        """Whether the person is there at these world times."""
        return (seconds >= self.start_seconds) & (seconds <= self.end_seconds)

    def instants(self) -> Float[np.ndarray, " instant"]:
        """World times of the positions."""
        return self.start_seconds + self.interval_seconds * np.arange(len(self.positions_metres))

    def positions(self, seconds: Float[np.ndarray, " time"]) -> Float[np.ndarray, "time 2"]:
        """Where the person is; at the ends of the path before and after it."""
        spline = CubicHermiteSpline(self.instants(), self.positions_metres, self.velocities_metres_per_second)
        return np.asarray(spline(np.clip(seconds, self.start_seconds, self.end_seconds)))

    def headings(self, seconds: Float[np.ndarray, " time"]) -> Float[np.ndarray, " time"]:
        """Where the person faces, in radians."""
        return np.asarray(np.interp(seconds, self.instants(), self.headings_radians))
