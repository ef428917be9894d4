"""The `motion` cue: what moves, cell by cell, once the camera's own motion has been taken out.

Per frame, dense flow is averaged over cells, an affine background motion (the camera's) is fitted robustly and
subtracted, and what is left is kept with its direction. Over time the cells are whitened and reduced to their principal
components. Two recordings are compared by canonical correlation, which doesn't ask which cell of one view belongs to
which cell of the other, nor how either camera is turned or mirrored. See docs/cues/motion.md.
"""

from array import array

import cv2
import numpy as np
from jaxtyping import Float, Int
from scipy.special import chdtri

from viewsync.match.correlate import (
    candidate_lags,
    canonical_information,
    independent_share,
    lag_moments,
)
from viewsync.match.subsample import locate
from viewsync.match.track import Tracker, VariateTracker
from viewsync.signals.flow import FlowReader
from viewsync.signals.resample import at_common_rate, average_onto_grid, steadied, whiten
from viewsync.types import Frame, LocalOffset, MotionSignal, OffsetBelief, Search, Signal

NAME = "motion"

_FINE_CELLS = 8
"""Per side, for the background fit: enough that a moving person leaves most of them alone."""
_CELLS = 4
"""Per side, of what is kept."""
_COMPONENTS = 8


class Extractor:
    """Takes the small gray frames of one recording, one by one, and keeps 32 numbers of each.

    Args:
        flow: Shared with other cues that are given the same frames.
    """

    def __init__(self, flow: FlowReader | None = None) -> None:
        self._flow = flow or FlowReader()
        # Numbers, not objects: an hour of little arrays would leave the memory in crumbs.
        self._times = array("d")
        self._moved = array("f")

    def push(self, frame: Frame) -> None:
        """Take the next frame."""
        self._times.append(frame.pts_seconds)
        flow = self._flow.flow(frame)
        if flow is not None:
            self._moved.frombytes(foreground_motion(flow).tobytes())

    @property
    def times_seconds(self) -> Float[np.ndarray, " frame"]:
        """Presentation times of the frames so far."""
        return np.array(self._times)

    @property
    def moved(self) -> Float[np.ndarray, "interval channel"]:
        """Foreground motion between successive frames, in pixels."""
        return np.array(self._moved).reshape(-1, 2 * _CELLS**2)

    def signal(self) -> MotionSignal:
        """The whitened principal components of everything pushed so far."""
        return motion_signal(self.times_seconds, self.moved)


_GRID = np.linspace(-1, 1, _FINE_CELLS)
_AFFINE = np.stack([np.ones(_FINE_CELLS**2), np.tile(_GRID, _FINE_CELLS), np.repeat(_GRID, _FINE_CELLS)], axis=1)


