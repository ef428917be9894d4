"""What stays the same while cameras stand still: where each of them shows the ground, and how far off it is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from jaxtyping import Bool, Float, Float32

from viewsync.geometry.camera import CalibratedCamera
from viewsync.geometry.epipolar import fundamental_matrices
from viewsync.geometry.ground_maps import FARTHEST_METRES, GroundMap, depth_map, field_of_view, sampling_map
from viewsync.geometry.triangulation import projection_matrices
from viewsync.types import InputError

POOLED = 4
"""Cells of the published maps along each side of one of the network's."""
STRIDE = 4
"""Pixels of a picture along each side of one cell of its finest features; both sides are a multiple of it."""
Layout = Literal["PETS2009", "CityStreet"]
"""Whose published projection maps they are."""


@dataclass(frozen=True)
class Place:
    """Some ground, and the cameras that see it.

    Raises:
        InputError: There are fewer than two views, one of them sees nothing of the ground, no two of them see the same of
            it, or pictures are of a size that the network can't take.
    """

    name: str
    views: tuple[str, ...]
    """Names of the cameras, the reference first."""
    width: int
    """Pixels of the pictures that the network sees, of all views."""
    height: int
    ground: GroundMap
    """The network's cells."""
    sampling: Float32[np.ndarray, "view row column 2"]
    """Where each view shows each cell (`ground_maps.sampling_map`)."""
    depths: Float32[np.ndarray, "view feature_row feature_column"]
    """How far off people are whom each cell of the finest features shows (`ground_maps.depth_map`), in metres."""
    fundamental: Float[np.ndarray, "view view 3 3"] | None = None
    """Of each view as the reference with each other one, in pixels of the pictures (`epipolar.fundamental_matrices`); None
    where nobody knows."""
    projections: Float[np.ndarray, "view 3 4"] | None = None
    """K [R | t] of each view: from the world to pixels of the pictures (`triangulation.projection_matrices`)."""

    def __post_init__(self) -> None:
        if self.width % STRIDE or self.height % STRIDE:
            raise InputError(
                f"{self.name}: the network's pictures would be {self.width} × {self.height}, but both sides must be "
                f"multiples of {STRIDE}. Choose such a size."
            )
        if len(self.views) < 2:
            raise InputError(f"{self.name}: there is {len(self.views)} view, but counting takes two or more.")
        seen = self.seen.reshape(len(self.views), -1)
        blind = [view for view, cells in zip(self.views, seen, strict=True) if not cells.any()]
        if blind:
            raise InputError(
                f"{self.name}: {', '.join(blind)} sees nothing of the map of the ground. Leave that view out, or see "
                "whether its calibration is of this place."
            )
        if not any((one & other).any() for one, other in combinations(seen, 2)):
            raise InputError(
                f"{self.name}: no two of the views {', '.join(self.views)} see the same part of the ground. Give cameras "
                "that overlap, or see whether all calibrations have the same origin."
            )

    @property
    def seen(self) -> Bool[np.ndarray, "view row column"]:
        """Which cells each view shows."""
        return field_of_view(self.sampling)


