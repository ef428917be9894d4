"""From sound to onsets: how the energy of a few bands rises from moment to moment."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Bool, Float
from numpy.lib.stride_tricks import sliding_window_view

from viewsync.types import Sound

BANDS = 8
_LOWEST_HZ, _HIGHEST_HZ = 120.0, 7500.0
_BLOCK_FRAMES = 1500


def band_energies(
    sound: Sound, hop: int, frame: int
) -> Iterator[tuple[Float[np.ndarray, "time band"], Bool[np.ndarray, " time"]]]:
    """Energy per band of overlapping frames, block by block, and whether a frame's samples differ at all.

    Args:
        sound: What was recorded.
        hop: From frame to frame, in samples.
        frame: Length of a frame, in samples.
    """
    frequencies = np.fft.rfftfreq(frame, 1 / sound.rate_hz)
    edges = np.geomspace(_LOWEST_HZ, min(_HIGHEST_HZ, 0.47 * sound.rate_hz), BANDS + 1)
    bands = (frequencies[:, None] >= edges[:-1]) & (frequencies[:, None] < edges[1:])
    taper = np.hanning(frame).astype(np.float32)
    frames = (len(sound.samples) - frame) // hop + 1
    for first in range(0, frames, _BLOCK_FRAMES):
        last = min(first + _BLOCK_FRAMES, frames) - 1
        samples = np.asarray(sound.samples[first * hop : last * hop + frame], dtype=np.float32)
        windows = sliding_window_view(samples, frame)[::hop]
        power = np.abs(np.fft.rfft(windows * taper, axis=1)) ** 2
        yield power @ bands, np.ptp(windows, axis=1) > 0


def onsets(energies: Float[np.ndarray, "time band"], valid: Bool[np.ndarray, " time"]) -> Float[np.ndarray, "time band"]:
    """Rise of log-energy above the band's usual level, with the bands made uncorrelated.

    Decorrelation by the symmetric root of the inverse covariance keeps every band in its place, so that bands of two
    recordings still correspond; without it, sounds that start in all bands at once would count eight times.

    Args:
        energies: Of each frame.
        valid: Whether there is anything to hear in it.
    """
    if not valid.any():
        return np.zeros(energies.shape)
    level = np.log(energies + np.median(energies[valid], axis=0) + 1.0)
    rise = np.zeros(level.shape)
    rise[2:] = np.maximum(level[2:] - level[:-2], 0.0)
    rise = np.where(valid[:, None], rise - rise[valid].mean(axis=0), 0.0)
    spread, axes = np.linalg.eigh(rise.T @ rise / valid.sum())
    if not spread[-1] > _NOTHING_CHANGES:
        return np.zeros(energies.shape)
    return np.asarray(rise @ (axes / np.sqrt(spread + 0.02 * spread.mean())) @ axes.T)


_NOTHING_CHANGES = 1e-4
"""Variance of the rise of log-energy: a steady tone has less, and noise, however steady, ten times more."""
