"""Sightings on disk, written frame by frame and read in blocks, so that neither is ever held whole.

A file is a NumPy array (.npy) of records, one per frame and person.
"""

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.lib import format as npy

from viewsync.worlds.people.joints import JOINTS
from viewsync.worlds.sightings import Sightings

_RECORD = np.dtype(
    [
        ("frames", np.int64),
        ("people", np.int64),
        ("ground_metres", np.float32, 2),
        ("boxes_pixels", np.float32, 4),
        ("visible_shares", np.float32),
        ("joints_metres", np.float32, (len(JOINTS), 3)),
        ("joints_pixels", np.float32, (len(JOINTS), 2)),
        ("joints_visible", np.bool_, len(JOINTS)),
    ]
)
_BLOCK_RECORDS = 1024


class SightingsWriter:
    """Writes sightings into a file as they come."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._count = 0
        self._write_header()

    def __enter__(self) -> "SightingsWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with self._file:
            if kind is None:
                self._file.seek(0)
                self._write_header()

    def append(self, sightings: Sightings) -> None:
        """Add the rows of one frame, later than all before."""
        records = np.empty(len(sightings), _RECORD)
        for name in _RECORD.fields or ():
            records[name] = getattr(sightings, name)
        self._file.write(records.tobytes())
        self._count += len(records)

    def _write_header(self) -> None:
        # However many records it tells of, the header is of the same length.
        header = {"descr": npy.dtype_to_descr(_RECORD), "fortran_order": False, "shape": (self._count,)}
        npy.write_array_header_1_0(self._file, header)


def read_sightings(path: Path) -> Iterator[tuple[int, Sightings]]:
    """Frame by frame: the frame's number, and its rows. Frames with nobody are left out.

    Raises:
        OSError: The file can't be read.
    """
    with path.open("rb") as file:
        npy.read_magic(file)
        npy.read_array_header_1_0(file)
        rest = np.empty(0, _RECORD)
        while len(block := np.fromfile(file, _RECORD, _BLOCK_RECORDS)):
            block = np.concatenate([rest, block])
            # The last frame of a block may go on in the next one.
            *frames, rest = np.split(block, np.flatnonzero(np.diff(block["frames"])) + 1)
            yield from map(_frame, frames)
        if len(rest):
            yield _frame(rest)


def _frame(records: np.ndarray) -> tuple[int, Sightings]:
    columns = {name: records[name] for name in _RECORD.fields or ()}
    wide = {name: column.astype(np.float64) if column.dtype == np.float32 else column for name, column in columns.items()}
    return int(records["frames"][0]), Sightings(**wide)
