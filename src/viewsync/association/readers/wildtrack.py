"""WILDTRACK and MultiviewX: a JSON per instant that tells who is where in all views."""

from pathlib import Path

import numpy as np

from viewsync import calibration
from viewsync.association.frames import Picture
from viewsync.association.readers.rows import Rows, Stage, size_of
from viewsync.calibration import right_handed
from viewsync.files import natural
from viewsync.geometry.camera import CalibratedCamera
from viewsync.media.keypoints.json_file import read_json
from viewsync.types import InputError

ANNOTATIONS, PICTURES, CALIBRATIONS = "annotations_positions", "Image_subsets", "calibrations"
_FPS = 2.0
_SIZE = (1920, 1080)
_NOWHERE = -1


def read_wildtrack(folder: Path) -> tuple[Stage, Rows]:
    """Everybody's boxes in all views, at 2 instants per second.

    Frames are counted from 0 in the order of the annotations, as Self-MVA's detections count them, even though these are
    numbered 0, 5, 10, …. Pictures are those of the same numbers.

    Args:
        folder: With ``annotations_positions``; pictures may be missing.

    Raises:
        InputError: A file can't be read.
    """
    paths = sorted((folder / ANNOTATIONS).glob("*.json"))
    if not paths:
        raise InputError(f"{folder / ANNOTATIONS} is empty. Copy the annotations there.")
    if odd := [path for path in paths if not path.stem.isdecimal()]:
        raise InputError(f"{odd[0]}: the name isn't a frame's number, such as 00000005.json. Move it elsewhere.")
    try:
        rows = [
            (_position(path, paths), view["viewNum"], person["personID"], *(view[side] for side in _SIDES))
            for path in paths
            for person in read_json(path)
            for view in person["views"]
        ]
        table = np.array(rows, dtype=np.float64).reshape(-1, 7)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{folder / ANNOTATIONS} isn't as of WILDTRACK ({error!r}). Copy the files again.") from error
    seen = table[(table[:, 3:] != _NOWHERE).any(axis=1)]
    told = np.array([_position(path, paths) for path in paths], dtype=np.int64)
    frames, views, people = seen[:, :3].astype(np.int64).T
    count = int(table[:, 1].max(initial=0)) + 1
    named = tuple(str(number) for number in range(count))
    return _stage(folder, count, paths), Rows(folder, named, told, frames, views, seen[:, 3:], people)


_SIDES = ("xmin", "ymin", "xmax", "ymax")


def _position(path: Path, paths: list[Path]) -> int:
    """Of a file among all there would be if none were missing."""
    numbers = [int(paths[0].stem), int(paths[min(1, len(paths) - 1)].stem)]
    return (int(path.stem) - numbers[0]) // max(1, numbers[1] - numbers[0])


def _stage(folder: Path, count: int, paths: list[Path]) -> Stage:
    """With the pictures whose names are of the same numbers as annotations."""
    numbers = {int(path.stem): _position(path, paths) for path in paths}
    shown = sorted((path for path in (folder / PICTURES).glob("*") if path.is_dir()), key=lambda path: natural(path.name))
    pictures = {
        (numbers[int(path.stem)], view): Picture(path)
        for view, inside in enumerate(shown)
        for path in sorted(inside.iterdir())
        if path.suffix.lower() in (".png", ".jpg") and path.stem.isdecimal() and int(path.stem) in numbers
    }
    firsts = {view: picture.path for (_, view), picture in reversed(pictures.items())}
    return Stage(
        folder.resolve().name,
        folder,
        tuple(path.name for path in shown) if len(shown) == count else tuple(f"C{view + 1}" for view in range(count)),
        tuple(size_of(firsts[view]) if view in firsts else _SIZE for view in range(count)),
        {position: position / _FPS for position in numbers.values()},
        pictures,
    )


def cameras_of_wildtrack(folder: Path) -> tuple[CalibratedCamera, ...]:
    """The calibrated cameras in the order of the views.

    MultiviewX tells of a left-handed world, in which its calibration sees everything behind the cameras: here y is turned
    round.

    Args:
        folder: With ``calibrations``.

    Raises:
        InputError: They can't be read.
    """
    cameras = tuple(calibration.read_cameras(folder / CALIBRATIONS).values())
    if (folder / CALIBRATIONS / "intrinsic_zero").is_dir():
        return cameras
    return tuple(right_handed(camera) for camera in cameras)
