"""What two tracks say of every lag: the kinds of evidence, each as a surprise."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int

from viewsync.match.surprise import surprise
from viewsync.match.two_view import Squares, agreement, overlap_moments, window_moments

_WINDOWS_SECONDS = (1.0, 2.0)
"""For so long, a hand-held camera's geometry is one, once the body's middle is taken off."""
FEW_JOINTS = 5
_SLOW_WINDOWS_SECONDS = (10.0, 20.0)
"""For a few points, which tell of the geometry by moving on."""
_MOST_WINDOWS = 40


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

    def surprise(self) -> Float[np.ndarray, " lag"]:
        """−log of the probability that unrelated tracks agree as well: both kinds of cameras have their say."""
        backward = replace(self, b=self.b[::-1])
        whole = surprise(self.whole()[None], backward.whole()[None])
        windows = [surprise(self.windows(seconds), backward.windows(seconds)) for seconds in self._windows_seconds]
        return np.asarray(whole + sum(windows) / len(windows))

    def agreement(self) -> Float[np.ndarray, " lag"]:
        """The two kinds of agreement themselves, added up; 0 where there is none."""
        windows = np.nansum(self.windows(self._windows_seconds[0]), axis=0)
        return np.asarray(np.nan_to_num(self.whole()) + windows)

    def whole(self) -> Float[np.ndarray, " lag"]:
        """Of cameras that stand still: one geometry for all that overlaps."""
        (a, frame_a), (b, frame_b) = standardized(self.a), standardized(self.b)
        return agreement(overlap_moments(Squares.of(a), Squares.of(b), self.lags), self._known(frame_a, frame_b))

    def windows(self, seconds: float) -> Float[np.ndarray, "window lag"]:
        """Of cameras that move: a geometry of its own for every window of b. A known one makes do with all points as seen."""
        in_place = self.fundamental is not None or not self._bodies
        a, b = (self.a, self.b) if in_place else (centred(self.a), centred(self.b))
        (a, frame_a), (b, frame_b) = standardized(a), standardized(b)
        squares_a, squares_b, known = Squares.of(a), Squares.of(b), self._known(frame_a, frame_b)
        spans = _spans(len(b), round(seconds * self.rate_hz))
        return np.array([agreement(window_moments(squares_a, squares_b, span, self.lags), known) for span in spans])

    @property
    def _bodies(self) -> bool:
        return bool(self.a.shape[1] >= FEW_JOINTS)

    @property
    def _windows_seconds(self) -> tuple[float, float]:
        return _WINDOWS_SECONDS if self._bodies else _SLOW_WINDOWS_SECONDS

    def _known(self, frame_a: Float[np.ndarray, "3 3"], frame_b: Float[np.ndarray, "3 3"]) -> np.ndarray | None:
        return None if self.fundamental is None else frame_a.T @ self.fundamental @ frame_b


def _spans(samples: int, length: int) -> Iterator[slice]:
    count = max(1, round(samples / length))
    edges = np.linspace(0, samples, count + 1).round().astype(int)
    for window in np.unique(np.linspace(0, count - 1, min(count, _MOST_WINDOWS)).round().astype(int)):
        yield slice(int(edges[window]), int(edges[window + 1]))


def standardized(
    points: Float[np.ndarray, "time joint 2"],
) -> tuple[Float[np.ndarray, "time joint 2"], Float[np.ndarray, "3 3"]]:
    """Points about 0 with spread 1, so that products of them are of one order (Hartley, 1997), and the way back as a matrix."""
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
    share = seen.mean(axis=0)
    steady = np.flatnonzero(share >= min(0.8, float(share.max())))
    times = np.arange(len(points))
    filled = [
        np.interp(times, times[seen[:, joint]], points[seen[:, joint], joint, axis]) for joint in steady for axis in (0, 1)
    ]
    middle = np.reshape(filled, (len(steady), 2, len(points))).mean(axis=0).T
    return np.asarray(points - middle[:, None])
