"""WILDTRACK and MultiviewX: pictures of several views, and where everybody stands."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from viewsync import calibration
from viewsync.calibration import fitted, right_handed
from viewsync.counting.footage import Footage
from viewsync.counting.places import POOLED, place_of
from viewsync.counting.readers.kept import Points, kept_densities, kept_pictures, size_or_default
from viewsync.files import natural
from viewsync.footage.clip import Split
from viewsync.footage.kept_pictures import Size, gray_picture
from viewsync.geometry.ground_maps import GroundMap
from viewsync.progress import Progress
from viewsync.store import stamp
from viewsync.types import InputError

PICTURES, ANNOTATIONS = "Image_subsets", "annotations_positions"
_CALIBRATIONS = "calibrations"
_FPS = 2.0
_WIDEST = 676
_TRAINING_SHARE = 0.9


@dataclass(frozen=True)
class _Set:
    """What the files of a set don't tell."""

    cells: GroundMap
    """Of the ground that is annotated."""
    positions: GroundMap
    """Whose cells `positionID` counts, row by row."""
    mirrored: bool
    """Whether its world is left-handed: then y is turned round."""


_WILDTRACK = _Set(GroundMap(-3.0, -9.0, 0.1, 120, 360), GroundMap(-3.0, -9.0, 0.025, 480, 1440), mirrored=False)
# 25 m across, and a little more, that it may be pooled.
_MULTIVIEWX = _Set(GroundMap(0.0, -16.0, 0.1, 252, 160), GroundMap(0.0, 0.0, 0.025, 1000, 640), mirrored=True)


def read_wildtrack(folder: Path, size: Size | None, progress: Progress) -> tuple[Footage, ...]:
    """The first nine tenths of a set for training, the rest for test. Counted is everybody who is annotated.

    MultiviewX tells of a left-handed world, in which its calibration sees everything behind the cameras: here y is turned
    round, in its calibration and in its positions.

    Args:
        folder: With Image_subsets, annotations_positions and calibrations.
        size: Of the network's pictures; unless told that of the set's, but no wider than 676 pixels.
        progress: Told after each picture.

    Raises:
        InputError: Views and calibrations, or pictures and annotations, don't fit one another, or can't be read.
    """
    of_set = _WILDTRACK if (folder / _CALIBRATIONS / "intrinsic_zero").is_dir() else _MULTIVIEWX
    views = sorted((path for path in (folder / PICTURES).iterdir() if path.is_dir()), key=lambda path: natural(path.name))
    cameras = list(calibration.read_cameras(folder / _CALIBRATIONS).values())
    if len(views) != len(cameras):
        raise InputError(
            f"{folder} has pictures of {len(views)} views ({', '.join(view.name for view in views)}), but calibrations of "
            f"{len(cameras)} ({', '.join(camera.name for camera in cameras)}). Give both of every view."
        )
    annotations = sorted((folder / ANNOTATIONS).glob("*.json"))
    pictures = {view: sorted(path for path in view.iterdir() if path.suffix.lower() in (".png", ".jpg")) for view in views}
    counts = {view.name: len(files) for view, files in pictures.items()}
    if not annotations or set(counts.values()) != {len(annotations)}:
        told = ", ".join(f"{name} {count}" for name, count in counts.items())
        raise InputError(
            f"{folder}: {len(annotations)} instants are annotated, but there are pictures: {told}. Cut them alike."
        )
    shapes = [gray_picture(files[0]).shape[::-1] for files in pictures.values()]
    cameras = [
        fitted(right_handed(camera) if of_set.mirrored else camera, *shape)
        for camera, shape in zip(cameras, shapes, strict=True)
    ]
    size = size_or_default(size, shapes[0], _WIDEST)
    place = place_of(cameras, of_set.cells.pooled(POOLED), *size, folder.resolve().name)
    shown = tuple(
        kept_pictures(stamp(view), len(files), size, map(gray_picture, files), f"{place.name}, {view.name}", progress)
        for view, files in pictures.items()
    )
    people = _people(annotations, of_set)
    densities = kept_densities(stamp(folder / ANNOTATIONS), len(annotations), of_set.cells, people)
    ends: dict[Split, slice] = {
        "training": slice(last := int(_TRAINING_SHARE * len(annotations))),
        "test": slice(last, None),
    }
    return tuple(
        Footage(f"{place.name} {split}", split, place, _FPS, tuple(view[part] for view in shown), densities[part])
        for split, part in ends.items()
        if len(densities[part])
    )


def _people(annotations: Sequence[Path], of_set: _Set) -> Iterator[Points]:
    grid = of_set.positions
    for path in annotations:
        try:
            ids = np.array([int(person["positionID"]) for person in json.loads(path.read_bytes())], dtype=np.int64)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(f"{path} can't be read as annotations of WILDTRACK: {error!r}. Copy it again.") from error
        row, column = np.divmod(ids, grid.columns)
        metres = np.stack([column, row], axis=-1) * grid.cell_metres + (grid.left_metres, grid.top_metres)
        yield metres * (1, -1) if of_set.mirrored else metres
