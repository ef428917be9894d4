"""The pixels of views, from pictures and from videos."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

from viewsync.association.frames import Picture
from viewsync.media.pictures import numbered, stored_size, video_of
from viewsync.media.probe import probe
from viewsync.types import InputError

Pixels = UInt8[np.ndarray, "_ _ 3"]
"""An upright RGB picture of any size."""


def read_pictures(pictures: Sequence[Picture]) -> Iterator[Pixels]:
    """Upright RGB pictures, one at a time. Of a video each frame is decoded once.

    Args:
        pictures: Those of one video together, and in its order.

    Raises:
        InputError: One can't be read.
    """
    for path, group in groupby(pictures, key=lambda picture: picture.path):
        frames = [picture.frame for picture in group]
        wanted = [frame for frame in frames if frame is not None]
        if wanted:
            yield from _of_video(path, wanted)
        else:
            yield from (_of_picture(path) for _ in frames)


def _of_picture(path: Path) -> Pixels:
    bgr = cv2.imread(str(path))
    if bgr is None:
        raise InputError(f"{path} can't be read as a picture. Copy it again.")
    return np.ascontiguousarray(bgr[..., ::-1])


def _of_video(path: Path, wanted: Sequence[int]) -> Iterator[Pixels]:
    recording = probe(path)
    video = video_of(recording)
    width, height = stored_size(video, max(video.width, video.height))
    due = iter(wanted)
    frame = next(due)
    for index, picture in numbered(recording, frame):
        if index < frame:
            continue
        if index > frame:
            break
        stored = picture.to_ndarray(format="rgb24", width=width, height=height)
        yield np.ascontiguousarray(np.rot90(stored, video.rotation_degrees // 90))
        following = next(due, None)
        if following is None:
            return
        frame = following
    raise InputError(f"{path}: frame {frame} can't be decoded. Copy the file again.")
