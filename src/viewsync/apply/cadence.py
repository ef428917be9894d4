"""The constant frame rate that all made files share, and which of a camera's frames each instant of it shows."""

import math
from fractions import Fraction

import numpy as np
from jaxtyping import Bool, Float, Int

from viewsync.apply.plan import Plan

# Clocks are floating-point numbers: distances that differ by less are the same.
_SAME_SECONDS = 1e-9
_SAME_FRAMES = 1e-6
_GAP_INTERVALS = 1.5


def frame_times(plan: Plan, fps: Fraction) -> Float[np.ndarray, " frame"]:
    """Reference time of every frame to make: the plan's start, and on in steps of 1/fps until its end (in seconds)."""
    count = max(1, math.ceil((plan.end_seconds - plan.start_seconds) * fps - _SAME_FRAMES))
    return np.asarray(plan.start_seconds + np.arange(count) * (fps.denominator / fps.numerator))


def nearest(times: Float[np.ndarray, " source"], at: Float[np.ndarray, " frame"]) -> Int[np.ndarray, " frame"]:
    """Index of the time nearest to each instant; of two equally near, the earlier.

    Args:
        times: Increasing, in seconds; at least one.
        at: Instants, in seconds on the same clock.
    """
    later = np.minimum(np.searchsorted(times, at), times.size - 1)
    earlier = np.maximum(later - 1, 0)
    return np.where(times[later] - at < at - times[earlier] - _SAME_SECONDS, later, earlier)


def missing(
    times: Float[np.ndarray, " source"], at: Float[np.ndarray, " frame"], interval_seconds: float
) -> Bool[np.ndarray, " frame"]:
    """Instants at which the camera has no picture: in a gap longer than 1.5 intervals, before its start, after its end.

    Within half an interval of a frame there always is one, and the last frame lasts an interval.

    Args:
        times: When the camera's frames were taken, increasing, in seconds; at least one.
        at: Instants, in seconds on the same clock.
        interval_seconds: The camera's usual time between frames.
    """
    far = np.abs(at - times[nearest(times, at)]) > interval_seconds / 2 + _SAME_SECONDS
    following = np.searchsorted(times, at)
    before, after = np.maximum(following - 1, 0), np.minimum(following, times.size - 1)
    in_gap = times[after] - times[before] > _GAP_INTERVALS * interval_seconds + _SAME_SECONDS
    outside = (at < times[0]) | (at > times[-1] + interval_seconds + _SAME_SECONDS)
    return np.asarray(far & (in_gap | outside))
