"""One person's joints as one camera saw them, and where they were at other instants: between frames, or after the last."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from scipy.interpolate import Akima1DInterpolator

from viewsync.geometry.camera import CalibratedCamera
from viewsync.signals.tracks import smoothed, straightened, without_outliers
from viewsync.timeline.clock import ClockMap
from viewsync.types import InputError, Poses

GAP_SECONDS = 0.2
"""A joint that is unseen for longer isn't known in between; nor is it this long after it was last seen."""
_GAP_INTERVALS = 2.5
"""The same in frame intervals of slow cameras."""
_MEMORY_SECONDS, _MEMORY_INTERVALS = 0.2, 2.5
"""What a velocity is made of; the second in frame intervals, for slow cameras."""
_FADING_SECONDS = 0.2
"""After which a velocity is down to 1/e."""
_SMOOTH_HZ = 60.0
_EXACT_SECONDS = 1e-6
_SHORTEST = 1e-12
"""In s²: frames of one instant tell no velocity."""


@dataclass(frozen=True)
class JointTracks:
    """One person's joints as one camera saw them, as a lens without distortion would have."""

    seconds: Float[np.ndarray, " frame"]
    """Of the frames, on the reference clock as far as it is known; increasing."""
    pixels: Float[np.ndarray, "frame joint 2"]
    """nan where a joint wasn't seen."""
    confidence: Float[np.ndarray, "frame joint"]
    """0 to 1; 0 where a joint wasn't seen."""

    def moved(self, seconds: float) -> "JointTracks":
        """The same, seen so much later."""
        return JointTracks(self.seconds + seconds, self.pixels, self.confidence)

    def smooth(self) -> "JointTracks":
        """Without a detector's jitter and leaps, on a uniform grid: what clocks are measured by.

        Between frames, an interpolation takes more off the jitter than at them, which would draw clocks to whole frames.
        """
        seconds = self.seconds[0] + np.arange(int((self.seconds[-1] - self.seconds[0]) * _SMOOTH_HZ + 1e-6) + 1) / _SMOOTH_HZ
        pixels = without_outliers(self.pixels)
        weight = np.where(np.isfinite(pixels).all(axis=2), self.confidence, 0.0)
        found = smoothed(self.seconds, pixels, weight, seconds)
        return JointTracks(seconds, found, np.isfinite(found).all(axis=2).astype(np.float64))

    @property
    def interval_seconds(self) -> float:
        """Usual time between frames; 0 of a single one."""
        return float(np.median(np.diff(self.seconds))) if len(self.seconds) > 1 else 0.0

    @property
    def gap_seconds(self) -> float:
        """The longest time that is bridged."""
        return max(GAP_SECONDS, _GAP_INTERVALS * self.interval_seconds)

    @property
    def seen(self) -> Bool[np.ndarray, "frame joint"]:
        """Which joints were seen."""
        return np.asarray(self.confidence > 0)


@dataclass(frozen=True)
class Places:
    """Where joints were in a view at some instants."""

    pixels: Float[np.ndarray, "time joint 2"]
    """nan where nobody can tell."""
    confidence: Float[np.ndarray, "time joint"]
    """0 where nobody can tell."""


@dataclass(frozen=True)
class View:
    """A calibrated camera and what it saw of a person."""

    camera: CalibratedCamera
    tracks: JointTracks


def tracks_of(poses: Poses, camera: CalibratedCamera, clock: ClockMap, joints: tuple[str, ...]) -> JointTracks:
    """The person that a camera saw most: the one whose confidences add up to most.

    Args:
        poses: What the camera saw.
        camera: Its calibration, for pictures of the size of the poses'.
        clock: From the camera's times to the reference's.
        joints: Which ones, in which order; those that the camera doesn't know are unseen.

    Raises:
        InputError: It saw nobody.
    """
    if not len(poses):
        raise InputError(f"{camera.name} saw nobody. Leave its keypoints out, or make them again.")
    tracks, rows = np.unique(poses.tracks, return_inverse=True)
    most = np.bincount(rows, poses.confidence.sum(axis=1)).argmax()
    chosen = np.flatnonzero(poses.tracks == tracks[most])
    pixels = np.full((len(poses.pts_seconds), len(joints), 2), np.nan)
    confidence = np.zeros(pixels.shape[:2])
    for place, name in enumerate(joints):
        if name in poses.joints:
            joint, frames = poses.joints.index(name), poses.frames[chosen]
            pixels[frames, place] = straightened(poses.pixels[chosen, joint], camera.lens)
            confidence[frames, place] = poses.confidence[chosen, joint]
    known = np.isfinite(pixels).all(axis=2)
    return JointTracks(clock(poses.pts_seconds), pixels, np.where(known, confidence, 0.0))


class Curves:
    """Tracks as functions of time: cubic between frames (Akima, 1970), which doesn't swing about detectors' leaps."""

    def __init__(self, tracks: JointTracks) -> None:
        self._gap_seconds, self._interval_seconds = tracks.gap_seconds, tracks.interval_seconds + _EXACT_SECONDS
        self._joints = [_Joint.of(tracks, joint) for joint in range(tracks.pixels.shape[1])]

    def __call__(self, at_seconds: Float[np.ndarray, " time"]) -> Places:
        """Where joints were; unknown in gaps longer than `JointTracks.gap_seconds`, and before and after all sights.

        Up to one frame interval before the first sight, and after the last, it is where it was then.
        """
        pixels = np.full((len(at_seconds), len(self._joints), 2), np.nan)
        confidence = np.zeros(pixels.shape[:2])
        for number, joint in enumerate(self._joints):
            if not joint.seconds.size:
                continue
            held = at_seconds.clip(joint.seconds[0], joint.seconds[-1])
            known = joint.bridged(held, self._gap_seconds) & (np.abs(held - at_seconds) <= self._interval_seconds)
            pixels[known, number] = joint.at(held[known])
            confidence[known, number] = np.interp(held[known], joint.seconds, joint.confidence)
        return Places(pixels, confidence)


