"""What the pairs say, as linear equations in the cameras' clocks.

**Unknowns.** Camera i shows ``t_ref = t + shift_i + rate_i · (t − centre_i)`` at its own time t. Its centre is the mean
of the instants at which it was compared: with pts that start anywhere, shift and rate stay nearly independent, and the
numbers well scaled. The reference has shift 0 and rate 0.

**Equations.** A pair (a, b) is a comparison at one instant, `at_b` on b's clock and `at_a` on a's, and of the rates::

    shift_b + rate_b · (at_b − centre_b) − shift_a − rate_a · (at_a − centre_a) = at_a − at_b    ± √variance
    rate_b − (1 + rate_ab) · rate_a                                             = rate_ab        ± √rate_variance

Both are exact for affine clocks, and linear, so that a single least-squares solve suffices. The instant is the one at
which the pair's errors of offset and rate are uncorrelated: the middle of the overlap, where no rate was fitted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.linalg import qr, solve_triangular

from viewsync.types import PairOffset

CLOCK_SPREAD = 2e-4
"""Standard deviation of the relative rate of two cameras whose footage is too short to tell: a generous crystal.

Only how much a drift that nobody saw could matter between the instants of several pairs hangs on it."""

_NORMAL_95 = 1.96
_LEAST_STD_SECONDS = 1e-9
_LEAST_RATE_STD = 1e-12


@dataclass(frozen=True)
class Measurements:
    """Tied pairs as arrays; cameras by number."""

    a: Int[np.ndarray, " pair"]
    b: Int[np.ndarray, " pair"]
    at_a: Float[np.ndarray, " pair"]
    """Instant of the comparison on a's clock, in seconds."""
    at_b: Float[np.ndarray, " pair"]
    """The same instant on b's."""
    variance: Float[np.ndarray, " pair"]
    """Of at_a − at_b, in s²."""
    rate: Float[np.ndarray, " pair"]
    """Dimensionless; 0 where none was fitted."""
    rate_variance: Float[np.ndarray, " pair"]
    rate_fitted: Bool[np.ndarray, " pair"]

    def __len__(self) -> int:
        return len(self.a)

    def within(self, cameras: Sequence[int], rows: Int[np.ndarray, " row"]) -> "Measurements":
        """Some of the pairs, with their cameras renumbered by their place in `cameras`."""
        place = np.full(max(cameras) + 1, -1)
        place[list(cameras)] = np.arange(len(cameras))
        return Measurements(
            a=place[self.a[rows]],
            b=place[self.b[rows]],
            at_a=self.at_a[rows],
            at_b=self.at_b[rows],
            variance=self.variance[rows],
            rate=self.rate[rows],
            rate_variance=self.rate_variance[rows],
            rate_fitted=self.rate_fitted[rows],
        )


def measure(pairs: Sequence[PairOffset], numbers: Mapping[str, int]) -> Measurements:
    """Turn tied pairs into comparisons at one instant each.

    Args:
        pairs: All tied.
        numbers: Number of each camera, by id.
    """
    rows = np.array([_comparison(pair) for pair in pairs], dtype=float).reshape(-1, 6)
    at_a, at_b, variance, rate, rate_variance, fitted = rows.T
    a, b = (np.array([numbers[name] for name in names], dtype=int) for names in ([p.a for p in pairs], [p.b for p in pairs]))
    return Measurements(a, b, at_a, at_b, variance, rate, rate_variance, fitted.astype(bool))


def _comparison(pair: PairOffset) -> tuple[float, float, float, float, float, bool]:
    assert pair.offset_seconds is not None
    assert pair.offset_std_seconds is not None
    variance = max(pair.offset_std_seconds, _LEAST_STD_SECONDS) ** 2
    if pair.rate is None or pair.rate_std is None:
        spread = CLOCK_SPREAD if pair.rate_bound is None else min(pair.rate_bound / _NORMAL_95, CLOCK_SPREAD)
        middle = pair.middle_seconds
        return middle + pair.offset_seconds, middle, variance, 0.0, max(spread, _LEAST_RATE_STD) ** 2, False
    rate_variance = max(pair.rate_std, _LEAST_RATE_STD) ** 2
    covariance = pair.offset_rate_covariance or 0.0
    at_b = -covariance / rate_variance
    # What the rate's error adds at t_b = 0 is not part of the error at the instant of the comparison.
    variance = max(variance - covariance**2 / rate_variance, _LEAST_STD_SECONDS**2)
    return at_b + pair.rate * at_b + pair.offset_seconds, at_b, variance, pair.rate, rate_variance, True


@dataclass(frozen=True)
class Equations:
    """matrix @ (shift of every camera, rate of every camera) = values; offset rows first, then rate rows."""

    matrix: Float[np.ndarray, "row unknown"]
    values: Float[np.ndarray, " row"]
    centres: Float[np.ndarray, " camera"]
    """Instant on each camera's clock to which its shift belongs, in seconds."""


def state(measured: Measurements, count: int) -> Equations:
    """Write down the equations of `count` cameras, each of which takes part in at least one pair."""
    pair, pairs = np.arange(len(measured)), len(measured)
    a, b = measured.a, measured.b
    instants = np.bincount(a, measured.at_a, count) + np.bincount(b, measured.at_b, count)
    centres = instants / np.bincount(np.concatenate([a, b]), minlength=count)
    matrix = np.zeros((2 * pairs, 2 * count))
    matrix[pair, a], matrix[pair, b] = -1.0, 1.0
    matrix[pair, count + a], matrix[pair, count + b] = centres[a] - measured.at_a, measured.at_b - centres[b]
    matrix[pairs + pair, count + a], matrix[pairs + pair, count + b] = -1 - measured.rate, 1.0
    return Equations(matrix, np.concatenate([measured.at_a - measured.at_b, measured.rate]), centres)


@dataclass(frozen=True)
class Fit:
    """Weighted least squares: the estimate and how it follows from the values."""

    estimate: Float[np.ndarray, " unknown"]
    """Zero for the reference."""
    gain: Float[np.ndarray, "unknown row"]
    """The estimate is gain @ values; so errors of covariance C give it the covariance gain @ C @ gain.T."""
    residuals: Float[np.ndarray, " row"]
    leverages: Float[np.ndarray, " row"]
    """Share of a value in its own prediction: 1 for a pair without which its cameras fall apart."""


def solve(equations: Equations, variances: Float[np.ndarray, " row"], reference: int) -> Fit:
    """Solve the equations with independent errors.

    Args:
        equations: Of cameras that are all connected.
        variances: Of each row's error.
        reference: Number of the camera whose shift and rate are zero.
    """
    unknowns = equations.matrix.shape[1]
    free = np.delete(np.arange(unknowns), [reference, unknowns // 2 + reference])
    weight = 1 / np.sqrt(variances)
    basis, triangle = qr(equations.matrix[:, free] * weight[:, None], mode="economic")
    gain = np.zeros((unknowns, len(variances)))
    gain[free] = solve_triangular(triangle, basis.T) * weight
    estimate = gain @ equations.values
    return Fit(estimate, gain, equations.values - equations.matrix @ estimate, np.sum(basis**2, axis=1))
