"""What bodies seen by cameras that move say of an offset: window by window, each offset with the geometry that suits it."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy.interpolate import CubicSpline

from viewsync.match.posture import centred, standardized
from viewsync.match.two_view import Squares, agreement, window_moments

_NEAR = 8.0
"""Samples from the path within which lags agree because it does."""
_LEAST_USUAL = 0.3
"""Of what is usual in all windows, for any of them."""
_LEAST_TELLING = 6.0
"""How many times better windows must agree on the path than is usual elsewhere, to tell anything: of unrelated people they
reach 5 where they suit best, and of the same ones 12 to 26."""


@dataclass(frozen=True)
class Windows:
    """How well a person's joints in two views agree at some lags, in each piece of the second and half of its neighbours."""

    lags: Float[np.ndarray, " lag"]
    """In samples: t of b lies beside t + lag of a."""
    agreement: Float[np.ndarray, "piece lag"]
    """Less what is usual at any; nan where hardly anything is seen."""

    @classmethod
    def of(
        cls,
        a: Float[np.ndarray, "time_a joint 2"],
        b: Float[np.ndarray, "time_b joint 2"],
        lags: Float[np.ndarray, " lag"],
        piece: int,
    ) -> "Windows":
        """Of points that are nan where unseen, and pieces of so many samples."""
        squares_a, squares_b = (Squares.of(standardized(centred(points))[0]) for points in (a, b))
        whole = np.unique(np.floor(lags + 1e-6).astype(int)[:, None] + np.arange(-1, 3))
        found = np.array([_window(squares_a, squares_b, start, whole, piece) for start in range(0, len(b), piece)])
        known = np.isfinite(found)[:, np.searchsorted(whole, np.round(lags))]
        return cls(lags, np.where(known, CubicSpline(whole, np.nan_to_num(found), axis=1)(lags), np.nan))

    def ratios(self, path: Float[np.ndarray, " piece"]) -> Float[np.ndarray, "piece lag"]:
        """Log-likelihood ratio against "unrelated".

        What is reached far from the path falls off exponentially, and so does what is reached on it, but more slowly.

        Args:
            path: The lag that is learnt from, at each piece.
        """
        away = np.abs(self.lags - path[:, None])
        elsewhere = np.where((away > _NEAR) & np.isfinite(self.agreement), np.maximum(self.agreement, 0), np.nan)
        count = np.isfinite(elsewhere).sum(axis=1)
        if not count.any():
            return np.zeros(self.agreement.shape)
        usual = np.nansum(elsewhere, axis=1) / np.maximum(count, 1)
        usual = np.maximum(usual, _LEAST_USUAL * usual[count > 0].mean())
        excess = self.agreement / np.where(count > 0, usual, np.nan)[:, None]
        telling = float(np.nan_to_num(np.nanmean(excess[np.arange(len(path)), away.argmin(axis=1)])))
        if telling < _LEAST_TELLING:
            return np.zeros(self.agreement.shape)
        ratio = np.maximum(excess, 0) * (1 - 1 / telling) - math.log(telling)
        # Every piece is in two windows.
        return np.asarray(0.5 * np.nan_to_num(ratio))


def _window(a: Squares, b: Squares, start: int, lags: Int[np.ndarray, " lag"], piece: int) -> Float[np.ndarray, " lag"]:
    """Agreement of a piece and half of both neighbours at each lag, less its median."""
    window = slice(max(start - piece // 2, 0), min(start + piece + piece // 2, len(b)))
    if not b.products[window, :, 5].any():
        return np.full(len(lags), np.nan)
    found = agreement(window_moments(a, b, window, lags), None)
    return np.asarray(found - np.median(found[np.isfinite(found)])) if np.isfinite(found).any() else found