@dataclass(frozen=True)
class _Joint:
    """Those frames of a joint that show it."""

    seconds: Float[np.ndarray, " sight"]
    pixels: Float[np.ndarray, "sight 2"]
    confidence: Float[np.ndarray, " sight"]
    curve: Akima1DInterpolator | None

    @classmethod
    def of(cls, tracks: JointTracks, joint: int) -> "_Joint":
        seen = tracks.seen[:, joint]
        seconds, pixels = tracks.seconds[seen], tracks.pixels[seen, joint]
        curve = Akima1DInterpolator(seconds, pixels) if len(seconds) > 2 else None
        return cls(seconds, pixels, tracks.confidence[seen, joint], curve)

    def bridged(self, at_seconds: Float[np.ndarray, " time"], gap_seconds: float) -> Bool[np.ndarray, " time"]:
        """Instants from the first sight to the last that are at one, or between two that are near enough."""
        after = np.searchsorted(self.seconds, at_seconds, side="left").clip(0, len(self.seconds) - 1)
        before = (np.searchsorted(self.seconds, at_seconds, side="right") - 1).clip(0, len(self.seconds) - 1)
        return np.asarray(self.seconds[after] - self.seconds[before] <= gap_seconds)

    def at(self, at_seconds: Float[np.ndarray, " time"]) -> Float[np.ndarray, "time 2"]:
        """Instants that are bridged."""
        if self.curve is not None:
            return np.asarray(self.curve(at_seconds))
        return np.stack([np.interp(at_seconds, self.seconds, self.pixels[:, axis]) for axis in (0, 1)], axis=-1)


def predicted(
    tracks: JointTracks, at_seconds: Float[np.ndarray, " time"], until_seconds: Float[np.ndarray, " time"]
) -> Places:
    """Where joints will be, by frames up to some time: they go on as they went in the last 0.2 s, ever more slowly.

    Their velocity is that of a straight line through the joint's last sights. It counts less by the share that noise has in
    it, and fades within 0.2 s, for limbs turn round.

    Args:
        tracks: What was seen.
        at_seconds: The instants.
        until_seconds: For each instant, a time not after it: later frames aren't at hand.

    Returns:
        Places; unknown where a joint wasn't seen in the last 0.2 s, or in the last frames of slow cameras.
    """
    age, weight, pixels, sureness = _remembered(tracks, until_seconds)
    count = weight.sum(axis=1)
    whole = np.maximum(count, 1)
    age_middle = np.einsum("tf,tfj->tj", age, weight) / whole
    middle = np.einsum("tfjx,tfj->tjx", pixels, weight) / whole[..., None]
    away = (age[..., None] - age_middle[:, None]) * weight
    spread = np.einsum("tfj,tfj->tj", away, away)
    slope = np.einsum("tfj,tfjx->tjx", away, pixels) / np.maximum(spread, _SHORTEST)[..., None]
    bent = (pixels - middle[:, None] - slope[:, None] * away[..., None]) * weight[..., None]
    noise = (bent**2).sum(axis=(1, 3)) / np.maximum(count - 2, 1) / np.maximum(spread, _SHORTEST)
    speed = (slope**2).sum(axis=2)
    share = np.where((count > 2) & (speed > noise), 1 - noise / np.where(speed > 0, speed, 1.0), 0.0)
    ahead = _FADING_SECONDS * -np.expm1(-(at_seconds - until_seconds) / _FADING_SECONDS)
    found = middle + (share * (ahead[:, None] - age_middle))[..., None] * slope
    known = count > 0
    certain = np.einsum("tfj,tfj->tj", sureness, weight) / whole
    return Places(np.where(known[..., None], found, np.nan), np.where(known, certain, 0.0))


def _remembered(
    tracks: JointTracks, until_seconds: Float[np.ndarray, " time"]
) -> tuple[
    Float[np.ndarray, "time frame"],
    Float[np.ndarray, "time frame joint"],
    Float[np.ndarray, "time frame joint 2"],
    Float[np.ndarray, "time frame joint"],
]:
    """Of the last frames at each instant: ages (negative, in seconds), whether joints count, pixels and confidences."""
    seconds = tracks.seconds
    memory = max(_MEMORY_SECONDS, _MEMORY_INTERVALS * tracks.interval_seconds)
    longest = int((np.searchsorted(seconds, seconds + memory, side="right") - np.arange(len(seconds))).max())
    index = np.searchsorted(seconds, until_seconds, side="right")[:, None] - 1 - np.arange(longest)
    there, index = index >= 0, np.maximum(index, 0)
    age = seconds[index] - until_seconds[:, None]
    recent = there & (age >= -memory)
    weight = (tracks.seen[index] & recent[..., None]).astype(np.float64)
    return age, weight, np.where(weight[..., None] > 0, tracks.pixels[index], 0.0), tracks.confidence[index]
