"""Numbers of a calibration file, checked before anything is made of them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from viewsync.geometry.lens import Lens
from viewsync.types import InputError

_ORTHONORMAL = 1e-3
"""Files print rotations with few digits."""


class CameraEntry:
    """What a file says of one camera. All its errors name the file, the camera and the key."""

    def __init__(self, path: Path, name: str, values: Mapping[str, Any]) -> None:
        self._path, self.name, self._values = path, name, values

    def error(self, fault: str) -> InputError:
        """What to raise if the entry can't be used."""
        return InputError(f"{self._path}, camera {self.name!r}: {fault}. Correct the file, or export it again.")

    def array(self, key: str) -> Float[np.ndarray, "..."]:
        """Finite numbers.

        Raises:
            InputError: There are none.
        """
        if key not in self._values:
            raise self.error(f"{key} is missing")
        try:
            values = np.array(self._values[key], dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise self.error(f"{key} must be numbers, got {self._values[key]!r}") from error
        if not np.isfinite(values).all():
            raise self.error(f"{key} must be finite numbers, got {values.tolist()}")
        return values

    def vector(self, key: str, length: int) -> Float[np.ndarray, " number"]:
        """Numbers in a row or in a column.

        Raises:
            InputError: It isn't that.
        """
        values = self.array(key)
        if values.size != length:
            raise self.error(f"{key} must be {length} numbers, got {values.size}")
        return values.reshape(length)

    def size(self, key: str) -> tuple[int, int]:
        """Width and height in pixels.

        Raises:
            InputError: It isn't that.
        """
        width, height = self.vector(key, 2).tolist()
        if not (width >= 1 and height >= 1 and width == int(width) and height == int(height)):
            raise self.error(f"{key} must be width and height in whole pixels, got {width:g} × {height:g}")
        return int(width), int(height)

    def lens(self, size: tuple[int, int], matrix_key: str, distortion_key: str) -> Lens:
        """The optics, from an intrinsic matrix and OpenCV's distortion coefficients.

        Raises:
            InputError: They aren't those of a pinhole with up to five coefficients.
        """
        matrix = self.vector(matrix_key, 9).reshape(3, 3)
        (fx, skew, cx), (zero, fy, cy), last = matrix.tolist()
        if not (fx > 0 and fy > 0 and abs(skew) < 1e-9 * fx and zero == 0 and last == [0, 0, 1]):
            raise self.error(f"{matrix_key} must be [[fx, 0, cx], [0, fy, cy], [0, 0, 1]], got {matrix.tolist()}")
        given = self.array(distortion_key).ravel()
        if given.size not in (4, 5, 8, 12, 14) or given[5:].any():
            raise self.error(f"{distortion_key} must be k1, k2, p1, p2 and perhaps k3, got {given.tolist()}")
        k1, k2, p1, p2, k3 = np.append(given, 0.0)[:5].tolist()
        return Lens(*size, (fx, fy), (cx, cy), (k1, k2, p1, p2, k3))

    def rotation(self, key: str) -> Float[np.ndarray, "3 3"]:
        """A rotation, told as a matrix or as a vector (Rodrigues).

        Raises:
            InputError: It isn't one.
        """
        values = self.array(key)
        if values.size == 3:
            return np.asarray(Rotation.from_rotvec(values.ravel()).as_matrix())
        matrix = self.vector(key, 9).reshape(3, 3)
        if np.abs(matrix @ matrix.T - np.eye(3)).max() > _ORTHONORMAL or np.linalg.det(matrix) < 0:
            raise self.error(f"{key} isn't a rotation: {matrix.tolist()}")
        return np.asarray(Rotation.from_matrix(matrix).as_matrix())


def rotation_vector(rotation: Float[np.ndarray, "3 3"]) -> list[float]:
    """A rotation as files tell it (Rodrigues)."""
    return [float(value) for value in Rotation.from_matrix(rotation).as_rotvec()]
