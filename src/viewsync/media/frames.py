"""Decoded pictures: one streaming pass of small gray frames, and single stills."""

import math
import re
from collections.abc import Iterator

import cv2
import numpy as np
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange
from jaxtyping import UInt8, UInt16

from viewsync.media.container import decoded, opened
from viewsync.types import Frame, InputError, Recording, VideoTrack

_Plane = UInt8[np.ndarray, "_ _"] | UInt16[np.ndarray, "_ _"]
# Pixel formats whose first plane is the luma alone, in the low bits of 8- or (little-endian) 16-bit words.
_LUMA_FIRST = re.compile(r"(yuvj?4\d\dp|yuva4\d\dp|nv12|nv21|nv16|nv24|gray)(9|10|12|14|16)?(le)?")
# Frames to go back before a still, so that the key frame found comes before it in the order of presentation too.
_MAX_REORDER_FRAMES = 16


def frames(recording: Recording, pixels: int = 14_400, threads: int = 0) -> Iterator[Frame]:
    """Decode every frame once, in order, as a small, gray, upright picture. Memory doesn't grow with length.

    Frames that the decoder can't show (those before the first key frame) are left out; `Frame.index` says which are
    there.

    Args:
        recording: a recording with video.
        pixels: about how many pixels the small picture has; pictures are never enlarged.
        threads: decoder threads; 0 leaves it to the codec. Give 1 where several files are read at once.

    Raises:
        InputError: the recording has no video, is damaged, or its time stamps run backwards.
    """
    video = _video(recording)
    scale = min(1.0, math.sqrt(pixels / (video.width * video.height)))
    size = _shrunk(video, scale * max(video.width, video.height))
    seconds = video.pts_seconds
    previous = -1
    for picture in decoded(recording.path, video.stream_index, threads):
        assert isinstance(picture, VideoFrame)
        index = _index(video, picture)
        if index is None:
            continue
        if index <= previous:
            raise InputError(
                f"{recording.path}: its frames' time stamps jump back at {seconds[previous]:.3f} s. "
                f"Re-encode it: ffmpeg -i {recording.path.name} -fps_mode vfr {recording.path.stem}-clean.mp4"
            )
        previous = index
        gray = np.rot90(_gray(picture, size), video.rotation_degrees // 90)
        yield Frame(index, float(seconds[index]), np.ascontiguousarray(gray))


def still(recording: Recording, seconds: float, long_side: int = 480) -> UInt8[np.ndarray, "height width 3"]:
    """The upright RGB picture that is shown at a time; before the first and after the last frame, those.

    Args:
        recording: a recording with video.
        seconds: time on the recording's own clock (pts).
        long_side: pixels of the longer side; pictures are never enlarged.

    Raises:
        InputError: the recording has no video, or it can't be decoded there.
    """
    video = _video(recording)
    index = int(np.clip(np.searchsorted(video.pts_seconds, seconds, side="right") - 1, 0, video.pts.size - 1))
    target = int(video.pts[index])
    before = int(video.pts[max(0, index - _MAX_REORDER_FRAMES)])
    # Some containers can't seek, or land too late: then the way is from the beginning.
    picture = _picture_at(recording, target, before)
    if picture is None:
        picture = _picture_at(recording, target, None)
    if picture is None:
        raise InputError(f"{recording.path}: no picture can be decoded at {seconds:.3f} s. Copy the file again.")
    width, height = _shrunk(video, long_side)
    rgb = picture.to_ndarray(format="rgb24", width=width, height=height)
    return np.ascontiguousarray(np.rot90(rgb, video.rotation_degrees // 90))


def _video(recording: Recording) -> VideoTrack:
    if recording.video is None:
        raise InputError(f"{recording.path} has no video track, only sound.")
    return recording.video


def _shrunk(video: VideoTrack, long_side: float) -> tuple[int, int]:
    """Width and height of the stored (not yet upright) picture after shrinking."""
    scale = min(1.0, long_side / max(video.width, video.height))
    width, height = max(1, round(video.width * scale)), max(1, round(video.height * scale))
    return (width, height) if video.rotation_degrees % 180 == 0 else (height, width)


def _index(video: VideoTrack, picture: VideoFrame) -> int | None:
    if picture.pts is None:
        return None
    index = int(np.searchsorted(video.pts, picture.pts))
    return index if index < video.pts.size and video.pts[index] == picture.pts else None


def _picture_at(recording: Recording, target: int, seek_to: int | None) -> VideoFrame | None:
    """The last decodable picture at or before `target` ticks, or None where decoding began after it."""
    video = _video(recording)
    shown = None
    with opened(recording.path) as container:
        stream = container.streams[video.stream_index]
        try:
            if seek_to is not None:
                container.seek(seek_to, stream=stream)
            for picture in container.decode(stream):
                assert isinstance(picture, VideoFrame)
                if picture.pts is not None and picture.pts > target:
                    break
                shown = picture
        except FFmpegError:
            pass
    return shown


def _gray(picture: VideoFrame, size: tuple[int, int]) -> UInt8[np.ndarray, "height width"]:
    """The picture's luma, shrunk to (width, height), with black at 0 and white at 255."""
    match = _LUMA_FIRST.fullmatch(picture.format.name)
    if match is None:
        picture = picture.reformat(format="gray")
        bits, full_range = 8, True
    else:
        bits = int(match[2] or 8)
        always_full = match[1].startswith(("yuvj", "gray"))
        full_range = always_full or picture.color_range == ColorRange.JPEG
    small = _shrink(_luma(picture, bits), size)
    if full_range and bits == 8:
        return small
    black, white = (0, (1 << bits) - 1) if full_range else (16 << bits - 8, 235 << bits - 8)
    scaled = (small.astype(np.float32) - black) * (255 / (white - black))
    return np.asarray(np.clip(scaled + 0.5, 0, 255), dtype=np.uint8)


def _luma(picture: VideoFrame, bits: int) -> _Plane:
    """A view of the decoder's own memory: valid as long as the picture is."""
    plane = picture.planes[0]
    words = np.frombuffer(plane, dtype=np.uint8 if bits == 8 else "<u2")  # type: ignore[call-overload]
    return np.asarray(words.reshape(plane.height, -1)[: picture.height, : picture.width])


def _shrink(plane: _Plane, size: tuple[int, int]) -> _Plane:
    """Average over areas. Halving first is several times faster than one step, and the same within one gray level."""
    width, height = size
    while plane.shape[1] % 2 == plane.shape[0] % 2 == 0 and plane.shape[1] >= 2 * width and plane.shape[0] >= 2 * height:
        plane = cv2.resize(plane, (plane.shape[1] // 2, plane.shape[0] // 2), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA))
