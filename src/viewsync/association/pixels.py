"""The pixels of views, from pictures and from videos."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

from viewsync.association.frames import Picture, Session
from viewsync.media.pictures import numbered, stored_size, video_of
from viewsync.media.probe import probe
from viewsync.types import InputError

Pixels = UInt8[np.ndarray, "_ _ 3"]
"""An upright RGB picture of any size."""


def read_pictures(pictures: Sequence[Picture]) -> Iterator[Pixels]:
    """Upright RGB pictures, one at a time. Of a video each frame is decoded once.

    Args:
        pictures: Those of one video together, and in its order; the same one may follow itself.

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


def read_views(session: Session) -> Iterator[tuple[Pixels | None, ...]]:
    """The pictures of all cameras, one instant after the other; None where there is none.

    Args:
        session: At most one instant's pictures are held at a time.

    Raises:
        InputError: One can't be read.
    """
    cameras = range(len(session.cameras))
    return zip(*(_column([frame.views[camera].picture for frame in session.frames]) for camera in cameras), strict=True)


def _column(pictures: Sequence[Picture | None]) -> Iterator[Pixels | None]:
    pixels = read_pictures([picture for picture in pictures if picture is not None])
    for picture in pictures:
        yield None if picture is None else next(pixels)


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
        upright = np.ascontiguousarray(np.rot90(stored, video.rotation_degrees // 90))
        # A slow camera shows the same frame at several instants.
        while frame == index:
            yield upright
            following = next(due, None)
            if following is None:
                return
            frame = following
    raise InputError(f"{path}: frame {frame} can't be decoded. Copy the file again.")
