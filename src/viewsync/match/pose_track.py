"""What joints seen in two views say of an offset piece by piece of the common time: what the pose cue follows it by."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.ndimage import uniform_filter1d

from viewsync.geometry.epipolar import homogeneous
from viewsync.match.geometries import FreeGeometry, Geometry, KnownGeometry, Residuals, seen_in_both
from viewsync.match.interpolate import between
from viewsync.match.people import People
from viewsync.match.posture import FEW_JOINTS, standardized
from viewsync.match.track import Evidence, Path
from viewsync.match.window_track import Windows
from viewsync.types import PoseSignal

Points = Float[np.ndarray, "_ _ 2"]
"""nan where unseen."""

_PIECE = 15
"""Samples: half a second."""
_EVERY = 3
"""Of so many samples, which are much alike, one is looked at."""
_LEAP = 2.5
"""Samples of the path, beyond which it is found anew who is who."""
_STEPS = 8
_TURN = 90
"""Samples that one half of the time has before it is the other's turn: bodies' motion isn't alike for so long."""
_FREEDOM = 4.0
"""Of Student's t, which residuals follow."""
_AROUND = 5
"""Pieces over which it is learnt how far from the lines joints would be at any time."""
_OTHER_LAGS = 12
_NEAREST, _NEAREST_STDS = 0.3, 0.385
"""Share of residuals that a robust scale goes by, and how many standard deviations of a Gaussian it lies within."""
_MOST, _MEMORY = 2.0, 5
"""Spreads beyond which a residual counts less, and looked-at samples over which errors are alike."""