def foreground_motion(flow: Float[np.ndarray, "height width 2"]) -> Float[np.ndarray, "cells cells 2"]:
    """Mean flow of each cell, in pixels, less the affine motion that most of the picture agrees on.

    The fit is by iteratively reweighted least squares with Geman–McClure weights.
    """
    fine = cv2.resize(flow, (_FINE_CELLS, _FINE_CELLS), interpolation=cv2.INTER_AREA).reshape(-1, 2)
    weight = np.ones(len(fine))
    for _ in range(5):
        weighted = _AFFINE * weight[:, None]
        background = _AFFINE @ np.linalg.solve(weighted.T @ _AFFINE, weighted.T @ fine)
        distance = np.hypot(*(fine - background).T)
        weight = 1 / (1 + (distance / (1.5 * np.median(distance) + 0.02)) ** 2) ** 2
    pooled = (fine - background).reshape(_CELLS, _FINE_CELLS // _CELLS, _CELLS, _FINE_CELLS // _CELLS, 2)
    return np.asarray(pooled.mean(axis=(1, 3)), dtype=np.float32)


def motion_signal(times_seconds: Float[np.ndarray, " frame"], moved: Float[np.ndarray, "interval channel"]) -> MotionSignal:
    """Uniform, whitened components from the motion between frames at any times.

    Args:
        times_seconds: Presentation times of the frames.
        moved: Foreground motion between successive frames, in pixels; one row fewer than there are frames.
    """
    rate_hz = 1 / float(np.median(np.diff(times_seconds))) if len(times_seconds) > 1 else 30.0
    if _still(moved):
        count = max(1, len(moved))
        nothing = np.zeros(count)
        return MotionSignal(NAME, nothing[:, None], nothing > 0, rate_hz, float(times_seconds[0]), nothing)
    velocity, valid = average_onto_grid(times_seconds, moved, rate_hz)
    white = steadied(whiten(velocity, rate_hz), rate_hz)
    power, directions = np.linalg.eigh(white.T @ white / len(white))
    kept = min(_COMPONENTS, int(np.sum(power > 1e-12 * power[-1])))
    values = white @ (directions[:, : -kept - 1 : -1] / np.sqrt(power[: -kept - 1 : -1]))
    activity = np.sqrt(np.mean(velocity**2, axis=1))
    return MotionSignal(NAME, values, valid, rate_hz, float(times_seconds[0]) + 0.5 / rate_hz, activity)


_EVIDENCE_SCALE, _EVIDENCE_SHIFT = 1.55, 1.58
"""Log-likelihood ratio = scale · contrast − shift, fitted to drawn scenes by `viewsync.benchmarks.calibration`.

It is linear because the tail of χ², by which unrelated footage would reach a contrast, is exponential.
"""


_STILL = 0.2


def _still(moved: Float[np.ndarray, "interval channel"]) -> bool:
    """Whether nothing moves but the noise.

    Noise moves where things seem to be to and fro, so that one displacement takes back half of the one before: their
    correlation is −½, however strong the noise; where an encoder freezes the noise for some frames, about 0. Motion goes
    on: 0.4 to 0.98 on real footage of 6 to 60 fps.
    """
    if len(moved) < 3 or not np.ptp(moved, axis=0).any():
        return True
    return float(np.vdot(moved[1:], moved[:-1])) <= _STILL * float(np.vdot(moved, moved))


def belief(a: Signal, b: Signal, search: Search) -> OffsetBelief:
    """Evidence for every offset at which the recordings overlap enough (`viewsync.signals.Cue`)."""
    a, b = at_common_rate(a, b)
    lags = candidate_lags(a, b, search)
    offsets = a.start_seconds - b.start_seconds + lags / a.rate_hz
    if not len(lags):
        return OffsetBelief(NAME, offsets, np.zeros(0), np.zeros(0))
    if not (a.valid.any() and b.valid.any()):
        overlap = np.minimum(len(a.values), len(b.values) + lags) - np.maximum(0, lags)
        return OffsetBelief(NAME, offsets, np.zeros(len(lags)), overlap / a.rate_hz)
    stands_out, count = contrast(a, b, lags)
    ratio = _EVIDENCE_SCALE * np.maximum(stands_out, 0.0) - _EVIDENCE_SHIFT
    return OffsetBelief(NAME, offsets, ratio, count / a.rate_hz)


def contrast(
    a: Signal, b: Signal, lags: Int[np.ndarray, " lag"]
) -> tuple[Float[np.ndarray, " lag"], Float[np.ndarray, " lag"]]:
    """How far agreement at each lag stands out from chance, and the samples it rests on.

    The statistic is Bartlett's for canonical correlations, χ² with k² degrees of freedom for unrelated white signals.
    Real motion comes in bursts and is neither Gaussian nor stationary, so the null distribution's place and width are
    measured on the pair itself: over all its lags, and over all lags against the second recording played backwards,
    which has the same bursts and can't be in time.
    """
    share, likely = _effective(a, b)
    channels = min(a.values.shape[1], b.values.shape[1])
    # How many components two views share isn't known exactly; neighbouring guesses err on different lags.
    counts = sorted({int(np.clip(likely + step, 1, channels)) for step in (-1, 0, 1)})

    def statistics(values_b: np.ndarray, valid_b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        moments = lag_moments(a.values[:, : counts[-1]], values_b[:, : counts[-1]], a.valid, valid_b, lags)
        rows = [
            np.maximum(moments.count * share - k - 1.5, 0.0)
            * canonical_information(moments.aa[:, :k, :k], moments.bb[:, :k, :k], moments.ab[:, :k, :k])
            for k in counts
        ]
        return np.array(rows), moments.count

    forward, count = statistics(b.values, b.valid)
    backward, _ = statistics(b.values[::-1], b.valid[::-1])
    middle, high = np.quantile(np.concatenate([forward, backward], axis=1), [0.5, 0.9], axis=1)
    freedom = np.square(counts)
    ideal_middle, ideal_high = chdtri(freedom, [[0.5], [0.1]])
    spread = np.maximum((high - middle) / (ideal_high - ideal_middle), 0.5) * np.sqrt(2 * freedom)
    return np.mean((forward - middle[:, None]) / spread[:, None], axis=0), count


_WINDOW_SECONDS = 30.0


def local_offsets(a: Signal, b: Signal, offset_seconds: float) -> list[LocalOffset]:
    """Sub-frame offsets of stretches of 30 s, followed from the middle of the overlap outwards (`viewsync.signals.Cue`).

    Each stretch looks near where its inner neighbour was found, so that a drift may carry the offset away from the
    coarse one over a long recording. A stretch whose best offset lies on the edge of what it looks at is left out.
    """
    a, b = at_common_rate(a, b)
    rate_hz = a.rate_hz
    if not (a.valid.any() and b.valid.any()):
        return []
    share, _ = _effective(a, b)
    lead = (offset_seconds - (a.start_seconds - b.start_seconds)) * rate_hz
    first, last = max(0.0, -lead), min(len(b.values), len(a.values) - lead)
    count = max(1, int((last - first) / rate_hz / _WINDOW_SECONDS))
    edges = np.linspace(first, last, count + 1).round().astype(int)
    expected = dict.fromkeys((count // 2 - 1, count // 2), lead)
    found: dict[int, LocalOffset] = {}
    for window in [*range(count // 2, count), *range(count // 2 - 1, -1, -1)]:
        near = expected.get(window, lead)
        stretch = slice(edges[window], edges[window + 1])
        place = locate(a, b, stretch, near, share)
        if place is not None:
            near = place.lag
            middle = b.start_seconds + 0.5 * (edges[window] + edges[window + 1] - 1) / rate_hz
            offset = a.start_seconds - b.start_seconds + place.lag / rate_hz
            found[window] = LocalOffset(middle, offset, place.std / rate_hz)
        expected[window + (1 if window >= count // 2 else -1)] = near
    return [found[window] for window in sorted(found)]


def tracker(a: Signal, b: Signal, offsets_seconds: Float[np.ndarray, " lag"]) -> Tracker:
    """Evidence of every half second for each of some offsets (`viewsync.signals.TrackingCue`)."""
    return VariateTracker(*at_common_rate(a, b), offsets_seconds)


def _effective(a: Signal, b: Signal) -> tuple[float, int]:
    """Share of independent samples, and how many components so many samples can relate to one another."""
    share = independent_share(a.values[:, :4], b.values[:, :4])
    independent = share * min(len(a.values), len(b.values))
    return share, int(np.clip(round(0.85 * np.sqrt(independent)), 1, min(a.values.shape[1], b.values.shape[1])))
