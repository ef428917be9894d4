"""Frames as the stereo networks take them, made once and kept on disk."""

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from jaxtyping import UInt8

from viewsync import media
from viewsync.files import whole_file
from viewsync.media.pictures import video_of
from viewsync.progress import Progress, told
from viewsync.stereo.flow import Encoding, flow_image
from viewsync.stereo.recordings import StereoRecording
from viewsync.store import cache_folder
from viewsync.types import InputError, Recording

Modality = Literal["image", "flow", "flow-absolute"]
"""Gray pictures; flow as printed, each picture's fastest pixel white; or flow that keeps absolute speed."""
PAPER_SIZE = 224
"""Pixels of the sides of the paper's pictures."""
_ENCODINGS: dict[Modality, Encoding] = {"flow": "printed", "flow-absolute": "absolute"}


@dataclass(frozen=True)
class PreparedRecording:
    """Frames of a stereo recording, mapped from disk: row t of the left belongs to row t of the right."""

    name: str
    fps: float
    left: UInt8[np.ndarray, "frame channel size size"]
    right: UInt8[np.ndarray, "frame channel size size"]


def prepared(recording: StereoRecording, modality: Modality, size: int, progress: Progress) -> PreparedRecording:
    """The frames of a recording as a network takes them; made, and kept in the cache folder, where they aren't yet.

    Each video is decoded once, whatever is asked for later: flow is made from the kept pictures.

    Args:
        recording: A stereo recording.
        modality: Gray pictures (one channel), or drawings (RGB) of the flow from frame t to t + 1, so one row fewer.
        size: Pixels of both sides, to which the picture is squeezed.
        progress: Told after each frame that is made.

    Raises:
        InputError: A side can't be decoded, all its frames are the same, or the cache folder can't be written.
    """
    left, right = (
        _mapped(side, modality, size, f"preparing {recording.name}, {name}", progress)
        for name, side in (("left", recording.left), ("right", recording.right))
    )
    return PreparedRecording(recording.name, 1 / recording.left.interval_seconds, left, right)


def _mapped(
    side: Recording, modality: Modality, size: int, task: str, progress: Progress
) -> UInt8[np.ndarray, "frame channel size size"]:
    key = f"{_code()} {side.content} {modality} {size}"
    path = cache_folder() / "stereo" / f"{hashlib.sha256(key.encode()).hexdigest()}.npy"
    if not path.exists():
        count = video_of(side).pts.size
        if modality == "image":
            shape, rows = (count, 1, size, size), _pictures(side, size)
        else:
            pictures = _mapped(side, "image", size, task, progress)
            shape, rows = (count - 1, 3, size, size), _flows(pictures, _ENCODINGS[modality])
        _write(path, shape, told(rows, task, shape[0], progress))
    return np.asanyarray(np.load(path, mmap_mode="r"))


def _pictures(side: Recording, size: int) -> Iterator[UInt8[np.ndarray, "1 size size"]]:
    """Every frame, gray, squeezed to a square.

    Raises:
        InputError: Some can't be decoded, or all are the same.
    """
    video = video_of(side)
    longer = max(video.width / video.height, video.height / video.width)
    first, varies, count = None, False, 0
    for frame in media.frames(side, pixels=math.ceil(size * size * longer)):
        if frame.index != count:
            raise InputError(f"{side.path}: its frame {count} can't be decoded. Copy it again, or re-encode it with ffmpeg.")
        picture = cv2.resize(frame.gray, (size, size), interpolation=cv2.INTER_AREA)
        first = picture if first is None else first
        varies = varies or not np.array_equal(picture, first)
        count += 1
        yield np.asarray(picture)[None]
    if count < video.pts.size:
        raise InputError(f"{side.path}: its last {video.pts.size - count} frames can't be decoded. Copy it again.")
    if not varies:
        raise InputError(
            f"{side.path}: all its {count} frames are the same picture (all black, say), so nothing in them tells when they "
            "were taken. Leave the recording out."
        )


def _flows(
    pictures: UInt8[np.ndarray, "frame 1 size size"], encoding: Encoding
) -> Iterator[UInt8[np.ndarray, "3 size size"]]:
    for (before,), (after,) in pairwise(pictures):
        yield flow_image(before, after, encoding).transpose(2, 0, 1)


def _write(path: Path, shape: tuple[int, ...], rows: Iterator[UInt8[np.ndarray, "channel size size"]]) -> None:
    """A NumPy file, row by row. Not through a memory map, by which a full disk would kill the process."""
    with whole_file(path) as temporary, temporary.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})
        for row in rows:
            file.write(row.tobytes())


@cache
def _code() -> str:
    """Of what the kept files are made by."""
    here = Path(__file__).parent
    sources = (here / "flow.py", here / "frames.py", here.parent / "media" / "frames.py")
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources) + cv2.__version__.encode()).hexdigest()
