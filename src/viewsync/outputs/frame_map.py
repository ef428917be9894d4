"""`frames.csv`: which frame of every camera shows the instant of a reference frame. docs/frames-csv.md has the columns."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int, UInt8

from viewsync.files import whole_file
from viewsync.timeline.clock import ClockMap
from viewsync.types import CameraClock, Timeline

SAME_SECONDS = 1e-9
"""Times less than this apart count as equal, so that ties are ties whatever the time bases round to."""
_REACH_INTERVALS = 0.5
_DROP_INTERVALS = 1.5
"""With less between two frames, one came early or late; with more, at least one is missing."""
_SLOWER = 1.1
"""Cameras with intervals longer than the rows' by this factor are slower: 25 beside 30 is, 29.97 beside 30 isn't."""


class Gap(IntEnum):
    """Why a camera has no frame of an instant, or none of its own."""

    NONE = 0
    DROPPED = 1
    """The frame that would be nearest is missing."""
    BEFORE_START = 2
    AFTER_END = 3
    DUPLICATED = 4
    """The frame also stands in the row before, though the camera isn't slower than the rows."""

    @property
    def word(self) -> str:
        """As it stands in the file: empty where there is no gap."""
        return self.name.lower() if self else ""


@dataclass(frozen=True)
class CameraFrames:
    """One camera's frames, row by row. Before its start and after its end they're its first and last frame: see `gap`."""

    id: str
    frame: Int[np.ndarray, " row"]
    """The nearest frame, counted from 0 in the order of presentation."""
    pts_seconds: Float[np.ndarray, " row"]
    """Its presentation time in the camera's file."""
    phase_seconds: Float[np.ndarray, " row"]
    """Its time on the reference clock minus the row's: positive where the frame was taken later."""
    gap: UInt8[np.ndarray, " row"]
    """Values of `Gap`."""


@dataclass(frozen=True)
class FrameMap:
    """For every row, an instant, which frame of each camera is nearest to it."""

    reference_seconds: Float[np.ndarray, " row"]
    cameras: tuple[CameraFrames, ...]
    """The tied cameras with frames, the reference included, in the timeline's order."""


def frame_map(timeline: Timeline) -> FrameMap:
    """Find the nearest frame of every tied camera to every frame of the reference.

    Where the reference has no frames, the rows are the frames of the first tied camera that has. Without any, there are
    no rows and no cameras.
    """
    tied = [
        camera
        for camera in timeline.cameras
        if camera.offset_seconds is not None and camera.recording.frame_seconds is not None
    ]
    if not tied:
        return FrameMap(np.empty(0), ())
    leader = next((camera for camera in tied if camera.id == timeline.reference), tied[0])
    rows, row_interval = _frame_times(leader)
    return FrameMap(rows, tuple(_nearest(camera, rows, row_interval) for camera in tied))


def write_frame_map(frame_map: FrameMap, path: Path) -> None:
    """Write `frames.csv` row by row, whole or not at all.

    Args:
        frame_map: What to write.
        path: The file to write.

    Raises:
        InputError: When the file can't be written.
    """
    names = [
        f"{camera.id}_{name}" for camera in frame_map.cameras for name in ("frame", "pts_seconds", "phase_seconds", "gap")
    ]
    cells = [cells for camera in frame_map.cameras for cells in _cells(camera)]
    # A file's name, and so an id, may hold bytes that aren't text: they are spelled as in timeline.json.
    with whole_file(path) as temporary, temporary.open("w", newline="", encoding="utf-8", errors="backslashreplace") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["ref_seconds", *names])
        table.writerows(zip((f"{seconds:z.9f}" for seconds in frame_map.reference_seconds), *cells, strict=True))


def _frame_times(camera: CameraClock) -> tuple[Float[np.ndarray, " frame"], float]:
    """When the camera's frames were taken, and its usual interval, both on the reference clock."""
    assert camera.offset_seconds is not None
    assert camera.recording.frame_seconds is not None
    clock = ClockMap(camera.offset_seconds, camera.rate or 0.0)
    return clock(camera.recording.frame_seconds), (1 + clock.rate) * camera.recording.interval_seconds


def _nearest(camera: CameraClock, rows: Float[np.ndarray, " row"], row_interval: float) -> CameraFrames:
    assert camera.recording.frame_seconds is not None
    seconds, interval = _frame_times(camera)
    following = np.searchsorted(seconds, rows)
    before, after = np.maximum(following - 1, 0), np.minimum(following, len(seconds) - 1)
    frame = np.where(rows - seconds[before] <= seconds[after] - rows + SAME_SECONDS, before, after)
    phase = seconds[frame] - rows

    far = np.abs(phase) > _REACH_INTERVALS * interval + SAME_SECONDS
    early, late = far & (rows < seconds[0]), far & (rows > seconds[-1])
    dropped = far & (seconds[after] - seconds[before] > _DROP_INTERVALS * interval + SAME_SECONDS)
    again = np.zeros(len(rows), dtype=bool)
    if interval <= _SLOWER * row_interval + SAME_SECONDS:
        missing = early | late | dropped
        again[1:] = (frame[1:] == frame[:-1]) & ~missing[:-1]
    gap = np.select([early, late, dropped, again], [Gap.BEFORE_START, Gap.AFTER_END, Gap.DROPPED, Gap.DUPLICATED], Gap.NONE)
    pts_seconds = camera.recording.frame_seconds[frame]
    return CameraFrames(camera.id, frame, pts_seconds, phase, gap.astype(np.uint8))


def _cells(camera: CameraFrames) -> tuple[Iterator[str], ...]:
    """The camera's columns, made row by row while they are written, so that hours don't fill the memory."""
    outside = (camera.gap == Gap.BEFORE_START) | (camera.gap == Gap.AFTER_END)
    words = [gap.word for gap in Gap]

    def column(values: np.ndarray, form: str) -> Iterator[str]:
        return ("" if no else format(value, form) for no, value in zip(outside, values, strict=True))

    return (
        column(camera.frame, "d"),
        column(camera.pts_seconds, "z.9f"),
        column(camera.phase_seconds, "z.9f"),
        (words[gap] for gap in camera.gap),
    )
