"""Two rolling shutters that saw the same events: their read-out and exposure times and the offset of their clocks.

An edge of an event in camera a says t = pts + read_out_a · (row − ½) + exposures · exposure_a (`viewsync.types.Edges`); one
of the same event in camera b says the same with its own read-out and exposure times, plus the offset. With a few events
at different rows all unknowns can be had together (Šmíd & Matas, 2017). What so few leave open, the prior fills, and the
error bars say so.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.optimize import OptimizeResult, least_squares

from viewsync.match.events import EXPOSURE, EXPOSURE_STD, READ_OUT, READ_OUT_STD
from viewsync.types import Edges, LocalOffset

_RATE_STD = 50e-6
_CLOCK_ERROR_SECONDS = 1e-6
"""Of a time stamp."""
_CAUCHY = 3.0
"""Standard errors beyond which an edge counts as a possible blunder."""
_FEW, _MOST = 30, 200
"""Events that both saw: of more than a few, those that one camera alone saw aren't needed; of more than that, not all."""
_MOST_STRETCHES = 12
_SUSPICIOUS, _MOST_STARTS = 2.0, 40
"""Scatter above which other starts are tried, and with how many events that is still quick."""
_LEAST_TIME = 0.1
"""Of the usual read-out and exposure times: what errors in them are counted as at least."""
_VAGUE_EXPOSURES = 0.25
"""An edge this uncertain says only that the shutter was open."""
_CAMERA = 2
"""Unknowns per camera: read-out and exposure time."""


@dataclass(frozen=True)
class ReadOut:
    """How long a camera takes to read a picture, from the first row to the last, and how long it exposes each row."""

    seconds: float
    std_seconds: float
    exposure_seconds: float
    exposure_std_seconds: float


@dataclass(frozen=True)
class Relation:
    """What the events that two cameras shared say of both."""

    offsets: tuple[LocalOffset, ...]
    """One per stretch of time."""
    read_out_a: ReadOut
    read_out_b: ReadOut


def relate(
    a: Edges,
    b: Edges,
    pairs: Sequence[tuple[int, int]],
    intervals_seconds: tuple[float, float],
    offset_seconds: float,
    stretch_seconds: float,
) -> Relation:
    """Fit both shutters and the offset in each stretch of time to all edges of events that both cameras saw.

    Args:
        a: Edges in the first camera.
        b: Edges in the second.
        pairs: Numbers of the events (of `Edges.event`) that are the same; at least one pair.
        intervals_seconds: Frame intervals.
        offset_seconds: Roughly the offset.
        stretch_seconds: Length of a stretch on b's clock.
    """
    if len(pairs) > _FEW:
        pairs = [pairs[k] for k in np.unique(np.linspace(0, len(pairs) - 1, _MOST).round().astype(int))]
        a, b = (_only(edges, [pair[k] for pair in pairs]) for k, edges in enumerate((a, b)))
    problem = _problem(a, b, pairs, intervals_seconds, offset_seconds, stretch_seconds)
    found, covariance = problem.solved()
    std = np.sqrt(np.diag(covariance))
    first = 2 * _CAMERA + 1
    block = covariance[first:, first:]
    # Read-out times err alike in all stretches: widened so that the mean of all has the right error.
    shared = math.sqrt(max(1.0, block.sum() / np.trace(block)))
    offsets = tuple(
        LocalOffset(seconds, offset_seconds + float(found[first + k]), shared * float(std[first + k]))
        for k, seconds in enumerate(problem.stretch_seconds)
    )
    read_outs = [ReadOut(*(float(x) for k in (2 * c, 2 * c + 1) for x in (found[k], std[k]))) for c in (0, 1)]
    return Relation(offsets, *read_outs)


_Loss = Callable[[Float[np.ndarray, " edge"]], Float[np.ndarray, " edge"]]
"""Takes errors to what their squares are to be minimised of."""


def _absolute(off: Float[np.ndarray, " edge"]) -> Float[np.ndarray, " edge"]:
    return np.asarray(np.sign(off) * np.sqrt(2 * (np.sqrt(1 + off**2) - 1)))


