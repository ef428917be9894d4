"""How a pair's error splits into what belongs to its cameras and what belongs to the pair alone.

**Model.** Each camera shows a slightly wrong clock, for reasons that all its pairs share (where it stands, how its
sound is delayed against its picture, its shutter); comparing two shown clocks adds an error of its own::

    e_ab = n_a − n_b + edge_ab        σ_ab² = s_a² + s_b² + edge variance        Cov(e_ab, e_ac) = s_a²

Camera noise cancels around every cycle, whatever its size, and never averages out, however many pairs there are. So

- the *estimate* is ordinary least squares weighted by the edge noise alone: camera noise only moves all pairs of a
  camera together, just as its clock would;
- the *covariance* is that of the edges' errors, which redundancy lowers, plus that of the cameras', which it doesn't;
- cycles tell how large the edge noise really is, and nothing else does.

Rates follow the same model, with camera and edge variances of their own.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.optimize import nnls

from viewsync.timeline.equations import Equations, Fit, Measurements, solve
from viewsync.timeline.graph import Edges

_PRIOR_CYCLES = 4.0
"""Independent cycles that would weigh as much as the stated edge noise does."""
_PREFERENCE = 0.05
"""Weight of "a pair's camera noise belongs to both cameras alike", which decides where the pairs leave it open."""


@dataclass(frozen=True)
class Noise:
    """Variances in the order of `Equations`: of every camera's shift, then rate; of every pair's offset, then rate."""

    camera: Float[np.ndarray, " unknown"]
    edge: Float[np.ndarray, " row"]


def stated(measured: Measurements, count: int, shared_fraction: float) -> Noise:
    """The split that the pairs' variances and the share of camera noise in them imply.

    Args:
        measured: The pairs.
        count: Number of cameras; one without pairs gets no noise.
        shared_fraction: Share of a pair's variance that belongs to its two cameras, at least 0 and below 1.
    """
    channels = [
        _split(measured.a, measured.b, variance, count, shared_fraction)
        for variance in (measured.variance, measured.rate_variance)
    ]
    return Noise(*(np.concatenate(parts) for parts in zip(*channels, strict=True)))


def _split(
    a: Edges, b: Edges, variance: Float[np.ndarray, " pair"], count: int, shared_fraction: float
) -> tuple[Float[np.ndarray, " camera"], Float[np.ndarray, " pair"]]:
    """Non-negative camera variances with s_a² + s_b² ≈ shared_fraction · σ_ab², and what they leave to the edges."""
    if shared_fraction == 0:
        return np.zeros(count), variance
    ends, pair = np.concatenate([a, b]), np.arange(len(variance))
    # Means of precisions: one bad pair doesn't make its cameras noisy.
    precision = np.bincount(ends, np.tile(1 / variance, 2), count)
    typical = 0.5 * shared_fraction * np.bincount(ends, minlength=count) / np.where(precision > 0, precision, 1.0)
    sums = np.zeros((len(variance), count))
    for end in (a, b):
        sums[pair, end] = typical[end] / (shared_fraction * variance)
    target = np.concatenate([np.ones(len(variance)), np.full(count, _PREFERENCE)])
    multiples, _ = nnls(np.vstack([sums, _PREFERENCE * np.eye(count)]), target)
    camera = multiples * typical
    # Where the cameras' shares don't add up to the pair's, a pair is rather given too much noise than too little.
    return camera, np.maximum(variance - camera[a] - camera[b], (1 - shared_fraction) * variance)


def fit_with_cycles(
    equations: Equations, measured: Measurements, reference: int, shared_fraction: float
) -> tuple[Fit, Noise]:
    """Solve the equations, with the edge noise that the cycles show.

    Observed misclosures and the stated edge variance are pooled, near enough as the mean of a scaled inverse-χ² would.
    Cycles that close worse than stated say that the pairs' error bars are too small: all of them widen. Cycles that
    close better say that more of the pairs' error belongs to cameras, which redundancy doesn't lower. Either way a
    pair's error is never believed smaller than stated.

    Args:
        equations: Of cameras that are all connected, by pairs that agree.
        measured: The same pairs.
        reference: Number of the reference.
        shared_fraction: As in `stated`; where to start from.
    """
    count, pairs = len(equations.centres), len(measured)
    noise = stated(measured, count, shared_fraction)
    fit = solve(equations, noise.edge, reference)
    misclosure = float(np.sum(fit.residuals[:pairs] ** 2 / noise.edge[:pairs]))
    cycles = float(np.sum(1 - fit.leverages[:pairs]))
    scale = (_PRIOR_CYCLES + misclosure) / (_PRIOR_CYCLES + cycles)
    if scale >= 1:
        noise = Noise(scale * noise.camera, scale * noise.edge)
    else:
        noise = stated(measured, count, 1 - scale * (1 - shared_fraction))
    return solve(equations, noise.edge, reference), noise


def covariance(equations: Equations, fit: Fit, noise: Noise) -> Float[np.ndarray, "unknown unknown"]:
    """Covariance of all shifts and rates against the reference's, in s², s and 1."""
    shown = fit.gain @ equations.matrix
    return np.asarray((fit.gain * noise.edge) @ fit.gain.T + (shown * noise.camera) @ shown.T)
