"""Belief curves as shapes for a page, in percent of the plot's width and height.

Lines are SVG paths on a square of `SIDE` units that the page stretches; everything with letters is placed by percent,
so that it stays legible at any width.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Float

from viewsync.types import OffsetBelief

SIDE = 1000
POINTS = 1000
"""Points per line: more than the pixels it gets."""


@dataclass(frozen=True)
class Tick:
    """A labelled place on an axis."""

    percent: float
    label: str


@dataclass(frozen=True)
class Axis:
    """A stretch of numbers laid over the width (or height) of a plot."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise ValueError(f"an Axis runs from low to high, got {self.low} to {self.high}")

    def percent(self, value: float) -> float:
        """Place of `value`, 0 at the low end and 100 at the high end."""
        return round(100 * (value - self.low) / (self.high - self.low), 3)

    def ticks(self, count: int) -> tuple[Tick, ...]:
        """About `count` ticks at round numbers."""
        raw = (self.high - self.low) / count
        power = 10.0 ** math.floor(math.log10(raw))
        step = power * next(factor for factor in (1, 2, 5, 10) if factor * power >= raw * 0.999)
        places = max(0, -math.floor(math.log10(step)))
        numbers = range(math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9) + 1)
        return tuple(Tick(self.percent(n * step), f"{n * step:.{places}f}") for n in numbers)


@dataclass(frozen=True)
class Line:
    """One cue's belief as the `d` of an SVG path; empty where the cue has nothing to say in the stretch."""

    cue: str
    path: str


@dataclass(frozen=True)
class Plot:
    """Beliefs of one pair over a stretch of offsets."""

    lines: tuple[Line, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    unrelated_percent: float
    """Height (from the top) of log-likelihood ratio 0."""
    chosen_percent: float | None
    """Place of the chosen offset, None where none was accepted."""
    interval_percent: tuple[float, float] | None
    """Left end and width of its 95 % interval."""


def extent(beliefs: Sequence[OffsetBelief]) -> Axis | None:
    """All candidate offsets, in seconds; None where no offset leaves enough overlap."""
    grids = [belief.offsets_seconds for belief in beliefs if belief.offsets_seconds.size > 1]
    if not grids:
        return None
    return Axis(float(min(grid[0] for grid in grids)), float(max(grid[-1] for grid in grids)))


def summit(beliefs: Sequence[OffsetBelief]) -> float:
    """Offset at which a single cue's evidence is strongest, in seconds: only a place to look, not an answer."""
    tops = [
        (float(belief.log_likelihood_ratio[peak]), float(belief.offsets_seconds[peak]))
        for belief in beliefs
        if belief.offsets_seconds.size
        for peak in [int(np.argmax(belief.log_likelihood_ratio))]
    ]
    return max(tops)[1]


def draw(
    beliefs: Sequence[OffsetBelief], offsets: Axis, chosen_seconds: float | None, chosen_std_seconds: float | None
) -> Plot:
    """Draw the beliefs of one pair.

    Args:
        beliefs: One per cue.
        offsets: The stretch of offsets to show, in seconds.
        chosen_seconds: The accepted offset, None where there is none.
        chosen_std_seconds: Its standard error.
    """
    curves = [envelope(*_within(belief, offsets), POINTS) for belief in beliefs]
    heights = _height([ratios for _, ratios in curves])
    interval = None
    if chosen_seconds is not None and chosen_std_seconds is not None:
        ends = (offsets.percent(chosen_seconds + side * 1.96 * chosen_std_seconds) for side in (-1, 1))
        left, right = (min(max(end, 0.0), 100.0) for end in ends)
        interval = (left, round(right - left, 3))
    return Plot(
        lines=tuple(Line(b.cue, _path(*curve, offsets, heights)) for b, curve in zip(beliefs, curves, strict=True)),
        x_ticks=offsets.ticks(6),
        y_ticks=tuple(Tick(round(100 - tick.percent, 3), tick.label) for tick in heights.ticks(4)),
        unrelated_percent=100 - heights.percent(0.0),
        chosen_percent=None if chosen_seconds is None else offsets.percent(chosen_seconds),
        interval_percent=interval,
    )


def envelope(
    offsets_seconds: Float[np.ndarray, " lag"], log_likelihood_ratio: Float[np.ndarray, " lag"], points: int
) -> tuple[Float[np.ndarray, " point"], Float[np.ndarray, " point"]]:
    """Thin a curve out without losing a peak: of each of `points` equal runs its highest value, where it stands.

    Args:
        offsets_seconds: The grid.
        log_likelihood_ratio: The values on it.
        points: Most points that may stay.
    """
    if offsets_seconds.size <= points:
        return offsets_seconds, log_likelihood_ratio
    ends = np.linspace(0, offsets_seconds.size, points + 1).astype(int)
    peaks = [low + int(np.argmax(log_likelihood_ratio[low:high])) for low, high in pairwise(ends)]
    return offsets_seconds[peaks], log_likelihood_ratio[peaks]


def _within(belief: OffsetBelief, offsets: Axis) -> tuple[Float[np.ndarray, " lag"], Float[np.ndarray, " lag"]]:
    # One step beyond each end, so that the line reaches the edge of the plot.
    margin = belief.step_seconds
    inside = (belief.offsets_seconds >= offsets.low - margin) & (belief.offsets_seconds <= offsets.high + margin)
    inside &= np.isfinite(belief.log_likelihood_ratio)
    return belief.offsets_seconds[inside], belief.log_likelihood_ratio[inside]


def _height(curves: Sequence[Float[np.ndarray, " _"]]) -> Axis:
    """From the highest value down to the lowest, but no further below 0 than the peak is above it.

    Evidence against wrong offsets can be hundreds of times stronger than that for the right one, and would flatten it.
    """
    values = np.concatenate([[0.0], *curves])
    top = max(float(values.max()), 1.0)
    return Axis(max(float(values.min()), -top) - 0.08 * top, 1.08 * top)


def _path(x: Float[np.ndarray, " point"], y: Float[np.ndarray, " point"], offsets: Axis, heights: Axis) -> str:
    across = SIDE * (x - offsets.low) / (offsets.high - offsets.low)
    # Far below the plot is below the plot: no need for long numbers.
    down = np.minimum(SIDE * (heights.high - y) / (heights.high - heights.low), 2 * SIDE)
    return "M" + "L".join(f"{a:.1f} {d:.1f}" for a, d in zip(across, down, strict=True)) if x.size else ""
