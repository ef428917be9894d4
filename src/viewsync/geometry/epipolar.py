"""What two views of the same instant have to do with one another."""

from collections.abc import Sequence
from itertools import permutations

import numpy as np
from jaxtyping import Float

from viewsync.geometry.camera import CalibratedCamera

_SAME_PLACE_METRES = 1e-6


def fundamental_matrix(a: CalibratedCamera, b: CalibratedCamera) -> Float[np.ndarray, "3 3"]:
    """F with x_aᵀ F x_b = 0 for pixels (x, y, 1) of one point, as lenses without distortion would show it.

    Of unit norm (Hartley & Zisserman, 2004, eq. 9.2).

    Raises:
        ValueError: The cameras stand at one place, from where every point agrees with every other.
    """
    turn = a.rotation @ b.rotation.T
    x, y, z = a.translation_metres - turn @ b.translation_metres
    across = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    if x * x + y * y + z * z < _SAME_PLACE_METRES**2:
        raise ValueError(f"{a.name} and {b.name} stand at the same place")
    found = np.linalg.inv(a.lens.matrix).T @ across @ turn @ np.linalg.inv(b.lens.matrix)
    return np.asarray(found / np.linalg.norm(found))


def homogeneous(points: Float[np.ndarray, "*batch 2"]) -> Float[np.ndarray, "*batch 3"]:
    """(x, y, 1)."""
    return np.concatenate([points, np.ones_like(points[..., :1])], axis=-1)


def fundamental_matrices(cameras: Sequence[CalibratedCamera]) -> Float[np.ndarray, "camera camera 3 3"]:
    """`fundamental_matrix` of each camera with each other one; zeros with itself, as all points agree.

    Raises:
        ValueError: Two cameras stand at one place.
    """
    found = np.zeros((len(cameras), len(cameras), 3, 3))
    for a, b in permutations(range(len(cameras)), 2):
        found[a, b] = fundamental_matrix(cameras[a], cameras[b])
    return found
