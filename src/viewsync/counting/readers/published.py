"""The HDF5 files that MVMS was published with: PETS2009 and CityStreet, and what else is laid out like them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from viewsync.calibration import read_pets2009
from viewsync.counting.footage import Footage
from viewsync.counting.places import POOLED, PUBLISHED, Layout, Place, place_of, published_place
from viewsync.counting.readers.kept import kept_maps, kept_pictures
from viewsync.counting.readers.split import split_of
from viewsync.files import natural
from viewsync.footage.clip import Split
from viewsync.footage.kept_pictures import Size
from viewsync.progress import Progress
from viewsync.store import stamp
from viewsync.types import InputError

GROUND_PLANE = "*groundplane*.h5"
_NAME = re.compile(r"(?P<clip>.*?)_?(?:view(?P<view>\d+)|groundplane)_.*", re.IGNORECASE)
_SHAPES: dict[tuple[int, int], Layout] = {(768, 640): "CityStreet", (708, 608): "PETS2009", (710, 610): "PETS2009"}
"""Rows and columns of the density maps on the ground. What is beyond the cells is cut off."""


_ODD = 0.02
"""How far pictures' shapes may be off."""


@dataclass
class _Clip:
    """The files of one clip."""

    views: dict[int, Path] = field(default_factory=dict)
    ground: Path | None = None


def read_published(folder: Path, size: Size | None, progress: Progress) -> tuple[Footage, ...]:
    """All clips of a folder, of whichever views there are, by `images` of every view and `density_maps` of the ground.

    Files are called as published (``Street_view1_dmap_10.h5``, ``PETS_S1L3_1_groundplane_dmaps_10.h5``) and may lie however
    deep, but those of the unsynchronized pictures (a folder with "unsync" in its name) are left out: these are made here.
    What is for training and what for test, folders called so tell, and of PETS2009 the names of clips.

    Args:
        folder: With the HDF5 files and the projection maps (see `places.published_place`), or PETS2009's calibration
            (View_001.xml and so on) instead of these.
        size: Of the network's pictures; as published unless told.
        progress: Told after each picture.

    Raises:
        InputError: A file is missing, can't be read, or isn't of a size that is known.
    """
    clips = _clips(folder)
    numbers = sorted({view for clip in clips.values() for view in clip.views})
    for (_, name), clip in clips.items():
        missing = [f"view{view}" for view in numbers if view not in clip.views] + ["groundplane"] * (clip.ground is None)
        if missing:
            raise InputError(
                f"{folder}: of the clip {name or folder.name} there is no file of {', '.join(missing)}. Add it."
            )
    if not clips:
        raise InputError(f"{folder} has HDF5 files of unsynchronized pictures only, which are made here. Add the others.")
    first = next(iter(clips.values()))
    assert first.ground is not None
    layout = _layout(first.ground)
    place = _place(folder, layout, numbers, size)
    return tuple(_footage(name or layout, split, clip, layout, place, progress) for (split, name), clip in clips.items())


def _clips(folder: Path) -> dict[tuple[Split, str], _Clip]:
    found: dict[tuple[Split, str], _Clip] = {}
    for path in sorted(folder.rglob("*.h5"), key=lambda path: natural(path.name)):
        parts = path.relative_to(folder).parts
        match = _NAME.fullmatch(path.stem + "_")
        if match is None or any("unsync" in part.casefold() for part in parts):
            continue
        clip = found.setdefault((split_of(parts), match["clip"]), _Clip())
        if match["view"] is None:
            clip.ground = path
        else:
            clip.views[int(match["view"])] = path
    return found


def _layout(ground: Path) -> Layout:
    _, rows, columns, *_ = _shape(ground, "density_maps")
    if (rows, columns) not in _SHAPES:
        raise InputError(
            f"{ground} holds maps of {columns} × {rows} cells. Known are those of CityStreet (640 × 768) and of PETS2009 "
            "(610 × 710)."
        )
    return _SHAPES[rows, columns]


def _place(folder: Path, layout: Layout, numbers: list[int], size: Size | None) -> Place:
    calibration = next(folder.rglob("View_*.xml"), None)
    if layout != "PETS2009" or calibration is None:
        return published_place(folder, layout, numbers, size)
    known = {camera.name: camera for camera in read_pets2009(calibration.parent)}
    names = [f"View_{number:03d}" for number in numbers]
    missing = [name for name in names if name not in known]
    if missing:
        raise InputError(f"{calibration.parent} has no calibration of {', '.join(missing)}. Add it.")
    cells, picture = PUBLISHED[layout].cells, size or PUBLISHED[layout].picture
    return place_of([known[name] for name in names], cells.pooled(POOLED), *picture, layout)


def _footage(name: str, split: Split, clip: _Clip, layout: Layout, place: Place, progress: Progress) -> Footage:
    assert clip.ground is not None
    size, known = (place.width, place.height), PUBLISHED[layout]
    for path in clip.views.values():
        _, rows, columns, _ = _shape(path, "images")
        if abs(columns * known.picture[1] / (rows * known.picture[0]) - 1) > _ODD:
            raise InputError(
                f"{path}: its pictures are of {columns} × {rows} pixels, but those of {layout} are shaped like "
                f"{known.picture[0]} × {known.picture[1]}. See whether they belong to this set."
            )
    pictures = tuple(
        kept_pictures(stamp(path), _shape(path, "images")[0], size, _pictures(path), f"{name}, {view}", progress)
        for view, path in zip(place.views, (clip.views[number] for number in sorted(clip.views)), strict=True)
    )
    count = _shape(clip.ground, "density_maps")[0]
    densities = kept_maps(stamp(clip.ground), count, known.cells, _maps(clip.ground, known.cells.rows, known.cells.columns))
    return Footage(name, split, place, known.fps, pictures, densities)


def _shape(path: Path, dataset: str) -> tuple[int, ...]:
    import h5py

    try:
        with h5py.File(path) as file:
            shape = tuple(int(side) for side in file[dataset].shape)
    except (OSError, KeyError) as error:
        raise InputError(f"{path} can't be read as HDF5 with {dataset}: {error}. Copy it again.") from error
    if len(shape) != 4 or not shape[0]:
        raise InputError(f"{path}: its {dataset} are of shape {shape}, not (pictures, rows, columns, 1). Copy it again.")
    return shape


def _pictures(path: Path) -> Iterator[np.ndarray]:
    import h5py

    with h5py.File(path) as file:
        for picture in file["images"]:
            gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) if picture.shape[2] == 3 else picture[..., 0]
            yield np.clip(np.rint(gray), 0, 255).astype(np.uint8)


def _maps(path: Path, rows: int, columns: int) -> Iterator[np.ndarray]:
    import h5py

    with h5py.File(path) as file:
        for number, density in enumerate(file["density_maps"]):
            if not np.isfinite(density).all():
                raise InputError(f"{path}: its map {number} isn't finite. Copy it again.")
            yield density[:rows, :columns, 0]
