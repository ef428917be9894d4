"""How alike two many-channel signals are at every lag, each lag judged on its own overlap alone.

Lags are in samples: at lag L, sample a[t + L] lies beside b[t].
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.fft import irfft, next_fast_len, rfft

from viewsync.types import Search, Signal


@dataclass(frozen=True)
class LagMoments:
    """Centred second moments of two signals over their overlap at every lag."""

    count: Float[np.ndarray, " lag"]
    """Samples valid in both."""
    aa: Float[np.ndarray, "lag p p"]
    bb: Float[np.ndarray, "lag q q"]
    ab: Float[np.ndarray, "lag p q"]


def candidate_lags(a: Signal, b: Signal, search: Search) -> Int[np.ndarray, " lag"]:
    """Whole-sample lags of two signals of one rate that leave the least overlap and stay within the largest offset."""
    most = len(a.values) + len(b.values)
    least = max(1, math.ceil(min(search.min_overlap_seconds * a.rate_hz, most)))
    first, last = -(len(b.values) - least), len(a.values) - least
    if math.isfinite(search.max_offset_seconds):
        reach = math.floor(search.max_offset_seconds * a.rate_hz)
        first, last = max(first, -reach), min(last, reach)
    return np.arange(first, last + 1)


def lag_moments(
    a: Float[np.ndarray, "time_a p"],
    b: Float[np.ndarray, "time_b q"],
    valid_a: Bool[np.ndarray, " time_a"],
    valid_b: Bool[np.ndarray, " time_b"],
    lags: Int[np.ndarray, " lag"],
) -> LagMoments:
    """Masked second moments at every lag by FFT: O(n log n) in the length of the recordings.

    Each lag's means are those of its own overlap, so that a common level or a common rest doesn't look like agreement.
    """
    size = next_fast_len(len(a) + len(b), real=True)
    weight_a, weight_b = valid_a.astype(np.float64), valid_b.astype(np.float64)
    a, b = a * weight_a[:, None], b * weight_b[:, None]
    spectrum_a, spectrum_b = rfft(a, size, axis=0).T, rfft(b, size, axis=0).T
    mask_a, mask_b = rfft(weight_a, size), rfft(weight_b, size)

    def overlap_sum(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.asarray(irfft(x * np.conj(y), size)[lags % size])

    count = np.round(overlap_sum(mask_a, mask_b))
    samples = np.maximum(count, 1.0)
    mean_a = [overlap_sum(channel, mask_b) / samples for channel in spectrum_a]
    mean_b = [overlap_sum(mask_a, channel) / samples for channel in spectrum_b]
    p, q = len(mean_a), len(mean_b)
    # Single precision, once the means are off: an hour has 200,000 lags.
    aa, bb, ab = (np.empty((len(lags), *shape), dtype=np.float32) for shape in ((p, p), (q, q), (p, q)))
    for i, j in zip(*np.triu_indices(p), strict=True):
        product = overlap_sum(rfft(a[:, i] * a[:, j], size), mask_b)
        aa[:, i, j] = aa[:, j, i] = product / samples - mean_a[i] * mean_a[j]
    for i, j in zip(*np.triu_indices(q), strict=True):
        product = overlap_sum(mask_a, rfft(b[:, i] * b[:, j], size))
        bb[:, i, j] = bb[:, j, i] = product / samples - mean_b[i] * mean_b[j]
    for i, j in np.ndindex(p, q):
        ab[:, i, j] = overlap_sum(spectrum_a[i], spectrum_b[j]) / samples - mean_a[i] * mean_b[j]
    return LagMoments(count, aa, bb, ab)


def canonical_information(
    aa: Float[np.ndarray, "lag p p"], bb: Float[np.ndarray, "lag q q"], ab: Float[np.ndarray, "lag p q"]
) -> Float[np.ndarray, " lag"]:
    """−Σ log(1 − ρ²) over the canonical correlations ρ of two signals (Hotelling, 1936), per lag.

    It is twice the mutual information, per sample, of two jointly Gaussian signals. Any invertible mixing of either
    signal's channels leaves it as it is: a camera that is turned, mirrored or stands elsewhere mixes the same motion
    into its cells in another way, and here that costs nothing.
    """
    information = np.empty(len(ab))
    for first in range(0, len(ab), _BLOCK_LAGS):
        block = slice(first, first + _BLOCK_LAGS)
        half = np.linalg.solve(_root(aa[block]), ab[block].astype(np.float64))
        rho = np.linalg.svd(np.linalg.solve(_root(bb[block]), half.transpose(0, 2, 1)), compute_uv=False)
        information[block] = -np.log1p(-(np.minimum(rho, 0.9999) ** 2)).sum(axis=1)
    return information


_BLOCK_LAGS = 4096
_RIDGE = 0.005
"""Of the mean variance: keeps a channel that rests throughout an overlap from counting as a perfect match."""


def _root(moments: Float[np.ndarray, "lag p p"]) -> Float[np.ndarray, "lag p p"]:
    moments, channels = moments.astype(np.float64), moments.shape[1]
    level = np.trace(moments, axis1=1, axis2=2) / channels
    return np.linalg.cholesky(moments + (_RIDGE * level + 1e-9)[:, None, None] * np.eye(channels))


def independent_share(a: Float[np.ndarray, "time_a p"], b: Float[np.ndarray, "time_b q"]) -> float:
    """Share of a pair's samples that count as independent, 0 to 1, by Bartlett's formula (1946).

    The correlation of two unrelated series has the variance Σ r_a(τ) r_b(τ) / n, with r their autocorrelations.
    """
    reach = min(len(a), len(b)) // 2
    inflation = 2 * np.einsum("ti,tj->ij", _autocorrelation(a, reach)[1:], _autocorrelation(b, reach)[1:]) + 1
    return float(1 / max(inflation.mean(), 1.0))


def _autocorrelation(values: Float[np.ndarray, "time p"], reach: int) -> Float[np.ndarray, "lag p"]:
    # Two seconds at 60 Hz: beyond that a whitened signal has forgotten itself, and the sum would only gather noise.
    reach = max(2, min(reach, 120))
    spectrum = rfft(values - values.mean(axis=0), 2 * len(values), axis=0)
    correlation = np.asarray(irfft(np.abs(spectrum) ** 2, axis=0))[:reach]
    return np.asarray(correlation / np.maximum(correlation[0], 1e-12))
