"""What a pose file says of one camera, and the `Poses` that come of it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from viewsync.media.keypoints.clock import FrameClock
from viewsync.types import InputError, Poses


@dataclass(frozen=True)
class Reading:
    """One camera as its file tells it: joints may be unseen in any of the ways that formats have for that.

    Frames are what was looked at, also where nobody is. A file numbers them, tells their times, or both.
    """

    source: Path
    joints: tuple[str, ...]
    numbers: Int[np.ndarray, " frame"] | None
    seconds: Float[np.ndarray, " frame"] | None
    frames: Int[np.ndarray, " row"]
    """Index of the frame, not decreasing."""
    tracks: Int[np.ndarray, " row"] | None
    """None where the file doesn't say who is who."""
    pixels: Float[np.ndarray, "row joint 2"]
    confidence: Float[np.ndarray, "row joint"]
    """Unseen is what has none, or no finite coordinates. May exceed 1."""
    size: tuple[int, int] | None = None

    def poses(self, camera: str, clock: FrameClock | None) -> Poses:
        """Times, tracks and visibility settled. Rows that show no joint are left out.

        Args:
            camera: its name, for `clock`.
            clock: says when numbered frames were shown; without it, the file has to.

        Raises:
            InputError: frames have no times or are out of order, somebody is in a frame twice, or nothing is seen at all.
        """
        seen = np.isfinite(self.pixels).all(axis=2) & (self.confidence > 0)
        if len(seen) and not seen.any():
            raise InputError(
                f"{self.source} has no joint position of {camera}: all are nan, zero, or without confidence. Estimate the "
                f"poses again, or leave this camera out."
            )
        pts_seconds = self._pts_seconds(camera, clock)
        shown = seen.any(axis=1)
        seen, frames = seen[shown], self.frames[shown]
        pixels = np.where(seen[..., None], self.pixels[shown], np.nan)
        confidence = np.where(seen, np.minimum(self.confidence[shown], 1), 0)
        if self.tracks is None:
            tracks = _followed(self.joints, pts_seconds, frames, pixels, confidence)
        else:
            tracks = self.tracks[shown]
            self._refuse_twice(camera, frames, tracks)
        return Poses(self.joints, pts_seconds, frames, tracks, pixels, confidence, self.size)

    def _pts_seconds(self, camera: str, clock: FrameClock | None) -> Float[np.ndarray, " frame"]:
        if self.numbers is not None:
            step = np.flatnonzero(np.diff(self.numbers) <= 0)
            if step.size:
                before, after = self.numbers[step[0] : step[0] + 2]
                raise InputError(f"{self.source}: frame {after} comes after frame {before}. Sort its frames, each once.")
        seconds = clock(camera, self.numbers) if clock is not None and self.numbers is not None else self.seconds
        if seconds is None:
            raise InputError(
                f"{self.source} numbers its frames, but doesn't tell their times. Give their rate with --fps, or the video "
                f"that they were made from."
            )
        if not np.isfinite(seconds).all():
            raise InputError(f"{self.source}: a frame of {camera} has no time. Write one for each, or give --fps.")
        step = np.flatnonzero(np.diff(seconds) <= 0)
        if step.size:
            before, after = seconds[step[0] : step[0] + 2]
            raise InputError(
                f"{self.source}: the times of {camera} must increase, but {after:.6f} s comes after {before:.6f} s. Correct "
                f"them, or give --fps."
            )
        return seconds

    def _refuse_twice(self, camera: str, frames: Int[np.ndarray, " row"], tracks: Int[np.ndarray, " row"]) -> None:
        order = np.lexsort((tracks, frames))
        twice = np.flatnonzero((np.diff(frames[order]) == 0) & (np.diff(tracks[order]) == 0))
        if twice.size:
            row = order[twice[0]]
            frame = frames[row] if self.numbers is None else self.numbers[frames[row]]
            raise InputError(f"{self.source}: track {tracks[row]} is in frame {frame} of {camera} twice. Keep one of them.")


def _followed(
    joints: tuple[str, ...],
    pts_seconds: Float[np.ndarray, " frame"],
    frames: Int[np.ndarray, " row"],
    pixels: Float[np.ndarray, "row joint 2"],
    confidence: Float[np.ndarray, "row joint"],
) -> Int[np.ndarray, " row"]:
    """Who is who where the file doesn't say. Where never two are seen at once, they are one."""
    tracks = np.zeros(len(frames), dtype=np.int64)
    if len(np.unique(frames)) == len(frames):
        return tracks
    from viewsync.media.keypoints.tracking import Tracker

    tracker = Tracker(joints)
    for rows in np.split(np.arange(len(frames)), np.flatnonzero(np.diff(frames)) + 1):
        tracks[rows] = tracker.push(float(pts_seconds[frames[rows[0]]]), pixels[rows], confidence[rows])
    return tracks
