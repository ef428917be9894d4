"""Footage from folders, whichever of four layouts they have."""

from pathlib import Path

from viewsync.counting.footage import Footage
from viewsync.counting.readers.annotated import VIA, read_annotated
from viewsync.counting.readers.published import GROUND_PLANE, read_published
from viewsync.counting.readers.wildtrack import ANNOTATIONS, PICTURES, read_wildtrack
from viewsync.counting.readers.worlds import read_worlds
from viewsync.footage.kept_pictures import Size
from viewsync.footage.rendered_scenes import MANIFEST
from viewsync.geometry.ground_maps import GroundMap
from viewsync.progress import Progress
from viewsync.types import InputError


def read_footage(
    folder: Path, *, size: Size | None = None, ground: GroundMap | None = None, progress: Progress = lambda *_: None
) -> tuple[Footage, ...]:
    """All footage of a folder. What networks read of it is made once and kept in the cache folder.

    Args:
        folder: Rendered worlds, all or one of them (manifest.json); the HDF5 files of MVMS with its projection maps;
            PETS2009 or CityStreet as pictures, with a calibration and heads marked in every view
            (via_region_data_view1.json); or WILDTRACK or MultiviewX (Image_subsets and annotations_positions).
        size: Width and height of the network's pictures, multiples of 4; that of the paper, unless told.
        ground: The cells on which density is told before four by four of them become one of the network's; for rendered
            worlds, whose own are taken unless told.
        progress: Told after each picture that is made.

    Raises:
        InputError: It has no such layout; a view, a calibration or annotations are missing; they don't fit one another; a
            file can't be read; or the cache folder can't be written.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder. Give one with footage of several cameras.")
    if (folder / MANIFEST).is_file():
        return read_worlds(folder, size, ground, progress)
    if (folder / PICTURES).is_dir() and (folder / ANNOTATIONS).is_dir():
        return read_wildtrack(folder, size, progress)
    if next(folder.rglob(GROUND_PLANE), None) is not None:
        return read_published(folder, size, progress)
    if next(folder.rglob(VIA), None) is not None:
        return read_annotated(folder, size, progress)
    raise InputError(
        f"{folder} holds no footage to count in. Looked for: {MANIFEST} of rendered worlds; {PICTURES} and {ANNOTATIONS} as "
        f"in WILDTRACK; and, however deep, {GROUND_PLANE} as of MVMS, and {VIA} beside pictures."
    )
