"""What files say of boxes, and the session that comes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from jaxtyping import Float, Int

from viewsync.association.frames import MultiViewFrame, Picture, Session, View
from viewsync.types import InputError, usual_interval_seconds

LARGEST = 2**53
"""Numbers of frames and people must be less: tables of floating-point numbers hold those."""


@dataclass(frozen=True)
class Rows:
    """Boxes as files tell them, in any order."""

    source: Path
    cameras: tuple[str, ...]
    """As the files call them."""
    told: Int[np.ndarray, " frame"]
    """Numbers of the frames that the files tell of, increasing; also where nobody is."""
    frames: Int[np.ndarray, " row"]
    views: Int[np.ndarray, " row"]
    """Index of the camera."""
    boxes: Float[np.ndarray, "row 4"]
    """x1, y1, x2, y2 in pixels."""
    identities: Int[np.ndarray, " row"]
    scores: Float[np.ndarray, " row"] | None = None


@dataclass(frozen=True)
class Stage:
    """Of a session, all but the boxes."""

    name: str
    source: Path
    cameras: tuple[str, ...]
    sizes: tuple[tuple[int, int], ...] | None = None
    """None where nobody tells: then pictures are as small as can be with all boxes within."""
    seconds: Mapping[int, float] | None = None
    """When each frame was, by its number."""
    pictures: Mapping[tuple[int, int], Picture] = field(default_factory=dict)
    """By number of the frame and index of the camera."""


def gathered(stage: Stage, rows: Rows, fps: float | None) -> Session:
    """The session of these boxes, with all frames that their files tell of.

    Boxes that lie wholly outside their pictures are left out; those that lie partly outside are kept whole.

    Args:
        stage: Where they belong.
        rows: The boxes. Cameras go by their names; where these are numbers and the stage's aren't the same, they count the
            stage's cameras from 0.
        fps: Frames per second, counted by their numbers; goes before what the stage tells.

    Raises:
        InputError: Cameras don't fit, a frame has no time, a box isn't one, or somebody is in a view twice.
    """
    places = _places(rows, stage)
    guessed = stage.sizes is None
    sizes = stage.sizes or (_holding(rows),) * len(stage.cameras)
    seconds = _seconds(stage, rows, fps)
    order = np.lexsort((places[rows.views], rows.frames))
    keys = np.stack([rows.frames, places[rows.views]], axis=1)[order]
    cells = np.stack(np.meshgrid(rows.told, np.arange(len(stage.cameras)), indexing="ij"), axis=-1).reshape(-1, 2)
    # One number per cell, so that a cell's rows can be looked up.
    flat_keys, flat_cells = (_flat(of, len(stage.cameras)) for of in (keys, cells))
    starts, ends = (np.searchsorted(flat_keys, flat_cells, side=side) for side in ("left", "right"))
    views = [
        _view(stage, rows, order[start:end], sizes, int(frame), int(camera))
        for (frame, camera), start, end in zip(cells, starts, ends, strict=True)
    ]
    count = len(stage.cameras)
    frames = [
        MultiViewFrame(moment, tuple(views[count * i : count * (i + 1)]), number)
        for i, (moment, number) in enumerate(zip(seconds.tolist(), rows.told.tolist(), strict=True))
    ]
    return Session(stage.name, stage.cameras, sizes, tuple(sorted(frames, key=lambda frame: frame.seconds)), guessed)


def _flat(cells: Int[np.ndarray, "cell 2"], cameras: int) -> Int[np.ndarray, " cell"]:
    return np.asarray(cells[:, 0] * cameras + cells[:, 1])


def _view(
    stage: Stage, rows: Rows, of: Int[np.ndarray, " person"], sizes: tuple[tuple[int, int], ...], frame: int, camera: int
) -> View:
    try:
        return View(
            rows.boxes[of],
            rows.identities[of],
            scores=None if rows.scores is None else rows.scores[of],
            picture=stage.pictures.get((frame, camera)),
        ).within(sizes[camera])
    except InputError as error:
        raise InputError(f"{rows.source}, frame {frame}, camera {stage.cameras[camera]}: {error}") from error


def _places(rows: Rows, stage: Stage) -> Int[np.ndarray, " camera"]:
    """Which of the stage's cameras each of the rows' is."""
    if set(rows.cameras) <= set(stage.cameras):
        return np.array([stage.cameras.index(name) for name in rows.cameras], dtype=np.int64)
    if all(name.isdecimal() and int(name) < len(stage.cameras) for name in rows.cameras):
        return np.array([int(name) for name in rows.cameras], dtype=np.int64)
    raise InputError(
        f"{rows.source} tells of cameras {', '.join(rows.cameras)}, but {stage.source} has {', '.join(stage.cameras)}. "
        "Call them the same, or number them from 0."
    )


def _seconds(stage: Stage, rows: Rows, fps: float | None) -> Float[np.ndarray, " frame"]:
    if fps is not None:
        if not 0 < fps < np.inf:
            raise InputError(f"--fps must be a positive number, got {fps}.")
        return np.asarray(rows.told / fps)
    if stage.seconds is None:
        raise InputError(
            f"{stage.source} numbers its frames, but doesn't tell their times. Give their rate with --fps, or write "
            "timestamps.json beside them: {frame: seconds, …}."
        )
    untold = [number for number in rows.told.tolist() if not np.isfinite(stage.seconds.get(number, np.nan))]
    if untold:
        raise InputError(f"{stage.source} tells no time of frame {untold[0]} (of {len(untold)} in all). Write one for each.")
    return np.array([stage.seconds[number] for number in rows.told.tolist()], dtype=np.float64)


def _holding(rows: Rows) -> tuple[int, int]:
    """The smallest picture within which all boxes lie."""
    corner = np.nanmax(rows.boxes[:, 2:], axis=0, initial=1)
    if not np.isfinite(corner).all():
        raise InputError(f"{rows.source} has a box that isn't finite. Leave it out.")
    width, height = np.ceil(corner).astype(int).tolist()
    return width, height


def nearest_frames(
    theirs: Float[np.ndarray, " frame"], wanted: Float[np.ndarray, " instant"]
) -> Int[np.ndarray, " instant"]:
    """Their frame at each instant, at most half a frame's time away; -1 where there is none.

    Args:
        theirs: Increasing times of frames.
        wanted: Times on the same clock.
    """
    right = np.clip(np.searchsorted(theirs, wanted), 1, max(len(theirs) - 1, 1))
    candidates = np.stack([right - 1, np.minimum(right, len(theirs) - 1)])
    gaps = np.abs(theirs[candidates] - wanted)
    nearest = np.where(gaps[1] < gaps[0], candidates[1], candidates[0])
    return np.where(gaps.min(axis=0) <= usual_interval_seconds(theirs) / 2 + 1e-9, nearest, -1)


def size_of(picture: Path) -> tuple[int, int]:
    """Width and height of a picture.

    Raises:
        InputError: It can't be read.
    """
    pixels = cv2.imread(str(picture))
    if pixels is None:
        raise InputError(f"{picture} can't be read as a picture. Copy it again.")
    height, width = pixels.shape[:2]
    return int(width), int(height)


def corners(boxes: Any) -> Float[np.ndarray, "row 4"]:
    """x1, y1, x2, y2 of boxes that are told as left, top, width, height."""
    told = np.asarray(boxes, dtype=np.float64).reshape(-1, 4)
    return np.hstack([told[:, :2], told[:, :2] + told[:, 2:]])
