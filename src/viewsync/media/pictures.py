"""Decoded pictures with their frames' numbers, from anywhere in a recording; stills and excerpts in colour."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from av.video.frame import VideoFrame
from jaxtyping import UInt8

from viewsync.media.container import decoded
from viewsync.types import InputError, Recording, VideoTrack

MAX_REORDER_FRAMES = 16
"""Frames to go back from a wanted one, so that the key frame found comes before it in the order of presentation too."""


def numbered(recording: Recording, first: int = 0, threads: int = 0) -> Iterator[tuple[int, VideoFrame]]:
    """Every frame's number, counted from 0 in the order of presentation, and its picture, decoded once and in order.

    Frames that the decoder can't show (those before the first key frame) are left out.

    Args:
        recording: a recording with video.
        first: begin at this frame, or at a key frame before it.
        threads: decoder threads; 0 leaves it to the codec.

    Raises:
        InputError: the recording has no video, is damaged, or its time stamps run backwards.
    """
    video = video_of(recording)
    if first > 0:
        found = _from(recording, video, float(video.pts_seconds[max(0, first - MAX_REORDER_FRAMES)]), threads)
        leading = next(found, None)
        if leading is not None and leading[0] <= first:
            yield leading
            yield from found
            return
        # Some containers can't seek, or land too late: then the way is from the beginning.
    yield from _from(recording, video, -math.inf, threads)


def _from(recording: Recording, video: VideoTrack, seek_seconds: float, threads: int) -> Iterator[tuple[int, VideoFrame]]:
    previous = -1
    for picture in decoded(recording.path, video.stream_index, threads, recording.parts, seek_seconds):
        assert isinstance(picture, VideoFrame)
        index = video.pts.size if picture.pts is None else int(np.searchsorted(video.pts, picture.pts))
        if index == video.pts.size or video.pts[index] != picture.pts:
            continue
        if index <= previous:
            raise InputError(
                f"{recording.path}: its frames' time stamps jump back at {video.pts_seconds[previous]:.3f} s. "
                f"Re-encode it: ffmpeg -i {recording.path.name} -fps_mode vfr {recording.path.stem}-clean.mp4"
            )
        previous = index
        yield index, picture


def still(recording: Recording, seconds: float, long_side: int = 480) -> UInt8[np.ndarray, "height width 3"]:
    """The upright RGB picture that is shown at a time; before the first and after the last frame, those.

    Args:
        recording: a recording with video.
        seconds: time on the recording's own clock (pts).
        long_side: pixels of the longer side; pictures are never enlarged.

    Raises:
        InputError: the recording has no video, or it can't be decoded there.
    """
    video, shown = video_of(recording), None
    index = int(np.clip(np.searchsorted(video.pts_seconds, seconds, side="right") - 1, 0, video.pts.size - 1))
    for number, picture in numbered(recording, index):
        if number <= index:
            shown = picture
        if number >= index:
            break
    if shown is None:
        raise InputError(f"{recording.path}: no picture can be decoded at {seconds:.3f} s. Copy the file again.")
    return _upright(video, shown, long_side)


@dataclass(frozen=True)
class Picture:
    """One decoded frame, upright."""

    index: int
    """Counted from 0 in the order of presentation."""
    pts_seconds: float
    rgb: UInt8[np.ndarray, "height width 3"]


def excerpt(recording: Recording, start_seconds: float, end_seconds: float, long_side: int) -> Iterator[Picture]:
    """Decode the frames with a pts from `start_seconds` to `end_seconds`, both included, in order.

    Frames that the decoder can't show are left out; `Picture.index` says which are there.

    Args:
        recording: a recording with video.
        start_seconds: on the recording's own clock (pts).
        end_seconds: on the same clock.
        long_side: pixels of the longer side; pictures are never enlarged.

    Raises:
        InputError: the recording has no video, or is damaged within the excerpt.
    """
    video = video_of(recording)
    seconds = video.pts_seconds
    first, end = int(np.searchsorted(seconds, start_seconds)), int(np.searchsorted(seconds, end_seconds, side="right"))
    if first >= end:
        return
    for index, picture in numbered(recording, first):
        if index >= end:
            return
        if index >= first:
            yield Picture(index, float(seconds[index]), _upright(video, picture, long_side))
        if index == end - 1:
            return


def video_of(recording: Recording) -> VideoTrack:
    """The recording's video.

    Raises:
        InputError: it has none.
    """
    if recording.video is None:
        raise InputError(f"{recording.path} has no video track, only sound.")
    return recording.video


def stored_size(video: VideoTrack, long_side: float) -> tuple[int, int]:
    """Width and height of the stored (not yet upright) picture after shrinking."""
    scale = min(1.0, long_side / max(video.width, video.height))
    width, height = max(1, round(video.width * scale)), max(1, round(video.height * scale))
    return (width, height) if video.rotation_degrees % 180 == 0 else (height, width)


def _upright(video: VideoTrack, picture: VideoFrame, long_side: int) -> UInt8[np.ndarray, "height width 3"]:
    width, height = stored_size(video, long_side)
    rgb = picture.to_ndarray(format="rgb24", width=width, height=height)
    return np.ascontiguousarray(np.rot90(rgb, video.rotation_degrees // 90))