def _cauchy(off: Float[np.ndarray, " edge"]) -> Float[np.ndarray, " edge"]:
    return np.asarray(np.sign(off) * _CAUCHY * np.sqrt(np.log1p((off / _CAUCHY) ** 2)))


@dataclass(frozen=True)
class _Problem:
    """Edges as linear equations: design · unknowns + seconds = the time of the event, the same for all its edges."""

    design: Float[np.ndarray, "edge unknown"]
    seconds: Float[np.ndarray, " edge"]
    event: Int[np.ndarray, " edge"]
    std: Float[np.ndarray, "edge 3"]
    """In read-out times, in exposure times, in seconds."""
    camera: Int[np.ndarray, " edge"]
    prior: Float[np.ndarray, "unknown 2"]
    """Mean and standard deviation; infinite where nothing is known before."""
    largest: Float[np.ndarray, " unknown"]
    stretch_seconds: tuple[float, ...]

    def solved(self) -> tuple[Float[np.ndarray, " unknown"], Float[np.ndarray, "unknown unknown"]]:
        """The unknowns, by robust least squares, and their covariance."""
        fit = self._fitted(left_out=-1)
        if self._scatter(fit) > _SUSPICIOUS and 1 + self.event.max() <= _MOST_STARTS:
            # Two flashes taken for one can pull the fit so far that it stays there. So it begins without each in turn.
            again = (self._fitted(left_out) for left_out in range(1 + self.event.max()))
            fit = min((fit, *again), key=lambda fit: float(fit.cost))
        return fit.x, np.linalg.inv(fit.jac.T @ fit.jac) * max(1.0, self._scatter(fit))

    def _fitted(self, left_out: int) -> OptimizeResult:
        """From a start without one event, the fit to all."""
        begin = (self.event != left_out).astype(np.float64)
        bounds = (np.where(np.isfinite(self.largest), 0.0, -np.inf), self.largest)
        # The sum of absolute deviations has one minimum, more or less, from which the more forgiving loss then starts.
        start = least_squares(self._residuals, self.prior[:, 0], bounds=bounds, x_scale="jac", args=(_absolute, begin))
        return least_squares(self._residuals, start.x, bounds=bounds, x_scale="jac", args=(_cauchy, np.ones(len(begin))))

    def _residuals(
        self, unknowns: Float[np.ndarray, " unknown"], loss: _Loss, weight: Float[np.ndarray, " edge"]
    ) -> Float[np.ndarray, " residual"]:
        # A row's error is one of its read-out time, whatever that is: with errors in seconds that stayed as they are,
        # the read-out times would shrink, because noise between rows shrinks along.
        std = self._stds(unknowns)
        off = self._about_event(self.design @ unknowns + self.seconds, 1 / std**2) / std
        known = np.isfinite(self.prior[:, 1])
        return np.concatenate([weight * loss(off), ((unknowns - self.prior[:, 0]) / self.prior[:, 1])[known]])

    def _scatter(self, fit: OptimizeResult) -> float:
        """Variance of the edges that aren't blunders, relative to what they state."""
        off = fit.fun[: len(self.seconds)]
        freedom = len(off) - (1 + self.event.max()) - np.count_nonzero(np.isinf(self.prior[:, 1]))
        return _CAUCHY**2 * float(np.sum(-np.expm1(-((off / _CAUCHY) ** 2)))) / max(1, int(freedom))

    def _stds(self, unknowns: Float[np.ndarray, " unknown"]) -> Float[np.ndarray, " edge"]:
        times = np.maximum(unknowns, _LEAST_TIME * self.prior[:, 0])
        scale = np.stack([times[2 * self.camera], times[2 * self.camera + 1], np.ones(len(self.camera))], axis=1)
        return np.asarray(np.hypot(np.linalg.norm(self.std * scale, axis=1), _CLOCK_ERROR_SECONDS))

    def _about_event(
        self, values: Float[np.ndarray, " edge"], weight: Float[np.ndarray, " edge"]
    ) -> Float[np.ndarray, " edge"]:
        """Less the weighted mean of the event's edges: that is what fitting its time, too, comes to."""
        mean = np.bincount(self.event, weight * values) / np.bincount(self.event, weight)
        return np.asarray(values - mean[self.event])


