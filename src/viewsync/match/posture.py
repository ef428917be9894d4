"""What two tracks say of every lag: the kinds of evidence, each as a surprise."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

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
_MANY_LAGS, _LIKELY_LAGS, _MOST_WINDOWS_OF_MANY = 3000, 120, 12
"""Of so many lags, windows look at the likeliest only, and at as many others to tell what chance is."""
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

    def kinds(self) -> Float[np.ndarray, "3 lag"]:
        """Three kinds of evidence for each lag.

        Cameras that stand still show in the geometry of all that overlaps; cameras that move, in that of short windows;
        and whatever the cameras do, in what posture and movement look like to the network.
        """
        backward = replace(self, b=self.b[::-1])
        whole, alike = surprise(self.whole()[None], backward.whole()[None]), self.alike()
        many = len(self.lags) > _MANY_LAGS
        some = _worth_windows(WEIGHTS[0] * whole + WEIGHTS[2] * alike) if many else np.arange(len(self.lags))
        here, there = replace(self, lags=self.lags[some]), replace(backward, lags=self.lags[some])
        most = _MOST_WINDOWS_OF_MANY if many else _MOST_WINDOWS
        windows = np.zeros(len(self.lags))
        for seconds in self._windows_seconds:
            found = surprise(here.windows(seconds, most), there.windows(seconds, most))
            windows[some] += found / len(self._windows_seconds)
        return np.stack([whole, windows, alike])

    def alike(self) -> Float[np.ndarray, " lag"]:
        """Sum of the embeddings' products, which training makes a log-likelihood ratio, but for a constant."""
        if self.embedding_a is None or self.embedding_b is None:
            return np.zeros(len(self.lags))
        size = next_fast_len(len(self.a) + len(self.b), real=True)
        spectra = rfft(self.embedding_a, size, axis=0) * np.conj(rfft(self.embedding_b, size, axis=0))
        return np.asarray(irfft(spectra.sum(axis=1), size)[self.lags % size], dtype=np.float64)

    def agreement(self) -> Float[np.ndarray, " lag"]:
        """The two kinds of agreement themselves, added up; 0 where there is none."""
        windows = np.nansum(self.windows(self._windows_seconds[0]), axis=0)
        return np.asarray(np.nan_to_num(self.whole()) + windows)

    def whole(self) -> Float[np.ndarray, " lag"]:
        """Of cameras that stand still: one geometry for all that overlaps."""
        (a, frame_a), (b, frame_b) = standardized(self.a), standardized(self.b)
        return agreement(overlap_moments(Squares.of(a), Squares.of(b), self.lags), self._known(frame_a, frame_b))

    def windows(self, seconds: float, most: int = _MOST_WINDOWS) -> Float[np.ndarray, "window lag"]:
        """Of cameras that move: a geometry for every window of b, with the middle taken off unless the geometry is known."""
        in_place = self.fundamental is not None or not self._bodies
        a, b = (self.a, self.b) if in_place else (centred(self.a), centred(self.b))
        (a, frame_a), (b, frame_b) = standardized(a), standardized(b)
        squares_a, squares_b, known = Squares.of(a), Squares.of(b), self._known(frame_a, frame_b)
        spans = _spans(len(b), round(seconds * self.rate_hz), most)
        return np.array([agreement(window_moments(squares_a, squares_b, span, self.lags), known) for span in spans])

    @property
    def _bodies(self) -> bool:
        return bool(self.a.shape[1] >= FEW_JOINTS)

    @property
    def _windows_seconds(self) -> tuple[float, ...]:
        return _WINDOWS_SECONDS if self._bodies else _SLOW_WINDOWS_SECONDS

    def _known(self, frame_a: Float[np.ndarray, "3 3"], frame_b: Float[np.ndarray, "3 3"]) -> np.ndarray | None:
        return None if self.fundamental is None else frame_a.T @ self.fundamental @ frame_b


def _worth_windows(evidence: Float[np.ndarray, " lag"]) -> Int[np.ndarray, " chosen"]:
    """The likeliest lags, and others from all over."""
    likely = np.argpartition(evidence, -_LIKELY_LAGS)[-_LIKELY_LAGS:]
    return np.union1d(likely, np.linspace(0, len(evidence) - 1, _LIKELY_LAGS).round().astype(int))


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
