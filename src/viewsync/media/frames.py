"""One streaming pass of small gray frames, for the cues that look at pictures."""

import math
import re
from collections.abc import Iterator

import cv2
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange
from jaxtyping import UInt8, UInt16

from viewsync.media.pictures import numbered, stored_size, video_of
from viewsync.types import Frame, Recording

_Plane = UInt8[np.ndarray, "_ _"] | UInt16[np.ndarray, "_ _"]
# Pixel formats whose first plane is the luma alone, in the low bits of 8- or (little-endian) 16-bit words.
_LUMA_FIRST = re.compile(r"(yuvj?4\d\dp|yuva4\d\dp|nv12|nv21|nv16|nv24|gray)(9|10|12|14|16)?(le)?")


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
    video = video_of(recording)
    scale = min(1.0, math.sqrt(pixels / (video.width * video.height)))
    size = stored_size(video, scale * max(video.width, video.height))
    seconds = video.pts_seconds
    for index, picture in numbered(recording, threads=threads):
        gray = np.rot90(_gray(picture, size), video.rotation_degrees // 90)
        yield Frame(index, float(seconds[index]), np.ascontiguousarray(gray))


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
