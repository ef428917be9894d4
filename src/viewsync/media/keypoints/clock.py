"""When a camera's frames were shown, for files that only number them."""

from collections.abc import Callable, Mapping

import numpy as np
from jaxtyping import Float, Int

from viewsync.types import InputError

FrameClock = Callable[[str, Int[np.ndarray, " frame"]], Float[np.ndarray, " frame"]]
"""Presentation times in seconds of a camera's frames, given its name and their numbers, of which 0 is the first."""


def frames_per_second(rate_hz: float) -> FrameClock:
    """All cameras count at one rate: frame k is shown at k / `rate_hz`.

    Raises:
        InputError: `rate_hz` isn't positive.
    """
    if not 0 < rate_hz < np.inf:
        raise InputError(f"--fps must be a positive number of frames per second, got {rate_hz:g}")

    def times(camera: str, frames: Int[np.ndarray, " frame"]) -> Float[np.ndarray, " frame"]:
        return frames / rate_hz

    return times


def of_videos(pts_seconds: Mapping[str, Float[np.ndarray, " _"]]) -> FrameClock:
    """Each camera's frames are shown when those of its video are.

    Args:
        pts_seconds: by name of the camera, the presentation times of its video's frames.

    Returns:
        A clock that raises an InputError for cameras that have no video, and for frames that their video doesn't have.
    """

    def times(camera: str, frames: Int[np.ndarray, " frame"]) -> Float[np.ndarray, " frame"]:
        if camera not in pts_seconds:
            have = ", ".join(pts_seconds) or "none"
            raise InputError(
                f"there are poses of {camera!r}, but no video of that name (videos: {have}). Rename one of them."
            )
        shown = pts_seconds[camera]
        beyond = frames[(frames < 0) | (frames >= len(shown))]
        if beyond.size:
            raise InputError(
                f"{camera}: there are poses of frame {beyond[0]}, but its video has frames 0 to {len(shown) - 1}. Name the "
                f"video that they were made from; frames are counted from 0."
            )
        return np.asarray(shown[frames])

    return times
