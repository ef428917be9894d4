"""Pictures with a time-stamp file: when each picture was taken."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from viewsync.types import InputError

_NAMES = ("timestamps.csv", "timestamps.txt")
_UNITS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), Fraction(1)),
    **dict.fromkeys(("ms", "msec", "millis", "milliseconds"), Fraction(1, 10**3)),
    **dict.fromkeys(("us", "µs", "μs", "usec", "micros", "microseconds"), Fraction(1, 10**6)),
    **dict.fromkeys(("ns", "nsec", "nanos", "nanoseconds"), Fraction(1, 10**9)),
}
_TIME_COLUMNS = {"timestamp", "timestamps", "time", "times", "frametime", "capturetime", "ptstime", "pts", "t"}
_FILE_COLUMNS = {"file", "filename", "image", "imagename", "picture", "name", "path"}
_CAMERA_COLUMN = "camid"
# Pictures further apart than this are rather given in a unit that the file doesn't tell.
_LONGEST_INTERVAL_SECONDS = 3600


def read_time_stamps(folder: Path, pictures: Sequence[Path]) -> tuple[Path, list[Fraction]]:
    """The time-stamp file of a folder of pictures, and when each was taken, in seconds, to whole microseconds.

    Args:
        folder: where the file lies: `timestamps.csv` or `timestamps.txt`.
        pictures: the pictures, in the order of their names.

    Raises:
        InputError: the file is missing, can't be understood, doesn't fit the pictures, or its times don't increase.
    """
    path = next((folder / name for name in _NAMES if (folder / name).is_file()), None)
    if path is None:
        raise InputError(
            f"{folder} holds {len(pictures)} pictures but no time stamps. Write {folder / _NAMES[0]}: for each picture, "
            f"in the order of the names, a line with the time in seconds at which it was taken."
        )
    stamps = [Fraction(round(stamp * 10**6), 10**6) for stamp in _in_order_of_pictures(path, _rows(path), pictures)]
    for number, (earlier, later) in enumerate(pairwise(stamps)):
        if later <= earlier:
            raise InputError(
                f"{path}: its times must increase, but {pictures[number + 1].name} has {float(later):.6f} s after "
                f"{float(earlier):.6f} s. Correct the file, or rename the pictures so that their order is right."
            )
    mean_seconds = float(stamps[-1] - stamps[0]) / max(1, len(stamps) - 1)
    if mean_seconds > _LONGEST_INTERVAL_SECONDS:
        raise InputError(
            f"{path}: its pictures would be {mean_seconds:.0f} s apart. If the times aren't seconds, name their unit in "
            f"the first line, e.g. timestamp_ns."
        )
    return path, stamps


def _rows(path: Path) -> list[tuple[int, list[str]]]:
    """Line numbers and cells of all lines that aren't empty."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
        separator = next((mark for mark in ",;\t" if any(mark in line for line in lines)), None)
        split = [line.split() if separator is None else next(csv.reader([line], delimiter=separator), []) for line in lines]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} can't be read as text: {error}. Save it as a plain CSV file.") from error
    return [(number, [cell.strip() for cell in cells]) for number, cells in enumerate(split, 1) if cells]


def _in_order_of_pictures(path: Path, rows: Sequence[tuple[int, list[str]]], pictures: Sequence[Path]) -> list[Fraction]:
    if not rows:
        raise InputError(f"{path} is empty. Write a line with the time in seconds for each of the {len(pictures)} pictures.")
    has_header = not any(_is_number(cell) for cell in rows[0][1])
    columns = _columns(path, rows[0][1]) if has_header else _only_times(path, rows[0][1])
    stamps: list[Fraction] = []
    by_name: dict[str, Fraction] = {}
    cameras: set[str] = set()
    for number, cells in rows[has_header:]:
        if len(cells) < columns.count:
            raise InputError(f"{path}, line {number}: expected {columns.count} columns, found {len(cells)}.")
        text = cells[columns.time]
        if not _is_number(text):
            raise InputError(f"{path}, line {number}: {text!r} isn't a time. Write a number, e.g. 12.345678.")
        stamps.append(Fraction(text) * columns.unit)
        if columns.file is not None:
            by_name[Path(cells[columns.file].replace("\\", "/")).name] = stamps[-1]
        if columns.camera is not None:
            cameras.add(cells[columns.camera])
    if len(cameras) > 1:
        raise InputError(f"{path} has the times of {len(cameras)} cameras. Keep only the lines of the one in this folder.")
    if len(stamps) != len(pictures):
        raise InputError(f"{path} has {len(stamps)} times for {len(pictures)} pictures. Write one for each picture.")
    missing = next((picture.name for picture in pictures if by_name and picture.name not in by_name), None)
    if missing is not None:
        raise InputError(f"{path} has no time for {missing}. Write one, or remove the picture.")
    return [by_name[picture.name] for picture in pictures] if by_name else stamps


@dataclass(frozen=True)
class _Columns:
    count: int
    time: int
    unit: Fraction = Fraction(1)
    file: int | None = None
    camera: int | None = None


def _only_times(path: Path, cells: Sequence[str]) -> _Columns:
    if len(cells) > 1:
        raise InputError(
            f"{path} has {len(cells)} columns, and its first line doesn't name them. Write a first line such as "
            f"file,time_s or timestamp_ns."
        )
    return _Columns(count=1, time=0)


def _columns(path: Path, header: Sequence[str]) -> _Columns:
    """Find the columns by their names, with the unit behind the time's: `Timestamp [ms]`, `time_s`."""
    words = [re.findall(r"[^\W_]+", cell.lower()) for cell in header]
    times = {
        column: _UNITS[name[-1]] if name[-1] in _UNITS and len(name) > 1 else Fraction(1)
        for column, name in enumerate(words)
        if name and "".join(name[:-1] if name[-1] in _UNITS and len(name) > 1 else name) in _TIME_COLUMNS
    }
    if len(times) != 1:
        raise InputError(
            f"{path}: its first line names {'no' if not times else 'several'} columns of times ({', '.join(header)}). "
            f"Call the one that counts `time`, with its unit if that isn't seconds: timestamp_ns, time_ms."
        )
    joined = ["".join(name) for name in words]
    ((time, unit),) = times.items()
    return _Columns(
        count=len(header),
        time=time,
        unit=unit,
        file=next((column for column, name in enumerate(joined) if name in _FILE_COLUMNS), None),
        camera=joined.index(_CAMERA_COLUMN) if _CAMERA_COLUMN in joined else None,
    )


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d{1,2})?", text, re.IGNORECASE) is not None
