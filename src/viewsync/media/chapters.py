"""Several files as one recording: whether they belong together, and where each lies on the recording's clock."""

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np

from viewsync.media.contents import Contents, Stream
from viewsync.media.wall_clock import TIME_CODE
from viewsync.types import InputError, Part

_MICROSECONDS = 1_000_000
# The mean interval between frames may differ by this share, as with phones whose rate wanders.
_RATE_TOLERANCE = 0.05
# Creation times have whole seconds.
_GAP_TOLERANCE_SECONDS = 2.0
_DAY_SECONDS = 86_400


def check_chapters(folder: Path, chapters: Sequence[Contents]) -> None:
    """Refuse files that can't be one recording.

    Raises:
        InputError: two of the files differ in codec, size, rate or tracks, or their clocks show a pause between them.
    """
    check_same_settings(folder, chapters)
    first = chapters[0]
    for other in chapters[1:]:
        if min(first.pts.size, other.pts.size) > 1:
            intervals = [float(part.length_seconds) / part.pts.size for part in (first, other)]
            if abs(intervals[1] / intervals[0] - 1) > _RATE_TOLERANCE:
                rates = [f"{1 / interval:.3g} frames/s" for interval in intervals]
                raise _unlike(folder, "frame rate", (first, rates[0]), (other, rates[1]))
    for before, after in pairwise(chapters):
        gap = _gap_seconds(before, after)
        if gap > _GAP_TOLERANCE_SECONDS:
            raise InputError(
                f"{folder}: {after.path.name} begins {gap:.0f} s after {before.path.name} has ended, by the camera's own "
                f"clock, so they are separate takes. Name the files one by one, or give each take its own folder."
            )


def check_same_settings(folder: Path, contents: Sequence[Contents]) -> None:
    """Refuse files that one decoder can't read one after the other.

    Raises:
        InputError: two of the files differ in their tracks, or in a setting of one.
    """
    first, of_first = contents[0], _settings(contents[0])
    for other in contents[1:]:
        of_other = _settings(other)
        for name in of_first | of_other:
            if of_first.get(name) != of_other.get(name):
                raise _unlike(folder, name, (first, of_first.get(name)), (other, of_other.get(name)))


def join(contents: Sequence[Contents], lengths_seconds: Sequence[Fraction]) -> tuple[Contents, tuple[Part, ...]]:
    """Put files after one another.

    Args:
        contents: the files in order. The earliest stream of the first becomes the recording's zero.
        lengths_seconds: for each file, the time from its first frame (without video, its first sample) to the next's.

    Returns:
        Contents of the whole on the recording's clock, and the parts to read it by. Both follow FFmpeg's concat
        demuxer to the tick: it adds whole microseconds to a file's times, and rounds the sum to ticks once. Here each
        sum is an exact one, rounded once too, so nothing adds up over many files.
    """
    first, video = contents[0], contents[0].video
    shifts = [-first.zero_microseconds]
    clock = video or first.sound
    assert clock is not None  # Every file has a track.
    place = first.start_seconds + _ticks(shifts[0], clock) * clock.time_base
    for length, following in zip(lengths_seconds[:-1], contents[1:], strict=True):
        place += length
        shifts.append(round((place - following.start_seconds) * _MICROSECONDS))
    begins = [shift + part.zero_microseconds for shift, part in zip(shifts, contents, strict=True)]
    ends = [*begins[1:], begins[-1] + round(lengths_seconds[-1] * _MICROSECONDS)]
    whole = replace(
        first,
        zero_microseconds=0,
        pts=np.concatenate(
            [part.pts + (_ticks(shift, video) if video else 0) for shift, part in zip(shifts, contents, strict=True)]
        ),
        last_frame_ticks=contents[-1].last_frame_ticks,
        sound_start_seconds=first.sound_start_seconds + Fraction(shifts[0], _MICROSECONDS),
        sound_end_seconds=contents[-1].sound_end_seconds + Fraction(shifts[-1], _MICROSECONDS),
    )
    parts = (
        Part(part.path, Fraction(end - begin, _MICROSECONDS))
        for part, begin, end in zip(contents, begins, ends, strict=True)
    )
    return whole, tuple(parts)


def _ticks(microseconds: int, stream: Stream) -> int:
    """Rounded as FFmpeg does: halves away from zero."""
    ticks = Fraction(microseconds, _MICROSECONDS) / stream.time_base
    return int(math.copysign(math.floor(abs(ticks) + Fraction(1, 2)), ticks))


def _settings(contents: Contents) -> dict[str, str]:
    settings: dict[str, str] = {}
    for name, stream in (("video track", contents.video), ("sound track", contents.sound)):
        if stream is not None:
            settings |= {name: f"number {stream.index}"} | stream.settings
    return settings


def _unlike(folder: Path, what: str, first: tuple[Contents, str | None], other: tuple[Contents, str | None]) -> InputError:
    (a, of_a), (b, of_b) = first, other
    return InputError(
        f"{folder}: {a.path.name} and {b.path.name} can't be one recording, as they differ in {what}: "
        f"{of_a or 'none'} and {of_b or 'none'}. Leave in the folder only the files of one recording."
    )


def _gap_seconds(before: Contents, after: Contents) -> float:
    """The pause between two files that every clock in them agrees on; 0 where the clocks don't tell."""
    later = {clock.source: clock.seconds for clock in after.wall_clocks}
    gaps = [0.0] if not before.wall_clocks else []
    for clock in before.wall_clocks:
        waited = later.get(clock.source, clock.seconds) - clock.seconds
        if waited == 0:
            # Some cameras write the first chapter's time into all.
            gaps.append(0.0)
        elif clock.source == TIME_CODE:
            gap = waited - float(before.length_seconds)
            gaps.append((gap + _DAY_SECONDS / 2) % _DAY_SECONDS - _DAY_SECONDS / 2)
        else:
            # Some cameras write when a file was begun, others when it was ended.
            gaps.append(waited - float(max(before.length_seconds, after.length_seconds)))
    return min(gaps)
