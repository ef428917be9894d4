"""The ground as a map: where its cells are in a camera's picture, and how far off people are whom a pixel shows."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float

from viewsync.geometry.camera import CalibratedCamera

PERSON_METRES = 1.75
"""Height of an average person, at which heads are looked for (Zhang & Chan)."""
FARTHEST_METRES = 1000.0
"""How far off things are taken to be at most: at the horizon, and above it."""
_OUTSIDE = -2.0


@dataclass(frozen=True)
class GroundMap:
    """A grid on the ground, for maps of where people are. Rows run along y, columns along x."""

    left_metres: float
    """x of the left edge of column 0."""
    top_metres: float
    """y of the upper edge of row 0."""
    cell_metres: float
    columns: int
    rows: int

    def cells(self, ground_metres: Float[np.ndarray, "*batch 2"]) -> Float[np.ndarray, "*batch 2"]:
        """Column and row of places; the middle of cell (0, 0) is (0, 0)."""
        corner = np.array([self.left_metres, self.top_metres])
        return np.asarray((ground_metres - corner) / self.cell_metres - 0.5)

    def middles(self, height_metres: float = 0.0) -> Float[np.ndarray, "row column 3"]:
        """Points of the world above the cells' middles, in metres."""
        column, row = np.meshgrid(np.arange(self.columns), np.arange(self.rows))
        x, y = self.left_metres + (column + 0.5) * self.cell_metres, self.top_metres + (row + 0.5) * self.cell_metres
        return np.stack([x, y, np.full_like(x, height_metres)], axis=-1)

    def pooled(self, count: int) -> "GroundMap":
        """The map of cells of `count` × `count` of this one's; what is left over at the right and below is cut off."""
        return GroundMap(
            self.left_metres, self.top_metres, self.cell_metres * count, self.columns // count, self.rows // count
        )


def sampling_map(
    camera: CalibratedCamera, ground: GroundMap, height_metres: float = PERSON_METRES
) -> Float[np.ndarray, "row column 2"]:
    """Where a camera shows what is above each cell of the ground.

    x and y as `torch.nn.functional.grid_sample` takes them with `align_corners=False`: −1 is the picture's left (upper)
    edge, 1 its right (lower) one, so they hold for pictures and feature maps of any size. Cells that the camera doesn't
    see are at (−2, −2).

    The published maps of MVMS are of the same form, but that they take the middle of the first pixel for the edge.
    """
    points = ground.middles(height_metres)
    size = np.array([camera.lens.width, camera.lens.height])
    places = 2 * (camera.project(points) + 0.5) / size - 1
    return np.where(camera.sees(points)[..., None], places, _OUTSIDE).astype(np.float32)


def field_of_view(sampling: Float[np.ndarray, "*batch 2"]) -> Bool[np.ndarray, "*batch"]:
    """Which cells are in the picture, by a sampling map."""
    return np.asarray((np.abs(sampling) <= 1).all(axis=-1))


def depth_map(
    camera: CalibratedCamera, columns: int, rows: int, height_metres: float = PERSON_METRES
) -> Float[np.ndarray, "{rows} {columns}"]:
    """From the camera along each pixel's ray to the plane at a height, in metres; at most `FARTHEST_METRES`.

    So far are also pixels that don't show the plane.

    Args:
        camera: Any size of picture.
        columns: Of the map, which covers the whole picture.
        rows: Of the map.
        height_metres: Of the plane.
    """
    pixels = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1).astype(np.float64)
    seen = replace(camera, lens=camera.lens.scaled(columns, rows)).on_plane(pixels, height_metres)
    x, y, z = camera.position_metres
    distances = np.sqrt(np.sum((seen - (x, y)) ** 2, axis=-1) + (height_metres - z) ** 2)
    return np.asarray(np.fmin(distances, FARTHEST_METRES).astype(np.float32))
