"""When light falls on a picture, and where a camera sees things that move meanwhile."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from viewsync.worlds.cameras.camera import Camera
from viewsync.worlds.film.optics import Optics


def instants(camera: Camera, pts_seconds: Float[np.ndarray, " frame"]) -> Float[np.ndarray, "frame sample end"]:
    """World times of what is drawn for each frame.

    Its exposure is cut into samples, and each of them has two ends: when the top of the picture is exposed, and when its
    bottom is. If all rows are exposed at the same time, there is one end.
    """
    shutter = camera.shutter
    samples = ((np.arange(shutter.blur_samples) + 0.5) / shutter.blur_samples - 0.5) * shutter.exposure_seconds
    ends = np.array([-0.5, 0.5] if shutter.readout_seconds else [0.0]) * shutter.readout_seconds
    seconds = pts_seconds[:, None, None] + samples[:, None] + ends
    return camera.clock.world_seconds(seconds.ravel()).reshape(seconds.shape)


@dataclass(frozen=True)
class Seen:
    """Points as a rolling shutter sees them."""

    metres: Float[np.ndarray, "point 3"]
    """Camera axes."""
    shares: Float[np.ndarray, " point"]
    """When the row that shows each was exposed: 0 with the top of the picture, 1 with its bottom."""


def read_out(ends: Float[np.ndarray, "end point 3"], optics: Optics) -> Seen:
    """See points at the times of the rows that show them. In between, they move straight.

    Args:
        ends: In camera axes, at the times of the top and of the bottom of the pictures that show them, or at the only one.
        optics: The camera's.
    """
    if len(ends) == 1:
        return Seen(ends[0], np.full(len(ends[0]), 0.5))
    # The row on which a point lands depends on the time, about linearly, and the time on the row.
    start, path = ends[0], ends[1] - ends[0]
    first, last = _shares(start, optics), _shares(ends[1], optics)
    shares = np.clip(first / np.maximum(1 - (last - first), 0.1), 0, 1)
    shares = np.clip(_shares(start + shares[:, None] * path, optics), 0, 1)
    return Seen(start + shares[:, None] * path, shares)


def _shares(points: Float[np.ndarray, "point 3"], optics: Optics) -> Float[np.ndarray, " point"]:
    return (optics.rows(points) + 0.5) / optics.lens.height


@dataclass(frozen=True)
class Glance:
    """The camera at the instants at which the top and the bottom of a picture are exposed, or at the only one."""

    rotations: Float[np.ndarray, "end 3 3"]
    positions: Float[np.ndarray, "end 3"]
    optics: Optics

    def see(self, points: Float[np.ndarray, "end point 3"]) -> Seen:
        """Bring points to camera axes, each at the time of the row that shows it, as precisely as they are given.

        In between, points move straight in camera axes.

        Args:
            points: In the world, at the top's and at the bottom's time.
        """
        positions, rotations = self.positions.astype(points.dtype), self.rotations.astype(points.dtype)
        ends = (points - positions[:, None]) @ rotations.transpose(0, 2, 1)
        return read_out(ends, self.optics)

    def same(self, other: "Glance") -> bool:
        """Whether the camera hasn't moved."""
        return np.array_equal(self.rotations, other.rotations) and np.array_equal(self.positions, other.positions)

    def turn(self, arrows: Float[np.ndarray, "point 3"]) -> Float[np.ndarray, "point 3"]:
        """Bring directions to things infinitely far away to camera axes."""
        return self.see(arrows + self.positions[:, None]).metres
