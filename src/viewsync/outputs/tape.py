"""One camera's small pictures for the page, packed to a size, and how much two of them differ."""

import base64
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, Int, UInt8

from viewsync.media.pictures import Picture
from viewsync.types import Recording

NONE = -1
"""Stands for a picture where a camera has none."""
_BEST_QUALITY, _WORST_QUALITY, _QUALITY_STEP = 80, 15, 2
_SHRINK, _LEAST_SIDE = 0.8, 64
_THUMB = (32, 18)
"""So small that noise is averaged away, and that an hour of them would fit into memory."""


@dataclass(frozen=True)
class Reel:
    """One camera's pictures, and which of them belongs to each moment."""

    id: str
    width: int
    height: int
    frames: tuple[int, ...]
    """Number of each picture's frame in its file, counted from 0."""
    file_seconds: tuple[float, ...]
    """Time of each picture since the file's first frame, as a player shows it."""
    sizes: tuple[int, ...]
    """Bytes of each picture."""
    before: tuple[int, ...]
    """Per moment the picture that is as long after its file's first frame as the leader's, or `NONE`."""
    after: tuple[int, ...]
    """Per moment the picture that was taken then, or `NONE`."""
    data: str
    """All pictures, WebP, one after the other, in base64."""


class Tape:
    """Takes pictures in order and packs them so that they keep to a number of bytes on average."""

    def __init__(self, bytes_per_picture: float) -> None:
        self._bytes_per_picture = bytes_per_picture
        self._quality = _BEST_QUALITY
        self._data = bytearray()
        self._sizes: list[int] = []
        self._frames: list[int] = []
        self._seconds: list[float] = []
        self._thumbs: list[np.ndarray] = []
        self._size: tuple[int, int] | None = None

    def add(self, picture: Picture) -> None:
        """Pack one more picture."""
        bgr = cv2.cvtColor(picture.rgb, cv2.COLOR_RGB2BGR)
        if self._size is None:
            self._size = self._affordable_size(bgr)
        if bgr.shape[1::-1] != self._size:
            bgr = cv2.resize(bgr, self._size, interpolation=cv2.INTER_AREA)
        webp = _webp(bgr, self._quality)
        self._data += webp.tobytes()
        self._sizes.append(webp.size)
        self._frames.append(picture.index)
        self._seconds.append(picture.pts_seconds)
        self._thumbs.append(thumb(picture))
        over = len(self._data) > self._bytes_per_picture * len(self._sizes)
        self._quality += -_QUALITY_STEP if over else _QUALITY_STEP
        self._quality = min(max(self._quality, _WORST_QUALITY), _BEST_QUALITY)

    def reel(self, recording: Recording, before: Int[np.ndarray, " row"], after: Int[np.ndarray, " row"]) -> Reel:
        """What was packed, with the frame of each moment (or `NONE`) told as the place of its picture."""
        first = recording.first_pts_seconds
        width, height = self._size or (1, 1)
        return Reel(
            id=recording.id,
            width=width,
            height=height,
            frames=tuple(self._frames),
            file_seconds=tuple(round(seconds - first, 6) for seconds in self._seconds),
            sizes=tuple(self._sizes),
            before=tuple(self._places(before).tolist()),
            after=tuple(self._places(after).tolist()),
            data=base64.b64encode(self._data).decode("ascii"),
        )

    def differences(self, before: Int[np.ndarray, " row"], after: Int[np.ndarray, " row"]) -> Float[np.ndarray, " row"]:
        """Mean difference in gray levels between the two pictures of each moment; 0 where one is missing."""
        places = self._places(before), self._places(after)
        both = (places[0] != NONE) & (places[1] != NONE)
        found = np.zeros(len(before))
        if both.any():
            thumbs = np.stack(self._thumbs)
            one, other = (thumbs[place[both]] for place in places)
            found[both] = np.abs(one - other).mean(axis=(1, 2))
        return found

    def _affordable_size(self, bgr: UInt8[np.ndarray, "height width 3"]) -> tuple[int, int]:
        """Width and height: less than the picture's where it's too full of detail, as water or noise, to be packed well."""
        size = (bgr.shape[1], bgr.shape[0])
        while max(size) > _LEAST_SIDE and _webp(cv2.resize(bgr, size), _WORST_QUALITY).size > self._bytes_per_picture:
            size = (max(1, round(_SHRINK * size[0])), max(1, round(_SHRINK * size[1])))
        return size

    def _places(self, frames: Int[np.ndarray, " row"]) -> Int[np.ndarray, " row"]:
        where = {frame: place for place, frame in enumerate(self._frames)}
        return np.array([where.get(frame, NONE) for frame in frames.tolist()], dtype=int)


def _webp(bgr: UInt8[np.ndarray, "height width 3"], quality: int) -> UInt8[np.ndarray, " byte"]:
    return np.asarray(cv2.imencode(".webp", bgr, [cv2.IMWRITE_WEBP_QUALITY, quality])[1])


def thumb(picture: Picture) -> Float[np.ndarray, "height width"]:
    """The picture as a few gray dots."""
    gray = cv2.cvtColor(picture.rgb, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(gray, _THUMB, interpolation=cv2.INTER_AREA), dtype=np.float32)
