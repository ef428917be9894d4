"""Whether two tracks at a lag can be views of the same moving points, for any two-view geometry or for a known one.

Corresponding points satisfy x_aᵀ F x_b = 0 (Longuet-Higgins, 1981). For tracks side by side at a lag, the mean square of
that product is fᵀ M f, with M the mean of the outer squares of x_a ⊗ x_b: the eight-point algorithm's matrix (Hartley,
1997). What it would be if the same points met at random times is fᵀ N f, with the two sides' moments taken apart. The
smallest ratio of the two over all f is near 1 where the timing doesn't matter, because nothing moves or nothing agrees, and
small where the two move as one. It asks for no correspondence in time, so it exists for every lag, and it is a sum over
samples, so an FFT gives it for all lags at once.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Float, Int
from scipy.fft import irfft, next_fast_len, rfft

_LEAST_SHARE = 0.6
"""Of a window's points that must be seen in both tracks."""
_RIDGE = 1e-7
_UPPER = np.triu_indices(3)
_PLACE = np.array([[0, 1, 2], [1, 3, 4], [2, 4, 5]])
"""Where a symmetric 3 × 3 matrix's elements stand among its 6 different ones."""


@dataclass(frozen=True)
class Squares:
    """A track as the six different products of its homogeneous coordinates."""

    products: Float[np.ndarray, "time joint 6"]
    """The last is 1 where a point was seen: products with it are sums of one side alone."""
    _sliding: dict[int, np.ndarray] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def of(cls, points: Float[np.ndarray, "time joint 2"]) -> "Squares":
        """Of points whose middle is near 0 and whose spread is near 1; nan where unseen."""
        seen = np.isfinite(points).all(axis=2, keepdims=True)
        places = np.where(seen, np.concatenate([points, np.ones_like(points[..., :1])], axis=2), 0.0)
        return cls(places[..., _UPPER[0]] * places[..., _UPPER[1]])

    def __len__(self) -> int:
        return len(self.products)

    def sliding(self, samples: int) -> Float[np.ndarray, "start joint 6 sample"]:
        """Windows of so many samples, from the one just before the track to the one just after."""
        # Kept, for windows come in one or two lengths, and there are many of each.
        if samples not in self._sliding:
            padded = np.pad(self.products, ((samples, samples), (0, 0), (0, 0)))
            self._sliding[samples] = np.lib.stride_tricks.sliding_window_view(padded, samples, axis=0)
        return self._sliding[samples]


@dataclass(frozen=True)
class Moments:
    """Of two tracks at some lags; whatever it is where `count` is 0."""

    count: Float[np.ndarray, " lag"]
    """Points seen in both."""
    together: Float[np.ndarray, "lag 6 6"]
    """Products of one side times those of the other, summed over points side by side."""
    apart: Float[np.ndarray, "lag 6 6"]
    """The same, of the same points in random order."""


def window_moments(a: Squares, b: Squares, window: slice, lags: Int[np.ndarray, " lag"]) -> Moments:
    """Moments of a window of b at every lag; empty where a hardly covers the window, which may hang over.

    Args:
        a: First track.
        b: Second track.
        window: Samples of b.
        lags: Sample t of b lies beside sample t + lag of a.
    """
    own = Squares(b.products[window])
    few = len(lags) * len(own) < _FEW * (len(a) + len(own))
    moments = (_moments_one_by_one if few else overlap_moments)(a, own, lags + window.start)
    least = _LEAST_SHARE * max(float(own.products[..., 5].sum()), 1.0)
    return replace(moments, count=np.where(moments.count < least, 0.0, moments.count))


_FEW = 8
"""Products per sample that take as long as FFTs do."""


