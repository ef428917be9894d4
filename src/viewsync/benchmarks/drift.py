"""Suite `drift`: generated recordings whose clocks run at different rates, from sound and from motion."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from jaxtyping import Int
from scipy.io import wavfile
from scipy.signal import butter, fftconvolve, sosfilt

from viewsync.benchmarks.row import Bar, Row, measured
from viewsync.sync import sync
from viewsync.types import PairOffset, Sound
from viewsync.worlds.drawn import Scene, SketchCamera, hear, sound_track, truth, write_video

SUITE = "drift"
LONG_SECONDS, SHORT_SECONDS = 600.0, 12.0
SOUND_RATE_PPM, MOTION_RATE_PPM = 80.0, 120.0


def run(seed: int, quick: bool, data: Path | None) -> list[Row]:
    """Ten minutes of sound and of motion with a known rate, and short footage of both, which fixes none."""
    rows: list[Row] = []
    for seconds, seeds in ((LONG_SECONDS, 1 if quick else 3), (SHORT_SECONDS, 2 if quick else 6)):
        sounds = [_heard(seed + i, seconds) for i in range(seeds)]
        rows += _rows("sound", seconds, sounds, at_most_ppm=5)
        # Drawing ten minutes of two views takes longer than all the rest.
        seen = [_seen(seed + i, seconds) for i in range(seeds if seconds == SHORT_SECONDS else 1)]
        rows += _rows("motion", seconds, seen, at_most_ppm=20)
    return rows


def _rows(cue: str, seconds: float, found: list[tuple[PairOffset, float]], at_most_ppm: float) -> list[Row]:
    pairs = [pair for pair, _ in found]
    if seconds == SHORT_SECONDS:
        no_rate = sum(pair.rate is None for pair in pairs)
        bounded = sum(pair.rate_bound is not None for pair in pairs)
        scene, n = f"{cue}, {seconds:g} s", len(pairs)
        tied = sum(pair.offset_seconds is not None for pair in pairs)
        return [
            measured(SUITE, scene, "tied", tied, "", n),
            measured(SUITE, scene, "no rate fitted", no_rate, "", n, Bar(at_least=n)),
            measured(SUITE, scene, "bound of the rate given where tied", bounded, "", n, Bar(at_least=max(1, tied))),
        ]
    scene = f"{cue}, {seconds / 60:g} minutes"
    errors = [None if pair.rate is None else abs(1e6 * (pair.rate - true)) for pair, true in found]
    worst = None if None in errors else max(error for error in errors if error is not None)
    stds = [1e6 * pair.rate_std for pair in pairs if pair.rate_std is not None]
    return [
        measured(SUITE, scene, "rates fitted", len(errors) - errors.count(None), "", len(pairs), Bar(at_least=len(pairs))),
        measured(SUITE, scene, "|rate error| largest", worst, "ppm", len(pairs), Bar(at_most=at_most_ppm)),
        measured(SUITE, scene, "σ of the rate, median", float(np.median(stds)) if stds else None, "ppm", len(stds)),
    ]


def _heard(seed: int, seconds: float) -> tuple[PairOffset, float]:
    """A sound track and a copy of it, cut, re-sampled, filtered, with noise: what was found, and the true rate."""
    rng = np.random.default_rng([seed, 5])
    track = sound_track(seed, seconds + 10)
    starts = rng.uniform(0, 5, 2).tolist()
    a = SketchCamera(seed=0, duration_seconds=seconds, offset_seconds=starts[0])
    b = SketchCamera(seed=1, duration_seconds=seconds, offset_seconds=starts[1], rate_ppm=SOUND_RATE_PPM)
    with TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("a.wav", "b.wav")]
        for path, camera in zip(paths, (a, b), strict=True):
            heard = hear(track, camera)
            wavfile.write(path, heard.rate_hz, _worn(heard, rng) if camera is b else heard.samples)
        (pair,) = sync(paths, reference="a", cues=("audio",)).pairs
    return pair, truth(a, b)[1]


def _worn(sound: Sound, rng: np.random.Generator) -> Int[np.ndarray, " sample"]:
    """The sound through a small loudspeaker in a room, with noise 10 dB below it."""
    band = sosfilt(butter(2, (150, 2500), "bandpass", fs=sound.rate_hz, output="sos"), sound.samples.astype(np.float64))
    tail = np.arange(round(0.2 * sound.rate_hz)) / sound.rate_hz
    room = 0.1 * rng.normal(size=tail.size) * np.exp(-tail / 0.04)
    room[0] = 1.0
    roomy = fftconvolve(band, room)[: band.size]
    noisy = roomy + rng.normal(0, 10 ** (-10 / 20) * roomy.std(), roomy.size)
    return np.asarray(np.clip(noisy.round(), -32767, 32767), dtype=np.int16)


def _seen(seed: int, seconds: float) -> tuple[PairOffset, float]:
    """A drawn scene that never repeats, from two viewpoints, one re-timed: what was found, and the true rate."""
    rng = np.random.default_rng([seed, 6])
    a = SketchCamera(seed=2 * seed, azimuth_degrees=10, duration_seconds=seconds)
    b = SketchCamera(
        seed=2 * seed + 1,
        azimuth_degrees=80,
        duration_seconds=seconds,
        offset_seconds=float(rng.uniform(-3, 3)),
        rate_ppm=MOTION_RATE_PPM,
    )
    with TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("a.mp4", "b.mp4")]
        for path, camera in zip(paths, (a, b), strict=True):
            write_video(Scene(seed), camera, path)
        (pair,) = sync(paths, reference="a", cues=("motion",)).pairs
    return pair, truth(a, b)[1]
