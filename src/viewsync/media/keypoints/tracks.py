"""Plain tracks: a csv with a line for each joint, or for each frame where there is but one point to see."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from viewsync.files import whole_file
from viewsync.media.keypoints.reading import Reading
from viewsync.media.keypoints.table import Table, people_of, read_table, require_order
from viewsync.types import InputError, Poses

_NUMBERS = ("frame", "seconds", "x", "y", "confidence", "width", "height")
_LABELS = ("track", "joint")


def read_tracks(path: Path) -> Reading:
    """Read columns `frame` or `seconds` (or both), `x`, `y`, and perhaps `track`, `joint`, `confidence`, `width`, `height`.

    Without `confidence`, a joint at (0, 0) is unseen: trackers write that where they lost their target. Lines without
    joint and position tell that a frame was looked at and shows nobody.

    Raises:
        InputError: a column is missing or unusable, frames are out of order, or a joint is told twice.
    """
    table = read_table(path, _NUMBERS, _LABELS)
    columns = table.numbers
    if not columns.keys() >= {"x", "y"} or not columns.keys() & {"frame", "seconds"}:
        raise InputError(
            f"{path} isn't a pose file that viewsync knows. A csv of tracks has the columns frame or seconds, x, y, and "
            f"perhaps track, joint, confidence; other csv files that are read are DeepLabCut's and Caliscope's."
        )
    if not columns["x"].size:
        raise InputError(f"{path} tells no frame. Write a line for each, also for those that show nobody.")
    numbers, seconds, frames = _frames(table)
    joint_names, joints = table.labels.get("joint", (("joint_0",), np.zeros(len(frames), dtype=np.int64)))
    points = _points(table)
    _require_names(table, points)
    named = np.flatnonzero(joints >= 0)
    rows, tracks, pixels, confidence = people_of(
        frames[named], _tracks(table)[named], joints[named], points[named], path, len(joint_names)
    )
    return Reading(path, joint_names, numbers, seconds, rows, tracks, pixels, confidence, _size(table))


def write_tracks(poses: Poses, path: Path) -> None:
    """Write everything that `Poses` hold; `read_tracks` gives it back. Frames are numbered from 0, as in `pts_seconds`.

    Of rows that show no joint nothing comes back but the frame, and of poses without any row no names of joints.

    Raises:
        InputError: the file can't be written.
    """
    with whole_file(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        size = [] if poses.size is None else list(poses.size)
        writer.writerow(
            ["frame", "seconds", "track", "joint", "x", "y", "confidence", *(("width", "height") if size else ())]
        )
        writer.writerows(line + size for line in _lines(poses))


def _lines(poses: Poses) -> Iterator[list[Any]]:
    seconds, tracks = poses.pts_seconds.tolist(), poses.tracks.tolist()
    points = np.dstack([poses.pixels, poses.confidence])
    first = np.searchsorted(poses.frames, np.arange(len(seconds) + 1)).tolist()
    for frame, time in enumerate(seconds):
        if first[frame] == first[frame + 1]:
            yield [frame, time, "", "", "", "", ""]
        for row in range(first[frame], first[frame + 1]):
            for joint, (x, y, confidence) in zip(poses.joints, points[row].tolist(), strict=True):
                where = [x, y] if confidence else ["", ""]
                yield [frame, time, tracks[row], joint, *where, confidence]


def _frames(
    table: Table,
) -> tuple[Int[np.ndarray, " frame"] | None, Float[np.ndarray, " frame"] | None, Int[np.ndarray, " line"]]:
    """Numbers and times of the frames, and each line's frame."""
    numbers = table.integers("frame") if "frame" in table.numbers else None
    seconds = table.numbers.get("seconds")
    key = seconds if numbers is None else numbers
    assert key is not None
    require_order(table.path, "seconds" if numbers is None else "frame", key)
    values, first, frames = np.unique(key, return_index=True, return_inverse=True)
    if numbers is None or seconds is None:
        return None if numbers is None else values, None if seconds is None else values, frames
    if not np.array_equal(seconds[first][frames], seconds, equal_nan=True):
        raise InputError(f"{table.path}: a frame has different times. Write the same `seconds` in all lines of a frame.")
    return values, seconds[first], frames


def _tracks(table: Table) -> Int[np.ndarray, " line"]:
    """As the file numbers them, or in the order in which it names them."""
    names, codes = table.labels.get("track", ((), None))
    if codes is None:
        return np.zeros(len(table.numbers["x"]), dtype=np.int64)
    whole = all(re.fullmatch(r"-?\d{1,15}", name) for name in names)
    numbers = map(int, names) if whole else range(len(names))
    return np.asarray(np.array([*numbers, -1])[codes])


def _points(table: Table) -> Float[np.ndarray, "line 3"]:
    x, y = table.numbers["x"], table.numbers["y"]
    confidence = table.numbers.get("confidence")
    return np.column_stack([x, y, (x != 0) | (y != 0) if confidence is None else confidence])


def _require_names(table: Table, points: Float[np.ndarray, "line 3"]) -> None:
    seen = np.isfinite(points[:, :2]).all(axis=1) & (points[:, 2] > 0)
    for name, (_, codes) in table.labels.items():
        unnamed = np.flatnonzero(seen & (codes < 0))
        if unnamed.size:
            raise InputError(
                f"{table.path}, row {unnamed[0] + 1}: a position without {name}. Write one, or no column {name}."
            )


def _size(table: Table) -> tuple[int, int] | None:
    if not table.numbers.keys() >= {"width", "height"} or not table.numbers["width"].size:
        return None
    width, height = table.integers("width"), table.integers("height")
    if min(width.min(), height.min()) < 1 or len(set(width)) > 1 or len(set(height)) > 1:
        raise InputError(f"{table.path}: width and height must be positive, and the same in all lines.")
    return int(width[0]), int(height[0])
