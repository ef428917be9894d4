"""Footage of poses from folders, whichever of three layouts they have."""

from collections.abc import Iterator
from pathlib import Path

from viewsync.footage.rendered_scenes import MANIFEST, read_scenes
from viewsync.pose3d.crops import Crop
from viewsync.pose3d.footage import Footage
from viewsync.pose3d.readers.human36m import LABELS, read_human36m
from viewsync.pose3d.readers.kept import Cutting
from viewsync.pose3d.readers.panoptic import CALIBRATION, SCENES, read_panoptic
from viewsync.pose3d.readers.worlds import scene_footage
from viewsync.progress import Progress
from viewsync.types import InputError


def read_footage(
    folder: Path, side_pixels: int, *, crop: Crop = "clip", progress: Progress = lambda *_: None
) -> tuple[Footage, ...]:
    """All footage of a folder. What networks read of it is made once and kept in the cache folder.

    Args:
        folder: Rendered worlds, all or one of them (manifest.json), with the formats ``calibration`` and ``human36m``;
            Human3.6M with the labels of learnable triangulation; or a sequence of CMU Panoptic, or a folder of such.
        side_pixels: Of the network's pictures, which are square.
        crop: What they show. ``clip``: of each view one square for the whole clip, around all places where the person is;
            so a pixel is the same ray at every instant, and where the person was at the reference's instant is in the
            picture. ``frame``: a square for each picture, around the person, as learnable triangulation does: people are
            larger, but may have walked out of the square since, and pictures of it at another instant can't be had.
        progress: Told after each picture that is made.

    Raises:
        InputError: It has no such layout; a view, a calibration or labels are missing; they don't fit one another; a file
            can't be read; or the cache folder can't be written.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder. Give one with footage of several cameras.")
    return tuple(_read(folder, Cutting(side_pixels, crop, progress)))


def _read(folder: Path, cutting: Cutting) -> Iterator[Footage]:
    if (folder / MANIFEST).is_file():
        for scene in read_scenes(folder):
            yield from scene_footage(scene, cutting)
        return
    sequences = sorted({path.parent for path in folder.rglob(SCENES) if next(path.parent.glob(CALIBRATION), None)})
    for sequence in sequences:
        yield from read_panoptic(sequence, cutting)
    if sequences:
        return
    if next(folder.rglob(LABELS), None) is None:
        raise InputError(
            f"{folder} holds no footage of poses. Looked for: {MANIFEST} of rendered worlds; however deep, {LABELS} of "
            f"learnable triangulation; and {SCENES} of Panoptic beside {CALIBRATION}."
        )
    yield from read_human36m(folder, cutting)
