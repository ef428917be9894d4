"""Clips of any delay to train the delay network on, cut out of the flow of synchronized stereo recordings."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Float32, Int
from numpy.random import Generator
from torch import Tensor
from torch.utils.data import IterableDataset

from viewsync.files import whole_file
from viewsync.media import frames
from viewsync.networks.stereo_delay import RATE_HZ
from viewsync.progress import Progress
from viewsync.signals import flow
from viewsync.stereo.recordings import StereoRecording
from viewsync.stereo.refilming import Fields, disturbed, filmed, flipped, shares
from viewsync.store import cache_folder, stamp
from viewsync.types import InputError, Recording

SHORTEST_SECONDS, LONGEST_SECONDS = 0.65, 12.0
LEAST_SHARED = 0.25
"""Share of a clip that the other one shows too."""
_MARGIN_SECONDS = 0.5
"""Lags that are asked for go so far beyond the true ones."""
_FPS = (15.0, 20.0, 24.0, 25.0, 29.97, 48.0, 50.0, 59.94, 60.0)
_USUAL_FPS_SHARE = 0.5


@dataclass(frozen=True)
class StereoFields:
    """The flow that two cameras side by side saw at the same instants; mapped from disk, or in memory."""

    name: str
    fps: float
    left: Fields
    right: Fields

    @property
    def seconds(self) -> float:
        """How long they are."""
        return min(len(self.left), len(self.right)) / self.fps


def stereo_fields(recording: StereoRecording, progress: Progress = lambda *_: None) -> StereoFields:
    """The flow of a stereo recording, worked out as the cue does; once, then kept in the cache folder.

    Raises:
        InputError: A video is damaged, or the cache folder can't be written.
    """
    return StereoFields(
        recording.name,
        1 / recording.left.interval_seconds,
        _kept(recording.left, f"{recording.name} left", progress),
        _kept(recording.right, f"{recording.name} right", progress),
    )


def _kept(recording: Recording, task: str, progress: Progress) -> Fields:
    key = f"{stamp(recording.path)} {Path(flow.__file__).read_text(encoding='utf-8')}"
    path = cache_folder() / "stereo" / f"fields-{hashlib.sha256(key.encode('utf-8', 'surrogateescape')).hexdigest()}.npy"
    if not path.is_file():
        with whole_file(path) as temporary:
            np.save(temporary, _made(recording, task, progress))
    return np.asarray(np.load(path, mmap_mode="r"))


def _made(recording: Recording, task: str, progress: Progress) -> Fields:
    assert recording.video is not None
    reader, times, fields = flow.FlowReader(), [], []
    for frame in frames(recording):
        times.append(frame.pts_seconds)
        moved = reader.flow(frame)
        if moved is not None:
            # Half of single precision is far finer than flow is right.
            fields.append(flow.small_field(moved, times[-1] - times[-2]).astype(np.float16))
        progress(task, frame.index + 1, len(recording.video.pts))
    return np.stack(fields) if fields else np.zeros((0, 2, flow.FIELD_ROWS, flow.FIELD_COLUMNS), np.float16)


class Eye(NamedTuple):
    """Clips of one side of a batch: what each saw, one after the other, and how that lies on the uniform grid."""

    fields: Float[Tensor, "interval 2 24 32"]
    intervals: Int[Tensor, "clip time part"]
    """Which of the intervals each sample at `RATE_HZ` is a mean of."""
    shares: Float[Tensor, "clip time part"]

    def on_grid(self, features: Float[Tensor, "interval feature"]) -> Float[Tensor, "clip time feature"]:
        """Features of all intervals as the cue averages them."""
        return (features[self.intervals] * self.shares[..., None]).sum(2)


class Batch(NamedTuple):
    """As many pairs of clips as there are lags; neighbouring pairs are of different recordings."""

    a: Eye
    b: Eye
    lag_samples: Float[Tensor, " clip"]
    """True ones: a[t + lag] shows what b[t] shows. No whole numbers."""
    largest_lag: int
    """Lags from minus that on are asked for; the true ones are among them."""

    @property
    def lags(self) -> range:
        """What to ask for."""
        return range(-self.largest_lag, self.largest_lag + 1)


@dataclass(frozen=True)
class DelayClips(IterableDataset[Batch]):
    """An endless row of batches, the same for the same seed.

    The clips of a batch are of one length, and of as many frames together as those of any other batch, about.
    """

    recordings: Sequence[StereoFields]
    samples: int
    """Of one side of a batch, about."""
    seed: int
    seconds: tuple[float, float] = (SHORTEST_SECONDS, LONGEST_SECONDS)
    """Length of the clips, the shortest and the longest."""
    plain: bool = False
    """Leave the flow as it is, at 30 fps: to test on."""

    def __post_init__(self) -> None:
        needed = (2 - LEAST_SHARED) * self.seconds[0] + 1 / RATE_HZ
        if len(self.recordings) < 2:
            raise InputError(f"delays are learned from at least 2 stereo recordings, got {len(self.recordings)}.")
        for recording in self.recordings:
            if recording.seconds < needed:
                raise InputError(
                    f"{recording.name} lasts {recording.seconds:.1f} s, but clips of {self.seconds[0]:.1f} s with all their "
                    f"delays need {needed:.1f} s. Leave it out, or film for longer."
                )

    def __iter__(self) -> Iterator[Batch]:
        rng = np.random.default_rng([self.seed, 71])
        while True:
            yield self._batch(rng)

    def _batch(self, rng: Generator) -> Batch:
        seconds = float(np.exp(rng.uniform(*np.log(self.seconds))))
        count = max(2, round(self.samples / (seconds * RATE_HZ)))
        # One after another round all recordings: neighbours, also the last and the first, are different ones.
        order = rng.permutation(len(self.recordings))
        count -= count % len(order) == 1
        chosen = [self.recordings[order[number % len(order)]] for number in range(count)]
        seconds = min(seconds, *((one.seconds - 1 / RATE_HZ) / (2 - LEAST_SHARED) for one in chosen))
        samples = int(seconds * RATE_HZ)
        largest = (1 - LEAST_SHARED) * seconds
        leads = rng.uniform(-largest, largest, size=count)
        clips = [self._pair(one, lead, samples, rng) for one, lead in zip(chosen, leads, strict=True)]
        largest_lag = min(int((largest + _MARGIN_SECONDS) * RATE_HZ) + 1, samples - 1)
        a, b = (_eye([clip[side] for clip in clips]) for side in (0, 1))
        return Batch(a, b, torch.from_numpy(leads * RATE_HZ).float(), largest_lag)

    def _pair(self, recording: StereoFields, lead: float, samples: int, rng: Generator) -> tuple["_Clip", "_Clip"]:
        """Clips of both sides, of which b begins `lead` seconds later."""
        room = recording.seconds - samples / RATE_HZ - abs(lead)
        start = rng.uniform(0, max(room, 0.0)) + max(-lead, 0.0)
        sides = [recording.left, recording.right]
        if rng.uniform() < 0.5:
            sides.reverse()
        mirrored = [axis for axis in (2, 3) if rng.uniform() < 0.5] if not self.plain else []
        a, b = (
            self._clip(side, recording.fps, begins, samples, mirrored, rng)
            for side, begins in zip(sides, (start, start + lead), strict=True)
        )
        return a, b

    def _clip(self, fields: Fields, fps: float, start: float, samples: int, mirrored: list[int], rng: Generator) -> "_Clip":
        own_fps = RATE_HZ if self.plain or rng.uniform() < _USUAL_FPS_SHARE else float(rng.choice(_FPS))
        seen = filmed(fields, fps, start, samples / RATE_HZ, own_fps)
        if not self.plain:
            seen = disturbed(flipped(seen, mirrored), rng)
        return _Clip(seen, *shares(len(seen), own_fps, samples))


class _Clip(NamedTuple):
    fields: Float32[np.ndarray, "interval 2 24 32"]
    intervals: Int[np.ndarray, "time part"]
    shares: Float32[np.ndarray, "time part"]


def _eye(clips: Sequence[_Clip]) -> Eye:
    firsts = np.cumsum([0, *(len(clip.fields) for clip in clips[:-1])])
    return Eye(
        torch.from_numpy(np.concatenate([clip.fields for clip in clips])),
        torch.from_numpy(np.stack([clip.intervals + first for clip, first in zip(clips, firsts, strict=True)])),
        torch.from_numpy(np.stack([clip.shares for clip in clips])),
    )
