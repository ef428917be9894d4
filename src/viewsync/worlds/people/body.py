"""A human body: its shape at rest, how it follows its bones, and where its joints are."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from viewsync.worlds.motions.skeleton import Poses, Skeleton


@dataclass(frozen=True)
class Detail:
    """The body's surface, cut into more or fewer triangles."""

    faces: Int[np.ndarray, "face 3"]
    rest_metres: Float[np.ndarray, "vertex 3"]
    rest_normals: Float[np.ndarray, "vertex 3"]
    weights: Float[np.ndarray, "vertex joint"]
    """How much each bone carries each vertex; rows sum to 1."""


@dataclass(frozen=True)
class Body:
    """One person's body, standing on z = 0 at rest."""

    skeleton: Skeleton
    details: tuple[Detail, ...]
    """From fine to coarse."""
    height_metres: float

    def surface(
        self, poses: Poses, detail: int
    ) -> tuple[Float[np.ndarray, "time vertex 3"], Float[np.ndarray, "time vertex 3"]]:
        """Vertices in the world, and their unit normals, at one level of detail (linear blend skinning)."""
        raise NotImplementedError

    def joints(self, poses: Poses) -> Float[np.ndarray, "time joint 3"]:
        """The joints of `people.joints.JOINTS` in the world."""
        raise NotImplementedError
