"""A recording's decoded pictures as they are, repeated or left out as a new frame rate asks."""

from collections.abc import Iterator

import numpy as np
from av.video.frame import VideoFrame
from jaxtyping import Int

from viewsync.media.container import damaged
from viewsync.media.pictures import MAX_REORDER_FRAMES, numbered
from viewsync.types import InputError, Recording


def shown(recording: Recording, chosen: Int[np.ndarray, " frame"], threads: int = 0) -> Iterator[VideoFrame]:
    """The pictures of the chosen frames, one for each, decoded in one pass. One chosen twice is the same object twice.

    For a frame that the decoder can't show (those before the first key frame), the one before or after it stands in.

    Args:
        recording: A recording with video.
        chosen: Frame indices, never decreasing.
        threads: Decoder threads; 0 leaves it to the codec.

    Raises:
        InputError: The video is damaged, or nothing of it can be decoded.
    """
    place, held, held_index = 0, None, 0
    for index, picture in numbered(recording, int(chosen[0]), threads):
        if held is not None:
            _refuse_hole(recording, held_index, index)
        while place < chosen.size and chosen[place] <= index:
            yield picture if held is None or chosen[place] == index else held
            place += 1
        if place == chosen.size:
            return
        held, held_index = picture, index
    if held is None:
        raise InputError(f"{recording.path}: none of its frames can be decoded. Copy the file again.")
    _refuse_hole(recording, held_index, int(chosen[-1]))
    for _ in range(place, chosen.size):
        yield held


def _refuse_hole(recording: Recording, last: int, index: int) -> None:
    """A few lost frames can lack the key frame that they need; if more of those that the file lists are lost, it changed."""
    if index - last > MAX_REORDER_FRAMES:
        assert recording.video is not None
        raise damaged(recording.path, float(recording.video.pts_seconds[last]))
