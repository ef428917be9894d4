"""Pairs of clips with a known shift, cut out of what several cameras saw of one person."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Float32, Int
from numpy.random import Generator
from torch import Tensor
from torch.utils.data import IterableDataset

from viewsync.synnet.scenes import Scene
from viewsync.types import InputError

LEAST_SPEED = 0.25
"""Metres per second of the joints seen from the hips, on the mean over a clip: who stands still shows no shift."""
LEAST_SEEN = 0.5
"""Share of the joints of each clip."""
_TRIES = 20_000


@dataclass(frozen=True)
class Sampling:
    """What a clip is, and which shifts there are."""

    clip_frames: int = 8
    largest_shift: int = 4
    stride: int = 4
    """r: every r-th frame is kept."""
    least_speed: float = LEAST_SPEED

    @property
    def window_frames(self) -> int:
        """Kept frames that hold clips of all shifts of two cameras."""
        return self.clip_frames + 2 * self.largest_shift - 1


def class_of(shift: int, largest_shift: int) -> int:
    """The class of a shift: frame t of b shows what frame t + shift of a shows.

    Raises:
        InputError: The shift isn't from −M to M − 1.
    """
    if not -largest_shift <= shift < largest_shift:
        raise InputError(
            f"a shift of {shift} frames has no class: they go from {-largest_shift} to {largest_shift - 1}. Train a network "
            "of a larger M for larger shifts."
        )
    return shift + largest_shift


class Batch(NamedTuple):
    """Windows of two cameras at the same instants, and which clips of them are to be held against each other."""

    a: Float[Tensor, "window frame 17 3"]
    b: Float[Tensor, "window frame 17 3"]
    starts_a: Int[Tensor, "window pair"]
    """The window's frame that is the clip's first."""
    starts_b: Int[Tensor, "window pair"]
    """Its class is `starts_b` − `starts_a` + M."""


class Clips(NamedTuple):
    """As many pairs of clips as there are rows."""

    a: Float[Tensor, "pair frame 17 3"]
    b: Float[Tensor, "pair frame 17 3"]
    classes: Int[Tensor, " pair"]
    """Class k: frame t of b shows what frame t + k − M of a shows."""
    scenes: Int[Tensor, " pair"]
    """Which scene each comes from."""


@dataclass(frozen=True)
class ClipPairs(IterableDataset[Batch]):
    """An endless row of batches, the same for the same seed.

    From each window as many pairs of clips are taken for each shift. Batches that were skipped cost nothing: the n-th one is
    made from the seed and n alone.

    Raises:
        InputError: Hardly anywhere somebody moves before two cameras.
    """

    scenes: Sequence[Scene]
    sampling: Sampling
    windows: int
    """In a batch."""
    seed: int
    pairs_per_shift: int = 1
    first_batch: int = 0

    def __iter__(self) -> Iterator[Batch]:
        number = self.first_batch
        while True:
            yield self._batch(np.random.default_rng([self.seed, 32, number]))
            number += 1

    def _batch(self, rng: Generator) -> Batch:
        frames = self.sampling.window_frames
        windows = [_window(self.scenes, self.sampling, frames, rng) for _ in range(self.windows)]
        starts = np.stack([self._starts(rng) for _ in windows])
        a, b = (torch.from_numpy(np.stack([window[side] for window in windows])) for side in (0, 1))
        return Batch(a, b, *torch.from_numpy(starts).unbind(-1))

    def _starts(self, rng: Generator) -> Int[np.ndarray, "pair 2"]:
        largest = self.sampling.largest_shift
        shifts = np.repeat(np.arange(-largest, largest), self.pairs_per_shift)
        earliest, latest = np.maximum(-shifts, 0), 2 * largest - np.maximum(shifts, 0)
        first = rng.integers(earliest, latest)
        return np.stack([first, first + shifts], axis=1)


def fixed_clips(scenes: Sequence[Scene], sampling: Sampling, per_shift: int, seed: int) -> Clips:
    """Clips for a test: of each shift as many, each from a random scene, two of its cameras and any time.

    Raises:
        InputError: Hardly anywhere somebody moves before two cameras.
    """
    rng = np.random.default_rng([seed, 33])
    rows: list[tuple[np.ndarray, np.ndarray, int, int]] = []
    n = sampling.clip_frames
    for shift in per_shift * [*range(-sampling.largest_shift, sampling.largest_shift)]:
        first, second = max(-shift, 0), max(shift, 0)
        a, b, scene = _window(scenes, sampling, n + abs(shift), rng, (first, second))
        rows.append((a[first : first + n], b[second : second + n], class_of(shift, sampling.largest_shift), scene))
    a, b, classes, numbers = zip(*rows, strict=True)
    return Clips(torch.from_numpy(np.stack(a)), torch.from_numpy(np.stack(b)), torch.tensor(classes), torch.tensor(numbers))


Window = tuple[Float32[np.ndarray, "frame 17 3"], Float32[np.ndarray, "frame 17 3"], int]
"""Of two cameras, and the scene's number."""


def _window(
    scenes: Sequence[Scene], sampling: Sampling, frames: int, rng: Generator, starts: tuple[int, int] = (0, 0)
) -> Window:
    """Where the person moves enough, and both cameras see enough of it."""
    span = (frames - 1) * sampling.stride + 1
    for _ in range(_TRIES if scenes else 0):
        number = int(rng.integers(len(scenes)))
        scene = scenes[number]
        if len(scene.views) < 2 or len(scene.speed) < span:
            continue
        first = int(rng.integers(len(scene.speed) - span + 1))
        if scene.speed[first : first + span].mean() < sampling.least_speed:
            continue
        chosen = scene.views[rng.permutation(len(scene.views))[:2], first : first + span : sampling.stride]
        clips = (view[start:][: sampling.clip_frames] for view, start in zip(chosen, starts, strict=True))
        if all((clip[..., 2] > 0).mean() >= LEAST_SEEN for clip in clips):
            return chosen[0], chosen[1], number
    raise InputError(
        f"in {len(scenes)} scenes hardly anybody moves by {sampling.least_speed} m/s for {span} frames before two cameras. "
        "Give longer recordings, or livelier motions."
    )
