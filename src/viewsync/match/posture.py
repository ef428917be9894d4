"""What two tracks say of every lag: the kinds of evidence, each as a surprise."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int
from scipy.fft import irfft, next_fast_len, rfft

from viewsync.match.surprise import surprise
from viewsync.match.two_view import Squares, agreement, overlap_moments, window_moments

_WINDOWS_SECONDS = (1.0, 2.0, 4.0)
"""For a second, a hand-held camera's geometry is one, once the body's middle is taken off; longer, if it is held well, and
then there is more to tell by."""
FEW_JOINTS = 5
_SLOW_WINDOWS_SECONDS = (10.0, 20.0, 40.0)
"""For a few points, which tell of the geometry by moving on."""
_MOST_WINDOWS = 40
_MANY_LAGS, _COARSE = 3000, 3
"""From so many lags on, only one of every so many samples is compared: smooth tracks hardly move between."""
_LIKELY_LAGS, _MOST_WINDOWS_OF_MANY = 120, 12
"""Of many lags, windows look at the likeliest only, and at as many others to tell what chance is."""
_CHANCE_EVERY = 4
WEIGHTS = np.array([0.7, 1.0, 0.75])
"""Of the kinds of evidence, fitted to worlds by `viewsync.benchmarks.pose_calibration`."""


@dataclass(frozen=True)
class Pairing:
    """Two tracks on grids of one rate, and the lags at which to compare them."""

    a: Float[np.ndarray, "time_a joint 2"]
    b: Float[np.ndarray, "time_b joint 2"]
    lags: Int[np.ndarray, " lag"]
    """Sample t of b lies beside sample t + lag of a."""
    rate_hz: float
    fundamental: Float[np.ndarray, "3 3"] | None = None
    """Between the two views, if it is known."""
    embedding_a: Float[np.ndarray, "time_a dimension"] | None = None
    embedding_b: Float[np.ndarray, "time_b dimension"] | None = None
    stands_for: int = 1
    """How many samples each of these speaks for."""

    def kinds(self) -> Float[np.ndarray, "3 lag"]:
        """Three kinds of evidence for each lag.

        Cameras that stand still show in the geometry of all that overlaps; cameras that move, in that of short windows;
        and whatever the cameras do, in what posture and movement look like to the network.
        """
        if len(self.lags) <= _MANY_LAGS:
            return self._kinds(1, len(self.lags), _MOST_WINDOWS)
        coarse = self._coarse()
        found = coarse._kinds(_CHANCE_EVERY, _LIKELY_LAGS, _MOST_WINDOWS_OF_MANY)
        return np.array([np.interp(self.lags / _COARSE, coarse.lags, kind) for kind in found])

    def _kinds(self, chance_every: int, likely: int, most_windows: int) -> Float[np.ndarray, "3 lag"]:
        """What one track reaches with the other one backwards, it reaches by chance: one of every so many lags is looked at.

        Windows look at so many of the likeliest lags.
        """
        still, moving, alike, windows = self._in_place, self._moving, self.alike(), np.zeros(len(self.lags))
        by_chance = self._whole(still.backward(), self.lags[::chance_every])
        whole = surprise(self._whole(still, self.lags)[None], by_chance[None])
        some = _likeliest(WEIGHTS[0] * whole + WEIGHTS[2] * alike, likely)
        for seconds in self._windows_seconds:
            here, there = (
                self._windows(sides, self.lags[some], seconds, most_windows) for sides in (moving, moving.backward())
            )
            windows[some] += surprise(here, there) / len(self._windows_seconds)
        return np.stack([whole, windows, alike])

    def _coarse(self) -> "Pairing":
        lags = np.arange(self.lags[0] // _COARSE, -(-self.lags[-1] // _COARSE) + 1)
        a, b, rate_hz = self.a[::_COARSE], self.b[::_COARSE], self.rate_hz / _COARSE
        embedding_a, embedding_b = (None if one is None else one[::_COARSE] for one in (self.embedding_a, self.embedding_b))
        return Pairing(a, b, lags, rate_hz, self.fundamental, embedding_a, embedding_b, stands_for=_COARSE)

    def alike(self) -> Float[np.ndarray, " lag"]:
        """Sum of the embeddings' products, which training makes a log-likelihood ratio, but for a constant."""
        if self.embedding_a is None or self.embedding_b is None:
            return np.zeros(len(self.lags))
        size = next_fast_len(len(self.a) + len(self.b), real=True)
        spectra = rfft(self.embedding_a, size, axis=0) * np.conj(rfft(self.embedding_b, size, axis=0))
        found = irfft(spectra.sum(axis=1), size)[self.lags % size]
        return np.asarray(self.stands_for * found, dtype=np.float64)

    def agreement(self) -> Float[np.ndarray, " lag"]:
        """The two kinds of agreement themselves, added up; 0 where there is none."""
        windows = np.nansum(self.windows(self._windows_seconds[0]), axis=0)
        return np.asarray(np.nan_to_num(self.whole()) + windows)

    def whole(self) -> Float[np.ndarray, " lag"]:
        """Of cameras that stand still: one geometry for all that overlaps."""
        return self._whole(self._in_place, self.lags)

    def windows(self, seconds: float) -> Float[np.ndarray, "window lag"]:
        """Of cameras that move: a geometry for every window of b, with the middle taken off unless the geometry is known."""
        return self._windows(self._moving, self.lags, seconds, _MOST_WINDOWS)

    def _whole(self, sides: "_Sides", lags: Int[np.ndarray, " some"]) -> Float[np.ndarray, " some"]:
        return self.stands_for * agreement(overlap_moments(sides.a, sides.b, lags), sides.fundamental)

    def _windows(
        self, sides: "_Sides", lags: Int[np.ndarray, " some"], seconds: float, most: int
    ) -> Float[np.ndarray, "window some"]:
        spans = _spans(len(sides.b), round(seconds * self.rate_hz), most)
        found = [agreement(window_moments(sides.a, sides.b, span, lags), sides.fundamental) for span in spans]
        return self.stands_for * np.array(found)

    @cached_property
    def _in_place(self) -> "_Sides":
        return _Sides.of(self.a, self.b, self.fundamental)

    @cached_property
    def _moving(self) -> "_Sides":
        if self.fundamental is not None or not self._bodies:
            return self._in_place
        return _Sides.of(centred(self.a), centred(self.b), None)

    @property
    def _bodies(self) -> bool:
        return bool(self.a.shape[1] >= FEW_JOINTS)

    @property
    def _windows_seconds(self) -> tuple[float, ...]:
        return _WINDOWS_SECONDS if self._bodies else _SLOW_WINDOWS_SECONDS


