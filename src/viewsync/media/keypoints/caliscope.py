"""Caliscope's and pyxy3d's xy.csv: the points of several cameras, with the times of their frames."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Int

from viewsync.files import whole_file
from viewsync.media.keypoints.reading import Reading
from viewsync.media.keypoints.table import Table, people_of, read_table, require_order
from viewsync.types import InputError, Poses

_NUMBERS = (
    "sync_index", "cam_id", "port", "frame_index", "frame_time", "object_id", "keypoint_id", "point_id", "img_loc_x",
    "img_loc_y",
)  # fmt: skip
_STAMPS = ("timestamps.csv", "frame_time_history.csv")


def read_caliscope(path: Path) -> dict[str, Reading]:
    """Read the cameras of an xy.csv, called ``cam_0``, ``cam_1`` and so on, with points ``point_0``, ``point_1`` and so on.

    Times are those of `timestamps.csv` (Caliscope) or `frame_time_history.csv` (pyxy3d) beside it, which know of frames
    without points, too; else those of its column `frame_time`. The files tell no confidence: it is 1.

    Raises:
        InputError: a column is missing or unusable, lines are out of order, or the time stamps are those of something else.
    """
    table = read_table(path, _NUMBERS)
    if not table.numbers.keys() >= {"img_loc_x", "img_loc_y"}:
        raise InputError(
            f"{path} has no columns img_loc_x and img_loc_y: it isn't one of points in pictures. Name the xy.csv."
        )
    beside = next((path.parent / name for name in _STAMPS if (path.parent / name).is_file()), None)
    stamps = None if beside is None else read_table(beside, _NUMBERS)
    points, joints = np.unique(
        table.integers("keypoint_id" if "keypoint_id" in table.numbers else "point_id"), return_inverse=True
    )
    names = tuple(f"point_{point}" for point in points)
    told = [_cameras(each) for each in (table, stamps) if each is not None]
    return {f"cam_{id}": _camera(table, stamps, int(id), names, joints) for id in np.unique(np.concatenate(told))}


def _camera(
    table: Table, stamps: Table | None, camera: int, names: tuple[str, ...], joints: Int[np.ndarray, " line"]
) -> Reading:
    mine = _cameras(table) == camera
    sync = table.integers("sync_index")[mine]
    require_order(table.path, f"cam_{camera}'s sync_index", sync)
    who = table.integers("object_id")[mine] if "object_id" in table.numbers else np.zeros_like(sync)
    x, y = (table.numbers[name][mine] for name in ("img_loc_x", "img_loc_y"))
    timed = _frames(table, mine) if stamps is None else _frames(stamps, _cameras(stamps) == camera)
    if stamps is not None and not np.isin(sync, timed[0]).all():
        lost = sync[~np.isin(sync, timed[0])][0]
        raise InputError(f"{stamps.path} has no time of cam_{camera} at sync_index {lost}. Put the one beside {table.path}.")
    rows, tracks, pixels, confidence = people_of(
        np.searchsorted(timed[0], sync), who, joints[mine], np.column_stack([x, y, np.ones(len(x))]), table.path, len(names)
    )
    return Reading(table.path, names, *timed[1:], rows, tracks, pixels, confidence)


def _cameras(table: Table) -> Int[np.ndarray, " line"]:
    return table.integers("cam_id" if "cam_id" in table.numbers else "port")


def _frames(
    table: Table, mine: Bool[np.ndarray, " line"]
) -> tuple[Int[np.ndarray, " frame"], Int[np.ndarray, " frame"] | None, np.ndarray | None]:
    """A camera's frames: sync indices, numbers and times."""
    sync, first = np.unique(table.integers("sync_index")[mine], return_index=True)
    seconds = table.numbers["frame_time"][mine][first] if "frame_time" in table.numbers else None
    if "frame_index" in table.numbers:
        return sync, table.integers("frame_index")[mine][first], seconds
    # Time stamps have a line for each frame of the video, so that its place tells the frame.
    return sync, np.arange(len(sync)) if table.path.name in _STAMPS else None, seconds


def write_caliscope(poses: Mapping[str, Poses], path: Path) -> None:
    """Write cameras as an xy.csv. Joints and cameras become numbers: those in their names, or their places.

    `sync_index` is the frame's number, so Caliscope takes frames of one number as simultaneous. Confidences, frames without
    anybody, and names of joints have no place there.

    Args:
        poses: by name of the camera.
        path: where to.

    Raises:
        InputError: the file can't be written.
    """
    joints = list(dict.fromkeys(joint for seen in poses.values() for joint in seen.joints))
    points = dict(zip(joints, _numbers(joints, "point_"), strict=True))
    with whole_file(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(
            ["sync_index", "cam_id", "frame_index", "frame_time", "object_id", "keypoint_id", "img_loc_x", "img_loc_y"]
        )
        for camera, seen in zip(_numbers(list(poses), "cam_"), poses.values(), strict=True):
            writer.writerows(_lines(camera, seen, points))


def _lines(camera: int, poses: Poses, points: Mapping[str, int]) -> Iterator[tuple[Any, ...]]:
    rows, joints = np.nonzero(poses.confidence)
    frames = poses.frames[rows]
    ids = np.array([points[joint] for joint in poses.joints], dtype=np.int64)[joints]
    x, y = poses.pixels[rows, joints].T
    columns = (frames, np.full_like(frames, camera), frames, poses.pts_seconds[frames], poses.tracks[rows], ids, x, y)
    return zip(*(column.tolist() for column in columns), strict=True)


def _numbers(names: Sequence[str], prefix: str) -> list[int]:
    tails = [name.removeprefix(prefix) for name in names]
    if all(name.startswith(prefix) and tail.isdecimal() for name, tail in zip(names, tails, strict=True)):
        return [int(tail) for tail in tails]
    return list(range(len(names)))