def _problem(
    a: Edges,
    b: Edges,
    pairs: Sequence[tuple[int, int]],
    intervals_seconds: tuple[float, float],
    offset_seconds: float,
    stretch_seconds: float,
) -> _Problem:
    event, shared = _common_events(a, b, pairs)
    on_b = np.concatenate([np.zeros(len(a), dtype=np.int64), np.ones(len(b), dtype=np.int64)])
    stretch, middles = _stretches(b, event[len(a) :], shared[len(a) :], stretch_seconds)
    off_middle, exposures, std_row, std_exposures, std_seconds, pts = (
        np.concatenate(columns)
        for columns in zip(
            *((e.row - 0.5, e.exposures, e.std_row, e.std_exposures, e.std_seconds, e.pts_seconds) for e in (a, b)),
            strict=True,
        )
    )
    design = np.zeros((len(event), 2 * _CAMERA + 1 + len(middles)))
    each = np.arange(len(event))
    design[each, 2 * on_b], design[each, 2 * on_b + 1] = off_middle, exposures
    design[len(a) :, 2 * _CAMERA] = b.pts_seconds - middles[stretch]
    design[each[len(a) :], 2 * _CAMERA + 1 + stretch] = 1.0
    std = np.stack([std_row, std_exposures, std_seconds], axis=1)
    vague = shared & ((std_exposures > _VAGUE_EXPOSURES) | (std_seconds > 0))
    # Those that say no more than "some time while the shutter was open" (or shut) all err alike: as many count as one.
    std[vague] *= math.sqrt(max(1, vague.sum() / 2))
    cameras = [((READ_OUT * t, READ_OUT_STD * t), (EXPOSURE * t, EXPOSURE_STD * t)) for t in intervals_seconds]
    prior = np.array([*cameras[0], *cameras[1], (0.0, _RATE_STD), *[(0.0, math.inf)] * len(middles)])
    largest = np.array([t for t in intervals_seconds for _ in range(_CAMERA)] + [math.inf] * (1 + len(middles)))
    seconds = pts + on_b * offset_seconds
    return _Problem(design, seconds, event, std, on_b, prior, largest, tuple(middles.tolist()))


def _only(edges: Edges, events: Sequence[int]) -> Edges:
    kept = np.isin(edges.event, events)
    return Edges(*(getattr(edges, field.name)[kept] for field in fields(Edges)))


def _common_events(
    a: Edges, b: Edges, pairs: Sequence[tuple[int, int]]
) -> tuple[Int[np.ndarray, " edge"], Bool[np.ndarray, " edge"]]:
    """One number per event for the edges of both cameras, and whether both saw it.

    Those that one alone saw count, too: a band with two edges tells of that camera's shutter.
    """
    apart = 1 + int(a.event.max())
    same = {apart + j: i for i, j in pairs}
    event = np.array([*a.event.tolist(), *(same.get(apart + j, apart + j) for j in b.event.tolist())])
    _, number = np.unique(event, return_inverse=True)
    return number, np.isin(event, [i for i, _ in pairs])


def _stretches(
    b: Edges, event: Int[np.ndarray, " edge"], shared: Bool[np.ndarray, " edge"], stretch_seconds: float
) -> tuple[Int[np.ndarray, " edge"], Float[np.ndarray, " stretch"]]:
    """To which stretch of time each edge of b belongs, and the middle of the shared events in each."""
    _, first, member = np.unique(event, return_index=True, return_inverse=True)
    seconds = b.pts_seconds[first][member]
    begin, end = float(seconds[shared].min()), float(seconds[shared].max())
    count = int(np.clip((end - begin) / stretch_seconds, 1, _MOST_STRETCHES))
    place = np.clip(((seconds - begin) / max(end - begin, 1e-9) * count).astype(np.int64), 0, count - 1)
    filled = np.unique(place[shared])
    middles = np.array([seconds[shared & (place == k)].mean() for k in filled])
    return np.abs(place[:, None] - filled).argmin(axis=1), middles
