"""DeepLabCut's tables of one camera, as csv and as h5: a line for each frame, three columns for each body part."""

import csv
import io
import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from viewsync.files import whole_file
from viewsync.media.keypoints.reading import Reading
from viewsync.media.keypoints.table import LARGEST, rows_of, to_numbers
from viewsync.types import InputError, Poses

_COORDINATES = ("x", "y", "likelihood")
_Columns = Sequence[tuple[str, ...]]
"""Scorer, perhaps the individual, body part and coordinate of each."""


def read_deeplabcut(path: Path) -> tuple[str, Reading]:
    """Read a csv, or an h5 as pandas writes it. Individuals are tracks, numbered in the order of the columns.

    Returns:
        The scorer, which DeepLabCut puts behind the video's name, and what the file says.

    Raises:
        InputError: the file can't be read, isn't DeepLabCut's, or its frames aren't numbered in order.
    """
    columns, frames, values = _read_csv(path) if path.suffix.lower() == ".csv" else _read_h5(path)
    reading = _reading(path, columns, frames, values)
    return columns[0][0], reading


def _read_csv(path: Path) -> tuple[_Columns, Int[np.ndarray, " frame"], Float[np.ndarray, "frame column"]]:
    rows = list(rows_of(path))
    levels = next((i for i, row in enumerate(rows[:4], 1) if row[0] == "coords"), 0)
    width = len(rows[0])
    odd = next((i for i, row in enumerate(rows) if len(row) != width), None)
    if levels not in (3, 4) or width < 2 or odd is not None:
        fault = "no line of `coords`" if odd is None else f"{len(rows[odd])} columns in line {odd + 1}, {width} in the first"
        raise InputError(f"{path} isn't a whole csv of DeepLabCut: it has {fault}. Export it again.")
    values = np.column_stack([to_numbers(path, [row[i] for row in rows[levels:]], 1) for i in range(width)])
    return list(zip(*(row[1:] for row in rows[:levels]), strict=True)), _whole(path, values[:, 0]), values[:, 1:]


def _read_h5(path: Path) -> tuple[_Columns, Int[np.ndarray, " frame"], Float[np.ndarray, "frame column"]]:
    """Both ways in which pandas keeps a table, without pandas: that would run whatever an attribute of the file says."""
    try:
        import h5py
    except ImportError as error:
        raise InputError(f"{path}: reading h5 needs h5py. Install it (pip install h5py), or give the csv.") from error
    try:
        with h5py.File(path) as file:
            (group,) = (item for item in file.values() if isinstance(item, h5py.Group))
            columns, index, blocks = _appendable(group["table"]) if "table" in group else _fixed(group)
            return columns, _whole(path, index), np.column_stack(blocks).astype(np.float64)
    except (OSError, KeyError, ValueError, TypeError, AttributeError, IndexError, EOFError, pickle.UnpicklingError) as error:
        raise InputError(
            f"{path} isn't an h5 table of DeepLabCut ({error}). Name the one of an analyzed video, or its csv."
        ) from error


def _appendable(table: Any) -> tuple[_Columns, np.ndarray, list[np.ndarray]]:
    """Names of the columns, index, and blocks of columns of a table that pandas can append to."""
    stored = table[:]
    blocks = [name for name in stored.dtype.names if name != "index"]
    columns = [column for name in blocks for column in _Plain(io.BytesIO(bytes(table.attrs[f"{name}_kind"]))).load()]
    return columns, stored["index"], [stored[name] for name in blocks]


def _fixed(group: Any) -> tuple[_Columns, np.ndarray, list[np.ndarray]]:
    """The same of one that it can't append to."""
    columns: list[tuple[str, ...]] = []
    blocks = []
    for block in range(int(group.attrs["nblocks"])):
        items = f"block{block}_items"
        levels = range(int(group.attrs[f"{items}_nlevels"]))
        names = [group[f"{items}_level{i}"].asstr()[:][group[f"{items}_label{i}"][:]].tolist() for i in levels]
        columns += zip(*names, strict=True)
        blocks.append(group[f"block{block}_values"][:])
    return columns, group["axis1"][:], blocks


class _Plain(pickle.Unpickler):
    """Lists, tuples, texts and numbers, and nothing that could run."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"{module}.{name} in the names of its columns")


def _whole(path: Path, index: np.ndarray) -> Int[np.ndarray, " frame"]:
    if index.dtype.kind not in "if" or not ((np.abs(index) < LARGEST) & (index == np.round(index))).all():
        raise InputError(
            f"{path} doesn't number its frames. Name the table of an analyzed video, not that of labelled pictures."
        )
    return index.astype(np.int64)


def _reading(
    path: Path, columns: _Columns, numbers: Int[np.ndarray, " frame"], values: Float[np.ndarray, "frame column"]
) -> Reading:
    if not columns or not all(map(_is_named, columns)):
        raise InputError(
            f"{path} doesn't name scorer, body part and coordinate of its columns. Name DeepLabCut's own table."
        )
    places = {column[1:]: i for i, column in enumerate(columns)}
    odd = next((name for *_, name in columns if name not in _COORDINATES), None)
    if odd is not None or len(places) < len(columns):
        fault = "the same column twice" if odd is None else f"a coordinate {odd!r}"
        raise InputError(
            f"{path} has {fault}. A table of one camera has x, y and likelihood of each body part, by one scorer."
        )
    individuals = list(dict.fromkeys(column[1:-2] for column in columns))
    joints = tuple(dict.fromkeys(column[-2] for column in columns))
    # Where an individual lacks a body part, it is nan; where labels lack a likelihood, it is 1.
    nowhere, certain = len(columns), len(columns) + 1
    picked = [
        [
            [places.get((*who, joint, name), certain if name == "likelihood" else nowhere) for name in _COORDINATES]
            for joint in joints
        ]
        for who in individuals
    ]
    ends = np.broadcast_to([np.nan, 1.0], (len(values), 2))
    points = np.column_stack([values, ends])[:, picked].reshape(-1, len(joints), 3)
    frames = np.repeat(np.arange(len(values)), len(individuals))
    tracks = np.tile(np.arange(len(individuals)), len(values))
    return Reading(path, joints, numbers, None, frames, tracks, points[..., :2], points[..., 2])


def _is_named(column: Any) -> bool:
    return isinstance(column, tuple) and len(column) in (3, 4) and all(isinstance(name, str) and name for name in column)


def write_deeplabcut(poses: Poses, path: Path) -> None:
    """Write a csv as DeepLabCut does, with individuals where there are several tracks. It holds no times.

    Frames are numbered from 0, as in `pts_seconds`.

    Raises:
        InputError: the file can't be written.
    """
    tracks, who = np.unique(poses.tracks, return_inverse=True)
    count = max(1, len(tracks))
    values = np.full((len(poses.pts_seconds), count, len(poses.joints), 3), np.nan)
    values[poses.frames, who] = np.dstack([poses.pixels, poses.confidence])
    columns = [
        (f"individual{i}", joint, name) for i in range(1, count + 1) for joint in poses.joints for name in _COORDINATES
    ]
    with whole_file(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["scorer", *["viewsync"] * len(columns)])
        if count > 1:
            writer.writerow(["individuals", *(who for who, _, _ in columns)])
        writer.writerow(["bodyparts", *(joint for _, joint, _ in columns)])
        writer.writerow(["coords", *(name for _, _, name in columns)])
        for number, row in enumerate(values.reshape(len(values), -1).tolist()):
            writer.writerow([number, *("" if value != value else value for value in row)])
