"""Columns of a csv, and people put together from lines that tell one joint each."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from viewsync.types import InputError

# So few that their cells stay in the processor's cache: three times as fast as with thousands.
_LINES_AT_ONCE = 512
LARGEST = 2.0**53
"""Whole numbers below are exact as floating point numbers, too."""


@dataclass(frozen=True)
class Table:
    """Some columns of a csv."""

    path: Path
    numbers: dict[str, Float[np.ndarray, " line"]]
    """nan where a cell is blank."""
    labels: dict[str, tuple[tuple[str, ...], Int[np.ndarray, " line"]]]
    """Texts in order of their appearance, and for each line the index of its text; −1 where it is blank."""

    def integers(self, name: str) -> Int[np.ndarray, " line"]:
        """A column of whole numbers.

        Raises:
            InputError: a cell isn't one, or there is no such column.
        """
        if name not in self.numbers:
            raise InputError(f"{self.path} has no column {name}. Export it again.")
        values = self.numbers[name]
        odd = np.flatnonzero(~(np.abs(values) < LARGEST) | (values != np.round(values)))
        if odd.size:
            raise InputError(f"{self.path}: {name} must be whole numbers, got {values[odd[0]]:g} in row {odd[0] + 1}.")
        return values.astype(np.int64)


def rows_of(path: Path) -> Iterator[list[str]]:
    """Cells line by line, the columns' names first. Empty lines are left out.

    A text with blanks instead of commas has the columns `frame`, `x` and `y`, whatever its first line calls them.

    Raises:
        InputError: the file can't be read, or is empty.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            if not first.strip():
                raise InputError(f"{path}: its first line is empty. Name the columns there.")
            if "," in first:
                file.seek(0)
                yield from filter(None, csv.reader(file))
                return
            yield ["frame", "x", "y"]
            if is_number(first.split()[0]):
                yield first.split()
            yield from filter(None, map(str.split, file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} can't be read as text: {error}. Save it as a plain csv.") from error


def read_table(path: Path, numbers: tuple[str, ...], labels: tuple[str, ...] = ()) -> Table:
    """Read columns by their names.

    Args:
        path: the file.
        numbers: columns of numbers wanted; those that aren't there are left out.
        labels: columns of texts wanted.

    Raises:
        InputError: the file can't be read, or a cell isn't a number.
    """
    rows = rows_of(path)
    header = [name.strip() for name in next(rows)]
    wanted = {name: header.index(name) for name in (*numbers, *labels) if name in header}
    parts: dict[str, list[np.ndarray]] = {name: [np.zeros(0)] for name in wanted}
    names: dict[str, dict[str, int]] = {name: {"": -1} for name in labels if name in wanted}
    row = 1
    while chunk := list(islice(rows, _LINES_AT_ONCE)):
        _require_width(path, chunk, len(header), row)
        cells = list(zip(*chunk, strict=True))
        for name, column in wanted.items():
            if name in names:
                known = names[name]
                parts[name].append(np.array([known.setdefault(cell.strip(), len(known) - 1) for cell in cells[column]]))
            else:
                parts[name].append(to_numbers(path, cells[column], row))
        row += len(chunk)
    columns = {name: np.concatenate(part) for name, part in parts.items()}
    return Table(
        path,
        {name: columns[name] for name in columns if name not in names},
        {name: (tuple(known)[1:], columns[name].astype(np.int64)) for name, known in names.items()},
    )


def to_numbers(path: Path, cells: Sequence[str], row: int) -> Float[np.ndarray, " cell"]:
    """Numbers of a column's cells, nan for blanks.

    Args:
        path: the file, for the message.
        cells: one below the other.
        row: the first one's, counted from 1 below the header.

    Raises:
        InputError: one isn't a number.
    """
    try:
        return np.array([cell or "nan" for cell in cells], dtype=np.float64)
    except ValueError:
        odd = next((i for i, cell in enumerate(cells) if cell and not is_number(cell)), 0)
        raise InputError(f"{path}, row {row + odd}: {cells[odd]!r} isn't a number. Correct the file.") from None


def people_of(
    frames: Int[np.ndarray, " line"],
    tracks: Int[np.ndarray, " line"],
    joints: Int[np.ndarray, " line"],
    points: Float[np.ndarray, "line 3"],
    source: Path,
    joint_count: int,
) -> tuple[
    Int[np.ndarray, " row"], Int[np.ndarray, " row"], Float[np.ndarray, "row joint 2"], Float[np.ndarray, "row joint"]
]:
    """Put lines of one joint each together, to rows of one person in one frame each.

    Args:
        frames: index of each line's frame, not decreasing.
        tracks: who it is.
        joints: index of the joint.
        points: x, y and confidence, which is 0 where unseen.
        source: the file, for the message.
        joint_count: how many joints a person has.

    Returns:
        Frame, track, pixels and confidence of each row, in the order in which they begin.

    Raises:
        InputError: a joint is seen in a frame twice.
    """
    names, codes = np.unique(tracks, return_inverse=True)
    _, first, row = np.unique(frames * max(1, len(names)) + codes, return_index=True, return_inverse=True)
    order = np.argsort(first)
    row = np.argsort(order)[row]
    seen = np.flatnonzero(np.isfinite(points[:, :2]).all(axis=1) & (points[:, 2] > 0))
    place = row[seen] * joint_count + joints[seen]
    if place.size and np.bincount(place).max() > 1:
        raise InputError(
            f"{source} tells the same joint of the same track twice in one frame. Keep one, or tell people apart by `track`."
        )
    dense = np.zeros((len(first), joint_count, 3))
    dense.reshape(-1, 3)[place] = points[seen]
    return frames[first[order]], tracks[first[order]], dense[..., :2], dense[..., 2]


def require_order(path: Path, name: str, values: np.ndarray) -> None:
    """See that a column doesn't decrease.

    Raises:
        InputError: it does.
    """
    step = np.flatnonzero(np.diff(values) < 0)
    if step.size:
        raise InputError(
            f"{path}: frames are out of order: {name} {values[step[0] + 1]:g} after {values[step[0]]:g}. Sort its lines."
        )


def _require_width(path: Path, chunk: list[list[str]], width: int, row: int) -> None:
    odd = next((i for i, cells in enumerate(chunk) if len(cells) != width), None)
    if odd is not None:
        raise InputError(f"{path}, row {row + odd}: expected {width} columns, found {len(chunk[odd])}. Correct the file.")


def is_number(text: str) -> bool:
    """Whether a cell is one."""
    try:
        float(text)
    except ValueError:
        return False
    return True