@dataclass(frozen=True)
class _Sides:
    """Two tracks, and the geometry between them in the coordinates that they now have."""

    a: Squares
    b: Squares
    fundamental: Float[np.ndarray, "3 3"] | None

    @classmethod
    def of(
        cls,
        a: Float[np.ndarray, "time_a joint 2"],
        b: Float[np.ndarray, "time_b joint 2"],
        fundamental: Float[np.ndarray, "3 3"] | None,
    ) -> "_Sides":
        (a, frame_a), (b, frame_b) = standardized(a), standardized(b)
        return cls(Squares.of(a), Squares.of(b), None if fundamental is None else frame_a.T @ fundamental @ frame_b)

    def backward(self) -> "_Sides":
        """With b from its end to its beginning."""
        return replace(self, b=Squares(self.b.products[::-1]))


def _likeliest(evidence: Float[np.ndarray, " lag"], count: int) -> Int[np.ndarray, " chosen"]:
    """So many lags, and as many others from all over."""
    if count >= len(evidence):
        return np.arange(len(evidence))
    likely = np.argpartition(evidence, -count)[-count:]
    return np.union1d(likely, np.linspace(0, len(evidence) - 1, count).round().astype(int))


def _spans(samples: int, length: int, most: int) -> Iterator[slice]:
    count = max(1, round(samples / length))
    edges = np.linspace(0, samples, count + 1).round().astype(int)
    for window in np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int)):
        yield slice(int(edges[window]), int(edges[window + 1]))


def standardized(
    points: Float[np.ndarray, "time joint 2"],
) -> tuple[Float[np.ndarray, "time joint 2"], Float[np.ndarray, "3 3"]]:
    """Points about 0 with spread 1, so that products are of one order (Hartley, 1997), and the way back as a matrix."""
    seen = np.isfinite(points).all(axis=2)
    middle = points[seen].mean(axis=0) if seen.any() else np.zeros(2)
    spread = max(float(points[seen].std()), 1e-9) if seen.any() else 1.0
    back = np.array([[spread, 0, middle[0]], [0, spread, middle[1]], [0, 0, 1]])
    return (points - middle) / spread, back


def centred(points: Float[np.ndarray, "time joint 2"]) -> Float[np.ndarray, "time joint 2"]:
    """Joints as seen from their middle: a camera that turns or shakes moves them all alike.

    The middle is that of the joints that are mostly seen, carried over gaps, so that it doesn't leap when one is lost.
    """
    seen = np.isfinite(points[..., 0])
    if not seen.any():
        return points
    share = seen.mean(axis=0)
    steady = np.flatnonzero(share >= min(0.8, float(share.max())))
    times = np.arange(len(points))
    filled = [
        np.interp(times, times[seen[:, joint]], points[seen[:, joint], joint, axis]) for joint in steady for axis in (0, 1)
    ]
    middle = np.reshape(filled, (len(steady), 2, len(points))).mean(axis=0).T
    return np.asarray(points - middle[:, None])
