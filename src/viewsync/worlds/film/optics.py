"""From a lens to the larger picture without distortion that is drawn for it, and back."""

import cv2
import numpy as np
from jaxtyping import Bool, Float, Float32, UInt8, UInt16

from viewsync.geometry.lens import Lens
from viewsync.worlds.film.window import FARTHEST_METRES, NEAREST_METRES, metres

_FINER, _FINER_IF_BENT = 2.0, 1.5
"""Drawn pixels per pixel, along each axis, against stair-steps. A bent picture is smoothed by bending it, too."""
_SAME_SURFACE = 0.01
"""Share of its depth by which a surface may slope within half a drawn pixel."""
_BEYOND_THE_PICTURE = 1.2
_NOWHERE = -9.0


class Optics:
    """What is drawn for a lens: a finer picture through a pinhole that shows all that the lens shows."""

    def __init__(self, lens: Lens) -> None:
        self.lens = lens
        self.bent = any(lens.distortion)
        finer = _FINER_IF_BENT if self.bent else _FINER
        rays = self._rays()
        (fx, fy), low, high = lens.focal_pixels, np.nanmin(rays, axis=(0, 1)), np.nanmax(rays, axis=(0, 1))
        # Half a pixel around the middles of the outermost ones, and another half for interpolation.
        margin = 1.0 if self.bent else 0.5
        left, top = low * (fx, fy) - margin
        right, bottom = high * (fx, fy) + margin
        self.size = round(finer * (right - left)), round(finer * (bottom - top))
        self.matrix = np.array([[finer * fx, 0, -finer * left - 0.5], [0, finer * fy, -finer * top - 0.5], [0, 0, 1]])
        self.flat_matrix = self.matrix.copy()
        """Shifted, so that without distortion each pixel's middle is the middle of a drawn one."""
        if not self.bent:
            self.flat_matrix[:2, 2] += 0.5
        spread = _BEYOND_THE_PICTURE * float(np.nanmax(np.linalg.norm(rays, axis=-1)))
        self._spread = min(spread, 0.99 * lens.turning_radius)
        places = np.nan_to_num(rays * (finer * fx, finer * fy) + self.matrix[:2, 2], nan=_NOWHERE).astype(np.float32)
        self._columns, self._rows = places[..., 0], places[..., 1]
        self._quick_map = cv2.convertMaps(self._columns, self._rows, cv2.CV_16SC2)

    def _rays(self) -> Float[np.ndarray, "height width 2"]:
        """Tangents of the directions that the middles of the pixels show; nan where the lens shows nothing."""
        pixels = np.stack(np.meshgrid(np.arange(self.lens.width), np.arange(self.lens.height)), -1).astype(float)
        if self.bent:
            return self.lens.unproject(pixels)[..., :2]
        return np.asarray((pixels - self.lens.center_pixels) / self.lens.focal_pixels)

    def picture(self, drawn: UInt8[np.ndarray, "tall wide 3"]) -> UInt8[np.ndarray, "height width 3"]:
        """The lens's picture."""
        if not self.bent:
            return np.asarray(cv2.resize(drawn, (self.lens.width, self.lens.height), interpolation=cv2.INTER_AREA))
        return np.asarray(cv2.remap(drawn, self._quick_map[0], self._quick_map[1], cv2.INTER_LINEAR))

    def mask(self, drawn: UInt16[np.ndarray, "tall wide"]) -> UInt16[np.ndarray, "height width"]:
        """The lens's picture of what can't be mixed, from one drawn with `flat_matrix`."""
        if not self.bent:
            return np.ascontiguousarray(drawn[1::2, 1::2])
        return np.asarray(cv2.remap(drawn, self._columns, self._rows, cv2.INTER_NEAREST))

    def depth(self, drawn: Float32[np.ndarray, "tall wide"]) -> Float32[np.ndarray, "height width"]:
        """The lens's picture of depth in metres, from a z-buffer drawn with `flat_matrix`; inf where nothing is."""
        if not self.bent:
            result = metres(drawn[1::2, 1::2])
        else:
            near = metres(cv2.remap(drawn, self._columns, self._rows, cv2.INTER_NEAREST, borderValue=1.0))
            # The z-buffer of a plane is linear in the picture, that of an edge is not.
            between = metres(cv2.remap(drawn, self._columns, self._rows, cv2.INTER_LINEAR, borderValue=1.0))
            result = np.where(np.abs(between - near) < _SAME_SURFACE * near, between, near)
        return np.where(result > 0.99 * FARTHEST_METRES, np.float32(np.inf), result)

    def drawn_pixels(self, points: Float[np.ndarray, "point 3"]) -> Float[np.ndarray, "point 2"]:
        """Where points in camera axes, before the camera, lie in the drawn picture."""
        focal = self.matrix.diagonal()[:2]
        return np.asarray(points[:, :2] / points[:, 2:] * focal + self.matrix[:2, 2])

    def pixels(self, points: Float[np.ndarray, "point 3"]) -> Float[np.ndarray, "point 2"]:
        """Where points in camera axes lie in the lens's picture; nan behind the camera.

        What a bent lens doesn't see, as it lies far beyond the picture, is put at the margin of what it does see.
        """
        pixels = self._pixels(points)
        pixels[points[:, 2] < NEAREST_METRES] = np.nan
        return pixels

    def rows(self, points: Float[np.ndarray, "point 3"]) -> Float[np.ndarray, " point"]:
        """The row that shows each point; behind the camera, something finite."""
        return self._pixels(points)[:, 1]

    def _pixels(self, points: Float[np.ndarray, "point 3"]) -> Float[np.ndarray, "point 2"]:
        tangents = points[:, :2] / np.maximum(points[:, 2:], NEAREST_METRES)
        if self.bent:
            tangents /= np.maximum(np.linalg.norm(tangents, axis=1, keepdims=True) / self._spread, 1)
        return self.lens.bend(tangents)

    def may_show(self, middle: Float[np.ndarray, " 3"], radius_metres: float) -> bool:
        """Whether anything of a ball in camera axes can be in the drawn picture."""
        place, depth = middle[:2], middle[2]
        focal, center = self.matrix.diagonal()[:2], self.matrix[:2, 2]
        low, high = (-0.5 - center) / focal, (np.array(self.size) - 0.5 - center) / focal
        # How far the middle lies beyond the planes through the eye and the picture's edges.
        beyond = np.stack([(low * depth - place) / np.hypot(1, low), (place - high * depth) / np.hypot(1, high)])
        return bool(depth > -radius_metres and beyond.max() < radius_metres)

    def sees(self, points: Float[np.ndarray, "point 3"], pixels: Float[np.ndarray, "point 2"]) -> Bool[np.ndarray, " point"]:
        """Whether points whose `pixels` are known lie before the camera and in the picture."""
        inside = ((pixels >= -0.5) & (pixels < (self.lens.width - 0.5, self.lens.height - 0.5))).all(1)
        unfolded = np.hypot(points[:, 0], points[:, 1]) < self._spread * points[:, 2]
        return np.asarray(inside & (unfolded if self.bent else True))