def _moments_one_by_one(a: Squares, b: Squares, lags: Int[np.ndarray, " lag"]) -> Moments:
    """As `overlap_moments`."""
    beside, start = a.sliding(len(b)), np.clip(lags + len(b), 0, len(a) + len(b))
    count, together, apart = np.zeros(len(lags)), np.zeros((len(lags), 6, 6)), np.zeros((len(lags), 6, 6))
    for joint in range(a.products.shape[1]):
        sums = (beside[start, joint].reshape(-1, len(b)) @ b.products[:, joint]).reshape(-1, 6, 6)
        count += sums[:, 5, 5]
        together += sums
        apart += sums[:, :, 5:] * sums[:, 5:, :] / np.maximum(sums[:, 5:, 5:], 1.0)
    return Moments(count, together, apart)


def overlap_moments(a: Squares, b: Squares, lags: Int[np.ndarray, " lag"]) -> Moments:
    """Moments of all that overlaps at every lag, by FFT: O(n log n); empty where nothing does."""
    size = next_fast_len(len(a) + len(b), real=True)
    inside = np.flatnonzero((lags > -len(b)) & (lags < len(a)))
    count, apart, together = np.zeros(len(lags)), np.zeros((len(lags), 6, 6)), np.zeros((len(lags), 6, 6))

    def at_lags(spectra: np.ndarray) -> np.ndarray:
        return np.asarray(irfft(spectra, size, axis=0)[lags[inside] % size])

    spectra = np.zeros((size // 2 + 1, 6, 6), dtype=complex)
    for joint in range(a.products.shape[1]):
        spectra_a = rfft(a.products[:, joint], size, axis=0)
        spectra_b = np.conj(rfft(b.products[:, joint], size, axis=0))
        spectra += spectra_a[:, :, None] * spectra_b[:, None, :]
        of_a, of_b = at_lags(spectra_a * spectra_b[:, 5:]), at_lags(spectra_a[:, 5:] * spectra_b)
        both = np.round(of_a[:, 5])
        count[inside] += both
        apart[inside] += of_a[:, :, None] * (of_b / np.maximum(both, 1.0)[:, None])[:, None, :]
    together[inside] = at_lags(spectra)
    return Moments(count, together, apart)


def agreement(moments: Moments, fundamental: Float[np.ndarray, "3 3"] | None) -> Float[np.ndarray, " lag"]:
    """−½ log of the ratio per point, times the points: how much better in time than at random; nan without points.

    Args:
        moments: At some lags.
        fundamental: The known geometry, in the coordinates of the points; None: whatever suits each lag best.
    """
    found = np.full(len(moments.count), np.nan)
    some = np.flatnonzero(moments.count > 9)
    for first in range(0, len(some), _BLOCK_LAGS):
        block = some[first : first + _BLOCK_LAGS]
        together, apart = _nine(moments.together[block]), _nine(moments.apart[block])
        ratio = _smallest(together, apart) if fundamental is None else _of(together, apart, fundamental.ravel())
        found[block] = -0.5 * np.log(np.clip(ratio, 1e-6, 1.0)) * moments.count[block]
    return found


_BLOCK_LAGS = 8192


def _nine(products: Float[np.ndarray, "lag 6 6"]) -> Float[np.ndarray, "lag 9 9"]:
    """Moments of x_a ⊗ x_b from those of the different products."""
    row_a, row_b = np.divmod(np.arange(9), 3)
    return products[:, _PLACE[row_a[:, None], row_a], _PLACE[row_b[:, None], row_b]]


def _of(together: np.ndarray, apart: np.ndarray, f: np.ndarray) -> Float[np.ndarray, " lag"]:
    return np.asarray((together @ f @ f) / np.maximum(apart @ f @ f, 1e-300))


def _smallest(together: Float[np.ndarray, "lag 9 9"], apart: Float[np.ndarray, "lag 9 9"]) -> Float[np.ndarray, " lag"]:
    """Least generalized eigenvalue."""
    level = _RIDGE * np.trace(apart, axis1=1, axis2=2)[:, None, None] * np.eye(9)
    root = np.linalg.cholesky(apart + level)
    half = np.linalg.solve(root, together + level)
    whitened = np.linalg.solve(root, half.transpose(0, 2, 1))
    return np.asarray(np.linalg.eigvalsh(0.5 * (whitened + whitened.transpose(0, 2, 1)))[:, 0])
