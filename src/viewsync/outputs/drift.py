"""Offsets of stretches of a pair over time, with the line that was fitted to them, as shapes for a page."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from viewsync.outputs.plot import SIDE, Axis, Tick
from viewsync.types import LocalOffset, PairOffset

LEAST_STRETCHES = 3


@dataclass(frozen=True)
class Points:
    """One cue's stretches as the `d` of two SVG paths."""

    cue: str
    dots: str
    bars: str
    """± 1 σ."""


@dataclass(frozen=True)
class DriftPlot:
    """Local offsets of a pair, in ms off the fitted offset in the middle of the overlap, against the time of camera b."""

    points: tuple[Points, ...]
    line: str
    """The fitted clock relation as the `d` of an SVG path."""
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    middle_offset_seconds: float
    """What 0 ms stands for."""


def draw(pair: PairOffset) -> DriftPlot | None:
    """Draw a pair's stretches; None where there are fewer than `LEAST_STRETCHES` of any cue, or the pair isn't tied."""
    cues = [(cue, found) for cue, found in pair.stretches if len(found) >= LEAST_STRETCHES]
    if pair.offset_seconds is None or not cues:
        return None
    rate = pair.rate or 0.0
    middle_offset = pair.offset_seconds + rate * pair.middle_seconds
    rows = [(cue, _rows(found, middle_offset)) for cue, found in cues]
    every = np.concatenate([row for _, row in rows])
    times = _padded(float(every[:, 0].min()), float(every[:, 0].max()), 0.05)
    ends = np.array([times.low, times.high])
    line = 1000 * rate * (ends - pair.middle_seconds)
    lows, highs = every[:, 1] - every[:, 2], every[:, 1] + every[:, 2]
    heights = _padded(min(float(lows.min()), *line.tolist()), max(float(highs.max()), *line.tolist()), 0.08)
    return DriftPlot(
        points=tuple(_points(cue, row, times, heights) for cue, row in rows),
        line="M" + "L".join(f"{_across(x, times)} {_down(y, heights)}" for x, y in zip(ends, line, strict=True)),
        x_ticks=times.ticks(6),
        y_ticks=tuple(Tick(round(100 - tick.percent, 3), tick.label) for tick in heights.ticks(6)),
        middle_offset_seconds=middle_offset,
    )


def _rows(found: tuple[LocalOffset, ...], middle_offset: float) -> Float[np.ndarray, "stretch 3"]:
    """Time in seconds, offset and its standard error in ms."""
    rows = [
        (local.seconds, 1000 * (local.offset_seconds - middle_offset), 1000 * local.std_seconds)
        for local in found
        if math.isfinite(local.std_seconds)
    ]
    return np.array(rows).reshape(-1, 3)


def _padded(low: float, high: float, share: float) -> Axis:
    room = share * (high - low) or 1.0
    return Axis(low - room, high + room)


def _points(cue: str, rows: Float[np.ndarray, "stretch 3"], times: Axis, heights: Axis) -> Points:
    places = [(_across(x, times), _down(y, heights), _down(y + std, heights), _down(y - std, heights)) for x, y, std in rows]
    # A line of no length with round ends is a dot that stays round however the plot is stretched.
    dots = "".join(f"M{x} {y}h0" for x, y, _, _ in places)
    bars = "".join(f"M{x} {top}V{bottom}" for x, _, top, bottom in places)
    return Points(cue, dots, bars)


def _across(x: float, times: Axis) -> float:
    return round(SIDE / 100 * times.percent(x), 1)


def _down(y: float, heights: Axis) -> float:
    return round(SIDE - SIDE / 100 * heights.percent(y), 1)
