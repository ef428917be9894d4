"""The optics of a camera: from directions to pixels and back."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float

_REFINED = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 200, 1e-8)
_ACCURATE_PIXELS = 0.01
_NEAREST_METRES = 1e-6


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

    @property
    def turning_radius(self) -> float:
        """Tangent of the angle off axis beyond which the formula folds the world back into the picture; inf if never."""
        k1, k2, _, _, k3 = self.distortion
        squares = np.roots(np.array([7 * k3, 5 * k2, 3 * k1, 1.0]))
        turns = squares[(np.abs(squares.imag) < 1e-9) & (squares.real > 0)].real
        return float(np.sqrt(turns.min())) if turns.size else float("inf")

    def project(self, points: Float[np.ndarray, "*batch 3"]) -> Float[np.ndarray, "*batch 2"]:
        """Pixels of points in camera axes (metres); those that the lens doesn't see get whatever the formula says."""
        depth = points[..., 2:]
        return self.bend(points[..., :2] / np.where(depth == 0, 1, depth))

    def bend(self, tangents: Float[np.ndarray, "*batch 2"]) -> Float[np.ndarray, "*batch 2"]:
        """Pixels of directions, told by x and y at z = 1; as precise as these are."""
        # As cv2.projectPoints, which is thirty times slower, for it always makes the derivatives, too.
        (fx, fy), (cx, cy) = self.focal_pixels, self.center_pixels
        x, y = tangents[..., 0], tangents[..., 1]
        if any(self.distortion):
            k1, k2, p1, p2, k3 = self.distortion
            square, product = x * x + y * y, x * y
            radial = 1 + square * (k1 + square * (k2 + square * k3))
            x, y = (
                x * radial + 2 * p1 * product + p2 * (square + 2 * x * x),
                y * radial + p1 * (square + 2 * y * y) + 2 * p2 * product,
            )
        return np.stack([fx * x + cx, fy * y + cy], axis=-1)

    def sees(self, points: Float[np.ndarray, "*batch 3"]) -> Bool[np.ndarray, "*batch"]:
        """Whether points in camera axes lie before the lens and in the picture, whatever may hide them."""
        before = points[..., 2] > _NEAREST_METRES
        safe = np.where(before[..., None], points, (0.0, 0.0, 1.0))
        pixels = self.project(safe)
        inside = ((pixels >= -0.5) & (pixels < (self.width - 0.5, self.height - 0.5))).all(axis=-1)
        unfolded = np.hypot(safe[..., 0], safe[..., 1]) < self.turning_radius * safe[..., 2]
        return np.asarray(before & inside & unfolded)

    def unproject(self, pixels: Float[np.ndarray, "*batch 2"]) -> Float[np.ndarray, "*batch 3"]:
        """Directions in camera axes, scaled to z = 1, that are shown at pixels; nan where the lens shows nothing."""
        flat = np.ascontiguousarray(pixels, dtype=np.float64).reshape(-1, 1, 2)
        if len(flat) == 0:
            return np.zeros((*pixels.shape[:-1], 3))
        undistorted = cv2.undistortPoints(flat, self.matrix, np.array(self.distortion), criteria=_REFINED)[:, 0]
        rays = np.column_stack([undistorted, np.ones(len(flat))])
        missed = np.linalg.norm(self.bend(undistorted) - flat[:, 0], axis=1)
        # Written so that a diverged iteration fails, too.
        good = (missed < _ACCURATE_PIXELS) & (np.hypot(*undistorted.T) < self.turning_radius)
        rays[~good] = np.nan
        return rays.reshape(*pixels.shape[:-1], 3)

    def scaled(self, width: int, height: int) -> "Lens":
        """The same lens before a sensor of the same size with other pixels."""
        across, down = width / self.width, height / self.height
        (fx, fy), (cx, cy) = self.focal_pixels, self.center_pixels
        center = ((cx + 0.5) * across - 0.5, (cy + 0.5) * down - 0.5)
        return Lens(width, height, (fx * across, fy * down), center, self.distortion)