def place_of(cameras: Sequence[CalibratedCamera], ground: GroundMap, width: int, height: int, name: str) -> Place:
    """The place of calibrated cameras.

    Args:
        cameras: The reference first. Calibrated for pictures of any size, but of the shape of the network's.
        ground: The network's cells.
        width: Of the network's pictures, to which all views are scaled, a multiple of `STRIDE`.
        height: The same.
        name: What to call it.

    Raises:
        InputError: The shape of pictures isn't that of the calibration, two cameras stand at one place, or they can't be
            used together (see `Place`).
    """
    cameras = [_scaled(camera, width, height) for camera in cameras]
    try:
        fundamental = fundamental_matrices(cameras)
    except ValueError as error:
        raise InputError(f"{name}: {error}, so one tells no more than the other. Leave one out.") from error
    sampling = np.array([sampling_map(camera, ground) for camera in cameras], dtype=np.float32)
    depths = np.array([depth_map(camera, width // STRIDE, height // STRIDE) for camera in cameras], dtype=np.float32)
    views = tuple(camera.name for camera in cameras)
    return Place(name, views, width, height, ground, sampling, depths, fundamental, projection_matrices(cameras))


def _scaled(camera: CalibratedCamera, width: int, height: int) -> CalibratedCamera:
    """For pictures that were squeezed to another size; shapes may differ as far as sides are rounded to `STRIDE`."""
    lens = camera.lens
    if abs(height - width * lens.height / lens.width) > STRIDE and abs(width - height * lens.width / lens.height) > STRIDE:
        raise InputError(
            f"camera {camera.name} was calibrated for {lens.width} × {lens.height} pixels, but its pictures are to be "
            f"{width} × {height}, of another shape. Choose a size of the calibration's shape."
        )
    return replace(camera, lens=lens.scaled(width, height))


# ── as published ──────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Published:
    """Of the published maps, what their files don't tell."""

    cells: GroundMap
    """`POOLED` × `POOLED` of which are one of the network's."""
    picture: tuple[int, int]
    """Width and height of the network's pictures."""
    calibrated: tuple[int, int]
    """Of those whose pixels the projection maps count."""
    sampling: str
    """Name of a view's projection map."""
    depths: str
    fps: float


PUBLISHED: dict[Layout, Published] = {
    "PETS2009": Published(
        GroundMap(-30.8, -44.8, 0.1, 608, 708),
        (384, 288),
        (768, 576),
        "view{}_correspondence_forth.npz",
        "view{}_depth_halfHeight.npz",
        7.0,
    ),
    # Pixel (281.6, 417.6) of the map is the origin.
    "CityStreet": Published(
        GroundMap(-282.1 * 0.07625, -418.1 * 0.07625, 0.07625, 640, 768),
        (676, 380),
        (676, 380),
        "view{}_correspondence_forth_fullHeight.npz",
        "v1_{}_depth_image_avgHeight.npz",
        1.0,
    ),
}


def published_place(
    folder: Path, layout: Layout, views: Sequence[int] = (1, 2, 3), size: tuple[int, int] | None = None
) -> Place:
    """The place of the published projection and depth maps; epipolar lines can't be had of it.

    The published masks of what a view shows are not read: they say the same as the projection maps.

    Args:
        folder: With the maps under their published names, however deep.
        layout: Whose they are.
        views: Numbers of the views, the reference first.
        size: Width and height of the network's pictures; as published unless told.

    Raises:
        InputError: A map is missing or there are several, can't be read, or isn't of the size that it should be.
    """
    known = PUBLISHED[layout]
    ground, (width, height) = known.cells.pooled(POOLED), size or known.picture
    sampling, depths = [], []
    for view in views:
        path = _only(folder, known.sampling.format(view))
        flat = _array(path)
        if flat.shape != (2, ground.rows * ground.columns):
            raise InputError(
                f"{path} holds an array of {flat.shape}, but that of {layout} is (2, {ground.rows * ground.columns}): x and "
                f"y for {ground.rows} rows of {ground.columns} cells. See whether it belongs to this set."
            )
        # They take the middle of the first pixel for the picture's edge.
        edges = flat.T.reshape(ground.rows, ground.columns, 2) + 1 / np.array(known.calibrated)
        sampling.append(edges.astype(np.float32))
        metres = np.minimum(_array(_only(folder, known.depths.format(view))) / 1000, FARTHEST_METRES).astype(np.float32)
        depths.append(cv2.resize(metres, (width // STRIDE, height // STRIDE), interpolation=cv2.INTER_AREA))
    names = tuple(f"view{view}" for view in views)
    return Place(layout, names, width, height, ground, np.array(sampling), np.array(depths, dtype=np.float32))


def _only(folder: Path, name: str) -> Path:
    found = sorted(folder.rglob(name))
    if len(found) != 1:
        which = f"{len(found)} files" if found else "no file"
        raise InputError(f"{folder} holds {which} called {name}, however deep, but one is needed. Put it there.")
    return found[0]


def _array(path: Path) -> Float[np.ndarray, "..."]:
    try:
        with np.load(path) as file:
            return np.asarray(file[file.files[0]], dtype=np.float64)
    except (OSError, ValueError, IndexError) as error:
        raise InputError(f"{path} can't be read as NumPy's .npz: {error}. Copy it again.") from error
