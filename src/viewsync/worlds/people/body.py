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
    """From the soles to the top of the skull."""
    age_years: float
    gender: float
    """0 is a man's shape, 1 a woman's, with everything in between."""
    anchors: Float[np.ndarray, "truth joint 4"]
    """How each bone carries each joint of `people.joints.JOINTS`: where it is seen from the bone's head (metres) times
    the bone's share in it, and that share."""

    def surface(
        self, poses: Poses, detail: int
    ) -> tuple[Float[np.ndarray, "time vertex 3"], Float[np.ndarray, "time vertex 3"]]:
        """Vertices in the world, and their unit normals, at one level of detail (linear blend skinning).

        Args:
            poses: Posture and place at each instant.
            detail: Which of `details`, 0 the finest.

        Returns:
            Both in single precision.
        """
        cut = self.details[detail]
        turns, heads = poses.matrices(), poses.joints(self.skeleton)[0]
        shifts = heads - (turns @ self.skeleton.heads_metres[..., None])[..., 0]
        moves = np.concatenate([turns, shifts[..., None]], -1).reshape(*turns.shape[:2], 12).astype(np.float32)
        blend = (cut.weights.astype(np.float32, copy=False) @ moves).reshape(len(turns), -1, 3, 4)
        points = _turned(blend, cut.rest_metres) + blend[..., 3]
        normals = _turned(blend, cut.rest_normals)
        return points, normals / np.linalg.norm(normals, axis=-1, keepdims=True)

    def joints(self, poses: Poses) -> Float[np.ndarray, "time truth 3"]:
        """The joints of `people.joints.JOINTS` in the world, carried by the same blend of bones as the skin around them."""
        heads, _ = poses.joints(self.skeleton)
        carried = np.einsum("tjab,kjb->tka", poses.matrices(), self.anchors[..., :3], optimize=True)
        return np.asarray(carried + self.anchors[..., 3] @ heads)


def _turned(
    blend: Float[np.ndarray, "time vertex 3 4"], arrows: Float[np.ndarray, "vertex 3"]
) -> Float[np.ndarray, "time vertex 3"]:
    return np.asarray(np.einsum("tvab,vb->tva", blend[..., :3], arrows.astype(np.float32, copy=False)))
