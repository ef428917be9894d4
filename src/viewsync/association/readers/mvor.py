"""MVOR: an operating room seen by three cameras, about once in 75 seconds."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from viewsync.association.frames import Picture
from viewsync.association.readers.rows import Rows, Stage, corners
from viewsync.media.keypoints.json_file import read_json
from viewsync.types import InputError

_ANNOTATIONS = "camma_mvor_2018*.json"
_PICTURES = "camma_mvor_dataset"


def mvor_file(folder: Path) -> Path | None:
    """The annotations in a folder, however deep; of several versions the last."""
    return max(folder.rglob(_ANNOTATIONS), key=lambda path: path.name, default=None)


def read_mvor(path: Path) -> tuple[Stage, Rows]:
    """The annotated frames in which at least two cameras see people (712 of 732), as Self-MVA takes them.

    Frames are counted from 0 in the order of the file, as Self-MVA's detections count them. Their times are those of the
    first camera's pictures.

    Args:
        path: ``camma_mvor_2018.json``, or its second version.

    Raises:
        InputError: It can't be read.
    """
    content = read_json(path)
    try:
        sets = [multiview["images"] for multiview in content["multiview_images"]]
        places = {image["id"]: (number, view) for number, images in enumerate(sets) for view, image in enumerate(images)}
        annotations = content["annotations"]
        cells = np.array([places[annotation["image_id"]] for annotation in annotations], dtype=np.int64).reshape(-1, 2)
        cameras = tuple(f"cam{image['cam_id']}" for image in sets[0])
        seen = np.zeros((len(sets), len(cameras)), dtype=bool)
        seen[cells[:, 0], cells[:, 1]] = True
        told = np.flatnonzero(seen.sum(axis=1) >= 2)
        kept = np.isin(cells[:, 0], told)
        boxes = corners([annotation["bbox"] for annotation in annotations])
        people = np.array([annotation["person_id"] for annotation in annotations], dtype=np.int64)
        rows = Rows(path, cameras, told, cells[kept, 0], cells[kept, 1], boxes[kept], people[kept])
        sizes = tuple((int(image["width"]), int(image["height"])) for image in sets[0])
        pictures = {
            (number, view): Picture(picture)
            for number, images in enumerate(sets)
            for view, image in enumerate(images)
            if (picture := path.parent / _PICTURES / image["file_name"]).is_file()
        }
        return Stage("MVOR", path, cameras, sizes, _seconds([images[0] for images in sets]), pictures), rows
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise InputError(f"{path} isn't as of MVOR ({type(error).__name__}: {error}). Copy it again.") from error


def _seconds(images: list[Mapping[str, Any]]) -> dict[int, float] | None:
    if any("date_captured" not in image for image in images):
        return None
    times = [datetime.fromisoformat(image["date_captured"]) for image in images]
    return {number: (time - times[0]).total_seconds() for number, time in enumerate(times)}
