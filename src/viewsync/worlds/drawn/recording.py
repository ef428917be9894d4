"""Drawn scenes as files: video with exact presentation times, and sound on the same clock."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int
from scipy.ndimage import map_coordinates
from scipy.signal import butter, lfilter, sosfilt

from viewsync.types import Sound
from viewsync.worlds.clock import TICKS_PER_SECOND
from viewsync.worlds.drawn.sketch import Scene, SketchCamera, render
from viewsync.worlds.movie import SoundBlocks, write_movie


def write_video(
    scene: Scene,
    camera: SketchCamera,
    path: Path,
    *,
    codec: str = "libx264",
    crf: int = 20,
    sound: Sound | None = None,
) -> None:
    """Film the scene into a file.

    Args:
        scene: What happens.
        camera: Who films it, and with which clock.
        path: The file to write: .mp4 or .mov. Other containers round the presentation times.
        codec: Video encoder.
        crf: Quality: 18 looks lossless, 30 is poor.
        sound: Samples on the camera's clock, for an AAC track.
    """
    frames = ((round(pts_seconds * TICKS_PER_SECOND), picture) for pts_seconds, picture in render(scene, camera))
    track = None if sound is None else SoundBlocks(_seconds_of(sound), sound.rate_hz, sound.start_seconds)
    write_movie(path, frames, (camera.width, camera.height), camera.fps, sound=track, codec=codec, crf=crf)


def _seconds_of(sound: Sound) -> Iterator[Int[np.ndarray, " sample"]]:
    for first in range(0, len(sound.samples), sound.rate_hz):
        yield sound.samples[first : first + sound.rate_hz]


def sound_track(seed: int, duration_seconds: float, rate_hz: int = 16_000) -> Sound:
    """What there is to hear in a scene, in world time from 0: claps, steps, and a murmur that comes and goes.

    Nothing lies far above a fifth of the sample rate, so that the track can be sampled between its samples.
    """
    rng = np.random.default_rng([seed, 4])
    count = round(duration_seconds * rate_hz)
    levels = rng.uniform(0, 0.15, count * 3 // rate_hz + 2)
    murmur = np.interp(np.arange(count) * 3 / rate_hz, np.arange(levels.size), levels)
    track = _noise(rng, murmur, 0.12, rate_hz)
    for per_second, decay_seconds, cutoff, loudness in ((0.5, 0.03, 0.2, 1.0), (1.5, 0.06, 0.05, 1.5)):
        strikes = np.zeros(count)
        when = rng.integers(0, count, rng.poisson(per_second * duration_seconds))
        strikes[when] = loudness * rng.uniform(0.3, 1, when.size)
        ringing = lfilter([1.0], [1.0, -np.exp(-1 / (decay_seconds * rate_hz))], strikes)
        track += _noise(rng, ringing, cutoff, rate_hz)
    return Sound(_pcm(9000 * track), rate_hz, 0.0)


def _noise(
    rng: np.random.Generator, envelope: Float[np.ndarray, " sample"], cutoff: float, rate_hz: int
) -> Float[np.ndarray, " sample"]:
    """Noise under an envelope, with nothing far above `cutoff` times the sample rate."""
    sections = butter(6, cutoff * rate_hz, output="sos", fs=rate_hz)
    return np.asarray(sosfilt(sections, envelope * rng.normal(size=envelope.size)))


def _pcm(samples: Float[np.ndarray, " sample"]) -> Int[np.ndarray, " sample"]:
    return samples.round().clip(-32767, 32767).astype(np.int16)


def hear(track: Sound, camera: SketchCamera, delay_seconds: float = 0.0) -> Sound:
    """A world's sound as a camera records it: on the camera's clock, later by the sound's way to it.

    Silent where the track has nothing.
    """
    seconds = np.arange(round(camera.duration_seconds * track.rate_hz)) / track.rate_hz
    place = (camera.world_seconds(seconds) - delay_seconds - track.start_seconds) * track.rate_hz
    heard = map_coordinates(track.samples.astype(np.float64), place[None], order=5, mode="constant")
    return Sound(_pcm(heard), track.rate_hz, 0.0)
