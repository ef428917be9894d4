"""Local offsets become a clock relation: a constant, or a line where the footage supports one."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float
from scipy.optimize import least_squares

from viewsync.types import LocalOffset

LARGEST_CLOCK_RATE = 300e-6
"""Quartz clocks are several times better, wrong frame rates several times worse."""
LEAST_STRETCHES = 4
"""That a line is fitted to."""
_HUBER = 1.5
"""Standard errors beyond which a stretch counts as a possible blunder and loses weight."""


@dataclass(frozen=True)
class ClockFit:
    """t_a − t_b = offset + rate · (t_b − middle), with independent errors of offset and rate."""

    middle_seconds: float
    offset_seconds: float
    offset_std_seconds: float
    rate: float | None
    """None where a constant explains the stretches as well."""
    rate_std: float
    """What a line's slope is known to, whether one was fitted or not."""
    rate_bound: float
    """Largest |rate| not excluded at 95 %."""

    def offset_at(self, seconds: float) -> float:
        """t_a − t_b at a time of b's clock."""
        return self.offset_seconds + (self.rate or 0.0) * (seconds - self.middle_seconds)


def fit_clock(stretches: Sequence[LocalOffset], overlap_seconds: float, presumed_rate: float = 0.0) -> ClockFit:
    """Robust weighted fit of a line through local offsets, kept only if it is worth its parameter.

    A slope must lower χ² by more than 9 (3 σ), which for any number of stretches a recording can have is stricter
    than the Bayesian information criterion. Scatter beyond the stated errors inflates the errors of the result.

    Args:
        stretches: At least one local offset, with honest standard errors.
        overlap_seconds: Common time; tells how well a single stretch would fix a slope.
        presumed_rate: Slope that the stretches were measured under; other than 0, it is part of the result even where
            they are too few to add to it.

    Raises:
        ValueError: there is no stretch.
    """
    if not stretches:
        raise ValueError("fit_clock needs at least one local offset, got none")
    seconds = np.array([stretch.seconds for stretch in stretches])
    offsets = np.array([stretch.offset_seconds for stretch in stretches]) - presumed_rate * seconds
    stds = np.array([stretch.std_seconds for stretch in stretches])
    few = len(stretches) < LEAST_STRETCHES
    fit = _constant(seconds, offsets, stds, overlap_seconds) if few else _line(seconds, offsets, stds)
    return fit if presumed_rate == 0 else _onto(fit, presumed_rate)


def _onto(fit: ClockFit, presumed_rate: float) -> ClockFit:
    """What was fitted to the stretches less a slope, with the slope put back."""
    rate = presumed_rate + (fit.rate or 0.0)
    return replace(
        fit,
        offset_seconds=fit.offset_seconds + presumed_rate * fit.middle_seconds,
        rate=rate,
        rate_bound=abs(rate) + 1.96 * fit.rate_std,
    )


def _line(
    seconds: Float[np.ndarray, " stretch"], offsets: Float[np.ndarray, " stretch"], stds: Float[np.ndarray, " stretch"]
) -> ClockFit:
    # Both unknowns in seconds, the slope as what it adds up to over half the time: unequal scales stop the search early.
    half_seconds = max(float(np.ptp(seconds)) / 2, 1e-3)
    places = (seconds - seconds.mean()) / half_seconds

    def residuals(line: np.ndarray) -> np.ndarray:
        return np.asarray((offsets - line[0] - line[1] * places) / stds)

    fit = least_squares(residuals, [float(np.median(offsets)), 0.0], loss="huber", f_scale=_HUBER)
    weights = 1 / stds**2 / np.maximum(1.0, np.abs(fit.fun) / _HUBER)
    middle = float(np.average(seconds, weights=weights))
    slope_information = float(np.sum(weights * (seconds - middle) ** 2))
    scatter = float(np.sum(weights * stds**2 * fit.fun**2)) / (len(offsets) - 2)
    inflation = math.sqrt(max(1.0, scatter))
    slope = float(fit.x[1]) / half_seconds
    offset = float(fit.x[0]) + slope * (middle - float(seconds.mean()))
    offset_std, slope_std = inflation / math.sqrt(weights.sum()), inflation / math.sqrt(slope_information)
    kept = (slope / slope_std) ** 2 > 9
    bound = abs(slope) + 1.96 * slope_std
    return ClockFit(middle, offset, offset_std, slope if kept else None, slope_std, bound)


def _constant(seconds: np.ndarray, offsets: np.ndarray, stds: np.ndarray, overlap_seconds: float) -> ClockFit:
    weights = 1 / stds**2
    offset = float(np.average(offsets, weights=weights))
    std = 1 / math.sqrt(weights.sum())
    if len(offsets) > 1:
        std *= math.sqrt(max(1.0, float(np.sum(weights * (offsets - offset) ** 2)) / (len(offsets) - 1)))
    # A line through evenly spread evidence over T seconds is known to σ √12 / T.
    rate_std = std * math.sqrt(12) / max(overlap_seconds, 1e-3)
    middle = float(np.average(seconds, weights=weights))
    return ClockFit(middle, offset, std, None, rate_std, 1.96 * rate_std)
