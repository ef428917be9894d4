"""Pictures of the cameras side by side: by their files' own time, and at the same instant of the timeline."""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from jaxtyping import UInt8

from viewsync.timeline.clock import ClockMap
from viewsync.types import CameraClock, InputError, Recording

Still = Callable[[Recording, float, int], UInt8[np.ndarray, "height width 3"]]
"""Decodes the upright RGB picture of a recording shown at a pts in seconds, with a given long side in pixels."""

LONG_SIDE = 480
FRACTIONS = (0.2, 0.5, 0.8)
"""Where in the common stretch to look, if nobody knows better."""


@dataclass(frozen=True)
class Picture:
    """One camera's frame, or the reason why there is none."""

    camera: str
    file_seconds: float
    """Time of the frame since the file's first one, as a player shows it."""
    uri: str | None
    """The picture as a `data:` URI."""
    missing: str | None = None


@dataclass(frozen=True)
class Instant:
    """All cameras at one moment of the reference clock, found by the files' own time and by the timeline."""

    seconds: float
    before: tuple[Picture, ...]
    after: tuple[Picture, ...]


@dataclass(frozen=True)
class Stretch:
    """A stretch of the reference clock and the cameras that all saw it."""

    start_seconds: float
    end_seconds: float
    cameras: tuple[CameraClock, ...]


def clock(camera: CameraClock) -> ClockMap:
    """From a tied camera's own time to the reference clock."""
    assert camera.offset_seconds is not None
    return ClockMap(camera.offset_seconds, camera.rate or 0.0)


def common_stretch(cameras: Sequence[CameraClock]) -> Stretch | None:
    """The stretch that most of these tied cameras saw together, the longest of equals; None where no two did.

    Args:
        cameras: Cameras with an offset.
    """
    spans = [
        (clock(camera)(camera.recording.first_pts_seconds), clock(camera)(camera.recording.last_pts_seconds))
        for camera in cameras
    ]
    best: Stretch | None = None
    # The cameras that see a moment change only where one starts: each start opens one candidate.
    for start, _ in spans:
        seen = [index for index, (low, high) in enumerate(spans) if low <= start < high]
        end = min((spans[index][1] for index in seen), default=start)
        found = Stretch(start, end, tuple(cameras[index] for index in seen))
        if len(seen) > 1 and (best is None or _size(found) > _size(best)):
            best = found
    return best


def moments(stretch: Stretch, telling: Sequence[float] = ()) -> tuple[float, ...]:
    """When to look: the telling instants that lie in the stretch, or else a few spread over it.

    Args:
        stretch: Where to look.
        telling: Instants worth a look, in seconds on the reference clock.
    """
    inside = tuple(seconds for seconds in telling if stretch.start_seconds <= seconds < stretch.end_seconds)
    length = stretch.end_seconds - stretch.start_seconds
    return inside or tuple(stretch.start_seconds + fraction * length for fraction in FRACTIONS)


def instants(stretch: Stretch, still: Still, telling: Sequence[float] = ()) -> tuple[Instant, ...]:
    """Decode the pictures of a few moments of a stretch.

    Args:
        stretch: Where to look; its cameras without video are left out.
        still: The decoder.
        telling: Instants worth a look, in seconds on the reference clock.
    """
    cameras = [camera for camera in stretch.cameras if camera.recording.video is not None]
    if len(cameras) < 2:
        return ()
    first = cameras[0]

    @cache
    def picture(index: int, seconds: float) -> Picture:
        return _picture(cameras[index].recording, seconds, still)

    found = []
    for seconds in moments(stretch, telling):
        elapsed = clock(first).inverse()(seconds) - first.recording.first_pts_seconds
        before = [camera.recording.first_pts_seconds + elapsed for camera in cameras]
        # Of the first camera both are the same picture by definition; said so, it is decoded once.
        after = [before[0], *(clock(camera).inverse()(seconds) for camera in cameras[1:])]
        found.append(Instant(seconds, *(tuple(map(picture, range(len(cameras)), row)) for row in (before, after))))
    return tuple(found)


def _size(stretch: Stretch) -> tuple[int, float]:
    return len(stretch.cameras), stretch.end_seconds - stretch.start_seconds


def _picture(recording: Recording, seconds: float, still: Still) -> Picture:
    file_seconds = seconds - recording.first_pts_seconds
    if not recording.first_pts_seconds <= seconds < recording.last_pts_seconds:
        return Picture(recording.id, file_seconds, None, "This file has no picture there.")
    nearest = _nearest(recording, seconds)
    file_seconds = nearest - recording.first_pts_seconds
    try:
        return Picture(recording.id, file_seconds, _data_uri(still(recording, nearest, LONG_SIDE)))
    except InputError as error:
        # A frame that can't be decoded is worth a remark, not the whole report.
        return Picture(recording.id, file_seconds, None, str(error))


def _nearest(recording: Recording, seconds: float) -> float:
    """The frame time nearest to a time, as in `frames.csv`: what a player shows then can be a whole frame old."""
    assert recording.video is not None
    times = recording.video.pts_seconds
    return float(times[np.abs(times - seconds).argmin()])


def _data_uri(rgb: UInt8[np.ndarray, "height width 3"]) -> str:
    quality = [cv2.IMWRITE_JPEG_QUALITY, 82]
    _, jpeg = cv2.imencode(".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), quality)
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg.tobytes()).decode('ascii')}"
