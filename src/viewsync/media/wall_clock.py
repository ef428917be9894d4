"""What a file says about the time of day when it was recorded: time codes and creation times.

These are hints, never truths: a creation time has whole seconds, some cameras write the end of the recording, and
every camera's calendar clock is set by hand. `docs/inputs.md` tells which cameras write what.
"""

import re
from datetime import UTC, datetime
from fractions import Fraction

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.stream import VideoStream

from viewsync.types import WallClock

TIME_CODE = "time code"
CREATION_TIME = "creation time"

_TIME_CODE = re.compile(r"(\d\d):(\d\d):(\d\d)([:;.])(\d\d\d?)")
# Clocks that were never set begin in 1904, 1970, 1980 or 2000.
_FIRST_CREDIBLE = datetime(2001, 1, 1, tzinfo=UTC)


def wall_clocks(container: InputContainer, video: VideoStream | None, audio: AudioStream | None) -> list[WallClock]:
    """What the camera's clock said when the recording began (not yet: at pts 0), at most one of each kind."""
    metadata = dict(container.metadata)
    for stream in container.streams:
        metadata = stream.metadata | metadata
    seconds = {
        TIME_CODE: _time_code_seconds(metadata, video) if video is not None else _time_reference_seconds(metadata, audio),
        CREATION_TIME: _creation_seconds(metadata),
    }
    return [WallClock(value, source) for source, value in seconds.items() if value is not None]


def _time_code_seconds(metadata: dict[str, str], video: VideoStream) -> float | None:
    """Seconds since midnight of a time code such as 10:00:00:12; a semicolon says that frame numbers are dropped."""
    match = _TIME_CODE.fullmatch(metadata.get("timecode", ""))
    if match is None or not video.average_rate:
        return None
    hours, minutes, seconds, frame = (int(match[group]) for group in (1, 2, 3, 5))
    per_second = round(video.average_rate)
    if hours >= 24 or minutes >= 60 or seconds >= 60 or frame >= per_second:
        return None
    frames = (3600 * hours + 60 * minutes + seconds) * per_second + frame
    if match[4] != ":":
        # Two numbers (at 30 frames a second) are left out each minute, but for every tenth.
        whole_minutes = 60 * hours + minutes
        frames -= per_second // 15 * (whole_minutes - whole_minutes // 10)
    if frames == 0:
        return None  # A clock that was never set, or that is set back at every take.
    slower = Fraction(1000 * per_second, 1001)
    is_ntsc = abs(video.average_rate - slower) < abs(video.average_rate - per_second)
    return float(frames / (slower if is_ntsc else per_second))


def _time_reference_seconds(metadata: dict[str, str], audio: AudioStream | None) -> float | None:
    """Seconds since midnight of a broadcast WAV file's first sample."""
    reference = metadata.get("time_reference", "")
    if audio is None or not reference.isdecimal() or int(reference) == 0:
        return None
    seconds = int(reference) / audio.rate
    return seconds if seconds < 86_400 else None


def _creation_seconds(metadata: dict[str, str]) -> float | None:
    """Seconds since 1970 in UTC. Apple's own field outlives export and transfer, which set the general one anew."""
    for key in ("com.apple.quicktime.creationdate", "creation_time"):
        try:
            moment = datetime.fromisoformat(metadata.get(key, ""))
        except ValueError:
            continue
        # Without a time zone nobody knows which hour it was.
        if moment.tzinfo is not None and moment >= _FIRST_CREDIBLE:
            return moment.timestamp()
    return None
