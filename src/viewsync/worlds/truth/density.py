"""Density maps of heads and of places, in the HDF5 layout of MVMS (Zhang & Chan)."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import h5py
import numpy as np
from jaxtyping import Bool, Float, Int

from viewsync.files import whole_file
from viewsync.media.frames import frames as gray_frames
from viewsync.media.probe import probe
from viewsync.worlds.cameras.camera import Camera
from viewsync.worlds.people.joints import JOINTS
from viewsync.worlds.scene_folder import movie_path, sightings_path
from viewsync.worlds.sightings import Sightings
from viewsync.worlds.sightings_file import read_sightings
from viewsync.worlds.truth.instants import NONE, in_frames, matching_frames, world_seconds
from viewsync.worlds.world import GroundMap, World

SIGMA_CELLS = 10.0
"""Of a person's Gaussian, in pixels of the picture and in cells of the ground map (Zhang & Chan)."""
_HEAD = [JOINTS.index("left_ear"), JOINTS.index("right_ear")]
_LEAST_SHARE = 0.1
"""Of the body seen, to be counted in a view."""
_CELL_METRES = 0.1
"""Of the ground map where the world has none."""


def write_density(world: World, folder: Path) -> None:
    """`density/view1_dmap_10.h5`, … and `density/groundplane_dmap_10.h5`: one row per instant of the first camera.

    Each view's file holds `images` (N, H, W, 1; gray, 0 to 255) and `density_maps` (N, H, W, 1) of the heads in the
    picture; that of the ground holds `density_maps` of everybody whom a view shows. All hold `world_seconds` (N) of what
    they show. Maps sum to the number of people. Instants for which a camera has no frame are left out.
    """
    frames = matching_frames(world.cameras)
    frames = frames[(frames != NONE).all(axis=1)]
    for view, camera in enumerate(world.cameras):
        _write_view(folder / "density" / f"view{view + 1}_dmap_10.h5", camera, folder, frames[:, view])
    _write_ground(folder / "density" / "groundplane_dmap_10.h5", world, folder, frames)


def _write_view(path: Path, camera: Camera, folder: Path, frames: Int[np.ndarray, " instant"]) -> None:
    width, height = camera.lens.width, camera.lens.height
    pictures = ((picture.index, picture.gray) for picture in gray_frames(probe(movie_path(camera, folder)), width * height))
    everybody = in_frames(frames, read_sightings(sightings_path(camera, folder)))
    with _new_hdf5(path) as file:
        images = _maps(file, "images", (len(frames), height, width), np.uint8)
        maps = _maps(file, "density_maps", (len(frames), height, width), np.float32)
        file["world_seconds"] = world_seconds(camera)[frames]
        for row, (image, sightings) in enumerate(zip(in_frames(frames, pictures), everybody, strict=True)):
            images[row, ..., 0] = image
            if sightings is not None:
                maps[row, ..., 0] = density_map(_heads(sightings)[_counted(sightings, camera)], width, height)


def _write_ground(path: Path, world: World, folder: Path, frames: Int[np.ndarray, "instant camera"]) -> None:
    grid = world.ground_map or _default_map(world)
    views = (
        in_frames(shown, read_sightings(sightings_path(camera, folder)))
        for shown, camera in zip(frames.T, world.cameras, strict=True)
    )
    with _new_hdf5(path) as file:
        maps = _maps(file, "density_maps", (len(frames), grid.rows, grid.columns), np.float32)
        file["world_seconds"] = world_seconds(world.cameras[0])[frames[:, 0]]
        file.attrs.update(vars(grid))
        for row, seen in enumerate(zip(*views, strict=True)):
            if (everybody := seen[0]) is not None:
                counted = [
                    sightings.people[_counted(sightings, camera)]
                    for sightings, camera in zip(seen, world.cameras, strict=True)
                    if sightings is not None
                ]
                ground = everybody.ground_metres[np.isin(everybody.people, np.concatenate(counted))]
                maps[row, ..., 0] = density_map(grid.cells(ground), grid.columns, grid.rows)


def density_map(
    points: Float[np.ndarray, "point 2"], width: int, height: int, sigma: float = SIGMA_CELLS
) -> Float[np.ndarray, "{height} {width}"]:
    """A Gaussian for each point (column, row) on the map, reflected at its edges: the sum is the number of points."""
    empty = np.zeros((height, width), dtype=np.float32)
    cells = np.round(points).astype(int)
    on_map = np.all((cells >= 0) & (cells < [width, height]), axis=1)
    np.add.at(empty, (cells[on_map, 1], cells[on_map, 0]), 1.0)
    return np.asarray(cv2.GaussianBlur(empty, (0, 0), sigma, borderType=cv2.BORDER_REFLECT))


def _heads(sightings: Sightings) -> Float[np.ndarray, "row 2"]:
    return np.asarray(sightings.joints_pixels[:, _HEAD].mean(axis=1))


def _counted(sightings: Sightings, camera: Camera) -> Bool[np.ndarray, " row"]:
    """Whose head is in the picture and who isn't hidden."""
    heads = _heads(sightings)
    edge = np.array([camera.lens.width, camera.lens.height]) - 0.5
    inside = np.all((heads >= -0.5) & (heads < edge), axis=1)
    return np.asarray(inside & (sightings.visible_shares >= _LEAST_SHARE))


class _Enduring(io.FileIO):
    """A file that takes everything, and remembers what went wrong: HDF5 doesn't survive a full disk."""

    error: OSError | None = None

    def write(self, content: Any) -> int:
        """Write all of it, if that can be done."""
        rest = memoryview(content).cast("B")
        size = len(rest)
        try:
            while len(rest):
                rest = rest[super().write(rest) :]
        except OSError as error:
            self.error = self.error or error
        return size

    def truncate(self, size: int | None = None) -> int:
        """Cut the file, or make it longer, if that can be done."""
        try:
            return super().truncate(size)
        except OSError as error:
            self.error = self.error or error
            return size or 0


@contextmanager
def _new_hdf5(path: Path) -> Iterator[h5py.File]:
    """An HDF5 file that is whole or not there."""
    with whole_file(path) as temporary, _Enduring(temporary, "w+") as target:
        try:
            with h5py.File(target, "w") as file:
                yield file
        finally:
            if target.error is not None:
                raise target.error


def _maps(file: h5py.File, name: str, shape: tuple[int, int, int], dtype: type) -> h5py.Dataset:
    """Sparse maps pack well; one chunk is one map, even if there is none."""
    each, packing = (*shape[1:], 1), {"compression": "gzip", "compression_opts": 1}
    return file.create_dataset(name, (shape[0], *each), dtype, chunks=(1, *each), maxshape=(None, *each), **packing)


def _default_map(world: World) -> GroundMap:
    left, right, low, high = world.place.walkable_metres
    columns, rows = (max(1, round((b - a) / _CELL_METRES)) for a, b in ((left, right), (low, high)))
    return GroundMap(left, low, _CELL_METRES, columns, rows)
