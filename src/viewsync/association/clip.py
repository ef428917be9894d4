"""Who is who over time, as a video."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from viewsync.association.drawing import drawn
from viewsync.association.following import Clusters
from viewsync.association.frames import Session
from viewsync.association.pixels import read_views
from viewsync.files import whole_file
from viewsync.progress import Progress, told
from viewsync.worlds.clock import TICKS_PER_SECOND
from viewsync.worlds.movie import write_movie

RATES_HZ = (2, 30)
"""The lowest and the highest of instants in a clip: slow ones are sped up to be seen moving, fast ones slowed down."""


def write_clip(
    path: Path, session: Session, numbers: Sequence[Clusters], notes: Sequence[str], progress: Progress = lambda *_: None
) -> None:
    """Write an MP4 in which each frame is an instant as `drawing.drawn` shows it. One instant is held at a time.

    Args:
        path: The file to write.
        session: What is to be seen.
        numbers: Who the people are, at each instant.
        notes: Beside the times.
        progress: Told after each instant.

    Raises:
        InputError: A picture can't be read, or the file can't be written.
    """
    sheets = told(_sheets(session, numbers, notes), "drawing", len(session.frames), progress)
    first = next(sheets)
    rate = _rate_hz(session)
    ticks_each = round(TICKS_PER_SECOND / rate)

    def frames() -> Iterator[tuple[int, UInt8[np.ndarray, "height width 3"]]]:
        yield 0, first
        for number, sheet in enumerate(sheets, start=1):
            yield number * ticks_each, sheet

    with whole_file(path) as temporary:
        write_movie(temporary, frames(), (first.shape[1], first.shape[0]), rate)


def _sheets(
    session: Session, numbers: Sequence[Clusters], notes: Sequence[str]
) -> Iterator[UInt8[np.ndarray, "height width 3"]]:
    """In BGR, as the encoder takes them."""
    for frame, people, note, pixels in zip(session.frames, numbers, notes, read_views(session), strict=True):
        yield np.ascontiguousarray(drawn(session, frame, people, pixels, note=note)[..., ::-1])


def _rate_hz(session: Session) -> Fraction:
    if len(session.frames) < 2:
        return Fraction(RATES_HZ[0])
    own = 1 / float(np.median(np.diff(session.seconds)))
    return Fraction(min(max(own, RATES_HZ[0]), RATES_HZ[1])).limit_denominator(1001)
