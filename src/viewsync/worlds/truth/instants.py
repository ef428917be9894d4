"""Frames of several cameras that belong together: for truth that is told at common instants."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

import numpy as np
from jaxtyping import Float, Int

from viewsync.worlds.cameras.camera import Camera
from viewsync.worlds.clock import TICKS_PER_SECOND

NONE = -1
"""Where a camera has no frame near the instant."""

Thing = TypeVar("Thing")


def world_seconds(camera: Camera) -> Float[np.ndarray, " frame"]:
    """World times of a camera's frames."""
    return camera.clock.world_seconds(camera.clock.ticks() / TICKS_PER_SECOND)


def matching_frames(cameras: tuple[Camera, ...]) -> Int[np.ndarray, "frame camera"]:
    """For each frame of the first camera, the frame of every camera that is nearest in world time.

    A frame counts as near within half a frame interval of its camera; `NONE` where there is none.
    """
    reference = world_seconds(cameras[0])
    columns = []
    for camera in cameras:
        theirs = world_seconds(camera)
        right = np.clip(np.searchsorted(theirs, reference), 1, max(len(theirs) - 1, 1))
        candidates = np.stack([right - 1, np.minimum(right, len(theirs) - 1)])
        gaps = np.abs(theirs[candidates] - reference)
        nearest = np.take_along_axis(candidates, gaps.argmin(axis=0)[None], axis=0)[0]
        near = gaps.min(axis=0) <= 0.5 / float(camera.clock.fps) + 1e-9
        columns.append(np.where(near, nearest, NONE))
    return np.stack(columns, axis=1)


def in_frames(frames: Int[np.ndarray, " instant"], things: Iterable[tuple[int, Thing]]) -> Iterator[Thing | None]:
    """What there is of each of some frames, none of which comes before the one that it follows.

    Args:
        frames: A camera's, as `matching_frames` tells.
        things: Frames' numbers, ever greater, and what there is of them. It is read no faster than it is asked for.
    """
    rest = iter(things)
    number, thing = next(rest, (None, None))
    for frame in frames.tolist():
        while number is not None and number < frame:
            number, thing = next(rest, (None, None))
        yield thing if number == frame else None
