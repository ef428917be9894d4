"""Pairs, triplets and desynchronized clips of prepared recordings, drawn at random."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float32, Int
from numpy.random import Generator
from torch import Tensor
from torch.utils.data import IterableDataset

from viewsync.stereo.frames import PreparedRecording
from viewsync.stereo.recordings import CLIP_FRAMES
from viewsync.types import InputError

FARTHEST_FRAMES = 10
"""How far from its partner a frame that doesn't match may be."""


class PairBatch(NamedTuple):
    """Left and right frames (0 to 1), half of which were taken at the same instant."""

    left: Float32[Tensor, "pair channel size size"]
    right: Float32[Tensor, "pair channel size size"]
    alike: Bool[Tensor, " pair"]


class TripletBatch(NamedTuple):
    """Left frames (0 to 1), the right ones of the same instants, and right ones of others."""

    anchor: Float32[Tensor, "triplet channel size size"]
    positive: Float32[Tensor, "triplet channel size size"]
    negative: Float32[Tensor, "triplet channel size size"]


@dataclass(frozen=True)
class Pairs(IterableDataset[PairBatch]):
    """An endless row of batches, the same for the same seed: every other pair matches.

    The right frame of the others is 1 to `FARTHEST_FRAMES` frames early or late. Batches that were skipped cost nothing: the
    n-th one is made from the seed and n alone.

    Raises:
        InputError: There are no recordings, or one is too short.
    """

    recordings: Sequence[PreparedRecording]
    batch: int
    """Pairs in a batch."""
    seed: int
    first_batch: int = 0

    def __post_init__(self) -> None:
        _require_frames(self.recordings, 2 * FARTHEST_FRAMES)

    def __iter__(self) -> Iterator[PairBatch]:
        number = self.first_batch
        while True:
            rng = np.random.default_rng([self.seed, 72, number])
            alike = (np.arange(self.batch) + number) % 2 == 0
            drawn = _drawn(self.recordings, self.batch, rng)
            right = np.where(alike, drawn.frame, drawn.other)
            yield PairBatch(
                _frames(self.recordings, "left", drawn.recording, drawn.frame),
                _frames(self.recordings, "right", drawn.recording, right),
                torch.from_numpy(alike),
            )
            number += 1


@dataclass(frozen=True)
class Triplets(IterableDataset[TripletBatch]):
    """An endless row of batches, the same for the same seed.

    The negative is 1 to `FARTHEST_FRAMES` frames before or after the positive. Batches that were skipped cost nothing: the
    n-th one is made from the seed and n alone.

    Raises:
        InputError: There are no recordings, or one is too short.
    """

    recordings: Sequence[PreparedRecording]
    batch: int
    """Triplets in a batch."""
    seed: int
    first_batch: int = 0

    def __post_init__(self) -> None:
        _require_frames(self.recordings, 2 * FARTHEST_FRAMES)

    def __iter__(self) -> Iterator[TripletBatch]:
        number = self.first_batch
        while True:
            drawn = _drawn(self.recordings, self.batch, np.random.default_rng([self.seed, 73, number]))
            yield TripletBatch(
                _frames(self.recordings, "left", drawn.recording, drawn.frame),
                _frames(self.recordings, "right", drawn.recording, drawn.frame),
                _frames(self.recordings, "right", drawn.recording, drawn.other),
            )
            number += 1


class Sequences(NamedTuple):
    """Clips of the left and the right of a recording that don't begin at the same instant."""

    recording: Int[np.ndarray, " sequence"]
    """Its number among those they were drawn from."""
    left_start: Int[np.ndarray, " sequence"]
    """The first frame of the left clip."""
    right_start: Int[np.ndarray, " sequence"]
    delay: Int[np.ndarray, " sequence"]
    """Right start − left start: frame t of the right clip shows what frame t + delay of the left clip shows."""


def sequences(recordings: Sequence[PreparedRecording], count: int, seed: int, frames: int = CLIP_FRAMES) -> Sequences:
    """Clips at random places, with delays from −(frames − 1) to frames, all equally likely.

    Args:
        recordings: To draw from, the longer ones more often.
        count: How many to draw.
        seed: Source of everything random.
        frames: Of each clip.

    Raises:
        InputError: There are no recordings, or one is shorter than two clips.
    """
    _require_frames(recordings, 2 * frames)
    rng = np.random.default_rng([seed, 74])
    lengths = np.array([len(one.left) for one in recordings])
    recording = rng.choice(len(recordings), count, p=lengths / lengths.sum())
    delay = rng.integers(-frames + 1, frames, count, endpoint=True)
    left_start = rng.integers(np.maximum(-delay, 0), lengths[recording] - frames - np.maximum(delay, 0), endpoint=True)
    return Sequences(recording, left_start, left_start + delay, delay)


class _Drawn(NamedTuple):
    recording: Int[np.ndarray, " draw"]
    frame: Int[np.ndarray, " draw"]
    other: Int[np.ndarray, " draw"]
    """A frame nearby."""


def _drawn(recordings: Sequence[PreparedRecording], count: int, rng: Generator) -> _Drawn:
    """All frames of all recordings are equally likely."""
    lengths = np.array([len(one.left) for one in recordings])
    ends = np.cumsum(lengths)
    frame = rng.integers(ends[-1], size=count)
    recording = np.searchsorted(ends, frame, side="right")
    frame = frame - (ends - lengths)[recording]
    step = rng.integers(1, FARTHEST_FRAMES, count, endpoint=True) * rng.choice([-1, 1], count)
    inside = (frame + step >= 0) & (frame + step < lengths[recording])
    return _Drawn(recording, frame, np.where(inside, frame + step, frame - step))


def _frames(
    recordings: Sequence[PreparedRecording],
    side: str,
    recording: Int[np.ndarray, " row"],
    frame: Int[np.ndarray, " row"],
) -> Float32[Tensor, "row channel size size"]:
    rows = [getattr(recordings[number], side)[index] for number, index in zip(recording, frame, strict=True)]
    return torch.from_numpy(np.stack(rows)).float().div_(255)


def _require_frames(recordings: Sequence[PreparedRecording], least: int) -> None:
    if not recordings:
        raise InputError("there are no stereo recordings to draw from. Give at least one.")
    short = next((one for one in recordings if len(one.left) < least), None)
    if short is not None:
        raise InputError(
            f"stereo recording {short.name} has {len(short.left)} frames, but at least {least} are needed. Leave it out, or "
            "record for longer."
        )
