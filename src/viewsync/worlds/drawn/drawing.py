"""Perspective drawing of bodies and their surroundings with OpenCV, fine enough that motion far below a pixel shows."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, Int, UInt8

from viewsync.worlds.drawn.bodies import Capsules, Facets

_SUBPIXEL_BITS = 4
_NEAREST_METRES = 0.3
_ARC = np.linspace(-np.pi / 2, np.pi / 2, 8)
_WALL_RADIUS_METRES = 9.0
_TEXELS_PER_METRE = 60


@dataclass(frozen=True)
class Lens:
    """A pinhole camera at several instants. Camera axes: x right, y down, z forward."""

    position: Float[np.ndarray, " 3"]
    """Metres, world axes."""
    rotations: Float[np.ndarray, "time 3 3"]
    """World to camera axes."""
    focal_pixels: float
    center: Float[np.ndarray, " 2"]
    """Principal point in pixels."""

    def project(
        self, points: Float[np.ndarray, "time ... 3"]
    ) -> tuple[Float[np.ndarray, "time ... 2"], Float[np.ndarray, "time ..."]]:
        """Pixels and depths (metres) of points in world axes."""
        seen = np.einsum("tij,t...j->t...i", self.rotations, points - self.position)
        depth = np.maximum(seen[..., 2], 1e-3)
        return seen[..., :2] * (self.focal_pixels / depth[..., None]) + self.center, seen[..., 2]

    @property
    def matrix(self) -> Float[np.ndarray, "3 3"]:
        """The intrinsic matrix."""
        (x, y), focal = self.center, self.focal_pixels
        return np.array([[focal, 0, x], [0, focal, y], [0, 0, 1]])


@dataclass(frozen=True)
class Shapes:
    """Convex polygons ready to paint, at several instants."""

    outlines: Int[np.ndarray, "time part corner 2"]
    """In sub-pixels."""
    depths: Float[np.ndarray, "time part"]
    colors: Float[np.ndarray, "part 3"]


def outline(geometry: Capsules | Facets, lens: Lens) -> Shapes:
    """Limbs or faces as the lens sees them."""
    if isinstance(geometry, Facets):
        corners, depths = lens.project(geometry.corners)
        return Shapes(_subpixels(corners), depths.mean(axis=2), geometry.colors)
    pixels, depths = lens.project(geometry.ends)
    radii = (geometry.radii * lens.focal_pixels / np.maximum(depths, _NEAREST_METRES))[..., None, None]
    along = pixels[:, :, 1] - pixels[:, :, 0]
    heading = np.arctan2(along[..., 1], along[..., 0])[..., None] + _ARC
    rim = np.stack([np.cos(heading), np.sin(heading)], axis=-1)
    corners = np.concatenate([pixels[:, :, 1:] + radii[:, :, 1] * rim, pixels[:, :, :1] - radii[:, :, 0] * rim], axis=2)
    # At equal depth later parts lie on top: a band on its limb.
    on_top = 1e-6 * np.arange(depths.shape[1])
    return Shapes(_subpixels(corners), depths.mean(axis=2) - on_top, geometry.colors)


def rolled(first: Shapes, last: Shapes, height: int) -> Shapes:
    """What a rolling shutter makes of shapes that move from `first` to `last` while a picture is read downwards.

    Each corner is taken at the time at which its own row is read.
    """
    row = 0.5 * (first.outlines[..., 1] + last.outlines[..., 1]) / (height * 2**_SUBPIXEL_BITS)
    share = np.clip(row, 0, 1)[..., None]
    outlines = np.round(first.outlines + share * (last.outlines - first.outlines)).astype(np.int32)
    return Shapes(outlines, 0.5 * (first.depths + last.depths), first.colors)


def _subpixels(pixels: Float[np.ndarray, "time part corner 2"]) -> Int[np.ndarray, "time part corner 2"]:
    fixed = np.round(np.clip(pixels, -4000, 4000) * 2**_SUBPIXEL_BITS)
    return np.ascontiguousarray(fixed, dtype=np.int32)


def paint(picture: UInt8[np.ndarray, "height width 3"], shapes: Sequence[Shapes], instant: int) -> None:
    """Paint shapes into the picture, far ones first."""
    parts = [
        (depth, outline, color)
        for shape in shapes
        for depth, outline, color in zip(
            shape.depths[instant].tolist(), shape.outlines[instant], shape.colors.tolist(), strict=True
        )
        if depth > _NEAREST_METRES
    ]
    for _, outline, color in sorted(parts, key=lambda part: -part[0]):
        cv2.fillConvexPoly(picture, outline, color, cv2.LINE_AA, _SUBPIXEL_BITS)


def backdrop(seed: int, lens: Lens, width: int, height: int) -> UInt8[np.ndarray, "height width 3"]:
    """A patterned floor and a round wall, as seen at the lens's first instant."""
    columns, rows = np.meshgrid(np.arange(width), np.arange(height))
    pixels = np.stack([columns, rows, np.ones_like(rows)], axis=-1)
    rays = pixels @ np.linalg.inv(lens.matrix).T @ lens.rotations[0]
    rays /= np.linalg.norm(rays, axis=-1, keepdims=True)
    x, y, z = lens.position
    flat = (rays[..., :2] ** 2).sum(axis=-1) + 1e-12
    toward = (rays[..., :2] * (x, y)).sum(axis=-1)
    room = max(_WALL_RADIUS_METRES, 1.2 * float(np.hypot(x, y)))
    to_wall = (-toward + np.sqrt(toward**2 + flat * (room**2 - x**2 - y**2))) / flat
    to_floor = np.where(rays[..., 2] < -1e-6, z / np.maximum(-rays[..., 2], 1e-6), np.inf)
    hit = lens.position + np.minimum(to_wall, to_floor)[..., None] * rays
    on_wall = to_wall < to_floor
    across = np.where(on_wall, room * np.arctan2(hit[..., 1], hit[..., 0]), hit[..., 0])
    along = np.where(on_wall, 5 + hit[..., 2], hit[..., 1])
    texture = _texture(seed)
    picture = cv2.remap(
        texture,
        np.mod(across * _TEXELS_PER_METRE, texture.shape[1]).astype(np.float32),
        np.mod(along * _TEXELS_PER_METRE, texture.shape[0]).astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_WRAP,
    )
    return np.where(on_wall[..., None], picture, picture // 4 * 3).astype(np.uint8)


def _texture(seed: int) -> UInt8[np.ndarray, "1024 1024 3"]:
    """Muted tiles and stains."""
    rng = np.random.default_rng([seed, 3])
    picture = np.full((1024, 1024, 3), 130, np.uint8)
    for _ in range(160):
        corner, size = rng.integers(0, 1024, 2), rng.integers(10, 150, 2)
        color = np.clip(130 + rng.normal(0, 22) + rng.normal(0, 10, 3), 50, 210)
        cv2.rectangle(picture, corner.tolist(), (corner + size).tolist(), color.tolist(), cv2.FILLED)
    stains = cv2.GaussianBlur(rng.normal(0, 60, picture.shape), (0, 0), 3)
    return cv2.add(cv2.GaussianBlur(picture, (0, 0), 1.5), stains, dtype=cv2.CV_8U)
