"""Generalised cross-correlation with phase transform (Knapp & Carter, 1976): where two stretches of sound coincide."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Complex, Float, Int
from scipy.fft import irfft, next_fast_len, rfft
from scipy.ndimage import maximum_filter, uniform_filter1d
from scipy.signal.windows import tukey

_LOWEST_HZ = 100.0
"""Below lie mains hum, wind and handling noise."""
_TAPER = 0.1
"""Share of a stretch over which its ends fade, so that cutting it makes no click."""
_ROUNDING_VARIANCE = 1 / 12
"""Of the error that rounding a sample to a whole number makes."""
_SMOOTHING_SECONDS = 0.004
_LEAST_CHANCE = 3.0
"""The largest of 160 Gaussian values exceeds this in a tenth of all cases, give or take: less is luck."""
_RIVALS = np.abs(np.arange(-10, 11)) > 1
"""Which cells around one may hold its rivals: not those next to it, which may hold part of the same peak."""
_MAD = 0.6745
"""Median |deviation| of a Gaussian over its standard deviation."""


@dataclass(frozen=True)
class Peak:
    """A local maximum of a phase correlation."""

    lag: float
    """In samples, to a fraction: x[t + lag] beside y[t]."""
    std: float
    """Standard error of the lag."""
    height: float


@dataclass(frozen=True)
class PhaseCorrelation:
    """Phase-only correlation of two stretches of sound at the lags −reach … reach (samples): x[t + lag] beside y[t]."""

    values: Float[np.ndarray, " lag"]
    """In units of the standard deviation that unrelated sounds of the same loudness over time would have there."""

    @property
    def reach(self) -> int:
        """Largest lag."""
        return len(self.values) // 2

    def cell_maxima(self, cell: int) -> Float[np.ndarray, " cell"]:
        """Largest value in cells of `cell` samples: an odd number of them, centred on whole multiples of `cell`.

        A cell's ends belong to its neighbours too, so that mirrored lags have mirrored cells.
        """
        half = cell // 2
        cells = max(0, (self.reach - half) // cell)
        starts = self.reach - half + cell * np.arange(-cells, cells + 1)
        return np.asarray(self.values[starts[:, None] + np.arange(2 * half + 1)].max(axis=1))

    def chance_level(self, cell: int) -> float:
        """What chance makes of a cell's largest value: the upper tenth of all.

        A true lag fills at most a few cells. Sound that repeats itself, hum above all, fills many with equal peaks, and
        then none of them stands out.
        """
        return max(float(np.quantile(self.cell_maxima(cell), 0.9)), _LEAST_CHANCE)

    def contrast(self, cell: int) -> Float[np.ndarray, " cell"]:
        """Largest value per cell, relative to chance and to the highest rival a few cells away.

        Echoes are lower than the direct sound; the next period of a hum isn't.
        """
        maxima = self.cell_maxima(cell)
        rivals = maximum_filter(maxima, footprint=_RIVALS, mode="constant")
        return np.asarray(maxima / np.maximum(rivals, self.chance_level(cell)))

    def peak(self, lag: float, tolerance: float) -> Peak | None:
        """Highest place within `tolerance` of `lag`, if it is a local maximum.

        The vertex of the parabola through the highest value and its neighbours. Noise shifts a maximum by the noise's
        slope over the maximum's curvature; both are measured on the curve itself.
        """
        low, high = np.clip(np.round([self.reach + lag - tolerance, self.reach + lag + tolerance]).astype(int), 0, None)
        inside = self.values[low : high + 1]
        best = low + int(np.argmax(inside)) if len(inside) else 0
        if not 0 < best < len(self.values) - 1:
            return None
        before, top, after = self.values[best - 1 : best + 2].tolist()
        curvature = 2 * top - before - after
        if not (before <= top >= after and curvature > 0):
            return None
        slope_noise = float(np.median(np.abs(self.values[2:] - self.values[:-2]))) / (2 * _MAD)
        shift = 0.5 * (after - before) / curvature
        return Peak(float(best - self.reach + shift), slope_noise / curvature, top)


def phase_correlation(
    x: Int[np.ndarray, " sample"], y: Int[np.ndarray, " sample"], rate_hz: float, reach: int
) -> PhaseCorrelation:
    """Correlate two equally long stretches of sound by the phases of their spectra.

    Every frequency counts the same, whatever its loudness, so that echoes and coloured sound still leave one sharp
    peak; those that hold no more than rounding errors don't count.

    What chance alone would make of it is known: two unrelated whitened sounds x and y correlate at a lag with the
    variance Σ x²(t + lag) y²(t). Dividing by its root keeps one loud click on either side from looking like agreement.

    Args:
        x: Samples of the first, as whole numbers.
        y: Samples of the second, as many.
        rate_hz: Sampling rate of both.
        reach: Largest lag wanted, in samples.
    """
    size = next_fast_len(len(x) + reach, real=True)
    phases_x, phases_y = _phases(x, rate_hz, size), _phases(y, rate_hz, size)
    lags = np.arange(-reach, reach + 1) % size
    power_x, power_y = (rfft(irfft(phases, size) ** 2) for phases in (phases_x, phases_y))
    variance = irfft(power_x * np.conj(power_y), size)[lags]
    variance = uniform_filter1d(variance, 2 * round(_SMOOTHING_SECONDS * rate_hz / 2) + 1, mode="nearest")
    # Rounding may make the variance of lags without any overlap negative.
    variance = np.maximum(variance, 1e-3 * variance.mean() + 1e-30)
    return PhaseCorrelation(irfft(phases_x * np.conj(phases_y), size)[lags] / np.sqrt(variance))


def _phases(samples: Int[np.ndarray, " sample"], rate_hz: float, size: int) -> Complex[np.ndarray, " frequency"]:
    """Spectrum of unit magnitude where it stands out from rounding errors; nothing below the lowest frequency."""
    taper = tukey(len(samples), _TAPER)
    spectrum = rfft((samples - samples.mean(dtype=np.float64)) * taper, size)
    # Three times their root mean square is hardly ever exceeded.
    rounding = 3 * np.sqrt(_ROUNDING_VARIANCE * np.sum(taper**2))
    phases = np.asarray(spectrum / np.hypot(np.abs(spectrum), rounding + 1e-12))
    phases[: int(_LOWEST_HZ / rate_hz * size)] = 0.0
    return phases
