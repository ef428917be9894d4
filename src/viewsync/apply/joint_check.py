"""Whether decoders follow from an encoded part of a video into a copied one, and back: seen by decoding what was made."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from viewsync.apply.pictures import shown
from viewsync.apply.segments import Segment
from viewsync.media.probe import probe
from viewsync.types import InputError, Recording

_CHECKED_FRAMES = 16
# Mean difference that encoding makes, of 255; what was decoded by the wrong parameters differs by far more.
_ENCODING_LOSS = 8.0


def joined_well(recording: Recording, out: Path, segments: Sequence[Segment]) -> bool:
    """Whether a file shows what its source shows near where its parts meet; where copied, to the last bit.

    Args:
        recording: The source.
        out: The file.
        segments: What it was made of.
    """
    assert recording.video is not None
    numbers = np.searchsorted(recording.video.pts, [*(segment.first for segment in segments), segments[-1].end])
    try:
        made = probe(out)
        if made.video is None or made.video.pts.size != numbers[-1] - numbers[0]:
            return False
        for bound in numbers[1:-1]:
            near = np.arange(max(numbers[0], bound - _CHECKED_FRAMES), min(numbers[-1], bound + _CHECKED_FRAMES))
            pairs = zip(shown(recording, near), shown(made, near - numbers[0]), strict=True)
            for number, (source, copy) in zip(near, pairs, strict=True):
                segment = segments[int(np.searchsorted(numbers, number, side="right")) - 1]
                if _difference(source.to_ndarray(), copy.to_ndarray()) > segment.encode * _ENCODING_LOSS:
                    return False
    except InputError:
        return False
    return True


def _difference(a: np.ndarray, b: np.ndarray) -> float:
    largest = float(np.iinfo(a.dtype).max)
    return float(np.abs(a.astype(np.float64) - b).mean()) * 255 / largest
