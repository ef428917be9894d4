"""Pictures and densities as networks read them: made once, row by row, and kept in the cache folder.

So training reads any instant of any view without decoding what comes before it.
"""

import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float, Float32, UInt8

from viewsync.counting.places import POOLED, STRIDE
from viewsync.files import whole_file
from viewsync.geometry.ground_maps import GroundMap
from viewsync.progress import Progress, told
from viewsync.store import cache_folder
from viewsync.types import InputError

Size = tuple[int, int]
"""Width and height in pixels."""
Points = Float[np.ndarray, "person 2"]
"""Where people are on the ground, in metres."""


def kept_pictures(
    key: str, count: int, size: Size, pictures: Iterable[UInt8[np.ndarray, "_ _"]], task: str, progress: Progress
) -> UInt8[np.ndarray, "{count} {size[1]} {size[0]}"]:
    """Gray pictures of one view, squeezed to a size; mapped from disk.

    Args:
        key: All that the pictures depend on, but for their size and the code.
        count: How many there are.
        size: Of those that are kept.
        pictures: Asked for only where they aren't kept yet.
        task: What progress is called.
        progress: Told after each one.

    Raises:
        InputError: There are fewer or more pictures, or the cache folder can't be written.
    """
    rows = (np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA)) for picture in pictures)
    return _kept(key, (count, size[1], size[0]), "|u1", told(rows, task, count, progress), task)


def kept_densities(key: str, count: int, cells: GroundMap, people: Iterable[Points]) -> Float32[np.ndarray, "{count} _ _"]:
    """Densities of people: a Gaussian of `density.SIGMA_CELLS` published cells for each, pooled; mapped from disk.

    Args:
        key: All that people depend on.
        count: Of instants.
        cells: The published cells.
        people: On the ground, of each instant; asked for only where densities aren't kept yet. Who isn't on the map isn't
            counted.

    Raises:
        InputError: As of `kept_pictures`.
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
    return _kept(key, (count, network.rows, network.columns), "<f4", rows, "densities")


def pooled(density: Float[np.ndarray, "row column"]) -> Float32[np.ndarray, "pooled_row pooled_column"]:
    """Sums of `POOLED` × `POOLED` cells; what is left over at the right and below is cut off."""
    rows, columns = (side // POOLED for side in density.shape)
    cut = density[: rows * POOLED, : columns * POOLED]
    return np.asarray(cut.reshape(rows, POOLED, columns, POOLED).sum(axis=(1, 3)), dtype=np.float32)


def gray_picture(path: Path) -> UInt8[np.ndarray, "height width"]:
    """A picture file, in gray.

    Raises:
        InputError: It can't be read.
    """
    picture = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if picture is None:
        raise InputError(f"{path} can't be read as a picture. Copy it again.")
    return np.asarray(picture)


def size_or_default(size: Size | None, own: Size, widest: int) -> Size:
    """The size asked for, or that of the pictures, but no wider than that, rounded to what networks take."""
    if size is not None:
        return size
    scale = min(1.0, widest / own[0])
    width, height = (max(STRIDE, STRIDE * round(side * scale / STRIDE)) for side in own)
    return width, height


def _kept(key: str, shape: tuple[int, ...], dtype: str, rows: Iterator[np.ndarray], what: str) -> np.ndarray:
    name = hashlib.sha256(f"{_code()} {key} {shape} {dtype}".encode("utf-8", "surrogateescape")).hexdigest()
    path = cache_folder() / "counting" / f"{name}.npy"
    if not path.exists():
        # Not through a memory map, by which a full disk would kill the process.
        with whole_file(path) as temporary, temporary.open("wb") as file:
            np.lib.format.write_array_header_1_0(file, {"descr": dtype, "fortran_order": False, "shape": shape})
            written = 0
            for row in rows:
                file.write(np.ascontiguousarray(row, dtype).tobytes())
                written += 1
            if written != shape[0]:
                raise InputError(f"{what}: {shape[0]} frames are needed, but there are {written}. Copy the files again.")
    return np.asanyarray(np.load(path, mmap_mode="r"))


@cache
def _code() -> str:
    """Of what the kept files are made by."""
    package = Path(__file__).parents[2]
    sources = (*Path(__file__).parent.glob("*.py"), package / "media" / "frames.py", package / "worlds/truth/density.py")
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(sources)) + cv2.__version__.encode()).hexdigest()
