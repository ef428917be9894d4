"""Rendered worlds: each scene is a place of its own."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Int

from viewsync import media
from viewsync.calibration import read_cameras
from viewsync.counting.footage import Footage, Split
from viewsync.counting.places import POOLED, place_of
from viewsync.counting.readers.kept import Points, Size, kept_densities, kept_pictures, size_or_default
from viewsync.geometry.camera import CalibratedCamera
from viewsync.geometry.ground_maps import GroundMap
from viewsync.progress import Progress
from viewsync.types import InputError, usual_interval_seconds
from viewsync.worlds.people.joints import JOINTS
from viewsync.worlds.sightings import Sightings
from viewsync.worlds.sightings_file import read_sightings
from viewsync.worlds.truth.clocks import NAME as CLOCKS
from viewsync.worlds.truth.clocks import CameraClocks, read_clocks
from viewsync.worlds.truth.instants import in_frames

MANIFEST = "manifest.json"
_WIDEST = 676
_SPLITS: Mapping[str, Split] = {"train": "training", "val": "validation", "test": "test"}
_DENSITY = "density/groundplane_dmap_10.h5"
_CALIBRATION = "calibration/cameras.json"
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
            people walk.
        progress: Told after each picture.

    Raises:
        InputError: A file is missing or can't be read, or cameras can't be used together.
    """
    manifest = _manifest(folder)
    scenes = manifest.get("scenes", [{"name": ".", "split": "train"}])
    return tuple(_scene(folder / scene["name"], _SPLITS[scene["split"]], size, ground, progress) for scene in scenes)


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    try:
        content = json.loads(path.read_bytes())
        if "scenes" not in content and "cameras" not in content:
            raise ValueError("it tells of neither scenes nor cameras")
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{path} can't be read as that of rendered worlds: {error}. Render them again.") from error
    assert isinstance(content, dict)
    return content


def _scene(folder: Path, split: Split, size: Size | None, ground: GroundMap | None, progress: Progress) -> Footage:
    name, key = folder.resolve().name, hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()
    clocks, cameras = read_clocks(folder / CLOCKS), _cameras(folder)
    missing = [view for view in clocks if view not in cameras or not (folder / clocks[view].file).is_file()]
    if missing:
        raise InputError(f"{folder} lacks the film or the calibration of {', '.join(missing)}. Render it again.")
    frames = _matching(list(clocks.values()))
    if not len(frames):
        raise InputError(f"{folder}: there is no instant of which all of {', '.join(clocks)} have a frame. Leave it out.")
    views = {view: cameras[view] for view in clocks}
    first = next(iter(views.values())).lens
    size = size_or_default(size, (first.width, first.height), _WIDEST)
    cells = ground or _density_cells(folder) or _walked(folder, next(iter(views)))
    place = place_of(list(views.values()), cells.pooled(POOLED), *size, name)
    pictures = tuple(
        kept_pictures(f"{key} {view}", len(frames), size, _film(folder / clocks[view].file, size, shown), name, progress)
        for view, shown in zip(views, frames.T, strict=True)
    )
    densities = kept_densities(key, len(frames), cells, _people(folder, views, frames))
    fps = 1 / usual_interval_seconds(_seconds(next(iter(clocks.values()))))
    return Footage(name, split, place, fps, pictures, densities)


def _cameras(folder: Path) -> dict[str, CalibratedCamera]:
    path = folder / _CALIBRATION
    if not path.is_file():
        raise InputError(f"{folder} has no {_CALIBRATION}. Render it with --truth calibration density.")
    return read_cameras(path)


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


def _walked(folder: Path, view: str) -> GroundMap:
    """All ground on which anybody stands at some time, in whole cells of the network."""
    stood = [sightings.ground_metres for _, sightings in read_sightings(_sightings(folder, view))]
    if not stood:
        raise InputError(f"{folder} shows nobody, and has no {_DENSITY} that tells of the ground. Render it with both.")
    step = POOLED * _CELL_METRES
    left, top = np.floor(np.concatenate(stood).min(axis=0) / step)
    right, bottom = np.floor(np.concatenate(stood).max(axis=0) / step) + 1
    return GroundMap(left * step, top * step, _CELL_METRES, int(right - left) * POOLED, int(bottom - top) * POOLED)


def _sightings(folder: Path, view: str) -> Path:
    path = folder / "sightings" / f"{view}.npy"
    if not path.is_file():
        raise InputError(f"{folder} lacks sightings/{view}.npy. Render it again.")
    return path


def _seconds(clock: CameraClocks) -> np.ndarray:
    """World time of every frame."""
    return np.array([clock.row_world_seconds(frame).mean() for frame in range(len(clock.ticks))])


def _matching(clocks: Sequence[CameraClocks]) -> Int[np.ndarray, "instant view"]:
    """Of every view the frame nearest to each of the first's, where all are within half a frame."""
    times = [_seconds(clock) for clock in clocks]
    gaps = [np.abs(theirs[:, None] - times[0]) for theirs in times]
    near = [gap.min(axis=0) <= 0.5 * usual_interval_seconds(theirs) for gap, theirs in zip(gaps, times, strict=True)]
    found = np.stack([gap.argmin(axis=0) for gap in gaps], axis=1)
    return np.asarray(found[np.all(near, axis=0)])


def _film(path: Path, size: Size, shown: Int[np.ndarray, " instant"]) -> Iterator[np.ndarray]:
    recording = media.probe(path)
    decoded = ((frame.index, frame.gray) for frame in media.frames(recording, pixels=size[0] * size[1]))
    for frame, gray in zip(shown, in_frames(shown, decoded), strict=True):
        if gray is None:
            raise InputError(f"{path}: its frame {frame} can't be decoded. Copy it again.")
        yield gray


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
