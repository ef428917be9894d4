"""Rendered worlds: each scene is a place of its own, but all that don't tell of their ground have one map of it."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Int

from viewsync.counting.footage import Footage
from viewsync.counting.places import POOLED, place_of
from viewsync.counting.readers.kept import Points, kept_densities, kept_pictures, size_or_default
from viewsync.footage.kept_pictures import Size
from viewsync.footage.rendered_scenes import RenderedScene, read_scenes
from viewsync.geometry.camera import CalibratedCamera
from viewsync.geometry.ground_maps import GroundMap
from viewsync.progress import Progress
from viewsync.types import InputError
from viewsync.worlds.people.joints import JOINTS
from viewsync.worlds.sightings import Sightings
from viewsync.worlds.sightings_file import read_sightings
from viewsync.worlds.truth.instants import in_frames

_WIDEST = 676
_DENSITY = "density/groundplane_dmap_10.h5"
_CELL_METRES = 0.1
_LEAST_SHARE = 0.1
"""Of the body seen, to be counted in a view, as in the worlds' own density maps."""
_HEAD = [JOINTS.index("left_ear"), JOINTS.index("right_ear")]


def read_worlds(folder: Path, size: Size | None, ground: GroundMap | None, progress: Progress) -> tuple[Footage, ...]:
    """The scenes of a folder that ``viewsync render`` made, or the one whose folder it is, which then is for training.

    Instants are the frames of the first camera for which all others have one. Counted is, as in the format ``density``,
    whose head is in some view's picture and who isn't hidden there.

    Args:
        folder: With manifest.json. Scenes need the format ``calibration``.
        size: Of the network's pictures; unless told that of the films, but no wider than 676 pixels.
        ground: Cells; unless told those of the format ``density``, and where it is missing, 0.1 m on the ground on which
            people walk in all scenes of the folder that lack it: networks learn from maps of one size.
        progress: Told after each picture.

    Raises:
        InputError: A file is missing or can't be read, or cameras can't be used together.
    """
    scenes = tuple(read_scenes(folder))
    told = [ground or _density_cells(scene.folder) for scene in scenes]
    untold = [scene for scene, cells in zip(scenes, told, strict=True) if cells is None]
    walked = [_walked(untold)] if untold else []
    return tuple(_footage(scene, size, cells or walked[0], progress) for scene, cells in zip(scenes, told, strict=True))


def _footage(scene: RenderedScene, size: Size | None, cells: GroundMap, progress: Progress) -> Footage:
    first, count = next(iter(scene.cameras.values())).lens, len(scene.frames)
    size = size_or_default(size, (first.width, first.height), _WIDEST)
    place = place_of(list(scene.cameras.values()), cells.pooled(POOLED), *size, scene.name)
    pictures = tuple(
        kept_pictures(f"{scene.fingerprint} {view}", count, size, scene.film(view, size[0] * size[1]), scene.name, progress)
        for view in scene.cameras
    )
    densities = kept_densities(scene.fingerprint, count, cells, _people(scene.folder, scene.cameras, scene.frames))
    return Footage(scene.name, scene.split, place, scene.fps, pictures, densities)


def _density_cells(folder: Path) -> GroundMap | None:
    path = folder / _DENSITY
    if not path.is_file():
        return None
    import h5py

    with h5py.File(path) as file:
        left, top, cell, columns, rows = (
            file.attrs[name].item() for name in ("left_metres", "top_metres", "cell_metres", "columns", "rows")
        )
    return GroundMap(left, top, cell, columns, rows)


def _walked(scenes: Sequence[RenderedScene]) -> GroundMap:
    """All ground on which anybody stands at some time, in whole cells of the network."""
    paths = [_sightings(scene.folder, next(iter(scene.cameras))) for scene in scenes]
    stood = [sightings.ground_metres.copy() for path in paths for _, sightings in read_sightings(path)]
    if not stood:
        raise InputError(
            f"{scenes[0].folder} shows nobody, and has no {_DENSITY} that tells of the ground. Render it with both."
        )
    step = POOLED * _CELL_METRES
    left, top = np.floor(np.concatenate(stood).min(axis=0) / step)
    right, bottom = np.floor(np.concatenate(stood).max(axis=0) / step) + 1
    return GroundMap(left * step, top * step, _CELL_METRES, int(right - left) * POOLED, int(bottom - top) * POOLED)


def _sightings(folder: Path, view: str) -> Path:
    path = folder / "sightings" / f"{view}.npy"
    if not path.is_file():
        raise InputError(f"{folder} lacks sightings/{view}.npy. Render it again.")
    return path


def _people(
    folder: Path, views: Mapping[str, CalibratedCamera], frames: Int[np.ndarray, "instant view"]
) -> Iterator[Points]:
    """Where those stand whom any view shows."""
    rows = (in_frames(shown, read_sightings(_sightings(folder, view))) for view, shown in zip(views, frames.T, strict=True))
    for seen in zip(*rows, strict=True):
        # The first camera's sightings tell of everybody, in its picture or not.
        everybody = seen[0]
        if everybody is None:
            yield np.zeros((0, 2))
            continue
        counted = [
            sightings.people[_counted(sightings, camera)]
            for sightings, camera in zip(seen, views.values(), strict=True)
            if sightings is not None
        ]
        yield everybody.ground_metres[np.isin(everybody.people, np.concatenate(counted))]


def _counted(sightings: Sightings, camera: CalibratedCamera) -> Bool[np.ndarray, " row"]:
    heads = sightings.joints_pixels[:, _HEAD].mean(axis=1)
    edge = np.array([camera.lens.width, camera.lens.height]) - 0.5
    inside = np.all((heads >= -0.5) & (heads < edge), axis=1)
    return np.asarray(inside & (sightings.visible_shares >= _LEAST_SHARE))
