"""The ground: a grid of tiles that fit each other, fine where people walk and coarser far away."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from viewsync.worlds.places.mesh import EDGE_METRES, Mesh, grid_faces
from viewsync.worlds.places.piece import Painter, Piece

_FINE_CELLS = 2500
_FAR_STEPS = (1, 2, 3, 5, 8, 12, 12, 12)


@dataclass(frozen=True)
class Ground:
    """Cells between lines of a grid on z = 0, which lie on a lattice of tiles: one tile shows a texture once.

    Tile (0, 0) begins at the middle of the walkable ground.
    """

    center_metres: tuple[float, float]
    tile_metres: float
    xs_metres: Float[np.ndarray, " line"]
    ys_metres: Float[np.ndarray, " row_line"]

    def tiles(self) -> tuple[Int[np.ndarray, "row column"], Int[np.ndarray, "row column"]]:
        """The tile in which each cell lies (of a large one its middle): its column and its row."""
        columns, rows = (
            np.floor(((lines[1:] + lines[:-1]) / 2 - middle) / self.tile_metres).astype(int)
            for lines, middle in zip((self.xs_metres, self.ys_metres), self.center_metres, strict=True)
        )
        i, j = np.meshgrid(columns, rows)
        return i, j

    def chances(self, rng: np.random.Generator) -> Float[np.ndarray, "row column"]:
        """A number at random, 0 to 1, for all cells of a tile alike; infinity for cells larger than a tile."""
        columns, rows = self.tiles()
        numbers = rng.uniform(0, 1, (int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1))[
            rows - rows.min(), columns - columns.min()
        ]
        limit = 1.01 * self.tile_metres
        small = (np.diff(self.ys_metres) < limit)[:, None] & (np.diff(self.xs_metres) < limit)[None]
        return np.where(small, numbers, np.inf)

    def laid(self, layers: Iterable["Layer"]) -> list[Piece]:
        """Each cell shows the first layer that wants it: nothing overlaps. The last layer wants all."""
        free = np.ones((len(self.ys_metres) - 1, len(self.xs_metres) - 1), dtype=bool)
        pieces = []
        for layer in layers:
            cells = layer.cells & free
            free &= ~cells
            if cells.any():
                pieces.append(Piece(layer.painter, self._mesh(cells, layer)))
        return pieces

    def _mesh(self, cells: Bool[np.ndarray, "row column"], layer: "Layer") -> Mesh:
        x, y = np.meshgrid(self.xs_metres, self.ys_metres)
        u, v = ((axis - middle) / self.tile_metres for axis, middle in zip((x, y), self.center_metres, strict=True))
        if layer.once:
            column, row, columns, rows = layer.once
            u, v = (u - column) / columns, (v - row) / rows
        u, v = (v, u) if layer.turned else (u, v)
        faces = grid_faces(*cells.shape)[np.tile(cells.ravel(), 2)]
        used, faces = np.unique(faces, return_inverse=True)
        vertices = np.stack([x, y, np.zeros_like(x)], axis=-1).reshape(-1, 3)[used]
        coordinates = np.stack([u, -v if layer.mirrored else v], axis=-1).reshape(-1, 2)[used]
        return Mesh(vertices, faces.reshape(-1, 3), np.tile([0.0, 0.0, 1.0], (len(used), 1)), coordinates)


class Layer(NamedTuple):
    """A texture for some cells."""

    painter: Painter
    cells: Bool[np.ndarray, "row column"]
    turned: bool = False
    """The texture runs along y instead of x."""
    mirrored: bool = False
    """What is at the lower edge of the texture is at the far side of each tile."""
    once: tuple[int, int, int, int] | None = None
    """Shows the texture once over these tiles: first column, first row, columns, rows."""


def open_ground(walkable_metres: tuple[float, float, float, float], tile_metres: float, reach_metres: float) -> Ground:
    """Ground under the sky that goes on for at least ``reach_metres`` beyond the walkable part, in ever larger cells."""
    x0, x1, y0, y1 = walkable_metres
    cells_per_tile = _cells_per_tile((x1 - x0) * (y1 - y0), tile_metres)
    sides = []
    for side_metres in (x1 - x0, y1 - y0):
        half = int(np.ceil(side_metres / 2 / tile_metres - 1e-9)) + 1
        inner = np.arange(-half * cells_per_tile, half * cells_per_tile + 1) / cells_per_tile
        outer = half + np.cumsum(_FAR_STEPS)
        outer = outer[: 1 + int(np.searchsorted(outer * tile_metres, side_metres / 2 + reach_metres))]
        sides.append(np.concatenate([-outer[::-1], inner, outer]) * tile_metres)
    center = (x0 + x1) / 2, (y0 + y1) / 2
    return Ground(center, tile_metres, sides[0] + center[0], sides[1] + center[1])


def room_ground(room_metres: tuple[float, float, float, float], tile_metres: float) -> Ground:
    """Ground between walls."""
    x0, x1, y0, y1 = room_metres
    cell = tile_metres / _cells_per_tile((x1 - x0) * (y1 - y0), tile_metres)
    center = (x0 + x1) / 2, (y0 + y1) / 2
    sides = []
    for low, high, middle in ((x0, x1, center[0]), (y0, y1, center[1])):
        half = int(np.ceil((high - low) / 2 / cell - 1e-9)) - 1
        sides.append(np.array([low, *(np.arange(-half, half + 1) * cell + middle), high]))
    return Ground(center, tile_metres, *sides)


def _cells_per_tile(square_metres: float, tile_metres: float) -> int:
    """As fine as other shapes, but for large grounds coarser."""
    finest = max(1, round(tile_metres / EDGE_METRES))
    return min(finest, max(1, int(tile_metres * np.sqrt(_FINE_CELLS / square_metres))))
