"""MOT's text files, one per camera: MvMHAT, DIVOTrack, rendered worlds, and what trackers write."""

from collections.abc import Sequence
from configparser import ConfigParser
from configparser import Error as ConfigError
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import numpy as np
from jaxtyping import Float

from viewsync.association.readers.rows import LARGEST, Rows, Stage, corners
from viewsync.files import natural
from viewsync.types import InputError

_COLUMNS = 6
"""Frame, identity, left, top, width, height. What follows differs from set to set."""
_SEQUENCE = "seqinfo.ini"


def mot_files(folder: Path) -> dict[str, Path]:
    """A folder's files by the cameras' names: ``cam1.txt`` or ``cam1/gt/gt.txt``; ``15_1.txt`` is camera 1 of session 15.

    Args:
        folder: Or, where files of several sessions lie in one folder, that folder's path and the session's name.

    Raises:
        InputError: There are those of several sessions.
    """
    if not folder.is_dir():
        return {
            path.stem.removeprefix(f"{folder.name}_"): path for path in sorted(folder.parent.glob(f"{folder.name}_*.txt"))
        }
    files = {path.stem: path for path in folder.glob("*.txt")}
    files |= {path.parents[1].name: path for path in folder.glob("*/gt/gt.txt")}
    files = {name: path for name, path in files.items() if _is_mot(path)}
    sessions = sorted({name.rpartition("_")[0] for name in files}, key=natural)
    if len(sessions) > 1 and "" not in sessions:
        raise InputError(
            f"{folder} holds boxes of {len(sessions)} sessions ({', '.join(sessions)}). Name one: {folder / sessions[0]}."
        )
    return {name.rpartition("_")[2] if len(sessions) == 1 else name: path for name, path in files.items()}


def rows_of_mot(source: Path, files: dict[str, Path]) -> Rows:
    """Boxes of several cameras whose equal numbers of frames are of one instant. Frames that show nobody aren't told of.

    The seventh column is the confidence where it tells one (more than 0, and not always 1).

    Raises:
        InputError: A file can't be read, or isn't of numbers.
    """
    cameras = tuple(sorted(files, key=natural))
    tables = [_table(files[camera]) for camera in cameras]
    table = np.concatenate(tables)
    numbers = table[:, 0].astype(np.int64)
    return Rows(
        source,
        cameras,
        np.unique(numbers),
        numbers,
        np.repeat(np.arange(len(cameras)), [len(part) for part in tables]),
        corners(table[:, 2:6]),
        table[:, 1].astype(np.int64),
        _scores(table),
    )


def stage_of_mot(source: Path, files: dict[str, Path]) -> Stage:
    """Sizes and times as each camera's ``seqinfo.ini`` tells, where there is one.

    Raises:
        InputError: It can't be read, or cameras have different rates.
    """
    cameras = tuple(sorted(files, key=natural))
    told = [_sequence(files[camera].absolute().parents[1] / _SEQUENCE) for camera in cameras]
    known = [sequence for sequence in told if sequence is not None]
    if len(known) < len(cameras):
        return Stage(source.resolve().name, source, cameras)
    rates = sorted({sequence.fps for sequence in known})
    if len(rates) > 1:
        raise InputError(f"{source}: cameras have different rates ({', '.join(f'{rate:g}' for rate in rates)} per second).")
    frames = range(max(sequence.count for sequence in known) + 1)
    seconds = {number: number / rates[0] for number in frames}
    return Stage(source.resolve().name, source, cameras, tuple(sequence.size for sequence in known), seconds)


def _is_mot(path: Path) -> bool:
    """Whether its first line looks like columns, unlike a sentence; or it is empty: then that camera saw nobody."""
    with path.open(encoding="utf-8", errors="replace") as file:
        line = next((line for line in file if line.strip()), ",")
    columns = line.lstrip("# ").split(",")
    return len(columns) > 1 and all(len(column.split()) < 2 for column in columns)


def _table(path: Path) -> Float[np.ndarray, "row 7"]:
    """The first seven columns; a confidence of 0 where there are six."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        if not text.strip():
            return np.zeros((0, _COLUMNS + 1))
        table = np.loadtxt(StringIO(text), delimiter=",", ndmin=2)
        if table.shape[1] < _COLUMNS:
            raise ValueError(f"it has {table.shape[1]} columns, but needs {_COLUMNS}")
    except (OSError, ValueError) as error:
        raise InputError(f"{path} can't be read as MOT's frame,id,x,y,w,h,…: {error}. Export it again.") from error
    if not (np.abs(table[:, :2]) < LARGEST).all():
        raise InputError(
            f"{path}: a frame's number or an identity isn't finite, or too large. Write -1 for somebody unknown."
        )
    return np.pad(table, [(0, 0), (0, 1)])[:, : _COLUMNS + 1]


def _scores(table: Float[np.ndarray, "row 7"]) -> Float[np.ndarray, " row"] | None:
    confidence = table[:, 6]
    told = len(confidence) and (confidence > 0).all() and (confidence <= 1).all() and (confidence != 1).any()
    return confidence if told else None


@dataclass(frozen=True)
class _Sequence:
    size: tuple[int, int]
    fps: float
    count: int


def _sequence(path: Path) -> _Sequence | None:
    if not path.is_file():
        return None
    parser = ConfigParser()
    try:
        parser.read(path, encoding="utf-8")
        told = parser["Sequence"]
        fps = float(told["frameRate"])
        if not 0 < fps < np.inf:
            raise ValueError(f"frameRate must be a positive number, not {fps:g}")
        return _Sequence((int(told["imWidth"]), int(told["imHeight"])), fps, int(told["seqLength"]))
    except (ConfigError, KeyError, ValueError) as error:
        raise InputError(f"{path} can't be read as MOT's seqinfo.ini: {error}. Copy it again.") from error


def as_mot(rows: Sequence[tuple[int, int, Sequence[float], float]]) -> bytes:
    """MOT's text of rows of a frame's number, an identity, left, top, width and height, and a confidence."""
    lines = (
        f"{frame},{identity},{','.join(f'{value:.2f}' for value in box)},{score:.3f},1,-1\n"
        for frame, identity, box, score in rows
    )
    return "".join(lines).encode()
