"""From irregular frame times to a uniform grid, gaps marked, nothing invented."""

import numpy as np
from jaxtyping import Bool, Float
from scipy.fft import irfft, rfft
from scipy.ndimage import uniform_filter1d
from scipy.signal import welch

from viewsync.types import Signal

_LONGEST_BRIDGE = 2.5
"""In median frame intervals: over a longer gap a value says nothing about any one grid sample."""


def average_onto_grid(
    edges_seconds: Float[np.ndarray, " frame"],
    totals: Float[np.ndarray, "interval channel"],
    rate_hz: float,
) -> tuple[Float[np.ndarray, "time channel"], Bool[np.ndarray, " time"]]:
    """Average rates of change on a uniform grid, from totals over irregular intervals.

    `totals[k]` is what changed between `edges_seconds[k]` and `edges_seconds[k + 1]` (a displacement, say). The
    running total is interpolated at the grid's edges, so that any mixture of frame rates, jitter and single dropped
    frames is averaged exactly, and a constant frame rate equal to `rate_hz` passes through unchanged.

    Args:
        edges_seconds: Frame times, one more than `totals` has rows.
        totals: Change over each interval, per channel.
        rate_hz: Grid rate; the grid's first interval starts at `edges_seconds[0]`.

    Returns:
        Mean rate of change per second in each grid interval, and False where it lies in a gap.
    """
    count = max(1, round((edges_seconds[-1] - edges_seconds[0]) * rate_hz))
    grid = edges_seconds[0] + np.arange(count + 1) / rate_hz
    gaps = np.diff(edges_seconds)
    middle = 0.5 * (grid[:-1] + grid[1:])
    inside = np.clip(np.searchsorted(edges_seconds, middle, side="right") - 1, 0, len(gaps) - 1)
    valid = gaps[inside] <= _LONGEST_BRIDGE * np.median(gaps)
    values = np.empty((count, totals.shape[1]), dtype=totals.dtype)
    # Channel by channel, here and below: an hour of all of them at once would fill the memory.
    for channel, total in enumerate(totals.T):
        running = np.concatenate([[0.0], np.cumsum(total, dtype=np.float64)])
        values[:, channel] = np.where(valid, np.diff(np.interp(grid, edges_seconds, running)) * rate_hz, 0.0)
    return values, valid


def at_common_rate(a: Signal, b: Signal) -> tuple[Signal, Signal]:
    """Both signals at the lower of their two rates; the one that has it already is returned as it is."""
    rate_hz = min(a.rate_hz, b.rate_hz)
    return _at_rate(a, rate_hz), _at_rate(b, rate_hz)


def _at_rate(signal: Signal, rate_hz: float) -> Signal:
    # Rates that differ by a part in a million drift apart by 4 ms in an hour: less than any cue can tell.
    if abs(signal.rate_hz / rate_hz - 1) < 1e-6:
        return signal
    edges = (np.arange(len(signal.values) + 1) - 0.5) / signal.rate_hz
    values, _ = average_onto_grid(edges, signal.values / signal.rate_hz, rate_hz)
    middle = edges[0] + (np.arange(len(values)) + 0.5) / rate_hz
    nearest = np.clip(np.round(middle * signal.rate_hz).astype(np.int64), 0, len(signal.values) - 1)
    return Signal(signal.cue, values, signal.valid[nearest], rate_hz, signal.start_seconds + float(middle[0]))


def whiten(values: Float[np.ndarray, "time channel"], rate_hz: float) -> Float[np.ndarray, "time channel"]:
    """Flatten the spectrum where the signal stands above its noise floor, and suppress it elsewhere.

    The zero-phase gain is sqrt(max(P − N, 0)) / P, with P the power spectrum summed over channels (Welch, windows of
    2 s) and N the noise floor, the median of P over its upper quarter. This is the processor of Hannan and
    Thomson (1971) for the time delay between noisy signals, when each signal's own spectrum is all that is known:
    slow, strong motion no longer hides the quick details that fix a delay. The gain is real, so nothing is delayed.
    """
    centred = values - values.mean(axis=0)
    length = min(len(values), max(8, round(2.0 * rate_hz)))
    spectra = [welch(channel, rate_hz, nperseg=length, detrend="constant") for channel in centred.T]
    frequencies, power = spectra[0][0], sum(spectrum for _, spectrum in spectra)
    if not power.max() > 0:
        return np.zeros(values.shape)
    noise = np.median(power[-max(2, len(power) // 4) :])
    # A little of the power stays, so that footage which is all noise remains finite and harmless.
    gain = np.sqrt(np.maximum(power - noise, 0.02 * power)) / np.maximum(power, 1e-12 * power.max())
    reach = min(length, len(centred) - 1)
    count = len(centred) + 2 * reach
    fine_gain = np.interp(np.fft.rfftfreq(count, 1 / rate_hz), frequencies, gain)
    for channel in centred.T:
        padded = np.pad(channel, reach, mode="reflect")
        channel[:] = irfft(rfft(padded) * fine_gain, count)[reach : reach + len(channel)]
    return np.asarray(centred)


_STEADY_SECONDS = 3.0


def steadied(values: Float[np.ndarray, "time channel"], rate_hz: float) -> Float[np.ndarray, "time channel"]:
    """Divide by the root of the mean power over 3 s around and, half as much, of all.

    Lively moments else count for many times the quiet ones, and any two of them look alike: people who do something
    twice start and stop twice in the same way.
    """
    power = np.einsum("tc,tc->t", values, values) / values.shape[1]
    around = uniform_filter1d(power, 2 * round(_STEADY_SECONDS * rate_hz / 2) + 1, mode="nearest")
    level = np.maximum(around + 0.5 * power.mean(), np.finfo(np.float32).tiny)
    return np.asarray(values / np.sqrt(level)[:, None])
