"""The optics of a camera."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float


@dataclass(frozen=True)
class Lens:
    """A pinhole with Brown-Conrady distortion (OpenCV's model). Camera axes: x right, y down, z forward.

    Pixel (0, 0) is the middle of the top left pixel.
    """

    width: int
    height: int
    focal_pixels: tuple[float, float]
    """fx, fy."""
    center_pixels: tuple[float, float]
    """cx, cy."""
    distortion: tuple[float, float, float, float, float] = (0.0, 0.0, 0.0, 0.0, 0.0)
    """k1, k2, p1, p2, k3."""

    @property
    def matrix(self) -> Float[np.ndarray, "3 3"]:
        """The intrinsic matrix K."""
        (fx, fy), (cx, cy) = self.focal_pixels, self.center_pixels
        return np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]])

    def project(self, points: Float[np.ndarray, "*batch 3"]) -> Float[np.ndarray, "*batch 2"]:
        """Pixels of points in camera axes (metres); those behind the camera get whatever the formula says."""
        flat = np.ascontiguousarray(points, dtype=np.float64).reshape(-1, 3)
        if len(flat) == 0:
            return np.zeros((*points.shape[:-1], 2))
        zero = np.zeros(3)
        pixels, _ = cv2.projectPoints(flat, zero, zero, self.matrix, np.array(self.distortion))
        return pixels.reshape(*points.shape[:-1], 2)
