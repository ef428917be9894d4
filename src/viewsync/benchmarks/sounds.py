"""Real sound with known truth: tracks that run in sync, and clips cut from them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np
from jaxtyping import Int
from scipy.io import wavfile

from viewsync.benchmarks.takes import (
    KnownClip,
    Take,
    data_folder,
    draw_starts,
    draw_starts_apart,
    draw_starts_in_sync,
    existing,
)

TOLERANCE_SECONDS = 0.002
"""What the bars allow; sound has no frames to count in."""
_MOMENTS_PER_SECOND = 10


@dataclass(frozen=True)
class SoundScene:
    """Several recordings of the same sound, in sync sample by sample."""

    name: str
    tracks: Int[np.ndarray, "track sample"]
    rate_hz: int
    per_take: int
    """How many tracks are synchronised in one call."""
    clip_seconds: tuple[float, float]
    apart_seconds: float

    def clip(self, track: int, start: int, samples: int, folder: Path) -> KnownClip:
        """Cut samples [start, start + samples) of a track into a file."""
        path = folder / f"track{track + 1}.wav"
        wavfile.write(path, self.rate_hz, self.tracks[track, start : start + samples])
        moments = np.arange(0, samples / self.rate_hz, 1 / _MOMENTS_PER_SECOND)
        return KnownClip(path, moments, moments + start / self.rate_hz, TOLERANCE_SECONDS)


def overlapping_takes(scene: SoundScene, seed: int, rounds: int) -> Iterator[Take]:
    """Takes in which every two clips share at least half; every sixth is in sync. The files last until the next."""
    for number in range(rounds):
        rng = np.random.default_rng([seed, 0, number])
        draw = draw_starts_in_sync if number % 6 == 0 else draw_starts
        tracks = rng.choice(len(scene.tracks), scene.per_take, replace=False).tolist()
        samples = round(rng.uniform(*scene.clip_seconds) * scene.rate_hz)
        yield from _take(scene, tracks, draw(rng, len(tracks), scene.tracks.shape[1], samples), samples)


def apart_takes(scene: SoundScene, seed: int, rounds: int) -> Iterator[Take]:
    """Takes of two tracks that have no instant in common."""
    for number in range(rounds):
        rng = np.random.default_rng([seed, 1, number])
        tracks = rng.choice(len(scene.tracks), 2, replace=False).tolist()
        samples = round(scene.apart_seconds * scene.rate_hz)
        yield from _take(scene, tracks, draw_starts_apart(rng, scene.tracks.shape[1], samples), samples)


def _take(scene: SoundScene, tracks: Sequence[int], starts: Sequence[int], samples: int) -> Iterator[Take]:
    with TemporaryDirectory() as folder:
        placed = zip(tracks, starts, strict=True)
        yield Take(scene.name, tuple(scene.clip(track, start, samples, Path(folder)) for track, start in placed))


# ── the scenes ────────────────────────────────────────────────────────────────────────────────────────────────────


def nara_wpe(data: Path | None) -> SoundScene:
    """Speech in a room, eight microphones on one circle of 20 cm: sound takes up to 0.6 ms from one to the other."""
    folder = data_folder(data) / "audio/nara_wpe/data"
    names = [existing(folder / f"AMI_WSJ20-Array1-{i}_T10c0201.wav") for i in range(1, 9)]
    tracks = np.stack([read_sound(name)[0] for name in names])
    return SoundScene("nara_wpe", tracks, 16_000, per_take=4, clip_seconds=(4.5, 6.0), apart_seconds=3.5)


# First sample of each file in the decoded samples of timbl_1: by cross-correlation of the whole waveforms, the same
# to the sample in every stretch of them. (The two differ by the delay of an MP3 encoder.)
_BBC_STARTS = {"timbl_1.mp3": 0, "timbl_2.mp3": 588_190, "timbl_3.mp3": 587_085}


def bbc_audio(data: Path | None) -> SoundScene:
    """One speech, encoded as it is, cut, and with noise: 35 s that all three files have."""
    folder = data_folder(data) / "audio/bbc_audio/tests/audio"
    first = max(_BBC_STARTS.values())
    aligned = [read_sound(existing(folder / name))[0][first - start :] for name, start in _BBC_STARTS.items()]
    shortest = min(len(track) for track in aligned)
    tracks = np.stack([track[:shortest] for track in aligned])
    return SoundScene("bbc_audio", tracks, 48_000, per_take=3, clip_seconds=(10.0, 20.0), apart_seconds=14.0)


def late_recorder(data: Path | None) -> Take:
    """An outdoor recorder, 1 s, and the same file cut 0.1000 s late."""
    folder = data_folder(data) / "audio/opensoundscape/tests/audio"
    clips = []
    for name, start_seconds in (("LOCA_2021_09_24_652_8", 0.0), ("LOCA_2021_09_24_652_8_late_start", 0.1)):
        moments = np.arange(0, 0.9, 1 / _MOMENTS_PER_SECOND)
        path = existing(folder / f"{name}.wav")
        clips.append(KnownClip(path, moments, moments + start_seconds, TOLERANCE_SECONDS))
    return Take("opensoundscape", tuple(clips))


def read_sound(path: Path) -> tuple[Int[np.ndarray, " sample"], int]:
    """All samples of a file, mixed to mono, at its own rate; and that rate."""
    with av.open(path) as container:
        rate_hz = container.streams.audio[0].rate
        resampler = av.AudioResampler(format="s16", layout="mono", rate=rate_hz)
        frames = [*container.decode(audio=0), None]
        return np.concatenate([out.to_ndarray()[0] for frame in frames for out in resampler.resample(frame)]), rate_hz
