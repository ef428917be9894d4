"""Pairs of views of one person, cut out of what virtual cameras have filmed."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Float32
from numpy.random import Generator
from torch import Tensor
from torch.utils.data import IterableDataset

from viewsync.networks.pose_embedding import RATE_HZ
from viewsync.pose_embedding import performances
from viewsync.pose_embedding.filming import film, mirrored
from viewsync.pose_embedding.performances import Joints
from viewsync.signals.embedding import with_confidence
from viewsync.signals.tracks import Grid, smoothed, without_outliers

_FPS = (24.0, 25.0, 29.97, 30.0, 48.0, 50.0, 59.94, 60.0)
_TEMPI = (0.75, 1.3)
_LEAST_SEEN = 0.5


Track = Float32[np.ndarray, "time joint 3"]


@dataclass(frozen=True)
class View:
    """What one camera saw of a whole performance, as the cue makes it of detections."""

    start_seconds: float
    """Of the track, on the clock of all cameras."""
    track: Track


class Batch(NamedTuple):
    """As many pairs of views as there are rows."""

    a: Float[Tensor, "pair time joint 3"]
    b: Float[Tensor, "pair time joint 3"]
    lag_frames: Float[Tensor, " pair"]
    """Frame t + lag of a is frame t of b; not a whole number."""


def filmed(some: Iterable[Joints], cameras: int, seed: int) -> Iterator[tuple[View, ...]]:
    """Film each half of performances from several sides, at a tempo of its own, now and then with left and right exchanged.

    Args:
        some: The performances.
        cameras: How many film each half: at any rate, no two at the same instants.
        seed: Source of everything random.
    """
    rng = np.random.default_rng([seed, 22])
    for joints in some:
        # Who walks far gets away from a camera that stays.
        for part in np.array_split(joints, 2):
            tempo = rng.uniform(*_TEMPI)
            part = mirrored(part) if rng.uniform() < 0.5 else part
            yield tuple(_view(part, tempo, rng) for _ in range(cameras))


def _view(joints: Joints, tempo: float, rng: Generator) -> View:
    fps = _FPS[rng.integers(len(_FPS))]
    frames = (np.arange(int(len(joints) / performances.RATE_HZ / tempo * fps) - 2) + rng.uniform()) / fps
    seen = film(joints, tempo * frames, rng)
    return View(frames[0], track_of(frames, seen.pixels, seen.confidence))


def track_of(
    seconds: Float[np.ndarray, " frame"],
    pixels: Float[np.ndarray, "frame joint 2"],
    confidence: Float[np.ndarray, "frame joint"],
) -> Track:
    """Detections as the pose cue puts them on its grid, which begins with the first frame."""
    clean = without_outliers(np.where(confidence[..., None] > 0, pixels, np.nan))
    weight = np.where(np.isnan(clean).any(axis=2), 0.0, confidence)
    return with_confidence(smoothed(seconds, clean, weight, Grid.over(seconds).seconds))


@dataclass(frozen=True)
class Pairs(IterableDataset[Batch]):
    """An endless row of batches, the same for the same seed."""

    views: Sequence[tuple[View, ...]]
    """Of each performance."""
    batch_size: int
    seed: int
    frames: int = 192
    """Length of each view: 6.4 s."""
    max_lag_frames: int = 120

    def __iter__(self) -> Iterator[Batch]:
        rng = np.random.default_rng([self.seed, 23])
        while True:
            rows = [self._pair(rng) for _ in range(self.batch_size)]
            a, b = (torch.from_numpy(np.stack([row[side] for row in rows])) for side in (0, 1))
            yield Batch(a, b, torch.tensor([row[2] for row in rows], dtype=a.dtype))

    def _pair(
        self, rng: Generator
    ) -> tuple[Float32[np.ndarray, "time joint 3"], Float32[np.ndarray, "time joint 3"], float]:
        """Cut where both cameras see the person for half of the time at least."""
        while True:
            views = self.views[int(rng.integers(len(self.views)))]
            a, b = (views[index] for index in rng.permutation(len(views))[:2])
            lag = int(rng.integers(-self.max_lag_frames, self.max_lag_frames + 1))
            room = min(len(a.track), len(b.track)) - self.frames - abs(lag)
            first = int(rng.integers(room)) + max(-lag, 0)
            cuts = a.track[first : first + self.frames], b.track[first + lag : first + lag + self.frames]
            if all((cut[..., 2] > 0).mean() > _LEAST_SEEN for cut in cuts):
                return *cuts, lag + (b.start_seconds - a.start_seconds) * RATE_HZ
