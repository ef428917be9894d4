"""From what a detector saw, frame by frame, to smooth tracks of joints on a uniform grid."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from viewsync.geometry.camera import CalibratedCamera
from viewsync.geometry.lens import Lens
from viewsync.types import Poses, Track

RATE_HZ = 30.0
"""Of all tracks. Bodies move with less than 6 Hz."""
_KERNEL_SECONDS = 0.045
"""Standard deviation of the smoothing. Both views are smoothed alike, so that no motion is moved in time."""
_KERNEL_INTERVALS = 0.6
"""The same in frame intervals of a slow camera: a grid sample needs its two neighbours."""
_REACH = 3.0
"""In standard deviations."""
_LEAST_SUPPORT = 0.35
"""Of the weight that a joint seen in all frames around has: below, it counts as unseen."""
_LEAST_SECONDS = 0.4
_OUTLIER = 2.0
"""Times as far from its running median as a joint usually is from where it was headed."""
MOST_TRACKS = 12
"""The longest ones: shreds of tracks tell little, and any two tracks are compared."""


@dataclass(frozen=True)
class Grid:
    """Uniform times: `start_seconds` + k / `RATE_HZ`."""

    start_seconds: float
    count: int

    @classmethod
    def over(cls, seconds: Float[np.ndarray, " frame"]) -> "Grid":
        """From the first of some times to the last."""
        return cls(float(seconds[0]), int((seconds[-1] - seconds[0]) * RATE_HZ + 1e-6) + 1)

    @property
    def seconds(self) -> Float[np.ndarray, " time"]:
        """All its times."""
        return self.start_seconds + np.arange(self.count) / RATE_HZ


def smooth_tracks(poses: Poses, camera: CalibratedCamera | Lens | None, grid: Grid) -> tuple[Track, ...]:
    """The longest tracks, each from where it begins to where it ends, in pixels of a lens without distortion.

    Args:
        poses: As seen.
        camera: Whose distortion is taken off; None: there is none, as far as anybody knows.
        grid: Times to tell of.
    """
    lens = camera.lens if isinstance(camera, CalibratedCamera) else camera
    tracks, people = [], dict(poses.people)
    for identity in _longest(poses).tolist():
        rows = np.flatnonzero(poses.tracks == identity)
        seconds = poses.pts_seconds[poses.frames[rows]]
        pixels = straightened(without_outliers(poses.pixels[rows]), lens)
        weight = np.where(np.isnan(pixels).any(axis=2), 0.0, poses.confidence[rows])
        first = max(int(np.ceil((seconds[0] - grid.start_seconds) * RATE_HZ - 1e-6)), 0)
        last = min(int((seconds[-1] - grid.start_seconds) * RATE_HZ + 1e-6), grid.count - 1)
        if last - first + 1 >= _LEAST_SECONDS * RATE_HZ:
            points = smoothed(seconds, pixels, weight, grid.seconds[first : last + 1])
            tracks.append(Track(first, points, person=people.get(identity)))
    return tuple(track for track in tracks if np.isfinite(track.points).any())


def _longest(poses: Poses) -> Int[np.ndarray, " track"]:
    identities, rows = np.unique(poses.tracks, return_counts=True)
    return np.asarray(identities[np.argsort(-rows, kind="stable")][:MOST_TRACKS])


def without_outliers(pixels: Float[np.ndarray, "frame joint 2"]) -> Float[np.ndarray, "frame joint 2"]:
    """Unseen (nan) where a joint leaps away from where it was just before and is right after."""
    if len(pixels) < 5:
        return pixels
    padded = np.pad(pixels, ((2, 2), (0, 0), (0, 0)), mode="edge")
    around = np.sort([padded[shift : shift + len(pixels)] for shift in range(5)], axis=0)  # nan comes last
    middle = np.clip(np.isfinite(around).sum(axis=0) - 1, 0, None) // 2
    away = np.linalg.norm(pixels - np.take_along_axis(around, middle[None], axis=0)[0], axis=2)
    # Not what is usual of `away`, which is 0 where motion outdoes the noise.
    bends = np.linalg.norm(np.diff(pixels, 2, axis=0), axis=2)
    seen = np.isfinite(bends)
    usual = np.nanmedian(np.where(seen.any(axis=0), bends, 0.0), axis=0)
    wild = away > _OUTLIER * np.maximum(usual, np.median(bends[seen]) if seen.any() else 0.0) + 1.0
    return np.where(wild[..., None], np.nan, pixels)


def straightened(pixels: Float[np.ndarray, "*batch 2"], lens: Lens | None) -> Float[np.ndarray, "*batch 2"]:
    """Where a lens without distortion would have shown the same; nan stays nan."""
    if lens is None or not any(lens.distortion):
        return pixels
    straight = np.full(pixels.shape, np.nan)
    seen = np.isfinite(pixels).all(axis=-1)
    focal, center = np.array(lens.focal_pixels), np.array(lens.center_pixels)
    straight[seen] = focal * lens.unproject(pixels[seen])[..., :2] + center
    return straight


def smoothed(
    seconds: Float[np.ndarray, " frame"],
    pixels: Float[np.ndarray, "frame joint 2"],
    weight: Float[np.ndarray, "frame joint"],
    at_seconds: Float[np.ndarray, " time"],
) -> Float[np.ndarray, "time joint 2"]:
    """Local linear regression with a Gaussian kernel: any frame times, gaps and weights; nothing is delayed.

    Args:
        seconds: Times of the frames, increasing.
        pixels: Places; whatever they are where the weight is 0.
        weight: 0 to 1.
        at_seconds: Times to tell of.

    Returns:
        Places; nan where a joint was hardly seen around, or on one side only.
    """
    interval = float(np.median(np.diff(seconds))) if len(seconds) > 1 else 1 / RATE_HZ
    kernel_seconds = max(_KERNEL_SECONDS, _KERNEL_INTERVALS * interval)
    reach = _REACH * kernel_seconds
    first = np.searchsorted(seconds, at_seconds - reach)
    taps = int(np.max(np.searchsorted(seconds, at_seconds + reach) - first, initial=1))
    zeroth, once, twice = (np.zeros((len(at_seconds), weight.shape[1])) for _ in range(3))
    places, sloped = (np.zeros((len(at_seconds), *pixels.shape[1:])) for _ in range(2))
    ahead = np.zeros_like(zeroth)
    clean = np.where(weight[..., None] > 0, pixels, 0.0)
    for tap in range(taps):
        index = first + tap
        inside = index < len(seconds)
        index = np.minimum(index, len(seconds) - 1)
        away = (seconds[index] - at_seconds) / kernel_seconds
        known = inside & (np.abs(away) <= _REACH)
        share = (np.exp(-0.5 * away**2) * known)[:, None] * weight[index]
        zeroth += share
        once += share * away[:, None]
        twice += share * away[:, None] ** 2
        ahead += share * (away[:, None] >= -1e-6)
        places += share[..., None] * clean[index]
        sloped += (share * away[:, None])[..., None] * clean[index]
    full = np.sqrt(2 * np.pi) * kernel_seconds / interval * _typical(weight)
    supported = (zeroth > _LEAST_SUPPORT * full) & _between(ahead, zeroth, at_seconds, seconds)
    bend = zeroth * twice - once**2
    level = (twice[..., None] * places - once[..., None] * sloped) / np.where(bend > 1e-9, bend, 1.0)[..., None]
    plain = places / np.maximum(zeroth, 1e-12)[..., None]
    found = np.where((bend > 1e-3 * zeroth**2)[..., None], level, plain)
    return np.where(supported[..., None], found, np.nan)


def _typical(weight: Float[np.ndarray, "frame joint"]) -> float:
    return float(np.median(weight[weight > 0])) if (weight > 0).any() else 1.0


def _between(
    ahead: Float[np.ndarray, "time joint"],
    whole: Float[np.ndarray, "time joint"],
    at_seconds: Float[np.ndarray, " time"],
    seconds: Float[np.ndarray, " frame"],
) -> Bool[np.ndarray, "time joint"]:
    """Whether a joint was seen on both sides; at the track's own ends, one is enough."""
    share = ahead / np.maximum(whole, 1e-12)
    interval = (seconds[-1] - seconds[0]) / max(len(seconds) - 1, 1)
    at_end = (at_seconds < seconds[0] + 2 * interval) | (at_seconds > seconds[-1] - 2 * interval)
    return np.asarray(at_end[:, None] | ((share > 0.1) & (share < 0.95)))
