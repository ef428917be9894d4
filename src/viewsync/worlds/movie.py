"""Made pictures and sound as a file, with exact presentation times."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from heapq import merge
from math import inf
from operator import itemgetter
from pathlib import Path
from typing import Any

import av
import numpy as np
from jaxtyping import Int, UInt8

from viewsync.worlds.clock import TICKS_PER_SECOND


@dataclass(frozen=True)
class SoundBlocks:
    """One track of sound, block by block, so that none need be held whole."""

    blocks: Iterable[Int[np.ndarray, " sample"]]
    """Samples of 16 bits, one block after another."""
    rate_hz: int = 16_000
    start_seconds: float = 0.0
    """Time of the first sample on the camera's clock."""


def write_movie(
    path: Path,
    frames: Iterable[tuple[int, UInt8[np.ndarray, "height width 3"]]],
    size: tuple[int, int],
    fps: float | Fraction,
    *,
    sound: SoundBlocks | None = None,
    codec: str = "libx264",
    crf: int = 20,
    reproducible: bool = False,
) -> None:
    """Encode pictures, and sound if there is any, as they come.

    Args:
        path: The file to write: .mp4 or .mov. Other containers round the presentation times.
        frames: Presentation time in ticks of 1/90000 s, and the picture (BGR).
        size: Width and height in pixels, both even.
        fps: Nominal frame rate: what the file states. The presentation times are those of `frames`.
        sound: A mono track, for AAC.
        codec: Video encoder.
        crf: Quality: 18 looks lossless, 30 is poor.
        reproducible: The same pictures give the same file, to the bit. For libx264; it takes longer.
    """
    # Edit lists are in units of the movie's time scale: a millisecond unless told otherwise.
    with av.open(path, "w", options={"movie_timescale": str(TICKS_PER_SECOND)}) as container:
        options = {"crf": str(crf), "preset": "veryfast"}
        if reproducible:
            # What x264's tree of macroblocks makes of some sizes depends on what was in memory before.
            options["x264-params"] = "mbtree=0"
        video = container.add_stream(codec, rate=Fraction(fps).limit_denominator(1001), options=options)
        assert isinstance(video, av.VideoStream)
        (video.width, video.height), video.pix_fmt = size, "yuv420p"
        video.codec_context.thread_count = 1 if reproducible else 0
        video.codec_context.time_base = Fraction(1, TICKS_PER_SECOND)
        parts = [_encoded_pictures(video, frames)]
        if sound is not None:
            track = container.add_stream("aac", rate=sound.rate_hz, options={"b": "128k"})
            assert isinstance(track, av.AudioStream)
            track.layout = "mono"
            parts.append(_encoded_sound(track, sound))
        # Side by side, as a container keeps whatever is ahead of the other stream in memory.
        for _, packets in merge(*parts, key=itemgetter(0)):
            container.mux(packets)


_Encoded = Iterator[tuple[float, list[Any]]]
"""Seconds, and the packets that the encoder gave out then."""


def _encoded_pictures(stream: av.VideoStream, frames: Iterable[tuple[int, UInt8[np.ndarray, "height width 3"]]]) -> _Encoded:
    for ticks, picture in frames:
        frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
        frame.pts, frame.time_base = ticks, Fraction(1, TICKS_PER_SECOND)
        yield ticks / TICKS_PER_SECOND, stream.encode(frame)
    yield inf, stream.encode()


def _encoded_sound(stream: av.AudioStream, sound: SoundBlocks) -> _Encoded:
    first = round(sound.start_seconds * sound.rate_hz)
    for block in sound.blocks:
        frame = av.AudioFrame.from_ndarray(block.astype(np.int16)[None], format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = sound.rate_hz, first, Fraction(1, sound.rate_hz)
        yield first / sound.rate_hz, stream.encode(frame)
        first += block.size
    yield inf, stream.encode()