class PoseTracker:
    """A `Tracker` for joints.

    Who is who is learnt along the path, and so is the two-view geometry of cameras that stand still: every offset is judged
    by how far it then puts the joints from their epipolar lines, at the scale that this has on the path or at the one that
    it has at any offset. For cameras that move, a geometry learnt at one offset speaks for that one, so that each gets its
    own (`Windows`). What tells more along the path counts.
    """

    def __init__(self, a: PoseSignal, b: PoseSignal, offsets_seconds: Float[np.ndarray, " lag"]) -> None:
        self._a, self._b, self._offsets_seconds = a, b, offsets_seconds
        self._people, self._seconds = People(a, b), b.start_seconds + np.arange(len(b.values)) / b.rate_hz
        self._seen: dict[tuple[tuple[int, int, int], ...], list[tuple[Points, Points]]] = {}
        self._windows: dict[int, Windows] = {}

    def __call__(self, path: Path) -> Evidence:
        """Evidence of every half second, with what is learnt along this path."""
        first = np.arange(0, len(self._seconds), _PIECE)
        middles = self._seconds[first] + 0.5 * _PIECE / self._b.rate_hz
        lags = self._lags(path(self._seconds))
        nearest = np.abs(self._offsets_seconds - path(middles)[:, None]).argmin(axis=1)

        def told(ratios: Float[np.ndarray, "piece lag"]) -> float:
            return float(ratios[np.arange(len(first)), nearest].sum())

        return Evidence(middles, max(self._ratios(lags, len(first)), key=told))

    def _lags(self, offsets_seconds: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
        """In samples: t of b lies beside t + lag of a."""
        return np.asarray((offsets_seconds - self._a.start_seconds + self._b.start_seconds) * self._a.rate_hz)

    def _ratios(self, path: Float[np.ndarray, " time"], pieces: int) -> Iterator[Float[np.ndarray, "piece lag"]]:
        """For cameras that stand still, and for such that move."""
        seen, none = self._seen_by_both(path), np.zeros((pieces, len(self._offsets_seconds)))
        still = _still(seen, path, self._people.fundamental) if seen else None
        yield none if still is None else self._beside_lines(still, path, pieces)
        if len(self._people.joints) >= FEW_JOINTS:
            at = path[np.minimum(np.arange(pieces) * _PIECE + _PIECE // 2, len(path) - 1)]
            yield sum((self._windows_of(*points).ratios(at) for points in seen), none)

    def _seen_by_both(self, path: Float[np.ndarray, " time"]) -> list[tuple[Points, Points]]:
        """Each person's joints; wherever the path leaps, it is found anew who is who."""
        leaps = (np.flatnonzero(np.abs(np.diff(path)) > _LEAP) + 1).tolist()
        spans = zip([0, *leaps], [*leaps, len(path)], strict=True)
        lags = tuple((start, stop, round(float(np.median(path[start:stop]))) + start) for start, stop in spans)
        if lags not in self._seen:
            self._seen[lags] = [person for span in lags for person in self._seen_in(*span)]
        return self._seen[lags]

    def _seen_in(self, start: int, stop: int, lag: int) -> Iterator[tuple[Points, Points]]:
        """In a stretch of b, whose first sample lies beside sample `lag` of a."""
        points_a, points_b = People(self._a, part(self._b, slice(start, stop))).matched(lag)
        around = ((start, len(self._seconds) - stop), (0, 0), (0, 0))
        points_b, joints = np.pad(points_b, around, constant_values=np.nan), len(self._people.joints)
        for first in range(0, points_a.shape[1], max(joints, 1)):
            yield points_a[:, first : first + joints], points_b[:, first : first + joints]

    def _windows_of(self, a: Points, b: Points) -> Windows:
        if id(b) not in self._windows:
            self._windows[id(b)] = Windows.of(a, b, self._lags(self._offsets_seconds), _PIECE)
        return self._windows[id(b)]

    def _beside_lines(
        self, still: "_Still", path: Float[np.ndarray, " time"], pieces: int
    ) -> Float[np.ndarray, "piece lag"]:
        lags, rows = self._lags(self._offsets_seconds), np.arange(0, len(path), _EVERY)
        beside, speeds = between(still.a, rows + path[rows])
        lines = still.lines(np.nan_to_num(beside), rows)
        usual = _middle(lines.distances(beside)) if still.known else 0.0
        along = lines.distances(beside) - usual
        slopes = np.nan_to_num((lines.slope * speeds).sum(axis=2))
        # The offset may lie between two of the grid: half a step away, at most.
        step = min(float(np.diff(lags).min(initial=np.inf)), 1.0)
        related = np.hypot(_spread(along), slopes * step / math.sqrt(12))

        def at(lag: float) -> Float[np.ndarray, "row joint"]:
            return np.asarray(lines.distances(between(still.a, rows + lag)[0]) - usual)

        some = lags[:: max(1, len(lags) // _OTHER_LAGS)]
        unrelated = np.maximum(_local_spread(np.stack([at(lag) for lag in some])), related)
        first = np.arange(0, len(rows), _PIECE // _EVERY)
        total = np.zeros((pieces, len(lags)))
        for column, lag in enumerate(lags):
            away = at(lag)
            ratio = np.nan_to_num(_log_density(away, related) - _log_density(away, unrelated)).sum(axis=1)
            total[:, column] = np.add.reduceat(ratio, first)
        return np.asarray(_independent_share(along, slopes) * total)


def part(signal: PoseSignal, samples: slice) -> PoseSignal:
    """Some samples of a signal, from a start to a stop."""
    tracks = []
    for track in signal.tracks:
        start, stop = (min(max(end - track.first, 0), len(track)) for end in (samples.start, samples.stop))
        if np.isfinite(track.points[start:stop]).any():
            embedding = None if track.embedding is None else track.embedding[start:stop]
            first = track.first + start - samples.start
            tracks.append(replace(track, first=first, points=track.points[start:stop], embedding=embedding))
    return replace(
        signal,
        values=signal.values[samples],
        valid=signal.valid[samples],
        start_seconds=signal.start_seconds + samples.start / signal.rate_hz,
        tracks=tuple(tracks),
    )


# ── geometry ──────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Lines:
    """How far points of a are from the epipolar lines of b's, for any place that they may have."""

    away: Float[np.ndarray, "row joint"]
    """At (0, 0); nan where b doesn't show the point."""
    slope: Float[np.ndarray, "row joint 2"]

    def distances(self, places: Points) -> Float[np.ndarray, "row joint"]:
        """Nan where either view doesn't show the point."""
        return np.asarray(self.away + (self.slope * places).sum(axis=2))


@dataclass(frozen=True)
class _Still:
    """Points of both views in the coordinates of the geometry of cameras that stand still.

    What was fitted to some samples is only held against others: else it would suit any path that it was learnt on.
    """

    a: Points
    b: Points
    geometries: tuple[Geometry, Geometry]
    """For the samples of either half, learnt from those of the other."""
    known: bool

    def lines(self, beside: Points, rows: Int[np.ndarray, " row"]) -> _Lines:
        """Sampson distances, at the scale that they have for places of a's points beside rows of b: so they are linear."""
        away, slope = np.full(beside.shape[:2], np.nan), np.full(beside.shape, np.nan)
        for geometry, half in zip(self.geometries, _halves(len(self.b)), strict=True):
            row, joint = np.nonzero(np.isfinite(self.b[rows]).all(axis=2) & half[rows, None])
            if row.size:
                places, own = beside[row, joint], self.b[rows[row], joint]
                distance, slope[row, joint] = geometry.distances(homogeneous(places), homogeneous(own), rows[row])
                away[row, joint] = distance - (slope[row, joint] * places).sum(axis=1)
        return _Lines(away, slope)


def _still(
    seen: Sequence[tuple[Points, Points]], path: Float[np.ndarray, " time"], fundamental: Float[np.ndarray, "3 3"] | None
) -> _Still | None:
    """The geometry that puts points side by side on the path nearest to their lines; None where too few are seen."""
    (a, frame_a), (b, frame_b) = (standardized(np.hstack(side)) for side in zip(*seen, strict=True))
    beside, _ = between(a, np.arange(len(b)) + path)
    halves = [np.where(half[:, None, None], b, np.nan) for half in _halves(len(b))]
    found = []
    one, other = (_free(beside, half) for half in halves[::-1])
    if one is not None and other is not None:
        found.append(_Still(a, b, (one, other), known=False))
    if fundamental is not None:
        known = KnownGeometry(frame_a.T @ fundamental @ frame_b)
        found.append(_Still(a, b, (known, known), known=True))

    def off(still: _Still) -> float:
        return sum(_off(geometry, beside, half) for geometry, half in zip(still.geometries, halves, strict=True))

    return min(found, key=off, default=None)


def _halves(samples: int) -> tuple[Bool[np.ndarray, " time"], Bool[np.ndarray, " time"]]:
    """Samples by turns, for longer than errors are alike."""
    first = np.arange(samples) // _TURN % 2 == 0
    return first, ~first


def _free(beside: Points, b: Points) -> Geometry | None:
    """Fitted to points side by side, of which a part may be of another offset."""
    middle = len(b) // 2
    parts = (slice(0, len(b)), slice(0, middle), slice(middle, len(b)))
    fitted = [FreeGeometry.fitted(beside[part], b[part], 0.0, math.inf) for part in parts]
    found = [_drawn_near(geometry, beside, b) for geometry in fitted if geometry is not None]
    return min(found, key=lambda geometry: _off(geometry, beside, b), default=None)


def _drawn_near(geometry: Geometry, a: Points, b: Points) -> Geometry:
    sample, joint = np.nonzero(seen_in_both(a, b))
    seen_a, seen_b, none = homogeneous(a[sample, joint]), homogeneous(b[sample, joint]), np.zeros(len(sample))
    for _ in range(_STEPS):
        distance, _ = geometry.distances(seen_a, seen_b, sample)
        weight = 1 / (1 + (distance / (_MOST * _robust(distance))) ** 2)
        geometry.eliminate(Residuals(sample, joint, distance, none, none, weight))
        geometry.move(0.0)
    return geometry


def _off(geometry: Geometry, a: Points, b: Points) -> float:
    """How far a geometry's lines are from points side by side."""
    sample, joint = np.nonzero(seen_in_both(a, b))
    if not sample.size:
        return math.inf
    return _robust(geometry.distances(homogeneous(a[sample, joint]), homogeneous(b[sample, joint]), sample)[0])


# ── statistics ────────────────────────────────────────────────────────────────────────────────────────────────────


def _robust(values: Float[np.ndarray, " point"]) -> float:
    """Standard deviation about 0, of which more than half may be of another offset."""
    return max(float(np.quantile(np.abs(values), _NEAREST)) / _NEAREST_STDS, 1e-9)


def _middle(values: Float[np.ndarray, "row joint"]) -> Float[np.ndarray, " joint"]:
    """Median of each column; 0 where nothing is known."""
    return np.asarray(np.nanmedian(np.where(np.isfinite(values).any(axis=0), values, 0.0), axis=0))


def _spread(values: Float[np.ndarray, "row joint"]) -> Float[np.ndarray, " joint"]:
    """Robust standard deviation of each column about 0: more than half may be of another offset."""
    known = np.where(np.isfinite(values).any(axis=0), np.abs(values), 0.0)
    return np.maximum(np.nanquantile(known, _NEAREST, axis=0) / _NEAREST_STDS, 1e-9)


def _local_spread(values: Float[np.ndarray, "offset row joint"]) -> Float[np.ndarray, "row joint"]:
    """Robust standard deviation about 0, less where it is less in the few pieces around."""
    per_piece, rows, joints = _PIECE // _EVERY, *values.shape[1:]
    pieces = [_spread(values[:, at : at + per_piece].reshape(-1, joints)) for at in range(0, rows, per_piece)]
    around = uniform_filter1d(np.array(pieces), _AROUND, axis=0, mode="nearest")[np.arange(rows) // per_piece]
    return np.asarray(np.clip(around, 1e-9, _spread(values.reshape(-1, joints))))


def _log_density(values: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Student's, but for a constant."""
    return np.asarray(-np.log(scale) - 0.5 * (_FREEDOM + 1) * np.log1p(np.square(values / scale) / _FREEDOM))


def _independent_share(residuals: Float[np.ndarray, "row joint"], slopes: Float[np.ndarray, "row joint"]) -> float:
    """What share of points would say as much of the offset, if each erred by itself.

    Errors of one person's joints, and of neighbours in time, are alike (Newey & West, 1987, with Bartlett's window).
    """
    spread = _spread(residuals)
    scores = np.nan_to_num(slopes / spread * np.clip(residuals / spread, -_MOST, _MOST))
    single, sums = float(np.square(scores).sum()), scores.sum(axis=1)
    together = float(sums @ sums)
    for gap in range(1, min(_MEMORY, len(sums))):
        together += 2 * (1 - gap / _MEMORY) * float(sums[gap:] @ sums[:-gap])
    return min(single / together, 1.0) if together > 0 else 1.0
