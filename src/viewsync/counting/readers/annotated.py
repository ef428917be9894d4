"""PETS2009 and CityStreet as pictures, with a calibration and the heads that people have marked in every view."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from viewsync.calibration import camera_for, fitted, read_cameras
from viewsync.counting.footage import Footage
from viewsync.counting.places import POOLED, PUBLISHED, Layout, place_of
from viewsync.counting.readers.kept import Points, kept_densities, kept_pictures
from viewsync.counting.readers.split import split_of
from viewsync.files import natural
from viewsync.footage.clip import Split
from viewsync.footage.kept_pictures import Size, gray_picture
from viewsync.geometry.camera import CalibratedCamera
from viewsync.geometry.ground_maps import PERSON_METRES
from viewsync.progress import Progress
from viewsync.store import stamp
from viewsync.types import InputError

VIA = "via_region_data_view*.json"
_HEIGHTS_METRES = np.arange(1560, 1951, 10) / 1000
"""Of heads, among which that is looked for at which the views agree best."""
_CITY_FIRST_TEST_FRAME = 1236
_PETS_NOWHERE_PIXELS = 50
"""Who isn't seen was marked in the upper left corner of PETS2009's pictures."""
_PETS_VIEW = "View_"
_FRAME = "frame_"
_PICTURES = (".jpg", ".jpeg", ".png")

Heads = dict[str, tuple[float, float]]
"""Pixels of heads in the pictures of the calibration, by the person."""


@dataclass(frozen=True)
class _View:
    """What there is of one view of one clip."""

    name: str
    camera: CalibratedCamera
    pictures: Mapping[int, Path]
    """By the number of the frame."""
    annotations: Path
    heads: Mapping[int, Heads]


def read_annotated(folder: Path, size: Size | None, progress: Progress) -> tuple[Footage, ...]:
    """All clips of a folder.

    Views are folders of pictures called frame_0000.jpg and so on (``image_frames/camera1``; of PETS2009
    ``image_frames/Train/S1L3/14_17/View_001``). In their order, the files via_region_data_view1.json and so on belong to
    them that lie in the same place under another folder (``labels``; ``labels/Train/S1L3/14_17``). Annotated frames count.

    A person seen in several views stands where these agree best, for heights from 1.56 to 1.95 m; one seen in a single view
    is taken to be 1.75 m high.

    Args:
        folder: With pictures and annotations, and a calibration: PETS2009's XML files however deep, or in a folder or file
            called ``calibration`` in any format that is known, in metres and on the published ground.
        size: Of the network's pictures; as published unless told.
        progress: Told after each picture.

    Raises:
        InputError: Something is missing, can't be read, or doesn't fit the rest.
    """
    calibration = _calibration(folder)
    cameras, places = read_cameras(calibration), sorted({path.parent for path in folder.rglob(VIA)})
    views = {place.relative_to(folder).parts[1:]: _views(folder, place, cameras) for place in places}
    clips = (_clip(folder, where, of_clip, stamp(calibration), size, progress) for where, of_clip in views.items())
    return tuple(chain.from_iterable(clips))


def _calibration(folder: Path) -> Path:
    pets = next(folder.rglob("View_*.xml"), None)
    own = pets.parent if pets else next(iter(sorted(folder.glob("calibration*"))), None)
    if own is None:
        raise InputError(
            f"{folder} has neither PETS2009's View_001.xml nor anything called calibration. Add the cameras' calibration, "
            "in metres, for example as calibration.toml."
        )
    return own


def _views(folder: Path, labels: Path, cameras: Mapping[str, CalibratedCamera]) -> list[_View]:
    where = labels.relative_to(folder).parts[1:]
    files = sorted(labels.glob(VIA), key=lambda path: natural(path.name))
    shown = sorted(
        (
            path
            for path in folder.rglob("*")
            if path.is_dir() and path.relative_to(folder).parts[1:-1] == where and _pictures(path)
        ),
        key=lambda path: natural(path.name),
    )
    if len(shown) != len(files):
        raise InputError(
            f"{labels} has annotations of {len(files)} views, but beside it there are pictures ({_FRAME}0000.jpg and so on) "
            f"of {len(shown)}: {', '.join(path.name for path in shown) or 'none'}. Add what is missing."
        )
    views: list[_View] = []
    for path, pictures in zip(files, map(_pictures, shown), strict=True):
        name = shown[len(views)].name
        camera = camera_for(cameras, name)
        if camera is None:
            raise InputError(f"{name} has no calibration; there are those of {', '.join(cameras)}. Call one of them {name}.")
        first = gray_picture(next(iter(pictures.values())))
        # Only to see that they are of the calibration's shape: heads are marked in pixels of the calibration.
        fitted(camera, first.shape[1], first.shape[0])
        views.append(_View(name, camera, pictures, path, _heads(path, camera)))
    _require_frames(labels, views)
    return views


def _require_frames(labels: Path, views: Sequence[_View]) -> None:
    everywhere = set.intersection(*(set(view.heads) for view in views))
    for view in views:
        odd = set(view.heads) - everywhere or everywhere - set(view.pictures)
        if odd:
            raise InputError(
                f"{labels}: frame {min(odd)} isn't annotated in every view, or {view.name} has no picture of it. Annotate "
                "the same frames in all views, and keep their pictures."
            )
    if not everywhere:
        raise InputError(
            f"{labels}: no frame is annotated. Mark heads, or at least name the frames in which there are none."
        )


def _pictures(folder: Path) -> dict[int, Path]:
    files = (path for path in folder.glob(f"{_FRAME}*") if path.suffix.lower() in _PICTURES)
    return {_number(path.name): path for path in sorted(files)}


def _number(name: str) -> int:
    digits = re.match(rf"{_FRAME}(\d+)", name)
    if digits is None:
        raise InputError(f"{name} should be called {_FRAME} and a number. Rename it.")
    return int(digits[1])


def _heads(path: Path, camera: CalibratedCamera) -> dict[int, Heads]:
    """The heads of every annotated frame that are in the picture."""
    try:
        content = json.loads(path.read_bytes())
        return {_number(name): _inside(entry["regions"], camera) for name, entry in content.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path} can't be read as annotations of VIA: {error!r}. Copy it again.") from error


def _inside(regions: Mapping[str, Any], camera: CalibratedCamera) -> Heads:
    shapes = {person: region["shape_attributes"] for person, region in regions.items()}
    heads = {person: (float(shape["cx"]), float(shape["cy"])) for person, shape in shapes.items()}
    nowhere = _PETS_NOWHERE_PIXELS if camera.name.startswith(_PETS_VIEW) else 0
    return {
        person: (x, y)
        for person, (x, y) in heads.items()
        if 0 <= x < camera.lens.width and 0 <= y < camera.lens.height and max(x, y) >= nowhere
    }


def _clip(
    folder: Path, where: tuple[str, ...], views: Sequence[_View], calibrated: str, size: Size | None, progress: Progress
) -> Iterator[Footage]:
    layout: Layout = "PETS2009" if views[0].camera.name.startswith(_PETS_VIEW) else "CityStreet"
    known, name = PUBLISHED[layout], "-".join(where) or folder.resolve().name
    size = size or known.picture
    place = place_of([view.camera for view in views], known.cells.pooled(POOLED), *size, name)
    for split, frames in _parts(sorted(views[0].heads), where, layout).items():
        pictures = tuple(
            kept_pictures(
                f"{stamp(next(iter(view.pictures.values())).parent)} {frames}", len(frames), size,
                (gray_picture(view.pictures[frame]) for frame in frames), f"{name}, {view.name}", progress,
            )
            for view in views
        )  # fmt: skip
        key = f"{calibrated} {[stamp(view.annotations) for view in views]} {frames}"
        people = (_on_ground(views, frame) for frame in frames)
        densities = kept_densities(key, len(frames), known.cells, people)
        yield Footage(f"{name} {split}", split, place, known.fps, pictures, densities)


def _parts(frames: list[int], where: tuple[str, ...], layout: Layout) -> dict[Split, list[int]]:
    """The frames for training and for test."""
    if where or layout == "PETS2009":
        return {split_of(where): frames}
    parts: dict[Split, list[int]] = {
        "training": [frame for frame in frames if frame < _CITY_FIRST_TEST_FRAME],
        "test": [frame for frame in frames if frame >= _CITY_FIRST_TEST_FRAME],
    }
    return {split: part for split, part in parts.items() if part}


def _on_ground(views: Sequence[_View], frame: int) -> Points:
    """Where everybody stands whom a view shows."""
    people = sorted(set().union(*(view.heads[frame] for view in views)))
    nowhere = (np.nan, np.nan)
    pixels = np.array([[view.heads[frame].get(person, nowhere) for person in people] for view in views]).reshape(
        len(views), len(people), 2
    )
    low, high = (
        np.stack([view.camera.on_plane(seen, float(height)) for view, seen in zip(views, pixels, strict=True)])
        for height in _HEIGHTS_METRES[[0, -1]]
    )
    return standing(low, high)


def standing(low: Float[np.ndarray, "view anybody 2"], high: Float[np.ndarray, "view anybody 2"]) -> Points:
    """Where people stand, by where each view would show their heads on the ground.

    Args:
        low: If they were of the least height, nan where a view doesn't show them.
        high: If they were of the greatest.

    Returns:
        Without those whom no view shows.
    """
    seen = np.isfinite(low + high).all(axis=-1).sum(axis=0)
    low, high = low[:, seen > 0], high[:, seen > 0]
    # A ray is straight: where it meets the planes in between lies in between.
    shares = (np.append(_HEIGHTS_METRES, PERSON_METRES) - _HEIGHTS_METRES[0]) / np.ptp(_HEIGHTS_METRES)
    at_heights = low + shares[:, None, None, None] * (high - low)
    middles = np.nanmean(at_heights, axis=1)
    apart = np.nansum((at_heights - middles[:, None]) ** 2, axis=(1, 3))
    best = np.where(seen[seen > 0] > 1, apart[:-1].argmin(axis=0), len(_HEIGHTS_METRES))
    return np.asarray(middles[best, np.arange(len(best))])
