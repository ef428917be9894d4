"""Pictures and densities as counting networks read them, made once and kept."""

from collections.abc import Iterable, Iterator

import numpy as np
from jaxtyping import Float, Float32, UInt8

from viewsync.counting.places import POOLED, STRIDE
from viewsync.footage.kept_pictures import Shelf, Size
from viewsync.geometry.ground_maps import GroundMap
from viewsync.progress import Progress
from viewsync.types import InputError

Points = Float[np.ndarray, "person 2"]
"""Where people are on the ground, in metres."""
_SHELF = Shelf("counting", ("counting/readers/*.py", "worlds/truth/density.py"))


def kept_pictures(
    key: str, count: int, size: Size, pictures: Iterable[UInt8[np.ndarray, "_ _"]], task: str, progress: Progress
) -> UInt8[np.ndarray, "{count} {size[1]} {size[0]}"]:
    """As `Shelf.pictures`, of a camera whose pictures are all of one size.

    Raises:
        InputError: They aren't, or as of `Shelf.pictures`.
    """
    return _SHELF.pictures(key, count, size, _alike(pictures, task), task, progress)


def _alike(pictures: Iterable[UInt8[np.ndarray, "_ _"]], what: str) -> Iterator[UInt8[np.ndarray, "_ _"]]:
    first = None
    for number, picture in enumerate(pictures):
        first = picture.shape if first is None else first
        if picture.shape != first:
            told = " and ".join(f"{width} × {height}" for height, width in (first, picture.shape))
            raise InputError(f"{what}: picture {number} isn't of the first one's size ({told} pixels). Cut them alike.")
        yield picture


def kept_densities(key: str, count: int, cells: GroundMap, people: Iterable[Points]) -> Float32[np.ndarray, "{count} _ _"]:
    """Densities of people: a Gaussian of `density.SIGMA_CELLS` published cells for each, pooled; mapped from disk.

    Args:
        key: All that people depend on.
        count: Of instants.
        cells: The published cells.
        people: On the ground, of each instant; asked for only where densities aren't kept yet. Who isn't on the map isn't
            counted.

    Raises:
        InputError: The cache folder can't be written.
    """
    # Loads what worlds are rendered with: only for those who read some footage.
    from viewsync.worlds.truth.density import density_map

    maps = (density_map(cells.cells(points), cells.columns, cells.rows) for points in people)
    return kept_maps(f"{key} {cells}", count, cells, maps)


def kept_maps(
    key: str, count: int, cells: GroundMap, maps: Iterable[Float[np.ndarray, "row column"]]
) -> Float32[np.ndarray, "{count} _ _"]:
    """Densities that are there already, on the published cells, likewise."""
    network = cells.pooled(POOLED)
    rows = (pooled(whole) for whole in maps)
    return _SHELF.rows(key, (count, network.rows, network.columns), "<f4", rows, "densities")


def pooled(density: Float[np.ndarray, "row column"]) -> Float32[np.ndarray, "pooled_row pooled_column"]:
    """Sums of `POOLED` × `POOLED` cells; what is left over at the right and below is cut off."""
    rows, columns = (side // POOLED for side in density.shape)
    cut = density[: rows * POOLED, : columns * POOLED]
    return np.asarray(cut.reshape(rows, POOLED, columns, POOLED).sum(axis=(1, 3)), dtype=np.float32)


def size_or_default(size: Size | None, own: Size, widest: int) -> Size:
    """The size asked for, or that of the pictures, but no wider than that, rounded to what networks take."""
    if size is not None:
        return size
    scale = min(1.0, widest / own[0])
    width, height = (max(STRIDE, STRIDE * round(side * scale / STRIDE)) for side in own)
    return width, height
