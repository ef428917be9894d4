"""What `viewsync apply` is to make: the files, their clocks, and the stretch of time that all of them share."""

from dataclasses import dataclass
from pathlib import Path

from viewsync.timeline.clock import ClockMap
from viewsync.types import Recording


@dataclass(frozen=True)
class Clip:
    """One tied recording, its clock, and the file that is to be made of it."""

    recording: Recording
    clock: ClockMap
    """From the recording's pts to the reference clock."""
    out: Path


@dataclass(frozen=True)
class Plan:
    """Clips that are to start and end at the same two instants of the reference clock."""

    start_seconds: float
    end_seconds: float
    clips: tuple[Clip, ...]
    left_out: tuple[tuple[str, str], ...] = ()
    """Ids of recordings that aren't tied, and why."""
