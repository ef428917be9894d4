"""The lag of best agreement to a fraction of a sample, with its measurement error."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from viewsync.match.correlate import canonical_information
from viewsync.types import Signal

_REACH_SECONDS = 0.1
_LEAST_REACH_SAMPLES = 3


@dataclass(frozen=True)
class Place:
    """A lag in samples (a[t + lag] beside b[t]) and its standard error."""

    lag: float
    std: float


def locate(a: Signal, b: Signal, stretch: slice, near: float, independent_share: float) -> Place | None:
    """Best lag close to `near` for one stretch of b, or None where it has no clear top.

    b is shifted by fractions of a sample in the Fourier domain; the top of the information curve is the vertex of a
    parabola around its highest point. The log-likelihood of two Gaussian signals is half their information times the
    number of independent samples, so that its curvature at the top is the Fisher information of the lag.

    How many components two views really share isn't known, and each choice sees the motion a little early or late. So
    several choices are made, the median is the answer, and their scatter is part of its error.

    Args:
        a: Signal of the first recording.
        b: Signal of the second, at the same rate.
        stretch: Samples of b to use.
        near: Expected lag in samples.
        independent_share: Share of the samples that count as independent.
    """
    whole = round(near)
    reach = max(_LEAST_REACH_SAMPLES, math.ceil(_REACH_SECONDS * a.rate_hz))
    tau = np.linspace(-reach, reach, 16 * reach + 1)
    margin = reach + 2  # A shifted signal is only known this far inside its ends.
    start = max(stretch.start, -whole, 0) + margin
    stop = min(stretch.stop, len(a.values) - whole, len(b.values)) - margin
    kept = np.arange(start, stop)
    kept = kept[a.valid[kept + whole] & b.valid[kept]]
    channels = min(a.values.shape[1], b.values.shape[1], _COMPONENTS[-1])
    if len(kept) < 4 * _COMPONENTS[0]:
        return None
    x = a.values[kept + whole, :channels]
    x = x - x.mean(axis=0)
    shifted = _delayed(b.values[start - margin : stop + margin, :channels], tau)[:, kept - (start - margin)]
    shifted = shifted - shifted.mean(axis=1, keepdims=True)
    aa = np.broadcast_to(x.T @ x / len(kept), (len(tau), channels, channels))
    bb = np.matmul(shifted.transpose(0, 2, 1), shifted) / len(kept)
    ab = np.matmul(x.T, shifted) / len(kept)
    tops = [
        _top(tau, canonical_information(aa[:, :k, :k], bb[:, :k, :k], ab[:, :k, :k]))
        for k in sorted({min(k, channels) for k in _COMPONENTS if 4 * k <= len(kept)})
    ]
    return _agreed([top for top in tops if top is not None], len(tops), whole, 0.5 * len(kept) * independent_share)


_COMPONENTS = (3, 4, 5, 6, 8)


def _agreed(tops: Sequence[tuple[float, float]], tried: int, whole: int, half_samples: float) -> Place | None:
    if not tops or 2 * len(tops) < tried:
        return None
    shifts, curvatures = np.transpose(tops)
    stated = 1 / np.sqrt(half_samples * np.median(curvatures))
    return Place(whole + float(np.median(shifts)), float(np.hypot(stated, np.std(shifts))))


def _delayed(values: Float[np.ndarray, "time k"], tau: Float[np.ndarray, " shift"]) -> Float[np.ndarray, "shift time k"]:
    """Values at t − tau, band-limited, for every tau. The ends are mirrored, so that no step rings into the middle."""
    reach = min(len(values) - 1, 32)
    padded = np.pad(values, ((reach, reach), (0, 0)), mode="reflect")
    turns = np.exp(-2j * np.pi * np.outer(tau, np.fft.rfftfreq(len(padded))))
    spectrum = np.fft.rfft(padded, axis=0)
    return np.fft.irfft(turns[:, :, None] * spectrum, len(padded), axis=1)[:, reach : reach + len(values)]


def _top(tau: Float[np.ndarray, " shift"], information: Float[np.ndarray, " shift"]) -> tuple[float, float] | None:
    """Shift and curvature (per sample²) of the highest point, unless it lies on the edge."""
    best = int(np.argmax(information))
    if best < 2 or best > len(tau) - 3:
        return None
    around = slice(max(best - 4, 0), best + 5)
    bend, slope, _ = np.polyfit(tau[around] - tau[best], information[around], 2)
    if not bend < 0:
        return None
    step = tau[1] - tau[0]
    return float(tau[best] + np.clip(-slope / (2 * bend), -step, step)), float(-2 * bend)
