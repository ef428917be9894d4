"""What a learned association must beat, and what it can't be expected to: costs of people of two views."""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from viewsync.association.frames import MultiViewFrame, View
from viewsync.geometry.camera import CalibratedCamera
from viewsync.types import InputError

_REACH_METRES = 2.0
_SMALLEST = 1e-6


PairCost = Callable[[MultiViewFrame, int, int], Float[np.ndarray, "a b"]]
"""How unlike, from 0 to 1, the people of two views of an instant are, by the indices of their cameras."""


@dataclass(frozen=True)
class RandomCost:
    """Chance: the same for the same seed, instant and pair of cameras."""

    seed: int

    def __call__(self, frame: MultiViewFrame, a: int, b: int) -> Float[np.ndarray, "a b"]:
        """Uniform numbers."""
        rng = np.random.default_rng([self.seed, zlib.crc32(f"{frame.seconds:.6f}".encode()), a, b])
        return rng.uniform(size=(len(frame.views[a]), len(frame.views[b])))


@dataclass(frozen=True)
class PositionCost:
    """Who is at about the same place of both pictures: distance of the boxes' middles, in shares of width and height."""

    sizes: Sequence[tuple[int, int]]
    """Width and height of each camera's pictures."""

    def __call__(self, frame: MultiViewFrame, a: int, b: int) -> Float[np.ndarray, "a b"]:
        """Distances over the largest of them."""
        middles = [(view.boxes[:, :2] + view.boxes[:, 2:]) / 2 / self.sizes[c] for c, view in _views(frame, a, b)]
        return _of_largest(_distances(*middles))


@dataclass(frozen=True)
class AppearanceCost:
    """Who looks alike: distance of embeddings."""

    def __call__(self, frame: MultiViewFrame, a: int, b: int) -> Float[np.ndarray, "a b"]:
        """Distances over the largest of them.

        Raises:
            InputError: A view has no embeddings.
        """
        vectors = [view.embeddings for _, view in _views(frame, a, b)]
        if vectors[0] is None or vectors[1] is None:
            raise InputError(f"people at {frame.seconds:g} s have no embeddings. Make them with association.appearance.")
        return _of_largest(_distances(vectors[0], vectors[1]))


@dataclass(frozen=True)
class GroundCost:
    """What calibration tells: how far apart on the ground people stand, by the middles of their boxes' lower edges.

    An oracle, for others know no calibration; but not without errors, because boxes don't always end at the feet.
    """

    cameras: Sequence[CalibratedCamera]
    """In the order of the session's, for pictures of their sizes. The ground is z = 0."""
    reach_metres: float = _REACH_METRES
    """What costs 1, as does all that is farther."""

    def __call__(self, frame: MultiViewFrame, a: int, b: int) -> Float[np.ndarray, "a b"]:
        """Distances over the reach. Who isn't on the ground, such as above the horizon, costs 1."""
        feet = [self._feet(camera, view) for camera, view in _views(frame, a, b)]
        return np.fmin(_distances(*feet) / self.reach_metres, 1.0)

    def _feet(self, camera: int, view: View) -> Float[np.ndarray, "person 2"]:
        x1, _, x2, y2 = view.boxes.T
        return self.cameras[camera].on_plane(np.stack([(x1 + x2) / 2, y2], axis=-1))


def _views(frame: MultiViewFrame, a: int, b: int) -> list[tuple[int, View]]:
    return [(camera, frame.views[camera]) for camera in (a, b)]


def _distances(a: Float[np.ndarray, "a axis"], b: Float[np.ndarray, "b axis"]) -> Float[np.ndarray, "a b"]:
    return np.asarray(np.linalg.norm(a[:, None] - b, axis=-1))


def _of_largest(distances: Float[np.ndarray, "a b"]) -> Float[np.ndarray, "a b"]:
    return np.asarray(distances / (distances.max(initial=0) + _SMALLEST))
